//! Statements other than rules and tests.

use super::{Assertion, Literal, Name, OriginItem, RoomItem, Rooms, Rule, TestBlock, Text};
use crate::source::Span;

/// One statement, from its keyword or label to the last token before the next statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// The whole statement.
    pub span: Span,
}

/// What a statement can say.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `action open is POST`
    Action(ActionDecl),
    /// `answer …`
    Answer(Answer),
    /// `assert never …`, `assert only …` or `assert always …`
    Assertion(Box<Assertion>),
    /// `assurance password < mfa`: the levels, weakest first.
    Assurance(Vec<Name>),
    /// `challenge Bearer realm "…"`
    Challenge(Challenge),
    /// `conceal ROOMS [entirely]`
    Conceal(Conceal),
    /// `context has { … }`
    ContextHas(Vec<AttributeDecl>),
    /// `group NAME …`
    Group(GroupDecl),
    /// `identities have { … }`
    IdentitiesHave(Vec<AttributeDecl>),
    /// `identity …`
    Identity(IdentityDecl),
    /// `include "FILE"`
    Include(Text),
    /// `network NAME …`
    Network(NetworkDecl),
    /// `room NAME at …`
    Room(RoomDecl),
    /// `[label:] allow …` or `[label:] deny …`
    Rule(Box<Rule>),
    /// `test "…" { … }`
    Test(TestBlock),
    /// `timezone ZONE`: the zone's name, bare (`Europe/Berlin`) or quoted.
    Timezone(Name),
}

/// `action NAME [is METHOD, …]`
#[derive(Clone, Debug, PartialEq)]
pub struct ActionDecl {
    /// The action's name.
    pub name: Name,
    /// The methods or actions after `is`; `None` for an abstract action.
    pub methods: Option<Vec<Name>>,
}

/// `answer …`: a departure from the defaults of telling a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `answer rejected as anonymous`
    RejectedAsAnonymous,
    /// `answer step-up 403`
    StepUp403,
    /// `answer unidentified 401`
    Unidentified401,
}

/// `challenge SCHEME [realm "…"]`
#[derive(Clone, Debug, PartialEq)]
pub struct Challenge {
    /// The authentication scheme, such as `Bearer`.
    pub scheme: Name,
    /// The protection space that the scheme is told with.
    pub realm: Option<Text>,
}

/// `conceal ROOMS [entirely]`
#[derive(Clone, Debug, PartialEq)]
pub struct Conceal {
    /// The rooms.
    pub rooms: Rooms,
    /// Whether a 401 is concealed too.
    pub entirely: bool,
}

/// `group NAME = … | from "FILE" | claimed`
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDecl {
    /// The group's name.
    pub name: Name,
    /// Where its members come from.
    pub kind: GroupKind,
}

/// Where a group's members come from.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupKind {
    /// `claimed`: with each request.
    Claimed,
    /// `from "FILE"`: the file's lines. `members` are those that the loader found, with spans in that file.
    From {
        /// The path as written.
        path: Text,
        /// The names read from the file, in its order.
        members: Vec<Name>,
    },
    /// `= member, …`: identities and groups.
    Listed(Vec<Name>),
}

/// `identity …`
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityDecl {
    /// Which identities.
    pub kind: IdentityKind,
    /// The recorded attributes, for `identity NAME, … { … }`.
    pub attributes: Vec<Recorded>,
}

/// Where declared identities come from.
#[derive(Clone, Debug, PartialEq)]
pub enum IdentityKind {
    /// `from "FILE"`. `names` are those that the loader found, with spans in that file.
    From {
        /// The path as written.
        path: Text,
        /// The names read from the file, in its order.
        names: Vec<Name>,
    },
    /// `identity NAME, …`
    Listed(Vec<Name>),
}

/// A recorded attribute, `name: value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The attribute's name.
    pub name: Name,
    /// Its value.
    pub value: Literal,
}

/// `network NAME = … | from "FILE"`
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkDecl {
    /// The network's name.
    pub name: Name,
    /// Where its prefixes come from.
    pub kind: NetworkKind,
}

/// Where a network's prefixes come from.
#[derive(Clone, Debug, PartialEq)]
pub enum NetworkKind {
    /// `from "FILE"`. `items` are the addresses and prefixes that the loader found, with spans in that file.
    From {
        /// The path as written.
        path: Text,
        /// What the file's lines say, in its order.
        items: Vec<OriginItem>,
    },
    /// `= prefix or network, …`
    Listed(Vec<OriginItem>),
}

/// `room NAME at PATTERN, … [has { … }]`
#[derive(Clone, Debug, PartialEq)]
pub struct RoomDecl {
    /// The room's name.
    pub name: Name,
    /// Its patterns; always [`RoomItemKind::Pattern`](super::RoomItemKind::Pattern).
    pub patterns: Vec<RoomItem>,
    /// The attributes that each such room carries.
    pub attributes: Vec<AttributeDecl>,
}

/// `name[?]: type`
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeDecl {
    /// The attribute's name.
    pub name: Name,
    /// Whether it may be missing.
    pub optional: bool,
    /// Its type.
    pub ty: TypeExpr,
}

/// A type as written: a scalar, or a set of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TypeExpr {
    /// The type itself, or that of a set's elements.
    pub scalar: ScalarType,
    /// Whether it is `set of` that.
    pub set: bool,
    /// Where it stands.
    pub span: Span,
}

/// The types that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarType {
    /// An IPv4 or IPv6 address.
    Address,
    /// `true` or `false`.
    Bool,
    /// A group that the policy declares.
    Group,
    /// The name of a visitor.
    Identity,
    /// A signed 64-bit integer.
    Int,
    /// A text.
    String,
    /// An instant.
    Time,
}
