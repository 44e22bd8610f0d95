//! Assertions: claims about all requests.

use super::{Expr, Origins, Strength, Subjects, Target};
use crate::source::Span;

/// `assert never …`, `assert only …` or `assert always …`. Each clause stands at most once; the text may give them in any
/// order.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// What is claimed.
    pub kind: AssertionKind,
    /// Whom it concerns; of `only`, who alone may.
    pub subjects: Subjects,
    /// `with LEVEL [within AGE]`; not [negated](Strength::negated).
    pub with: Option<Box<Strength>>,
    /// `without LEVEL [within AGE]`; [negated](Strength::negated).
    pub without: Option<Box<Strength>>,
    /// `to ACTIONS [ROOMS]`.
    pub target: Option<Target>,
    /// `from ORIGINS`.
    pub origins: Option<Origins>,
    /// `when EXPR`.
    pub when: Option<Box<Expr>>,
    /// `unless EXPR`.
    pub unless: Option<Box<Expr>>,
    /// The whole statement.
    pub span: Span,
}

/// What an assertion claims of the requests that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssertionKind {
    /// Each is allowed.
    Always,
    /// None is allowed.
    Never,
    /// None of anybody else is allowed.
    Only,
}
