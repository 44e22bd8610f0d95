//! Syntax tree to meaning: names resolved, types checked, groups closed; and the requests that policies decide.
//!
//! Comes in: an [`ast::Policy`](doorward_syntax::ast::Policy). Goes out: a [`Policy`] whose every name, type and pattern
//! is known to fit, and the findings made on the way. How a request is decided is not known here; what a request *is*,
//! how its path and address are read, and what a policy can test of it, is.

pub mod address;
pub mod assertion;
pub mod check;
pub mod expect;
pub mod expr;
pub mod ids;
pub mod instant;
pub mod items;
pub mod limits;
pub mod method;
pub mod path;
pub mod pattern;
pub mod policy;
pub mod request;
pub mod rule;
pub mod test;
pub mod types;
pub mod value;
pub mod zone;

pub use crate::check::{Checked, check, check_outline, check_owned};
pub use crate::instant::Instant;
pub use crate::policy::Policy;
pub use crate::request::{Known, Request, Subject};
pub use crate::value::Value;
