//! What the tests share: where the data lies, and policies and requests made to collide.

pub mod data;
pub mod generate;
