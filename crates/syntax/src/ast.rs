//! The syntax tree: what a policy's text says, before names mean anything.
//!
//! Every node carries the [`Span`] it was read from. Nothing here is resolved,
//! typed or deduplicated, and the order of the text is kept. The tree's depth
//! is bounded by [`limits::NESTING`](crate::limits::NESTING).

mod assertion;
mod expr;
mod rule;
mod statement;
mod test;

use crate::source::{FileId, Span};

/// A short text, which is kept in place: a large policy has millions of names, and few of them are long.
pub use smol_str::SmolStr;

pub use self::assertion::{Assertion, AssertionKind};
pub use self::expr::{Bound, Comparison, Expr, ExprKind, Literal, LiteralKind, Operand, OperandKind};
pub use self::rule::{
    Effect, OriginItem, OriginItemKind, Origins, RoomItem, RoomItemKind, Rooms, Rule, Strength, Subjects, Target, Who,
};
pub use self::statement::{
    ActionDecl, Answer, AttributeDecl, Challenge, Conceal, GroupDecl, GroupKind, IdentityDecl, IdentityKind,
    NetworkDecl, NetworkKind, Recorded, RoomDecl, ScalarType, Statement, StatementKind, TypeExpr,
};
pub use self::test::{Binding, BindingScope, Expectation, ExpectedSubject, TestBlock, TestLevel};

/// All files of one policy, the root first, each once, in the order in which they were first included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// The files; never empty after a successful parse.
    pub files: Vec<File>,
}

impl Policy {
    /// Every statement of every file, the root's first.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.files.iter().flat_map(|file| &file.statements)
    }
}

/// One file's statements and comments, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Which source this is.
    pub id: FileId,
    /// The statements that could be read.
    pub statements: Vec<Statement>,
    /// Every comment, also those inside statements, in the order of the text.
    pub comments: Vec<Comment>,
}

/// A comment: from `#` to the end of its line, both ends' white space removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// The text, with its `#`.
    pub text: String,
    /// Where it stands, from the `#` on.
    pub span: Span,
}

/// A name as it was written: bare or in double quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name, unquoted and unescaped.
    pub text: SmolStr,
    /// Whether it stood in double quotes.
    pub quoted: bool,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A text in double quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The text, unescaped.
    pub value: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A length of time in whole seconds, as `90s`, `15m`, `2h` or `7d` say it; a day is 24 hours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duration {
    /// The length in seconds.
    pub seconds: u64,
    /// Where it stands.
    pub span: Span,
}
