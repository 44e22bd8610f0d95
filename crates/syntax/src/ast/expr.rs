//! Expressions: what stands after `when` and `unless`.

use super::{Duration, Name, SmolStr};
use crate::source::Span;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Where it stands, parentheses of its own included.
    pub span: Span,
}

/// What an expression can say.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `a and b and c`: two or more, none of them an `And` without parentheses.
    And(Vec<Expr>),
    /// `left OP right`
    Compare {
        /// The left side.
        left: Operand,
        /// The operator.
        op: Comparison,
        /// The right side.
        right: Operand,
    },
    /// `BASE has ATTRIBUTE`, such as `identity has department`.
    Has {
        /// `identity`, `room` or `context`.
        base: Name,
        /// The attribute.
        attribute: Name,
    },
    /// `left in right`
    In {
        /// The left side.
        left: Operand,
        /// The right side: a set, a group, a network, a prefix, a window or a range of days.
        right: Operand,
    },
    /// `left like "pattern"`
    Like {
        /// The left side.
        left: Operand,
        /// The pattern, unescaped; `*` is any run of characters.
        pattern: super::Text,
    },
    /// `not a`
    Not(Box<Expr>),
    /// `a or b or c`: two or more, none of them an `Or` without parentheses.
    Or(Vec<Expr>),
    /// `( a )`; kept so that a formatter can tell which parentheses were written.
    Paren(Box<Expr>),
    /// A bare operand of type `bool`: `room.frozen`, `true`.
    Test(Operand),
    /// `time - X OP DURATION`
    TimeSince {
        /// What is subtracted from `time`.
        since: Operand,
        /// The operator.
        op: Comparison,
        /// The length it is compared with.
        duration: Duration,
    },
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `!=`
    NotEqual,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    /// What it is.
    pub kind: OperandKind,
    /// Where it stands.
    pub span: Span,
}

/// What can be compared.
#[derive(Clone, Debug, PartialEq)]
pub enum OperandKind {
    /// The word `address`: the request's.
    Address,
    /// `room.x`, `context.x`, `identity.x` (and `identity.name`): base and attribute.
    Attribute {
        /// `identity`, `room` or `context`.
        base: Name,
        /// The attribute after the dot.
        attribute: Name,
    },
    /// The word `day`.
    Day,
    /// The word `identity`: the visitor.
    Identity,
    /// A value that stands for itself.
    Literal(Literal),
    /// The word `time`: the request's instant.
    Time,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// What it is.
    pub kind: LiteralKind,
    /// Where it stands.
    pub span: Span,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq)]
pub enum LiteralKind {
    /// An address or prefix, as written and not yet understood.
    Address(SmolStr),
    /// `true` or `false`.
    Bool(bool),
    /// `mon..fri`: both ends as written, one name for a single day.
    Days(Bound<Name>),
    /// A signed 64-bit integer.
    Int(i64),
    /// A bare name: an identity, a group, a network.
    Name(Name),
    /// `{ a, b }`
    Set(Vec<Literal>),
    /// A text in double quotes, unescaped.
    String(SmolStr),
    /// An instant, as written: `2027-01-01T00:00Z`.
    Time(SmolStr),
    /// `08:00..18:00`: minutes since midnight, 0 to 1440.
    Window(Bound<u16>),
}

/// Two ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound<T> {
    /// The first.
    pub start: T,
    /// The last (of days), or the first that is not within (of windows).
    pub end: T,
}
