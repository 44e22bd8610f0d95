//! Rules and their clauses.

use super::{Duration, Expr, Name, SmolStr, Text};
use crate::source::Span;

/// A rule. Each clause stands at most once; the text may give them in any order.
///
/// The large clauses that few rules have are boxed, so that many rules fit into memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name before the colon.
    pub label: Option<Name>,
    /// `allow` or `deny`.
    pub effect: Effect,
    /// Where the word `allow` or `deny` stands.
    pub effect_span: Span,
    /// Whom it concerns.
    pub subjects: Subjects,
    /// `with …` of an allow, `without …` of a deny.
    pub strength: Option<Box<Strength>>,
    /// `to ACTIONS [ROOMS]`.
    pub target: Option<Target>,
    /// `from ORIGINS`.
    pub origins: Option<Origins>,
    /// `when EXPR`.
    pub when: Option<Box<Expr>>,
    /// `unless EXPR`.
    pub unless: Option<Box<Expr>>,
    /// `because "TEXT"`.
    pub because: Option<Box<Text>>,
}

/// What a rule does where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It lets in, unless a deny applies.
    Allow,
    /// It keeps out, whatever is allowed.
    Deny,
}

/// SUBJECTS: who, and who not.
#[derive(Clone, Debug, PartialEq)]
pub struct Subjects {
    /// Who.
    pub who: Who,
    /// Identities and groups after `except`.
    pub except: Vec<Name>,
    /// The whole clause.
    pub span: Span,
}

/// The positive part of SUBJECTS.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// `anyone`, also the anonymous.
    Anyone,
    /// `authenticated`: every known subject.
    Authenticated,
    /// Identities and groups.
    Listed(Vec<Name>),
}

/// `with LEVEL [within AGE]`, or with `without`; which of the two, the rule's effect and `negated` say.
#[derive(Clone, Debug, PartialEq)]
pub struct Strength {
    /// Whether it was written `without`. A check refuses it on an allow, and `with` on a deny.
    pub negated: bool,
    /// The least level; `None` for `any`.
    pub level: Option<Name>,
    /// The greatest age of the authentication.
    pub within: Option<Duration>,
    /// The whole clause.
    pub span: Span,
}

/// `to ACTIONS [ROOMS]`
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Action names and methods; the one name `use` for any action.
    pub actions: Vec<Name>,
    /// The rooms; `None` for every room.
    pub rooms: Option<Rooms>,
    /// The whole clause.
    pub span: Span,
}

/// ROOMS: which, and which not.
#[derive(Clone, Debug, PartialEq)]
pub struct Rooms {
    /// Room names and patterns.
    pub items: Vec<RoomItem>,
    /// Room names and patterns after `except`.
    pub except: Vec<RoomItem>,
    /// The whole list.
    pub span: Span,
}

/// One item of ROOMS.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomItem {
    /// A name or a pattern.
    pub kind: RoomItemKind,
    /// Where it stands.
    pub span: Span,
}

/// A name or a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum RoomItemKind {
    /// A room's name.
    Name(Name),
    /// A path pattern, unquoted and unescaped, as written: `/wiki/**`.
    Pattern(SmolStr),
}

/// ORIGINS: which, and which not.
#[derive(Clone, Debug, PartialEq)]
pub struct Origins {
    /// Networks, prefixes and addresses.
    pub items: Vec<OriginItem>,
    /// Networks, prefixes and addresses after `except`.
    pub except: Vec<OriginItem>,
    /// The whole clause.
    pub span: Span,
}

/// One item of ORIGINS.
#[derive(Clone, Debug, PartialEq)]
pub struct OriginItem {
    /// A network's name, or the text of an address or prefix.
    pub kind: OriginItemKind,
    /// Where it stands.
    pub span: Span,
}

/// A network's name, or the text of an address or prefix.
#[derive(Clone, Debug, PartialEq)]
pub enum OriginItemKind {
    /// An address or prefix, as written and not yet understood: `10.0.0.0/8`.
    Address(SmolStr),
    /// A network's name.
    Name(Name),
}
