//! Checked rules.

use std::ops::Deref;
use std::sync::Arc;

use doorward_syntax::Span;
use doorward_syntax::ast::{self, Effect};

use crate::address::PrefixSet;
use crate::expr::Expr;
use crate::ids::{ActionId, GroupId, IdentityId, LevelId, PatternId};
use crate::types::Type;

/// A checked rule.
///
/// The clauses that most rules of a large policy do without are kept together, as its [`Rare`] ones, and are read as if
/// they were fields of the rule: a plain rule is less than half as large for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Whether it has a label; [`Policy::rule_name`](crate::Policy::rule_name) reads it in the text.
    pub labelled: bool,
    /// What it does where it applies.
    pub effect: Effect,
    /// Whom it concerns. Rules about one group and nobody else share this.
    pub subjects: Arc<Subjects>,
    /// The actions that it covers, sorted; `None` for any action that is known. Already closed over the actions that
    /// stand for methods, each effect by its own rule. Rules that name the same actions share one list.
    pub actions: Option<Arc<Vec<ActionId>>>,
    /// Where it concerns a request; one for each pattern of its rooms, or the single one without a pattern. Rules with
    /// the same single pattern and no attributes of the room share one list.
    pub targets: Arc<[Target]>,
    /// From where: the addresses after `from` less those after its `except`. Rules that say the same share one set.
    pub origins: Option<Arc<PrefixSet>>,
    /// The whole statement; [`Policy::clauses`](crate::Policy::clauses) finds its clauses in it.
    pub span: Span,
    // None if it has none of them.
    pub(crate) rare: Option<Box<Rare>>,
}

impl Deref for Rule {
    type Target = Rare;

    fn deref(&self) -> &Rare {
        static NONE: Rare = Rare::NONE;
        self.rare.as_deref().unwrap_or(&NONE)
    }
}

/// The clauses that most rules do without.
#[derive(Clone, Debug, PartialEq)]
pub struct Rare {
    /// `with` of an allow, `without` of a deny.
    pub strength: Option<Strength>,
    /// Patterns after `except`: a path that one of them holds is not the rule's.
    pub except_rooms: Vec<PatternId>,
    /// The condition that must be true.
    pub when: Option<Box<Expr>>,
    /// The condition that must be false.
    pub unless: Option<Box<Expr>>,
    /// The attributes of the room that `when` and `unless` use.
    pub room_attributes: Vec<RoomAttribute>,
    /// What to tell people.
    pub because: Option<Box<str>>,
}

impl Rare {
    const NONE: Self = Self {
        strength: None,
        except_rooms: Vec::new(),
        when: None,
        unless: None,
        room_attributes: Vec::new(),
        because: None,
    };

    /// In a box, unless a rule has none of them.
    pub(crate) fn boxed(self) -> Option<Box<Self>> {
        let Self { strength, except_rooms, when, unless, room_attributes, because } = &self;
        let none = strength.is_none() && when.is_none() && unless.is_none() && because.is_none();
        let none = none && except_rooms.is_empty() && room_attributes.is_empty();
        (!none).then(|| Box::new(self))
    }
}

/// Where a rule's clauses stand; `None` for one that was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClauseSpans {
    /// SUBJECTS.
    pub subjects: Span,
    /// `with` or `without`.
    pub strength: Option<Span>,
    /// `to ACTIONS [ROOMS]`.
    pub target: Option<Span>,
    /// `from`.
    pub origins: Option<Span>,
    /// The expression after `when`.
    pub when: Option<Span>,
    /// The expression after `unless`.
    pub unless: Option<Span>,
}

impl ClauseSpans {
    pub(crate) fn of(rule: &ast::Rule) -> Self {
        Self {
            subjects: rule.subjects.span,
            strength: rule.strength.as_ref().map(|strength| strength.span),
            target: rule.target.as_ref().map(|target| target.span),
            origins: rule.origins.as_ref().map(|origins| origins.span),
            when: rule.when.as_ref().map(|when| when.span),
            unless: rule.unless.as_ref().map(|unless| unless.span),
        }
    }
}

/// SUBJECTS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subjects {
    /// Who.
    pub who: Who,
    /// Who not.
    pub except: Arc<Members>,
}

/// The positive part of SUBJECTS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Also the anonymous.
    Anyone,
    /// Every known subject.
    Authenticated,
    /// These.
    Listed(Arc<Members>),
}

/// Identities and groups, as a rule or a group lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Members {
    // Both sorted, without repetition.
    /// Identities by name.
    pub identities: Vec<IdentityId>,
    /// Groups.
    pub groups: Vec<GroupId>,
}

/// What a name in SUBJECTS or in a group stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// A group.
    Group(GroupId),
    /// An identity by name.
    Identity(IdentityId),
}

impl Members {
    /// Whether nothing is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty() && self.groups.is_empty()
    }
}

/// `LEVEL within AGE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// The least level; the weakest for `any`.
    pub level: LevelId,
    /// The greatest age in seconds, inclusive.
    pub within: Option<u64>,
}

/// One pattern of a rule's rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The pattern; `None` for every path.
    pub pattern: Option<PatternId>,
    /// What the rule's room attributes are here, in the order of [`Rare::room_attributes`].
    pub bindings: Box<[RoomBinding]>,
}

/// Where a room attribute's value comes from, for one pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoomBinding {
    /// From the request's room attributes.
    Attribute {
        /// Whether the room declares it with `?`.
        optional: bool,
    },
    /// The path's segment at that index, from 0.
    Parameter(usize),
}

/// An attribute of the room that a rule uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomAttribute {
    /// Its name.
    pub name: Box<str>,
    /// Its type, the same for every target.
    pub ty: Type,
}
