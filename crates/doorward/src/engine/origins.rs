//! Where requests come from: which of the policy's `from` clauses hold an address.
//!
//! All of them share one structure, so that an address is looked up once, however many rules ask about it.

use std::collections::HashSet;
use std::net::IpAddr;

use doorward_model::Policy;
use doorward_model::address::{AddressClass, AddressClasses, PrefixSet};
use doorward_model::ids::RuleId;
use doorward_model::rule::{Rare, Rule, Who};
use doorward_syntax::ast::Effect;
use hashbrown::HashMap;

use super::bucket::KeySet;
use super::eval::Scene;
use super::slice::covers_everything;

/// The addresses after a `from`, equal ones having one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OriginId(pub(crate) u32);

/// The addresses of all `from` clauses.
#[derive(Debug)]
pub(crate) struct Origins {
    // By origin: a rule that has it.
    rules: Box<[RuleId]>,
    // None if they overlap in more ways than are worth telling apart; each is asked by itself then.
    classes: Option<AddressClasses>,
    // By class.
    places: Box<[Origin]>,
    // Whether there are so few that each has a bit of its own in signatures.
    exact: bool,
}

/// Where one request comes from, and what can be told of that at a glance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    // A bit for each origin that holds it, which may stand for several; exact if there are at most 63. The highest, which is
    // that of `ANYWHERE`, is always set.
    signature: u64,
    class: AddressClass,
    // Whether an origin that holds it leads to a rule that concerns every room.
    everywhere: bool,
    /// Whether nobody is let in from there, whoever they are and whatever they want.
    pub(crate) shut: bool,
}

impl Origin {
    /// Whether it leads to a rule that concerns every room.
    pub(crate) fn leads_everywhere(&self) -> bool {
        self.everywhere
    }

    /// A bit for each origin that holds it; see [`OriginId::bit`].
    pub(crate) fn bits(&self) -> u32 {
        let both = self.signature | self.signature >> 32;
        (both & u64::from(u32::MAX)) as u32
    }
}

impl OriginId {
    /// Every address, and an unknown one: what a rule without a `from` has.
    pub(crate) const ANYWHERE: Self = Self(u32::MAX);

    /// A bit that it may share with others.
    pub(crate) fn bit(self) -> u32 {
        1 << (self.0 & 31)
    }
}

impl Origins {
    /// Also the origin of each rule.
    pub(crate) fn new(policy: &Policy) -> (Self, Vec<OriginId>) {
        let mut known: HashMap<&PrefixSet, OriginId> = HashMap::new();
        // Most rules share their sets.
        let mut shared: HashMap<*const PrefixSet, OriginId> = HashMap::new();
        let mut rules = Vec::new();
        let mut sets: Vec<&PrefixSet> = Vec::new();
        let numbers = policy.rules.iter().enumerate().map(|(index, rule)| {
            let Some(set) = rule.origins.as_deref() else { return OriginId::ANYWHERE };
            *shared.entry(set).or_insert_with(|| {
                *known.entry(set).or_insert_with(|| {
                    rules.push(RuleId::from_index(index));
                    sets.push(set);
                    OriginId(u32::try_from(sets.len() - 1).unwrap_or(u32::MAX))
                })
            })
        });
        let numbers = numbers.collect();
        let classes = AddressClasses::new(&sets).ok();
        let exact = classes.is_some() && rules.len() < 64;
        (Self { rules: rules.into(), places: Box::default(), classes, exact }, numbers)
    }

    /// Notes what the addresses of each class lead to; `keys` lead to rules that concern every room, and `numbers` are the
    /// origins of rules.
    pub(crate) fn note(&mut self, policy: &Policy, numbers: &[OriginId], keys: &KeySet) {
        let Some(classes) = &self.classes else { return };
        let rules = policy.rules.iter().zip(numbers).filter(|(rule, _)| shuts(policy, rule));
        let shut: HashSet<u32> = rules.map(|(_, origin)| origin.0).collect();
        let places = (0..classes.len()).map(|class| {
            let class = AddressClass(u32::try_from(class).unwrap_or(u32::MAX));
            let origins = classes.sets(class);
            Origin {
                signature: origins.iter().fold(bit(OriginId::ANYWHERE), |all, origin| all | bit(OriginId(*origin))),
                class,
                everywhere: origins.iter().any(|origin| keys.origins.contains(origin)),
                shut: origins.iter().any(|origin| shut.contains(origin)),
            }
        });
        self.places = places.collect();
    }

    /// Looks an address up; it must be canonical.
    #[inline]
    pub(crate) fn locate(&self, address: IpAddr) -> Origin {
        let class = self.classes.as_ref().map_or(AddressClass(0), |classes| classes.class(address));
        let unknown = Origin { signature: u64::MAX, class, everywhere: true, shut: false };
        self.places.get(class.0 as usize).copied().unwrap_or(unknown)
    }

    /// The origins that hold an address, sorted; `None` if only asking each by itself tells.
    pub(crate) fn holding(&self, from: Origin) -> Option<&[u32]> {
        self.classes.as_ref().map(|classes| classes.sets(from.class))
    }

    /// Whether an origin holds an address.
    #[inline]
    pub(crate) fn holds(&self, scene: &Scene<'_>, origin: OriginId, from: &Origin) -> bool {
        self.lists(origin, from).unwrap_or_else(|| self.holds_indeed(scene, origin))
    }

    /// The same, unless only asking the origin itself tells, as is so of all origins or of none.
    #[inline]
    pub(crate) fn lists(&self, origin: OriginId, from: &Origin) -> Option<bool> {
        if from.signature & bit(origin) == 0 {
            return Some(false);
        }
        if self.exact || origin == OriginId::ANYWHERE { Some(true) } else { self.lists_indeed(origin, from) }
    }

    #[inline(never)]
    fn lists_indeed(&self, origin: OriginId, from: &Origin) -> Option<bool> {
        Some(self.holding(*from)?.binary_search(&origin.0).is_ok())
    }

    #[inline(never)]
    fn holds_indeed(&self, scene: &Scene<'_>, origin: OriginId) -> bool {
        let rule = self.rules.get(origin.0 as usize).and_then(|rule| scene.policy.rules.get(rule.index()));
        rule.and_then(|rule| rule.origins.as_ref())
            .zip(scene.address())
            .is_some_and(|(origins, address)| origins.contains(address))
    }

    /// Whether each has a [bit](OriginId::bit) of its own.
    pub(crate) fn are_few(&self) -> bool {
        self.rules.len() < 32
    }

    /// Whether where an address is found tells which origins hold it.
    pub(crate) fn are_told_apart(&self) -> bool {
        self.classes.is_some()
    }
}

/// Whether a rule denies anyone anything, wherever it is, if only they come from its addresses.
fn shuts(policy: &Policy, rule: &Rule) -> bool {
    let Rule { effect, subjects, actions, targets, .. } = rule;
    let Rare { strength, except_rooms, when, unless, .. } = &**rule;
    *effect == Effect::Deny
        && matches!(subjects.who, Who::Anyone)
        && subjects.except.is_empty()
        && strength.is_none()
        && actions.is_none()
        && targets.iter().any(|target| covers_everything(policy, target.pattern))
        && except_rooms.is_empty()
        && when.is_none()
        && unless.is_none()
}

fn bit(origin: OriginId) -> u64 {
    1 << (origin.0 & 63)
}
