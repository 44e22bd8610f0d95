//! Property tests for access policies.
//!
//! Comes in: a compiled [`doorward::Policy`]. Goes out: the requests that matter to it, drawn at random
//! ([`any_request`]) or one of each class that it can tell apart ([`classes`]). A request that fails a test shrinks, and
//! prints as an `expect` line for a `test` block of the policy and as JSON for `doorward decide`.
//!
//! ```
//! use doorward::{Policy, Verdict};
//! use doorward_proptest::any_request;
//! use proptest::prelude::*;
//!
//! let policy = Policy::parse("
//!     identity alice
//!     group staff = alice
//!     allow staff to read, write /wiki/**
//!     allow anyone to read /wiki/**
//! ")?;
//! // Nobody changes a page without credentials.
//! proptest!(|(request in any_request(&policy))| {
//!     let anonymous = request.subject == doorward::Subject::Anonymous;
//!     let reads = ["GET", "HEAD", "read"].contains(&&*request.action);
//!     prop_assert!(!anonymous || reads || policy.verdict(&request) != Verdict::Allow);
//! });
//! # Ok::<(), doorward::PolicyError>(())
//! ```
//!
//! [`policy`] has strategies for policies themselves: those with which Doorward is tested.

mod edges;
mod mentions; // what rules compare requests with

mod values;

mod path;

mod space; // random requests

mod classes; // one request of each kind

mod asked; // what is drawn, and how it prints

mod expect;

mod json;

pub mod policy;

pub use crate::asked::Asked;
pub use crate::classes::{Classes, MOST_CLASSES, TooMany, classes};
pub use crate::expect::expect_line;
pub use crate::json::json;
pub use crate::space::{RequestSpace, any_request, any_request_where, any_subject, reference_time};
