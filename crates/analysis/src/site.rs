//! One policy, or two that are compared, before any room is looked at: their rules side by side, their people by name,
//! their actions by kind.

mod kinds; // of actions

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use doorward_model::address::PrefixSet;
use doorward_model::expr::Expr;
use doorward_model::ids::{ActionId, AttributeId, GroupId, IdentityId, PatternId};
use doorward_model::path::Path;
use doorward_model::pattern::Pattern;
use doorward_model::rule::{RoomAttribute, RoomBinding, Rule, Strength, Subjects, Target};
use doorward_model::{Instant, Policy};
use doorward_syntax::ast::{Effect, SmolStr};
use hashbrown::{HashMap, HashSet};

pub(crate) use self::kinds::Kind;
use self::kinds::kinds;
use crate::error::TooComplex;
use crate::paths::{Place, Segment, places};
use crate::space::{Datum, TimeKey};

/// The clauses of a rule, or of the scope of an assertion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'p> {
    pub(crate) effect: Option<Effect>,
    pub(crate) subjects: &'p Subjects,
    pub(crate) with: Option<Strength>,
    pub(crate) without: Option<Strength>,
    pub(crate) actions: Option<&'p [ActionId]>,
    pub(crate) targets: &'p [Target],
    pub(crate) except_rooms: &'p [PatternId],
    pub(crate) origins: Option<&'p Arc<PrefixSet>>,
    pub(crate) when: Option<&'p Expr>,
    pub(crate) unless: Option<&'p Expr>,
    pub(crate) room_attributes: &'p [RoomAttribute],
}

impl<'p> Part<'p> {
    pub(crate) fn of_rule(rule: &'p Rule) -> Self {
        let (with, without) = match rule.effect {
            Effect::Allow => (rule.strength, None),
            Effect::Deny => (None, rule.strength),
        };
        Self {
            effect: Some(rule.effect),
            subjects: &rule.subjects,
            with,
            without,
            actions: rule.actions.as_deref().map(Vec::as_slice),
            targets: &rule.targets,
            except_rooms: &rule.except_rooms,
            origins: rule.origins.as_ref(),
            when: rule.when.as_deref(),
            unless: rule.unless.as_deref(),
            room_attributes: &rule.room_attributes,
        }
    }
}

/// A part at one of its targets, both by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) part: usize,
    pub(crate) target: usize,
}

/// Parts that meet, sorted; shared by the cells where the same ones do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Entries(Arc<[Entry]>);

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.0
    }
}

impl<'e> IntoIterator for &'e Entries {
    type Item = &'e Entry;
    type IntoIter = std::slice::Iter<'e, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// What covers a kind of action at a place.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) place: usize,
    pub(crate) kind: usize,
    /// By policy.
    pub(crate) entries: Vec<Entries>,
    /// By policy: which statuses are concealed.
    pub(crate) conceals: Vec<Concealment>,
}

/// What `conceal` does to a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Concealment {
    #[default]
    Nothing,
    Forbidden,
    Entirely,
}

/// One declared person, in any of the policies.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: SmolStr,
    // By policy.
    ids: Vec<Option<IdentityId>>,
}

impl Person {
    pub(crate) fn id(&self, policy: usize) -> Option<IdentityId> {
        self.ids.get(policy).copied().flatten()
    }
}

/// What tells addresses apart: sets, by where they are kept; single addresses; how many addresses are compared.
pub(crate) type AddressKey = (Vec<usize>, Vec<IpAddr>, usize);

/// One policy, or two.
#[derive(Debug)]
pub(crate) struct Site<'p> {
    pub(crate) policies: Vec<&'p Policy>,
    // By policy: its rules, then what else is asked about.
    pub(crate) parts: Vec<Vec<Part<'p>>>,
    pub(crate) people: Vec<Person>,
    /// The names of all people and groups.
    pub(crate) names: HashSet<SmolStr, foldhash::fast::RandomState>,
    // By policy and identity: the person.
    persons: Vec<Vec<u32>>,
    // By policy and group: the people in it.
    members: Vec<Vec<Vec<u32>>>,
    // By policy and attribute: what is recorded.
    recorded: Vec<Vec<BTreeSet<Datum>>>,
    // By policy: the index of its first pattern.
    offsets: Vec<usize>,
    patterns: Vec<&'p Pattern>,
    pub(crate) kinds: Vec<Kind>,
    // By policy and number: the parts that name the actions, sorted.
    covering: Vec<Vec<Vec<usize>>>,
    // By pattern: the entries of the policy that it belongs to.
    by_pattern: Vec<Vec<Entry>>,
    // By policy: entries without a pattern.
    everywhere: Vec<Vec<Entry>>,
    /// Whether anything is asked about the time.
    pub(crate) tells_time: bool,
    pub(crate) times: RefCell<HashMap<TimeKey, Vec<Instant>>>,
    pub(crate) addresses: RefCell<HashMap<AddressKey, Vec<IpAddr>>>,
}

impl<'p> Site<'p> {
    /// The rules of some policies, and other parts by the index of the policy that they belong to.
    pub(crate) fn new(policies: &[&'p Policy], others: &[(usize, Part<'p>)]) -> Self {
        let mut parts: Vec<Vec<Part<'p>>> =
            policies.iter().map(|policy| policy.rules.iter().map(Part::of_rule).collect()).collect();
        for (policy, part) in others {
            parts.get_mut(*policy).into_iter().for_each(|list| list.push(*part));
        }
        let (mut offsets, mut patterns) = (Vec::new(), Vec::new());
        for policy in policies {
            offsets.push(patterns.len());
            patterns.extend(policy.patterns.iter());
        }
        let mut by_pattern = vec![Vec::new(); patterns.len()];
        let mut everywhere = vec![Vec::new(); policies.len()];
        for ((list, offset), everywhere) in parts.iter().zip(&offsets).zip(&mut everywhere) {
            for (part, it) in list.iter().enumerate() {
                for (target, at) in it.targets.iter().enumerate() {
                    let entry = Entry { part, target };
                    match at.pattern {
                        None => everywhere.push(entry),
                        Some(pattern) => by_pattern
                            .get_mut(offset + pattern.index())
                            .into_iter()
                            .for_each(|list: &mut Vec<Entry>| list.push(entry)),
                    }
                }
            }
        }
        let tells_time = parts.iter().flatten().any(tells_time);
        let (people, persons) = people(policies);
        let members = members(policies, &people);
        let groups = policies.iter().flat_map(|policy| &policy.groups).map(|group| SmolStr::from(&*group.name));
        let names = people.iter().map(|person| person.name.clone()).chain(groups).collect();
        let (kinds, covering) = kinds(policies, &parts);
        Self {
            policies: policies.to_vec(),
            parts,
            people,
            names,
            persons,
            members,
            recorded: policies.iter().map(|policy| recorded(policy)).collect(),
            offsets,
            patterns,
            kinds,
            covering,
            by_pattern,
            everywhere,
            tells_time,
            times: RefCell::default(),
            addresses: RefCell::default(),
        }
    }

    pub(crate) fn policy(&self, policy: usize) -> Option<&'p Policy> {
        self.policies.get(policy).copied()
    }

    pub(crate) fn part(&self, policy: usize, part: usize) -> Option<&Part<'p>> {
        self.parts.get(policy)?.get(part)
    }

    /// The number of the person whom a policy declares as that identity.
    pub(crate) fn person(&self, policy: usize, identity: IdentityId) -> Option<u32> {
        self.persons.get(policy)?.get(identity.index()).copied()
    }

    /// The people in a group, directly and through others, by index.
    pub(crate) fn members(&self, policy: usize, group: GroupId) -> &[u32] {
        self.members.get(policy).and_then(|groups| groups.get(group.index())).map_or(&[], Vec::as_slice)
    }

    /// Everything that a policy records of an attribute, elements of sets one by one.
    pub(crate) fn recorded(&self, policy: usize, attribute: AttributeId) -> &BTreeSet<Datum> {
        static NOTHING: BTreeSet<Datum> = BTreeSet::new();
        self.recorded.get(policy).and_then(|lists| lists.get(attribute.index())).unwrap_or(&NOTHING)
    }

    /// Every class of paths.
    ///
    /// # Errors
    /// If there are more than a million.
    pub(crate) fn places(&self) -> Result<Vec<Place>, TooComplex> {
        places(&self.patterns, &self.watched()).ok_or_else(|| {
            let pattern = self.patterns.iter().max_by_key(|pattern| pattern.segments().len());
            TooComplex::new(format!("path patterns such as `{}`", pattern.map_or(String::new(), ToString::to_string)))
        })
    }

    /// Segments whose text rules read, each as a pattern and the segment, by index.
    pub(crate) fn watched(&self) -> BTreeSet<(usize, usize)> {
        let mut watched = BTreeSet::new();
        for (list, offset) in self.parts.iter().zip(&self.offsets) {
            for target in list.iter().flat_map(|part| part.targets) {
                let Some(pattern) = target.pattern else { continue };
                for binding in &target.bindings {
                    if let RoomBinding::Parameter(segment) = binding {
                        watched.insert((offset + pattern.index(), *segment));
                    }
                }
            }
        }
        watched
    }

    /// The place of one path.
    pub(crate) fn place_of(&self, path: &Path<'_>) -> Place {
        let matched = self.patterns.iter().enumerate().filter(|(_, pattern)| pattern.matches(path.segments()));
        let segments = path.segments().iter().map(|text| Segment::Literal(SmolStr::from(&**text)));
        Place { patterns: matched.map(|(index, _)| index).collect(), segments: segments.collect(), ambiguous: false }
    }

    /// The kind of an action, if any policy knows it.
    pub(crate) fn kind_of(&self, action: &str) -> Option<usize> {
        let action = if action == "HEAD" { "GET" } else { action };
        self.kinds.iter().position(|kind| kind.members.iter().any(|member| member == action))
    }

    /// The patterns of one policy that hold a place.
    pub(crate) fn matched<'s>(&'s self, place: &'s Place, policy: usize) -> impl Iterator<Item = PatternId> + 's {
        let start = self.offsets.get(policy).copied().unwrap_or(0);
        let end = self.offsets.get(policy + 1).copied().unwrap_or(self.patterns.len());
        place
            .patterns
            .iter()
            .filter(move |index| (start..end).contains(index))
            .map(move |index| PatternId::from_index(index - start))
    }

    /// A pattern by its index over all policies.
    pub(crate) fn pattern(&self, index: usize) -> Option<&'p Pattern> {
        self.patterns.get(index).copied()
    }

    /// The closest patterns that hold a place, by index: of two one of which holds the other, the other.
    pub(crate) fn closest(&self, place: &Place) -> Vec<usize> {
        let all: Vec<(usize, &Pattern)> =
            place.patterns.iter().filter_map(|index| Some((*index, self.pattern(*index)?))).collect();
        let closer = |own: &Pattern| all.iter().any(|(_, other)| own.covers(other) && !other.covers(own));
        all.iter().filter(|(_, own)| !closer(own)).map(|(index, _)| *index).collect()
    }

    /// How people call a place: by the names of rooms, or by the patterns that hold it, the closest ones.
    pub(crate) fn rooms(&self, place: &Place) -> Vec<String> {
        if place.ambiguous {
            return vec!["ambiguous paths".to_owned()];
        }
        let mut names = BTreeSet::new();
        let closest = self.closest(place);
        for (policy, offset) in self.policies.iter().zip(&self.offsets) {
            for index in &closest {
                let Some(id) = index.checked_sub(*offset).map(PatternId::from_index) else { continue };
                let Some(own) = policy.patterns.get(id.index()) else { continue };
                let mut rooms = policy.rooms.iter().filter(|room| room.patterns.contains(&id)).peekable();
                if rooms.peek().is_none() {
                    names.insert(own.to_string());
                }
                names.extend(rooms.map(|room| room.name.to_string()));
            }
        }
        if names.is_empty() { vec!["other paths".to_owned()] } else { names.into_iter().collect() }
    }

    /// What covers a kind of action at a place.
    pub(crate) fn cell(&self, number: usize, place: &Place, kind: usize) -> Cell {
        let mut cell = Cell { place: number, kind, entries: Vec::new(), conceals: Vec::new() };
        for (policy, model) in self.policies.iter().enumerate() {
            let matched: Vec<PatternId> = self.matched(place, policy).collect();
            let holds = |list: &[PatternId]| list.iter().any(|pattern| matched.binary_search(pattern).is_ok());
            let offset = self.offsets.get(policy).copied().unwrap_or(0);
            let here = matched.iter().filter_map(|pattern| self.by_pattern.get(offset + pattern.index())).flatten();
            let all = self.everywhere.get(policy).into_iter().flatten().chain(here);
            let covering = self.kinds.get(kind).and_then(|kind| kind.covered.get(policy).copied().flatten());
            let covering = covering.and_then(|number| self.covering.get(policy)?.get(number));
            let mut entries: Vec<Entry> = match covering {
                Some(covering) if !place.ambiguous => all
                    .copied()
                    .filter(|entry| {
                        self.part(policy, entry.part).is_some_and(|part| {
                            !holds(part.except_rooms)
                                && (part.actions.is_none() || covering.binary_search(&entry.part).is_ok())
                        })
                    })
                    .collect(),
                _ => Vec::new(),
            };
            entries.sort_unstable();
            cell.entries.push(Entries(entries.into()));
            let concealing =
                model.conceals.iter().filter(|conceal| holds(&conceal.patterns) && !holds(&conceal.except));
            let strongest = concealing.map(|conceal| match conceal.entirely {
                true => Concealment::Entirely,
                false => Concealment::Forbidden,
            });
            cell.conceals.push(strongest.max().unwrap_or_default());
        }
        cell
    }
}

fn tells_time(part: &Part<'_>) -> bool {
    fn asks(expr: &Expr) -> bool {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().any(asks),
            Expr::Not(inner) => asks(inner),
            Expr::Test(test) => test.kind.reads_time(),
        }
    }
    let aged = [part.with, part.without].into_iter().flatten().any(|strength| strength.within.is_some());
    aged || [part.when, part.unless].into_iter().flatten().any(asks)
}

/// Everybody whom a policy declares, and by policy and identity who that is.
fn people(policies: &[&Policy]) -> (Vec<Person>, Vec<Vec<u32>>) {
    let mut people: Vec<Person> = Vec::new();
    let mut persons = Vec::new();
    let mut known: HashMap<&str, usize, foldhash::fast::RandomState> = HashMap::default();
    for (number, policy) in policies.iter().enumerate() {
        let mut of_policy = Vec::with_capacity(policy.identities.len());
        for (index, identity) in policy.identities.iter().enumerate() {
            let place = *known.entry(identity.name.as_str()).or_insert_with(|| {
                people.push(Person { name: identity.name.clone(), ids: vec![None; policies.len()] });
                people.len() - 1
            });
            if let Some(id) = people.get_mut(place).and_then(|person| person.ids.get_mut(number)) {
                *id = Some(IdentityId::from_index(index));
            }
            of_policy.push(u32::try_from(place).unwrap_or(u32::MAX));
        }
        persons.push(of_policy);
    }
    (people, persons)
}

fn members(policies: &[&Policy], people: &[Person]) -> Vec<Vec<Vec<u32>>> {
    let mut members: Vec<Vec<Vec<u32>>> = policies.iter().map(|policy| vec![Vec::new(); policy.groups.len()]).collect();
    for (number, person) in (0u32..).zip(people) {
        for ((policy, id), groups) in policies.iter().zip(&person.ids).zip(&mut members) {
            let identity = id.and_then(|id| policy.identities.get(id.index()));
            for group in identity.into_iter().flat_map(|identity| identity.groups.iter()) {
                groups.get_mut(group.index()).into_iter().for_each(|list| list.push(number));
            }
        }
    }
    members
}

/// By attribute of identities, what is recorded.
fn recorded(policy: &Policy) -> Vec<BTreeSet<Datum>> {
    let mut recorded = vec![BTreeSet::new(); policy.identity_attributes.len()];
    for (attribute, value) in policy.identities.iter().flat_map(|identity| &identity.attributes) {
        let elements = match value {
            doorward_model::expr::Value::Set(values) => values.as_slice(),
            scalar => std::slice::from_ref(scalar),
        };
        if let Some(list) = recorded.get_mut(attribute.index()) {
            list.extend(elements.iter().filter_map(|value| Datum::of(value, policy)));
        }
    }
    recorded
}
