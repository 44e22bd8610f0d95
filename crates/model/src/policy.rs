//! A checked policy: tables of what it declares, and its rules.

use std::collections::HashMap;
use std::sync::Arc;

use doorward_syntax::ast::{Answer, SmolStr};
use doorward_syntax::{Sources, Span};

use crate::assertion::Assertion;
use crate::expr::Value;
use crate::ids::{ActionId, AttributeId, GroupId, IdentityId, LevelId, PatternId};
use crate::pattern::Pattern;
use crate::rule::{Members, Rule};
use crate::test::TestBlock;
use crate::types::Type;

pub use crate::zone::Zone;

/// Numbers and other things by name. The order of its entries is not specified.
pub type Names<T> = HashMap<SmolStr, T, foldhash::fast::RandomState>;

/// A checked policy: every name resolved, every type checked, every group closed.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The texts that it was read from.
    pub sources: Sources,
    /// The registered HTTP methods, then the declared actions, `read` and `write` first.
    pub actions: Vec<Action>,
    /// The declared identities, in the order of their first declaration.
    pub identities: Vec<Identity>,
    /// The declared groups, in the order of the text.
    pub groups: Vec<Group>,
    /// The assurance levels, weakest first; at least one.
    pub levels: Vec<Level>,
    /// The attributes that identities have.
    pub identity_attributes: Vec<Attribute>,
    /// The attributes that the context has.
    pub context_attributes: Vec<Attribute>,
    /// The declared rooms.
    pub rooms: Vec<Room>,
    /// Every distinct pattern in the policy, those that only assertions name last.
    pub patterns: Vec<Pattern>,
    /// The rules, in the order of the text.
    pub rules: Vec<Rule>,
    /// The departures from the defaults of telling a verdict, each at most once.
    pub answers: Vec<Answer>,
    /// The concealed rooms.
    pub conceals: Vec<Conceal>,
    /// What a 401 offers, in the order given; never empty.
    pub challenges: Vec<Challenge>,
    /// The zone in which `time` windows and `day` are read.
    pub zone: Zone,
    /// The `test` blocks.
    pub tests: Vec<TestBlock>,
    /// The assertions, in the order of the text.
    pub assertions: Vec<Assertion>,
    /// Identities by name.
    pub identity_names: Names<IdentityId>,
    /// Groups by name.
    pub group_names: Names<GroupId>,
    /// Actions and methods by name.
    pub action_names: Names<ActionId>,
    /// Levels by name.
    pub level_names: Names<LevelId>,
    /// The identities' attributes by name.
    pub identity_attribute_names: Names<AttributeId>,
    /// The context's attributes by name.
    pub context_attribute_names: Names<AttributeId>,
}

impl Policy {
    /// The group of that name, if one is declared.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<GroupId> {
        self.group_names.get(name).copied()
    }

    /// The identity of that name, if one is declared.
    #[must_use]
    pub fn identity(&self, name: &str) -> Option<IdentityId> {
        self.identity_names.get(name).copied()
    }

    /// The method or action of that name. `HEAD` is `GET`.
    #[must_use]
    #[inline]
    pub fn action(&self, name: &str) -> Option<ActionId> {
        // Nearly all requests have one of these, which have the same number in every policy.
        const GET: ActionId = ActionId(8);
        const POST: ActionId = ActionId(22);
        const PUT: ActionId = ActionId(25);
        const PATCH: ActionId = ActionId(21);
        const DELETE: ActionId = ActionId(7);
        match name {
            "GET" | "HEAD" => Some(GET),
            "POST" => Some(POST),
            "PUT" => Some(PUT),
            "PATCH" => Some(PATCH),
            "DELETE" => Some(DELETE),
            other => self.action_names.get(other).copied(),
        }
    }

    /// Whether the policy says so.
    #[must_use]
    pub fn answers(&self, answer: Answer) -> bool {
        self.answers.contains(&answer)
    }
}

/// A method, or a declared action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name.
    pub name: Box<str>,
    /// The methods that it stands for, sorted: itself for a method, none for an abstract action.
    pub methods: Vec<ActionId>,
    /// Where it is declared; `None` for methods and for `read` and `write`.
    pub span: Option<Span>,
}

/// A declared identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: SmolStr,
    /// The listed groups that it is in, directly and through other groups; sorted. Those who are in the same groups share
    /// one list.
    pub groups: Arc<[GroupId]>,
    /// The recorded attributes, sorted.
    pub attributes: Vec<(AttributeId, Value)>,
    /// Where it is declared.
    pub span: Span,
}

impl Identity {
    /// The recorded value of an attribute, if it is recorded.
    #[must_use]
    pub fn attribute(&self, attribute: AttributeId) -> Option<&Value> {
        let index = self.attributes.binary_search_by_key(&attribute, |(id, _)| *id).ok()?;
        self.attributes.get(index).map(|(_, value)| value)
    }
}

/// A declared group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: Box<str>,
    /// Whether its membership comes with the request.
    pub claimed: bool,
    /// The members that it lists; empty if it is claimed.
    pub members: Members,
    /// Itself and every group that holds it, directly and through other groups; sorted.
    pub within: Arc<[GroupId]>,
    /// Where it is declared.
    pub span: Span,
}

/// An assurance level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Its name; empty for the one level of a policy that declares none.
    pub name: Box<str>,
}

/// A declared attribute of identities, of the context or of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Box<str>,
    /// Its type.
    pub ty: Type,
    /// Whether it may be missing.
    pub optional: bool,
    /// Where it is declared.
    pub span: Span,
}

/// A declared room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its name.
    pub name: Box<str>,
    /// Its patterns.
    pub patterns: Vec<PatternId>,
    /// Its attributes, parameters aside.
    pub attributes: Vec<Attribute>,
    /// Where it is declared.
    pub span: Span,
}

/// `conceal ROOMS [entirely]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conceal {
    /// The patterns that are concealed.
    pub patterns: Vec<PatternId>,
    /// Those after `except`.
    pub except: Vec<PatternId>,
    /// Whether a 401 is concealed too.
    pub entirely: bool,
}

/// An authentication scheme that a 401 offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme, such as `Bearer`: an HTTP token (RFC 9110 section 5.6.2).
    pub scheme: Box<str>,
    /// The protection space.
    pub realm: Option<Box<str>>,
}

#[cfg(test)]
mod tests {
    use super::Policy;

    #[test]
    fn common_methods_have_the_numbers_that_the_table_gives_them() {
        let parsed = doorward_syntax::parse("action bark");
        let policy = crate::check(&parsed.policy, parsed.sources).policy.unwrap_or_default();
        for name in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "bark"] {
            assert_eq!(policy.action(name), policy.action_names.get(name).copied(), "{name}");
            assert!(policy.action(name).is_some());
        }
        assert_eq!(policy.action("HEAD"), policy.action("GET"));
        assert_eq!(policy.action("get"), None);
        assert_eq!(Policy::default().action("bark"), None);
    }
}
