//! What the parts that meet in one cell test, and what is compared with what.

use std::collections::{BTreeMap, BTreeSet};

use doorward_model::Policy;
use doorward_model::address::PrefixSet;
use doorward_model::expr::{Expr, Operand, Reference, Set, Test, TestKind};
use doorward_model::ids::GroupId;
use doorward_model::rule::{Members, RoomBinding, Target, Who};
use doorward_model::types::Type;
use doorward_syntax::ast::{ScalarType, SmolStr};

use super::{ClockTests, Datum, Key};
use crate::paths::{Place, Segment};
use crate::site::{Cell, Entry, Part, Site};

/// An operand, as it is at one cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    /// A value that the policy or the path fixes.
    Constant(Datum),
    /// What has a variable; as a value of that type, `None` where the variable has but one.
    Varying(Key, Option<Type>),
    /// Nothing at all.
    Missing,
}

/// A part at one of its targets, with what it takes to read its expressions.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'s> {
    pub(crate) number: usize,
    pub(crate) policy: &'s Policy,
    pub(crate) part: &'s Part<'s>,
    pub(crate) target: &'s Target,
    pub(crate) place: &'s Place,
    site: &'s Site<'s>,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(site: &'s Site<'s>, place: &'s Place, policy: usize, entry: Entry) -> Option<Self> {
        let part = site.part(policy, entry.part)?;
        let target = part.targets.get(entry.target)?;
        Some(Self { number: policy, policy: site.policy(policy)?, part, target, place, site })
    }

    /// Everything that the policy records of an attribute of identities, elements of sets one by one.
    fn recorded(self, key: &Key) -> BTreeSet<Datum> {
        let Key::Identity(name) = key else { return BTreeSet::new() };
        let id = self.policy.identity_attribute_names.get(name);
        id.map_or_else(BTreeSet::new, |id| self.site.recorded(self.number, *id).clone())
    }

    pub(crate) fn operand(self, operand: &Operand) -> Term {
        match operand {
            Operand::Address => Term::Varying(Key::Address, None),
            Operand::Identity | Operand::IdentityName => Term::Varying(Key::Visitor, None),
            Operand::Reference(reference) => self.reference(*reference),
            Operand::Time => Term::Varying(Key::Time, None),
            Operand::Value(value) => Datum::of(value, self.policy).map_or(Term::Missing, Term::Constant),
        }
    }

    pub(crate) fn reference(self, reference: Reference) -> Term {
        let declared = |list: &[doorward_model::policy::Attribute], index: usize| {
            list.get(index).map(|attribute| (SmolStr::from(&*attribute.name), attribute.ty))
        };
        match reference {
            Reference::Identity(id) => declared(&self.policy.identity_attributes, id.index())
                .map_or(Term::Missing, |(name, ty)| Term::Varying(Key::Identity(name), Some(ty))),
            Reference::Context(id) => declared(&self.policy.context_attributes, id.index())
                .map_or(Term::Missing, |(name, ty)| Term::Varying(Key::Context(name), Some(ty))),
            Reference::Room(id) => {
                let binding = self.target.bindings.get(id.index());
                let attribute = self.part.room_attributes.get(id.index());
                let (Some(binding), Some(attribute)) = (binding, attribute) else { return Term::Missing };
                match binding {
                    RoomBinding::Attribute { .. } => {
                        Term::Varying(Key::Room((&*attribute.name).into()), Some(attribute.ty))
                    }
                    RoomBinding::Parameter(index) => match self.place.segments.get(*index) {
                        Some(Segment::Literal(text)) => Term::Constant(Datum::Text(text.clone())),
                        Some(Segment::Other(_)) => Term::Varying(Key::Parameter(*index), None),
                        None => Term::Missing,
                    },
                }
            }
        }
    }
}

/// Things that are compared with each other, directly or through others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Component<'s> {
    pub(crate) keys: BTreeSet<Key>,
    pub(crate) constants: BTreeSet<Datum>,
    pub(crate) networks: Vec<&'s PrefixSet>,
    /// Seconds in `time - X`.
    pub(crate) since: BTreeSet<u64>,
    /// Whether one of them is sought in a set whose elements vary.
    pub(crate) sought: bool,
}

impl Component<'_> {
    /// How many values of each kind its keys need: as many as there are keys, so that all can differ; and, beside sets,
    /// one more that is an element and one that is none.
    pub(crate) fn each(&self) -> usize {
        self.keys.len().max(1) + if self.sought { 2 } else { 0 }
    }
}

/// What is tested in one cell.
#[derive(Default)]
pub(crate) struct Uses<'s> {
    /// The types that each key is read as.
    pub(crate) types: BTreeMap<Key, Vec<Type>>,
    pub(crate) components: BTreeMap<usize, Component<'s>>,
    of_key: BTreeMap<Key, usize>,
    pub(crate) likes: BTreeMap<Key, BTreeSet<String>>,
    /// For each set that something is sought in, what is sought.
    pub(crate) sought: BTreeMap<Key, Vec<Term>>,
    /// Sets, and single values, of groups that the visitor is sought in.
    pub(crate) groups_of: BTreeSet<Key>,
    /// By policy: groups that are asked for by name.
    pub(crate) groups: Vec<BTreeSet<GroupId>>,
    /// By policy: lists that identities stand in.
    pub(crate) listed: Vec<Vec<&'s Members>>,
    /// Whether those in such a list are told apart from each other, so that it can be asked what the list is without one.
    pub(crate) apart: bool,
    /// By zone.
    pub(crate) clocks: BTreeMap<String, ClockTests>,
    /// Names of levels, whether a level is asked for, and ages in seconds.
    pub(crate) levels: bool,
    pub(crate) ages: BTreeSet<u64>,
    pub(crate) time: bool,
    pub(crate) address: bool,
}

impl<'s> Uses<'s> {
    pub(crate) fn of(site: &'s Site<'s>, place: &'s Place, cell: &'s Cell) -> Self {
        let mut uses = Self {
            groups: vec![BTreeSet::new(); site.policies.len()],
            listed: vec![Vec::new(); site.policies.len()],
            ..Self::default()
        };
        let mut networks = Vec::new();
        for (policy, entries) in cell.entries.iter().enumerate() {
            for entry in entries {
                let Some(reader) = Reader::new(site, place, policy, *entry) else { continue };
                networks.extend(reader.part.origins.map(|set| &**set));
                uses.part(reader);
            }
        }
        // What is sought in one set must be told apart from what else is.
        for terms in uses.sought.clone().into_values() {
            let mut keys = terms.iter().filter_map(|term| match term {
                Term::Varying(key, _) => Some(key.clone()),
                _ => None,
            });
            let Some(first) = keys.next() else { continue };
            keys.for_each(|key| uses.link(first.clone(), key));
            let constants = terms.into_iter().filter_map(|term| match term {
                Term::Constant(value) => Some(value),
                _ => None,
            });
            let component = uses.component(first);
            component.constants.extend(constants);
            component.sought = true;
        }
        if !networks.is_empty() {
            let component = uses.component(Key::Address);
            component.networks.extend(networks);
            uses.address = true;
        }
        uses
    }

    fn part(&mut self, reader: Reader<'s>) {
        let part = reader.part;
        let mut lists = vec![&part.subjects.except];
        if let Who::Listed(members) = &part.subjects.who {
            lists.push(members);
        }
        for members in lists {
            self.groups.get_mut(reader.number).into_iter().for_each(|groups| groups.extend(&members.groups));
            if !members.identities.is_empty() {
                self.listed.get_mut(reader.number).into_iter().for_each(|lists| lists.push(members));
            }
        }
        for strength in [part.with, part.without].into_iter().flatten() {
            self.levels = true;
            self.ages.extend(strength.within);
            self.time |= strength.within.is_some();
        }
        for expr in [part.when, part.unless].into_iter().flatten() {
            self.expr(expr, reader);
        }
    }

    fn expr(&mut self, expr: &'s Expr, reader: Reader<'s>) {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| self.expr(part, reader)),
            Expr::Not(inner) => self.expr(inner, reader),
            Expr::Test(test) => self.test(test, reader),
        }
    }

    fn test(&mut self, test: &'s Test, reader: Reader<'s>) {
        match &test.kind {
            TestKind::Constant(_) => {}
            TestKind::Equal(left, right) | TestKind::Order(left, _, right) => {
                let (left, right) = (reader.operand(left), reader.operand(right));
                let keys = [self.scalar(&left), self.scalar(&right)];
                self.compare(keys, [&left, &right]);
            }
            TestKind::Flag(reference) => _ = self.scalar(&reader.reference(*reference)),
            TestKind::Has(reference) => match reader.reference(*reference) {
                Term::Varying(key, Some(ty)) => self.note(key, ty),
                term => _ = self.scalar(&term),
            },
            TestKind::InGroups(groups) => {
                self.groups.get_mut(reader.number).into_iter().for_each(|all| all.extend(groups));
            }
            TestKind::InGroupOf(reference) => {
                if let Term::Varying(key, Some(ty)) = reader.reference(*reference) {
                    self.note(key.clone(), ty);
                    self.groups_of.insert(key);
                    let all = (0..reader.policy.groups.len()).map(GroupId::from_index);
                    self.groups.get_mut(reader.number).into_iter().for_each(|groups| groups.extend(all.clone()));
                }
            }
            TestKind::InNetwork(operand, set) => {
                let term = reader.operand(operand);
                if let Some(key) = self.scalar(&term) {
                    self.component(key).networks.push(set);
                }
            }
            TestKind::InSet(operand, set) => {
                let term = reader.operand(operand);
                let key = self.scalar(&term);
                match set {
                    Set::Values(values) => {
                        let constants: Vec<Datum> =
                            values.iter().filter_map(|value| Datum::of(value, reader.policy)).collect();
                        if let Some(key) = key {
                            self.component(key).constants.extend(constants);
                        }
                    }
                    Set::Reference(reference) => {
                        if let Term::Varying(set, Some(ty)) = reader.reference(*reference) {
                            self.note(set.clone(), ty);
                            // Elements of recorded sets are values that the operand may have.
                            let recorded = reader.recorded(&set);
                            if let Some(key) = key {
                                self.component(key).constants.extend(recorded);
                            }
                            self.sought.entry(set).or_default().push(term);
                        }
                    }
                }
            }
            TestKind::InWindow { start, end } => {
                self.time = true;
                let zone = reader.policy.zone.name().to_owned();
                self.clocks.entry(zone).or_default().windows.insert((*start, *end));
            }
            TestKind::Like(operand, like) => {
                let term = reader.operand(operand);
                if let Some(key) = self.scalar(&term) {
                    let pattern: Vec<&str> = like.pieces().iter().map(|piece| &**piece).collect();
                    self.likes.entry(key).or_default().insert(pattern.join("*"));
                }
            }
            TestKind::OnDay(days) => {
                self.time = true;
                let zone = reader.policy.zone.name().to_owned();
                self.clocks.entry(zone).or_default().days.insert(*days);
            }
            TestKind::Since(operand, _, seconds) => {
                self.time = true;
                let term = reader.operand(operand);
                let key = self.scalar(&term);
                let time = Term::Varying(Key::Time, None);
                let clock = self.scalar(&time);
                self.compare([key, clock.clone()], [&term, &time]);
                if let Some(clock) = clock {
                    self.component(clock).since.insert(*seconds);
                }
            }
        }
        // What is recorded of an identity is a value that its attribute has.
        if let Some(id) = test.kind.identity_attribute() {
            let Some(declared) = reader.policy.identity_attributes.get(id.index()) else { return };
            let key = Key::Identity((&*declared.name).into());
            if matches!(declared.ty, Type::Scalar(_)) {
                let recorded = reader.recorded(&key);
                self.component(key).constants.extend(recorded);
            }
        }
    }

    /// Notes that a term is read as a scalar; its key, if it has one.
    fn scalar(&mut self, term: &Term) -> Option<Key> {
        let Term::Varying(key, ty) = term else { return None };
        match (key, ty) {
            (Key::Time, _) => self.time = true,
            (Key::Address, _) => self.address = true,
            (Key::Visitor, _) => {}
            (Key::Parameter(_), _) => self.note(key.clone(), Type::Scalar(ScalarType::String)),
            (_, Some(ty)) => self.note(key.clone(), *ty),
            (_, None) => {}
        }
        self.component(key.clone());
        Some(key.clone())
    }

    fn note(&mut self, key: Key, ty: Type) {
        let types = self.types.entry(key).or_default();
        if !types.contains(&ty) {
            types.push(ty);
        }
    }

    /// Notes that two terms are compared.
    fn compare(&mut self, keys: [Option<Key>; 2], terms: [&Term; 2]) {
        match (keys, terms) {
            ([Some(left), Some(right)], _) => self.link(left, right),
            ([Some(key), None], [_, Term::Constant(value)]) | ([None, Some(key)], [Term::Constant(value), _]) => {
                self.component(key).constants.insert(value.clone());
            }
            _ => {}
        }
    }

    /// Notes that a key may have that value.
    pub(crate) fn expect(&mut self, key: Key, value: Datum) {
        self.component(key).constants.insert(value);
    }

    /// The component of a key, which is made if there is none.
    fn component(&mut self, key: Key) -> &mut Component<'s> {
        let fresh = self.of_key.len();
        let number = *self.of_key.entry(key.clone()).or_insert(fresh);
        let component = self.components.entry(number).or_default();
        component.keys.insert(key);
        component
    }

    /// The component of a key, if it is compared with anything.
    pub(crate) fn component_of(&self, key: &Key) -> Option<&Component<'s>> {
        self.components.get(self.of_key.get(key)?)
    }

    fn link(&mut self, left: Key, right: Key) {
        self.component(left.clone());
        self.component(right.clone());
        let numbers = self.of_key.get(&left).copied().zip(self.of_key.get(&right).copied());
        let Some((kept, absorbed)) = numbers.filter(|(left, right)| left != right) else { return };
        let Some(absorbed) = self.components.remove(&absorbed) else { return };
        for key in &absorbed.keys {
            self.of_key.insert(key.clone(), kept);
        }
        let component = self.components.entry(kept).or_default();
        component.keys.extend(absorbed.keys);
        component.constants.extend(absorbed.constants);
        component.networks.extend(absorbed.networks);
        component.since.extend(absorbed.since);
        component.sought |= absorbed.sought;
    }
}
