//! Checked assertions: claims about all requests.

use std::sync::Arc;

use doorward_syntax::Span;
use doorward_syntax::ast::AssertionKind;

use crate::address::PrefixSet;
use crate::expr::Expr;
use crate::ids::{ActionId, PatternId};
use crate::rule::{RoomAttribute, Strength, Subjects, Target};

/// A checked assertion. It is about every request for which all clauses of its scope are true, an unknown one being none,
/// and every subject in it that there could be.
///
/// The scope is what the clauses say, [`subjects`](Self::subjects) among them; of [`AssertionKind::Only`] the subjects are
/// those who alone may, and the scope is everybody else in the rest of it. The conditions of a scope that concerns the
/// anonymous read nothing of the visitor.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// What it claims.
    pub kind: AssertionKind,
    /// The assertion, on one line, as `fmt` writes it.
    pub text: Box<str>,
    /// Whom it concerns; of `only`, who alone may.
    pub subjects: Subjects,
    /// `with`: known subjects who are at least so strong.
    pub with: Option<Strength>,
    /// `without`: everybody who is not, the anonymous among them.
    pub without: Option<Strength>,
    /// The actions that it concerns, sorted; `None` for any action that is known. Those that an `allow` of the same actions
    /// covers: a method that is named or that an action holds which is named, and an action that is named or all of whose
    /// methods are concerned.
    pub actions: Option<Arc<Vec<ActionId>>>,
    /// Where it concerns a request; one for each pattern of its rooms, or the single one without a pattern.
    pub targets: Arc<[Target]>,
    /// Patterns after `except`: a path that one of them holds is not the assertion's.
    pub except_rooms: Box<[PatternId]>,
    /// From where: the addresses after `from` less those after its `except`.
    pub origins: Option<Arc<PrefixSet>>,
    /// The condition that must be true.
    pub when: Option<Box<Expr>>,
    /// The condition that must be false.
    pub unless: Option<Box<Expr>>,
    /// The attributes of the room that `when` and `unless` use.
    pub room_attributes: Box<[RoomAttribute]>,
    /// The whole statement.
    pub span: Span,
    /// Where its clauses stand.
    pub clauses: ScopeSpans,
}

/// Where an assertion's clauses stand; `None` for one that was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeSpans {
    /// SUBJECTS.
    pub subjects: Span,
    /// `with`.
    pub with: Option<Span>,
    /// `without`.
    pub without: Option<Span>,
    /// `to ACTIONS [ROOMS]`.
    pub target: Option<Span>,
    /// `from`.
    pub origins: Option<Span>,
    /// The expression after `when`.
    pub when: Option<Span>,
    /// The expression after `unless`.
    pub unless: Option<Span>,
}
