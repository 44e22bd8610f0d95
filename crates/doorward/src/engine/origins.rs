//! Where requests come from: which of the policy's `from` clauses hold an address.
//!
//! All of them share one structure, so that an address is looked up once, however many rules ask about it.

use std::net::IpAddr;

use doorward_model::Policy;
use doorward_model::address::{AddressClass, AddressClasses, PrefixSet};
use doorward_model::ids::RuleId;
use hashbrown::HashMap;

use super::bucket::KeySet;
use super::eval::Scene;

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
    traits: Box<[Traits]>,
}

/// Where one request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    class: AddressClass,
    traits: Traits,
}

/// What can be told of an address at a glance.
#[derive(Clone, Copy, Debug)]
struct Traits {
    // A bit for each origin that holds it, which may stand for several; exact if there are at most 64.
    signature: u64,
    // Whether an origin that holds it leads to a rule that concerns every room.
    everywhere: bool,
}

impl Origin {
    /// Whether it leads to a rule that concerns every room.
    pub(crate) fn leads_everywhere(&self) -> bool {
        self.traits.everywhere
    }
}

impl Origins {
    /// Also the origin of each rule that has one.
    pub(crate) fn new(policy: &Policy) -> (Self, Vec<Option<OriginId>>) {
        let mut known: HashMap<&PrefixSet, OriginId> = HashMap::new();
        // Most rules share their sets.
        let mut shared: HashMap<*const PrefixSet, OriginId> = HashMap::new();
        let mut rules = Vec::new();
        let mut sets: Vec<&PrefixSet> = Vec::new();
        let numbers = policy.rules.iter().enumerate().map(|(index, rule)| {
            let set: &PrefixSet = rule.origins.as_ref()?;
            Some(*shared.entry(set).or_insert_with(|| {
                *known.entry(set).or_insert_with(|| {
                    rules.push(RuleId::from_index(index));
                    sets.push(set);
                    OriginId(u32::try_from(sets.len() - 1).unwrap_or(u32::MAX))
                })
            }))
        });
        let numbers = numbers.collect();
        let classes = AddressClasses::new(&sets).ok();
        (Self { rules: rules.into(), traits: Box::default(), classes }, numbers)
    }

    /// Notes what the addresses of each class lead to; `keys` lead to rules that concern every room.
    pub(crate) fn note(&mut self, keys: &KeySet) {
        let Some(classes) = &self.classes else { return };
        let traits = (0..classes.len()).map(|class| {
            let origins = classes.sets(AddressClass(u32::try_from(class).unwrap_or(u32::MAX)));
            Traits {
                signature: origins.iter().fold(0, |all, origin| all | bit(OriginId(*origin))),
                everywhere: origins.iter().any(|origin| keys.origins.contains(origin)),
            }
        });
        self.traits = traits.collect();
    }

    /// Looks an address up; it must be canonical.
    #[inline]
    pub(crate) fn locate(&self, address: IpAddr) -> Origin {
        let class = self.classes.as_ref().map_or(AddressClass(0), |classes| classes.class(address));
        let unknown = Traits { signature: u64::MAX, everywhere: true };
        Origin { class, traits: self.traits.get(class.0 as usize).copied().unwrap_or(unknown) }
    }

    /// The origins that hold an address, sorted; `None` if only asking each by itself tells.
    pub(crate) fn holding(&self, from: Origin) -> Option<&[u32]> {
        self.classes.as_ref().map(|classes| classes.sets(from.class))
    }

    /// Whether an origin holds an address.
    pub(crate) fn holds(&self, scene: &Scene<'_>, origin: OriginId, from: Origin) -> bool {
        if from.traits.signature & bit(origin) == 0 {
            return false;
        }
        match &self.classes {
            Some(_) if self.rules.len() <= 64 => true,
            Some(classes) => classes.sets(from.class).binary_search(&origin.0).is_ok(),
            None => {
                let rule = self.rules.get(origin.0 as usize).and_then(|rule| scene.policy.rules.get(rule.index()));
                rule.and_then(|rule| rule.origins.as_ref())
                    .zip(scene.address())
                    .is_some_and(|(origins, address)| origins.contains(address))
            }
        }
    }
}

fn bit(origin: OriginId) -> u64 {
    1 << (origin.0 & 63)
}
