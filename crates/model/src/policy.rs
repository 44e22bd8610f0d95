//! A checked policy: tables of what it declares, and its rules.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::hash::BuildHasher as _;
use std::ops::Deref;
use std::sync::Arc;

use doorward_syntax::ast::{Answer, Effect, SmolStr};
use doorward_syntax::{Sources, Span, label_at, rule_at};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::address::PrefixSet;
use crate::assertion::Assertion;
use crate::expr::Value;
use crate::ids::{ActionId, AttributeId, GroupId, IdentityId, LevelId, PatternId};
use crate::pattern::Pattern;
use crate::rule::{ClauseSpans, Members, Rule};
use crate::test::TestBlock;
use crate::types::Type;

pub use crate::zone::Zone;

/// Numbers and other things by name. The order of its entries is not specified.
pub type Names<T> = HashMap<SmolStr, T, RandomState>;

/// A checked policy: every name resolved, every type checked, every group closed.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The texts that it was read from.
    pub sources: Sources,
    /// The registered HTTP methods, then the declared actions, `read` and `write` first.
    pub actions: Vec<Action>,
    /// The declared identities, in the order of their first declaration.
    pub identities: Identities,
    /// The declared groups, in the order of the text.
    pub groups: Vec<Group>,
    /// The assurance levels, weakest first; at least one.
    pub levels: Vec<Level>,
    /// The attributes that identities have.
    pub identity_attributes: Vec<Attribute>,
    /// The attributes that the context has.
    pub context_attributes: Vec<Attribute>,
    /// The declared networks.
    pub networks: Vec<Network>,
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
        self.identities.named(name)
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

    /// How answers name a rule of this policy: its label, else `file:line`. It costs about as much as reading a word, or
    /// a search among the lines.
    #[must_use]
    pub fn rule_name(&self, rule: &Rule) -> Cow<'_, str> {
        let label = if rule.labelled { label_at(&self.sources, rule.span) } else { None };
        label.unwrap_or_else(|| self.sources.file_line(rule.span).into())
    }

    /// Where the clauses of a rule of this policy stand.
    ///
    /// They are found by reading the rule again: only explanations and findings ask, and of few rules, while places that
    /// are kept would take as much memory as all else that is known of a plain rule.
    #[must_use]
    pub fn clauses(&self, rule: &Rule) -> ClauseSpans {
        clauses(&self.sources, rule)
    }

    /// The actions that a rule covers which names those, sorted.
    ///
    /// A method is covered if it or an action holding it is named; an action that stands for methods if it is named, or
    /// for an `allow` if all its methods are covered, for a `deny` if one is.
    #[must_use]
    pub fn covered_actions(&self, named: &[ActionId], effect: Effect) -> Vec<ActionId> {
        let mut covered = self.covered_by_methods(&self.methods(named), effect);
        covered.extend(named);
        covered.sort_unstable();
        covered.dedup();
        covered
    }

    /// The methods that some actions stand for.
    pub(crate) fn methods(&self, named: &[ActionId]) -> BTreeSet<ActionId> {
        let methods_of = |id: &ActionId| self.actions.get(id.index()).map_or(&[][..], |action| &action.methods);
        named.iter().flat_map(methods_of).copied().collect()
    }

    /// The actions that some methods cover.
    pub(crate) fn covered_by_methods(&self, methods: &BTreeSet<ActionId>, effect: Effect) -> Vec<ActionId> {
        let holds = |action: &Action| match effect {
            Effect::Allow => !action.methods.is_empty() && action.methods.iter().all(|method| methods.contains(method)),
            Effect::Deny => action.methods.iter().any(|method| methods.contains(method)),
        };
        let actions = self.actions.iter().enumerate().filter(|(_, action)| holds(action));
        actions.map(|(index, _)| ActionId::from_index(index)).collect()
    }

    /// Whether the policy says so.
    #[must_use]
    pub fn answers(&self, answer: Answer) -> bool {
        self.answers.contains(&answer)
    }
}

/// Where the clauses of a rule from these texts stand.
pub(crate) fn clauses(sources: &Sources, rule: &Rule) -> ClauseSpans {
    match rule_at(sources, rule.span) {
        Some(read) => ClauseSpans::of(&read),
        None => {
            ClauseSpans { subjects: rule.span, strength: None, target: None, origins: None, when: None, unless: None }
        }
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

/// The declared identities, in the order of their first declaration; a slice that also finds them by name.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    list: Vec<Identity>,
    // INVARIANT: one number for each of the list, by the hash of the name; without copies of the names.
    names: HashTable<IdentityId>,
    hasher: RandomState,
}

impl Identities {
    /// The identity of that name, if it is declared.
    #[must_use]
    #[inline]
    pub fn named(&self, name: &str) -> Option<IdentityId> {
        let has_it = |id: &IdentityId| self.list.get(id.index()).is_some_and(|identity| identity.name == name);
        self.names.find(self.hasher.hash_one(name), has_it).copied()
    }

    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, more: usize) {
        let Self { list, names, hasher } = self;
        list.reserve_exact(more);
        names.reserve(more, |id| list.get(id.index()).map_or(0, |identity| hasher.hash_one(&*identity.name)));
    }

    /// Adds one whose name is new.
    pub(crate) fn push(&mut self, identity: Identity) -> IdentityId {
        let Self { list, names, hasher } = self;
        let id = IdentityId::from_index(list.len());
        let hash = hasher.hash_one(&*identity.name);
        list.push(identity);
        names.insert_unique(hash, id, |id| list.get(id.index()).map_or(0, |other| hasher.hash_one(&*other.name)));
        id
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Identity> {
        self.list.get_mut(index)
    }
}

impl Deref for Identities {
    type Target = [Identity];

    fn deref(&self) -> &[Identity] {
        &self.list
    }
}

/// A declared identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: SmolStr,
    /// The listed groups that it is in, directly and through other groups; sorted. Those who are in the same groups share
    /// one list.
    pub groups: GroupList,
    /// The recorded attributes, sorted.
    pub attributes: RecordedList,
    /// Where it is declared.
    pub span: Span,
}

/// Recorded attributes. Most identities have none, and those of one declaration share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedList(Option<Arc<Vec<(AttributeId, Value)>>>);

impl From<Vec<(AttributeId, Value)>> for RecordedList {
    fn from(list: Vec<(AttributeId, Value)>) -> Self {
        Self((!list.is_empty()).then(|| Arc::new(list)))
    }
}

impl Deref for RecordedList {
    type Target = [(AttributeId, Value)];

    fn deref(&self) -> &Self::Target {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<'a> IntoIterator for &'a RecordedList {
    type Item = &'a (AttributeId, Value);
    type IntoIter = std::slice::Iter<'a, (AttributeId, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A list of groups that is part of one that all identities share: nearly all of the groups of a large policy's identities
/// are a few numbers, which would take several times as much memory each by themselves.
#[derive(Clone, Default)]
pub struct GroupList {
    all: Arc<Vec<GroupId>>,
    start: u32,
    end: u32,
}

impl GroupList {
    /// A part of what all share.
    pub(crate) fn new(all: &Arc<Vec<GroupId>>, start: u32, end: u32) -> Self {
        Self { all: Arc::clone(all), start, end }
    }

    /// Where it is in what all share.
    #[must_use]
    pub fn range(&self) -> (u32, u32) {
        (self.start, self.end)
    }

    /// What all share.
    #[must_use]
    pub fn all(&self) -> &Arc<Vec<GroupId>> {
        &self.all
    }
}

impl Deref for GroupList {
    type Target = [GroupId];

    fn deref(&self) -> &[GroupId] {
        self.all.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl fmt::Debug for GroupList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl PartialEq for GroupList {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for GroupList {}

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
    pub name: SmolStr,
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

/// A declared network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: SmolStr,
    /// Its addresses, those of the networks that it holds included; shared with the rules that name it alone.
    pub addresses: Arc<PrefixSet>,
    /// Where it is declared.
    pub span: Span,
}

/// A declared room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its name.
    pub name: SmolStr,
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
