//! The variables of one cell and their choices, found key by key.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use doorward_model::Instant;
use doorward_model::types::Type;
use doorward_syntax::ast::{ScalarType, SmolStr};

use super::texts::{Texts, fresh_texts};
use super::times;
use super::values::{addresses, numbers};
use super::{Choice, Component, Crowd, Datum, Key, StandsFor, Term, TimeKey, Uses};
use crate::error::TooComplex;
use crate::facts::Facts;
use crate::limits;
use crate::paths::{Place, Segment, is_segment};
use crate::site::Site;

/// Finds out what varies at one cell, key by key.
pub(super) struct Builder<'b, 's> {
    pub(super) site: &'b Site<'s>,
    pub(super) place: &'b Place,
    pub(super) uses: &'b Uses<'b>,
    pub(super) facts: &'b Facts<'b>,
    pub(super) crowd: &'b Crowd,
    pub(super) texts: &'b Texts<'b, 's>,
    pub(super) variables: BTreeMap<Key, Vec<Choice>>,
    // Values that no set of a request holds: for each there are others like it that some may hold.
    pub(super) outside: RefCell<BTreeSet<Datum>>,
}

impl Builder<'_, '_> {
    /// Every variable with its choices.
    ///
    /// # Errors
    /// If more varies than [`limits`] allow.
    pub(super) fn build(&mut self) -> Result<(), TooComplex> {
        let known = (0..self.crowd.visitors.len()).map(Choice::Known);
        let visitors = [Choice::Anonymous, Choice::Rejected].into_iter().chain(known).collect();
        self.variables.insert(Key::Visitor, visitors);
        self.claims();
        if self.uses.levels {
            self.strength();
        }
        if self.uses.time && !self.is_known(&Key::Time) {
            let times = self.times(self.uses.component_of(&Key::Time));
            let choices = times.into_iter().map(|at| Choice::Scalar(Datum::Time(at)));
            self.variables.insert(Key::Time, choices.chain([Choice::Missing]).collect());
        }
        if self.uses.address && !self.is_known(&Key::Address) {
            let component = self.uses.component_of(&Key::Address);
            let all = self.addresses(component, component.map_or(1, Component::each))?;
            let choices = all.into_iter().map(|address| Choice::Scalar(Datum::Address(address)));
            self.variables.insert(Key::Address, [Choice::Missing].into_iter().chain(choices).collect());
        }
        for (key, types) in &self.uses.types {
            self.attribute(key, types)?;
        }
        for (key, terms) in &self.uses.sought {
            self.elements(key, terms)?;
        }
        for key in &self.uses.groups_of {
            if self.uses.types.get(key).is_some_and(|types| types.iter().any(|ty| matches!(ty, Type::Set(_)))) {
                for group in self.texts.groups() {
                    let element = element(key, Datum::Text(group));
                    if !self.is_known(&element) {
                        self.variables.insert(element, flags());
                    }
                }
            }
        }
        self.foreign_groups();
        match self.variables.iter().find(|(_, choices)| choices.len() > limits::VALUES) {
            Some((key, _)) => Err(TooComplex::new(format!("the tests of {}", key.told()))),
            None => Ok(()),
        }
    }

    /// Of two policies, sets of groups can hold a group that one of them does not declare; to that one they are missing.
    fn foreign_groups(&mut self) {
        for (key, types) in &self.uses.types {
            let mut seen: BTreeSet<Vec<bool>> = BTreeSet::new();
            let groups =
                if types.contains(&Type::Set(ScalarType::Group)) { self.texts.groups() } else { BTreeSet::new() };
            for group in groups {
                let declared: Vec<bool> = self.site.policies.iter().map(|it| it.group(&group).is_some()).collect();
                let element = element(key, Datum::Text(group));
                if declared.contains(&false) && seen.insert(declared) && !self.is_known(&element) {
                    self.variables.insert(element, flags());
                }
            }
        }
    }

    /// Whether the circumstances leave one choice, which it then has.
    fn is_known(&mut self, key: &Key) -> bool {
        let policy = self.site.policies.first();
        let choice = policy.and_then(|policy| self.facts.circumstance(key, self.uses, policy));
        choice.map(|choice| self.variables.insert(key.clone(), vec![choice])).is_some()
    }

    /// Groups that can be claimed and bring membership of one that is asked for.
    fn claims(&mut self) {
        for (policy, asked) in self.site.policies.iter().zip(&self.uses.groups) {
            for group in policy.groups.iter().filter(|group| group.claimed) {
                if group.within.iter().any(|holder| asked.contains(holder)) {
                    self.variables.insert(Key::Claim((&*group.name).into()), flags());
                }
            }
        }
    }

    fn strength(&mut self) {
        let mut levels: Vec<Option<SmolStr>> = vec![None];
        for policy in &self.site.policies {
            // Of a single policy the lowest level is the same as none.
            let skipped = usize::from(self.site.policies.len() == 1);
            for level in policy.levels.iter().filter(|level| !level.name.is_empty()).skip(skipped) {
                let name = Some(SmolStr::from(&*level.name));
                if !levels.contains(&name) {
                    levels.push(name);
                }
            }
        }
        self.variables.insert(Key::Level, levels.into_iter().map(Choice::Level).collect());
        if let Some(most) = self.uses.ages.last() {
            // Of this moment; as old as each limit but the least, which this moment keeps, too; older than any.
            let ages = self.uses.ages.iter().skip(1).copied().chain(most.checked_add(1)).map(Some);
            let ages = [Some(0)].into_iter().chain(ages).chain([None]);
            self.variables.insert(Key::Age, ages.map(Choice::Age).collect());
        }
    }

    fn times(&self, component: Option<&Component<'_>>) -> Vec<Instant> {
        if self.facts.complete || self.facts.time.is_some() {
            return self.facts.time.into_iter().collect();
        }
        let constants = component.into_iter().flat_map(|component| &component.constants);
        let key = TimeKey {
            clocks: self.uses.clocks.clone(),
            constants: constants.filter_map(instant).collect(),
            since: component.into_iter().flat_map(|component| component.since.iter().copied()).collect(),
            linked: component.map_or(0, |component| component.keys.len().saturating_sub(1)),
        };
        let mut known = self.site.times.borrow_mut();
        known.entry(key).or_insert_with_key(times::instants).clone()
    }

    fn addresses(&self, component: Option<&Component<'_>>, each: usize) -> Result<Vec<IpAddr>, TooComplex> {
        let Some(component) = component else { return Ok(vec![Ipv4Addr::new(203, 0, 113, 9).into()]) };
        let constants: BTreeSet<IpAddr> = component
            .constants
            .iter()
            .filter_map(|value| match value {
                Datum::Address(address) => Some(*address),
                _ => None,
            })
            .collect();
        // Sets are told apart by where they are kept, which stays the same as long as the site does.
        let mut networks = component.networks.clone();
        networks.sort_unstable_by_key(|set| std::ptr::from_ref(*set).addr());
        networks.dedup_by_key(|set| std::ptr::from_ref(*set).addr());
        let addrs = networks.iter().map(|set| std::ptr::from_ref(*set).addr()).collect();
        let key = (addrs, constants.iter().copied().collect(), each);
        let mut known = self.site.addresses.borrow_mut();
        if let Some(known) = known.get(&key) {
            return Ok(known.clone());
        }
        let found =
            addresses(&networks, &constants, each).ok_or_else(|| TooComplex::new("the networks that meet here"))?;
        known.insert(key, found.clone());
        Ok(found)
    }

    /// The values that a key can have, of some scalar types.
    fn scalars(&self, key: &Key, types: &BTreeSet<ScalarKind>) -> Result<BTreeSet<Datum>, TooComplex> {
        let alone = Component::default();
        let component = self.uses.component_of(key).unwrap_or(&alone);
        let each = component.each();
        // What somebody else could claim is compared with whatever a request says, the first and the last value, too.
        let claimed = matches!(key, Key::Identity(_));
        let mut values = BTreeSet::new();
        for kind in types {
            match kind {
                ScalarKind::Address => {
                    values.extend(self.addresses(Some(component), each)?.into_iter().map(Datum::Address));
                    if claimed {
                        let more = self.addresses(Some(component), each + 1)?.into_iter().map(Datum::Address);
                        self.with_outside(&mut values, more);
                    }
                }
                ScalarKind::Bool => values.extend([false, true].map(Datum::Bool)),
                ScalarKind::Int => {
                    let constants = component.constants.iter().filter_map(|value| match value {
                        Datum::Int(value) => Some(i128::from(*value)),
                        _ => None,
                    });
                    let found = numbers(&constants.collect(), each, i64::MIN.into(), i64::MAX.into());
                    let int = |value: i128| i64::try_from(value).ok().map(Datum::Int);
                    values.extend(found.iter().copied().filter_map(int));
                    if claimed {
                        let more = numbers(&found, 1, i64::MIN.into(), i64::MAX.into());
                        self.with_outside(&mut values, more.into_iter().filter_map(int));
                    }
                }
                ScalarKind::Time => {
                    let found = self.instants(component);
                    let time = |value: i128| Instant::from_nanoseconds(value).map(Datum::Time);
                    values.extend(found.iter().copied().filter_map(time));
                    if claimed {
                        let (least, most) = (Instant::MIN.as_nanoseconds(), Instant::MAX.as_nanoseconds());
                        self.with_outside(&mut values, numbers(&found, 1, least, most).into_iter().filter_map(time));
                    }
                }
                ScalarKind::Text => values.extend(self.texts(key, component)?.into_iter().map(Datum::Text)),
            }
        }
        if let Key::Parameter(index) = key {
            let segment = self.place.segments.get(*index);
            values.retain(|value| match value {
                Datum::Text(text) => is_segment(text) && segment.is_some_and(|segment| segment.admits(text)),
                _ => false,
            });
        }
        Ok(values)
    }

    /// Instants of attributes, beside every instant that they, or times of requests less some seconds, are compared with.
    fn instants(&self, component: &Component<'_>) -> BTreeSet<i128> {
        let mut points: BTreeSet<i128> =
            component.constants.iter().filter_map(instant).map(Instant::as_nanoseconds).collect();
        if component.keys.contains(&Key::Time) {
            for time in self.times(Some(component)) {
                let time = time.as_nanoseconds();
                points.insert(time);
                points.extend(component.since.iter().map(|seconds| time - i128::from(*seconds) * 1_000_000_000));
            }
        }
        let (least, most) = (Instant::MIN.as_nanoseconds(), Instant::MAX.as_nanoseconds());
        numbers(&points, component.each(), least, most)
    }

    /// Adds values of which no set of a request holds those that were not there before.
    fn with_outside(&self, values: &mut BTreeSet<Datum>, more: impl Iterator<Item = Datum>) {
        for value in more {
            if values.insert(value.clone()) {
                self.outside.borrow_mut().insert(value);
            }
        }
    }

    fn texts(&self, key: &Key, component: &Component<'_>) -> Result<BTreeSet<SmolStr>, TooComplex> {
        let mut texts = self.texts.of(key, component)?;
        let visitor = component.keys.contains(&Key::Visitor);
        if visitor {
            texts.extend(self.crowd.visitors.iter().map(|visitor| visitor.name.clone()));
        }
        if component.sought && !self.crowd.visitors.iter().any(|it| visitor && it.stands_for == StandsFor::Stranger) {
            let taken = |text: &str| texts.contains(text) || self.site.names.contains(text);
            let more = fresh_texts(taken, 1);
            self.outside.borrow_mut().extend(more.iter().cloned().map(Datum::Text));
            texts.extend(more);
        }
        if let Key::Parameter(index) = key
            && !visitor
        {
            // What a path has there if nothing else is asked of it. It is no visitor's name.
            texts.extend(self.place.segments.get(*index).map(Segment::sample));
        }
        Ok(texts)
    }

    fn attribute(&mut self, key: &Key, types: &[Type]) -> Result<(), TooComplex> {
        if self.is_known(key) {
            return Ok(());
        }
        let kinds: BTreeSet<ScalarKind> = types.iter().map(|ty| ScalarKind::of(ty.scalar())).collect();
        if kinds.contains(&ScalarKind::Text)
            && (kinds.contains(&ScalarKind::Address) || kinds.contains(&ScalarKind::Time))
        {
            // A text of a request would be a text to one and an address or an instant to the other.
            return Err(TooComplex::new(format!("two different types of {}", key.told())));
        }
        let mut sets = types.iter().filter(|ty| matches!(ty, Type::Set(_)));
        if sets.next().is_some_and(|first| sets.any(|other| other != first)) {
            // A set is missing to one of them as soon as it holds one value that is right for the other alone.
            return Err(TooComplex::new(format!("two different types of {}", key.told())));
        }
        let scalar = types.iter().filter(|ty| matches!(ty, Type::Scalar(_)));
        let scalar: BTreeSet<ScalarKind> = scalar.map(|ty| ScalarKind::of(ty.scalar())).collect();
        let fits = |value: &Datum| {
            types.iter().any(|ty| {
                matches!(ty, Type::Scalar(_)) && self.site.policies.iter().any(|policy| value.fits(ty.scalar(), policy))
            })
        };
        let values: Vec<Choice> = self.scalars(key, &scalar)?.into_iter().filter(fits).map(Choice::Scalar).collect();
        let mut choices: Vec<Choice> = Vec::new();
        // A segment of a path is always there.
        if !matches!(key, Key::Parameter(_)) {
            choices.push(Choice::Missing);
        }
        if types.iter().any(|ty| matches!(ty, Type::Set(_))) {
            choices.push(Choice::Set);
        }
        choices.extend(values);
        if choices.is_empty() {
            // Nothing that the path may be at this place: the parameter's own sample is all there is.
            choices.push(Choice::Missing);
        }
        self.variables.insert(key.clone(), choices);
        Ok(())
    }

    fn elements(&mut self, set: &Key, terms: &[Term]) -> Result<(), TooComplex> {
        let mut values: BTreeSet<Datum> = BTreeSet::new();
        for term in terms {
            match term {
                Term::Constant(value) => _ = values.insert(value.clone()),
                Term::Missing => {}
                Term::Varying(Key::Visitor, _) => {
                    let mentioned = self.crowd.visitors.iter().filter(|it| it.stands_for != StandsFor::Stranger);
                    values.extend(mentioned.map(|visitor| Datum::Text(visitor.name.clone())));
                }
                Term::Varying(key, _) => {
                    let choices = match self.variables.get(key) {
                        Some(choices) => choices.clone(),
                        None => Vec::new(),
                    };
                    values.extend(choices.into_iter().filter_map(|choice| match choice {
                        Choice::Scalar(value) => Some(value),
                        _ => None,
                    }));
                    if let Key::Identity(name) = key {
                        for (policy, model) in self.site.policies.iter().enumerate() {
                            let id = model.identity_attribute_names.get(name);
                            values.extend(id.into_iter().flat_map(|id| self.site.recorded(policy, *id)).cloned());
                        }
                    }
                }
            }
        }
        let strangers = self.crowd.visitors.iter().filter(|it| it.stands_for == StandsFor::Stranger);
        let mut outside = self.outside.borrow().clone();
        outside.extend(strangers.map(|visitor| Datum::Text(visitor.name.clone())));
        let types = self.uses.types.get(set).map_or(&[][..], Vec::as_slice);
        for value in values.difference(&outside).cloned() {
            let fits = types.iter().any(|ty| {
                matches!(ty, Type::Set(_)) && self.site.policies.iter().any(|policy| value.fits(ty.scalar(), policy))
            });
            let element = element(set, value);
            if fits && !self.is_known(&element) {
                self.variables.insert(element, flags());
            }
        }
        if self.variables.len() > limits::VARIABLES {
            return Err(TooComplex::new(format!("what is sought in {}", set.told())));
        }
        Ok(())
    }
}

/// Scalar types whose values are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ScalarKind {
    Address,
    Bool,
    Int,
    Text,
    Time,
}

impl ScalarKind {
    fn of(scalar: ScalarType) -> Self {
        match scalar {
            ScalarType::Address => Self::Address,
            ScalarType::Bool => Self::Bool,
            ScalarType::Int => Self::Int,
            ScalarType::Group | ScalarType::Identity | ScalarType::String => Self::Text,
            ScalarType::Time => Self::Time,
        }
    }
}

pub(crate) fn element(set: &Key, value: Datum) -> Key {
    Key::Element(Box::new(set.clone()), value)
}

fn flags() -> Vec<Choice> {
    [false, true].map(Choice::Flag).to_vec()
}

fn instant(value: &Datum) -> Option<Instant> {
    match value {
        Datum::Time(instant) => Some(*instant),
        _ => None,
    }
}
