//! What the tests share: where the data lies, how it is read, and how the engine is compared with the oracle.

pub mod compare;
pub mod data;
pub mod fault;
pub mod fuzz;
pub mod rbac;
pub mod rewrite;
pub mod scope;
pub mod share;
