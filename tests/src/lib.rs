//! What the tests share: where the data lies, how it is read, and policies and requests made to collide.

pub mod data;
pub mod generate;
pub mod rbac;
