//! `test` blocks and their expectations.

use super::{Duration, Literal, Name, Text};
use crate::source::Span;

/// `test "NAME" { expect … }`
#[derive(Clone, Debug, PartialEq)]
pub struct TestBlock {
    /// The block's name.
    pub name: Text,
    /// Its expectations, in the order of the text.
    pub expectations: Vec<Expectation>,
}

/// `expect STATUS SUBJECT ACTION PATH [from …] [with …] [in …] [at …] [where …]`
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// 200, 401 or 403.
    pub status: u16,
    /// Where the status stands.
    pub status_span: Span,
    /// Who asks.
    pub subject: ExpectedSubject,
    /// Where the subject stands.
    pub subject_span: Span,
    /// The method or action.
    pub action: Name,
    /// The path, raw, as sent.
    pub path: Text,
    /// `from ADDRESS`, as written.
    pub from: Option<Text>,
    /// `with LEVEL [AGE old]`
    pub with: Option<TestLevel>,
    /// `in GROUP, …`
    pub groups: Vec<Name>,
    /// `at INSTANT`, as written.
    pub at: Option<Text>,
    /// `where ATTR = VALUE, …`
    pub bindings: Vec<Binding>,
    /// The whole expectation.
    pub span: Span,
}

/// Who asks, in an expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectedSubject {
    /// `anonymous`
    Anonymous,
    /// An identity's name, declared or not.
    Known(Name),
    /// `rejected`
    Rejected,
}

/// `with LEVEL [AGE old]`
#[derive(Clone, Debug, PartialEq)]
pub struct TestLevel {
    /// The level.
    pub level: Name,
    /// How long ago the authentication was; of this moment if `None`.
    pub age: Option<Duration>,
}

/// `ATTR = VALUE` after `where`
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// Whose attribute.
    pub scope: BindingScope,
    /// The attribute after the dot.
    pub attribute: Name,
    /// The value.
    pub value: Literal,
    /// The whole binding.
    pub span: Span,
}

/// Whose attribute a binding gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingScope {
    /// `context.x`
    Context,
    /// `identity.x`
    Identity,
    /// `room.x`
    Room,
}
