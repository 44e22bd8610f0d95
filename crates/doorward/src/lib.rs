//! Access policies that tell 401 from 403.
//!
//! A policy is a short text; [`Policy`] compiles it and answers each [`Request`] with one of three verdicts:
//! [`Verdict::Allow`] (200), [`Verdict::Unauthenticated`] (401) or [`Verdict::Forbidden`] (403). A 401 is a promise: some
//! stronger authentication of the same visitor would be let in. A 403 says that none would.
//!
//! ```
//! use doorward::{Policy, Request, Subject};
//!
//! let policy = Policy::parse(r#"
//!     assurance password < mfa
//!     identity alice, bob
//!     group admins = alice
//!
//!                allow anyone to read /
//!     admins-in: allow admins with mfa within 15m to use /admin/**
//!
//!     test "doors" {
//!         expect 200  anonymous  GET /
//!         expect 401  alice      GET /admin/users  with password
//!         expect 403  bob        GET /admin/users  with mfa
//!     }
//! "#)?;
//!
//! let request = Request::new(Subject::known("alice").assurance("password"), "GET", "/admin/users")
//!     .at(doorward::Instant::parse("2026-11-23T10:00Z")?);
//! let decision = policy.decide(&request);
//! assert_eq!(decision.status, 401);
//! assert_eq!(decision.rules, ["admins-in"]);
//! assert_eq!(
//!     decision.www_authenticate().next().as_deref(),
//!     Some(r#"Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="900""#)
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! - `files` (default): [`Policy::from_file`] and the loader [`Folder`] behind it.
//! - `serde`: `Deserialize` and `Serialize` for requests, `Serialize` for verdicts, decisions and explanations.
//!
//! A feature adds API; none changes a decision.

mod listing;
mod policy;
mod prepared;
mod verdict;

mod challenge;
mod decision;
mod explanation;

mod engine;
mod error;
#[cfg(feature = "files")]
mod files;

pub use doorward_model::request::{Attributes, is_identity};
pub use doorward_model::{Instant, Known, Request, Subject, Value, limits};
pub use doorward_syntax::{Diagnostic, LoadError, Loader, MemoryFiles, NoFiles, Severity, Sources, Span};

pub use crate::challenge::{Challenge, ChallengeError};
pub use crate::decision::Decision;
pub use crate::error::PolicyError;
pub use crate::explanation::{Clause, DecidingRule, Explanation, Failure, NearMiss, Note, Witness};
#[cfg(feature = "files")]
pub use crate::files::{Folder, parse_file};
pub use crate::policy::{Policy, TestOutcome};
pub use crate::prepared::{PreparedAction, PreparedOrigin, PreparedRequest, PreparedRoom, PreparedSubject};
pub use crate::verdict::Verdict;
