//! Checked expressions: every reference resolved, every test typed.

use std::net::IpAddr;
use std::sync::Arc;

use doorward_syntax::Span;

use crate::address::PrefixSet;
use crate::ids::{AttributeId, GroupId, RoomAttributeId};
use crate::instant::Instant;

/// A checked expression, evaluated in Kleene's three-valued logic.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// True if all are true, false if one is false, else unknown.
    All(Vec<Expr>),
    /// True if one is true, false if all are false, else unknown.
    Any(Vec<Expr>),
    /// False for true, true for false, unknown for unknown.
    Not(Box<Expr>),
    /// One test.
    Test(Test),
}

/// One test: unknown when something that it needs is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What is tested.
    pub kind: TestKind,
    /// Where it is written.
    pub span: Span,
}

/// What can be tested.
#[derive(Clone, Debug, PartialEq)]
pub enum TestKind {
    /// `true` or `false`, written so.
    Constant(bool),
    /// `left == right`; both of one scalar type.
    Equal(Operand, Operand),
    /// An attribute of type `bool` by itself.
    Flag(Reference),
    /// `BASE has ATTRIBUTE`: never unknown, false if it is missing or has the wrong type.
    Has(Reference),
    /// `identity in GROUP`, or in any of several.
    InGroups(Vec<GroupId>),
    /// `identity in room.readers`, of type `group` or `set of group`.
    InGroupOf(Reference),
    /// `address in NETWORK`, for any operand of type `address`.
    InNetwork(Operand, Arc<PrefixSet>),
    /// `value in { … }`, or in an attribute of a set type; the set's elements have the operand's type.
    InSet(Operand, Set),
    /// `time in 08:00..18:00`: minutes since midnight, `start` in 0 to 1439, `end` in 1 to 1440, half-open; it wraps if
    /// `end < start`.
    InWindow {
        /// The first minute within.
        start: u16,
        /// The first minute that is not.
        end: u16,
    },
    /// `value like "a*b"`, the value of type `string`.
    Like(Operand, Like),
    /// `day in mon..fri`: bit 0 is Monday, bit 6 Sunday.
    OnDay(u8),
    /// `left OP right`; both `int` or both `time`.
    Order(Operand, Order, Operand),
    /// `time - since OP seconds`; unknown if `since` is later than the request's time.
    Since(Operand, Order, u64),
}

impl TestKind {
    /// The attribute of the identity that it reads, recorded or claimed; it reads one at most, since two are never
    /// compared with each other.
    #[must_use]
    pub fn identity_attribute(&self) -> Option<AttributeId> {
        let of = |reference: &Reference| match reference {
            Reference::Identity(attribute) => Some(*attribute),
            Reference::Context(_) | Reference::Room(_) => None,
        };
        let of_operand = |operand: &Operand| match operand {
            Operand::Reference(reference) => of(reference),
            _ => None,
        };
        match self {
            Self::Equal(left, right) | Self::Order(left, _, right) => of_operand(left).or_else(|| of_operand(right)),
            Self::Flag(reference) | Self::Has(reference) | Self::InGroupOf(reference) => of(reference),
            Self::InNetwork(operand, _) | Self::Like(operand, _) | Self::Since(operand, _, _) => of_operand(operand),
            Self::InSet(operand, Set::Reference(reference)) => of_operand(operand).or_else(|| of(reference)),
            Self::InSet(operand, Set::Values(_)) => of_operand(operand),
            Self::Constant(_) | Self::InGroups(_) | Self::InWindow { .. } | Self::OnDay(_) => None,
        }
    }

    /// Whether it reads the time of the request.
    #[must_use]
    pub fn reads_time(&self) -> bool {
        match self {
            Self::Equal(left, right) | Self::Order(left, _, right) => *left == Operand::Time || *right == Operand::Time,
            Self::InSet(operand, _) => *operand == Operand::Time,
            Self::InWindow { .. } | Self::OnDay(_) | Self::Since(..) => true,
            Self::Constant(_)
            | Self::Flag(_)
            | Self::Has(_)
            | Self::InGroupOf(_)
            | Self::InGroups(_)
            | Self::InNetwork(..)
            | Self::Like(..) => false,
        }
    }
}

/// An order comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
}

impl Order {
    /// Whether `left OP right`.
    pub fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Greater => left > right,
            Self::GreaterEqual => left >= right,
            Self::Less => left < right,
            Self::LessEqual => left <= right,
        }
    }
}

/// Something that has a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// The request's address.
    Address,
    /// The visitor, as an identity.
    Identity,
    /// The visitor's name, as a string.
    IdentityName,
    /// An attribute.
    Reference(Reference),
    /// The request's time.
    Time,
    /// A value written in the policy.
    Value(Value),
}

/// An attribute that a test reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// `context.x`
    Context(AttributeId),
    /// `identity.x`, `identity.name` aside.
    Identity(AttributeId),
    /// `room.x`: an attribute or a parameter, as the target that matched binds it.
    Room(RoomAttributeId),
}

/// A set that a value may be in.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// An attribute of a set type.
    Reference(Reference),
    /// Values written in the policy.
    Values(Vec<Value>),
}

/// A value written in a policy: a scalar, or for a recorded attribute perhaps a set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// An address, IPv4-mapped ones as IPv4.
    Address(IpAddr),
    /// `true` or `false`.
    Bool(bool),
    /// A declared group.
    Group(GroupId),
    /// A visitor's name.
    Identity(Box<str>),
    /// An integer.
    Int(i64),
    /// Values of one type.
    Set(Vec<Value>),
    /// A text.
    String(Box<str>),
    /// An instant.
    Time(Instant),
}

/// The pattern of `like`: literal pieces with any run of characters between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like {
    // INVARIANT: never empty; `n` pieces mean `n - 1` stars, and a pattern without a star has one piece.
    pieces: Vec<Box<str>>,
}

impl Like {
    /// Reads a pattern; `*` is any run of characters, and there is no way to mean a star itself.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self { pieces: pattern.split('*').map(Into::into).collect() }
    }

    /// The literal pieces, between any two of which stands a `*`; one piece if there is no star.
    #[must_use]
    pub fn pieces(&self) -> &[Box<str>] {
        &self.pieces
    }

    /// Whether all of `text` fits; in time proportional to the text's length times the pattern's.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return **first == *text };
        let Some(mut text) = text.strip_prefix(&**first) else { return false };
        for piece in middle {
            let Some(at) = text.find(&**piece) else { return false };
            text = text.get(at + piece.len()..).unwrap_or("");
        }
        text.ends_with(&**last)
    }
}

#[cfg(test)]
mod tests {
    use super::{Like, Order};

    #[test]
    fn an_order_compares_two_values() {
        use Order::{Greater, GreaterEqual, Less, LessEqual};
        for (order, of_less, of_equal, of_greater) in [
            (Greater, false, false, true),
            (GreaterEqual, false, true, true),
            (Less, true, false, false),
            (LessEqual, true, true, false),
        ] {
            let holds = [1, 2, 3].map(|left| order.holds(&left, &2));
            assert_eq!(holds, [of_less, of_equal, of_greater], "{order:?}");
        }
    }

    #[track_caller]
    fn check(pattern: &str, inside: &[&str], outside: &[&str]) {
        let like = Like::new(pattern);
        for text in inside {
            assert!(like.matches(text), "{text} is like {pattern}");
        }
        for text in outside {
            assert!(!like.matches(text), "{text} is not like {pattern}");
        }
    }

    #[test]
    fn a_star_is_any_run_of_characters() {
        check("", &[""], &["a"]);
        check("ab", &["ab"], &["", "a", "abc", "xab"]);
        check("*", &["", "a", "ab*"], &[]);
        check("a*", &["a", "ab"], &["", "ba"]);
        check("*b", &["b", "ab"], &["ba"]);
        check("a*a", &["aa", "aba"], &["a"]);
        check("a*bc*d", &["abcd", "axbcyd", "abcbcd"], &["abd", "acbd", "abc"]);
        // A piece is looked for behind the one before, not within it.
        check("*ab*ab*", &["abab", "xabyabz"], &["ab", "aab", "abb"]);
        check("*aa*aa*", &["aaaa"], &["aaa"]);
        check("*é*é", &["éé"], &["é"]);
        assert_eq!(Like::new("a*b").pieces(), ["a".into(), "b".into()]);
    }
}
