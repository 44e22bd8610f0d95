//! Conditions: tests of the visitor, the room and the context, joined.

use std::net::IpAddr;

use super::{Pattern, Segment};

/// Tests, joined.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Not so.
    Not(Box<Condition>),
    /// One or both.
    Or(Box<Condition>, Box<Condition>),
    /// One test.
    Test(Test),
}

impl Condition {
    /// What is left of it once the tests that do not fit are taken out; none if nothing is.
    #[must_use]
    pub fn pruned(self, fits: &dyn Fn(&Test) -> bool) -> Option<Self> {
        let join = |left: Box<Self>, right: Box<Self>, join: fn(Box<Self>, Box<Self>) -> Self| match (
            left.pruned(fits),
            right.pruned(fits),
        ) {
            (Some(left), Some(right)) => Some(join(Box::new(left), Box::new(right))),
            (one, other) => one.or(other),
        };
        match self {
            Self::And(left, right) => join(left, right, Self::And),
            Self::Not(inner) => Some(Self::Not(Box::new(inner.pruned(fits)?))),
            Self::Or(left, right) => join(left, right, Self::Or),
            Self::Test(test) => fits(&test).then_some(Self::Test(test)),
        }
    }
}

/// A test, which is true or false.
#[derive(Clone, Debug)]
pub enum Test {
    /// The request's address is the proxy's.
    AddressIsProxy,
    /// The request's address is in a network.
    AddressIn(Network),
    /// A word is one of these.
    Among(Word, Vec<usize>),
    /// The visitor is in one of the room's circles.
    InCircles,
    /// The visitor is one of the room's editors.
    InEditors,
    /// The visitor is in that group.
    InGroup(usize),
    /// The visitor is in the room's group of readers.
    InReaders,
    /// The visitor is that declared identity.
    Is(usize),
    /// The visitor is the room's owner.
    IsOwner,
    /// A word of the room or the context has that shape.
    Like(Word, usize),
    /// The room is open.
    Open,
    /// Two numbers compare.
    Order(Number, Sign, Number),
    /// The room's owner is that declared identity.
    OwnerIs(usize),
    /// The proxy's address is in a network.
    ProxyIn(Network),
    /// Two words are the same, or are not.
    Same(Word, bool, Word),
    /// A word is one of the room's tags.
    Tagged(Word),
    /// The visitor is trusted.
    Trusted,
    /// The visitor is very important.
    Vip,
}

impl Test {
    /// Whether it is about the visitor.
    #[must_use]
    pub fn of_visitor(&self) -> bool {
        let word = |word: &Word| matches!(word, Word::Name | Word::Team);
        match self {
            Self::InCircles | Self::InEditors | Self::InGroup(_) | Self::InReaders => true,
            Self::Is(_) | Self::IsOwner | Self::Trusted => true,
            Self::Among(of, _) | Self::Like(of, _) | Self::Tagged(of) => word(of),
            Self::Order(left, _, right) => [left, right].contains(&&Number::Clearance),
            Self::Same(left, _, right) => word(left) || word(right),
            _ => false,
        }
    }

    /// Whether it is about attributes of the room.
    #[must_use]
    pub fn of_room(&self) -> bool {
        match self {
            Self::InCircles | Self::InEditors | Self::InReaders | Self::IsOwner => true,
            Self::Open | Self::OwnerIs(_) | Self::Tagged(_) => true,
            Self::Among(of, _) | Self::Like(of, _) => *of == Word::Tag,
            Self::Order(left, _, right) => [left, right].contains(&&Number::Rank),
            Self::Same(left, _, right) => [left, right].contains(&&Word::Tag),
            _ => false,
        }
    }

    /// Whether a pattern has every parameter that it is about.
    #[must_use]
    pub fn within(&self, pattern: &Pattern) -> bool {
        let has = |word: &Word| match word {
            Word::Parameter(parameter) => pattern.segments.contains(&Segment::Parameter(*parameter)),
            _ => true,
        };
        match self {
            Self::Among(of, _) | Self::Like(of, _) | Self::Tagged(of) => has(of),
            Self::Same(left, _, right) => has(left) && has(right),
            _ => true,
        }
    }

    /// Whether it is about a parameter.
    #[must_use]
    pub fn of_parameter(&self) -> bool {
        !self.within(&Pattern { segments: Vec::new(), rest: true })
    }
}

/// A text.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// The context's country.
    Country,
    /// That text.
    Literal(usize),
    /// The visitor's name.
    Name,
    /// A parameter of the pattern.
    Parameter(usize),
    /// The room's tag.
    Tag,
    /// The visitor's team.
    Team,
}

/// A number.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// The visitor's clearance.
    Clearance,
    /// That number.
    Literal(i64),
    /// The room's rank.
    Rank,
    /// The context's risk.
    Risk,
}

/// How two numbers compare; both languages write it alike.
#[derive(Clone, Copy, Debug)]
pub struct Sign(pub &'static str);

/// Addresses.
#[derive(Clone, Debug)]
pub enum Network {
    /// A network by name.
    Named(usize),
    /// An address of which so many bits count, the others being zero.
    Prefix(IpAddr, u8),
}
