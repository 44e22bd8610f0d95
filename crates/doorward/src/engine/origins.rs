//! Where requests come from: which of the policy's `from` clauses hold an address.
//!
//! All of them share one structure, so that an address is looked up once, however many rules ask about it.

use std::collections::HashMap;
use std::net::IpAddr;

use doorward_model::Policy;
use doorward_model::address::{AddressClass, AddressClasses, PrefixSet};
use doorward_model::ids::RuleId;

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
    // By class: a bit for each origin; exact if there are at most 64.
    signatures: Box<[u64]>,
}

/// Where one request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The address, canonical.
    pub(crate) address: IpAddr,
    class: AddressClass,
    signature: u64,
}

impl Origins {
    /// Also the origin of each rule that has one.
    pub(crate) fn new(policy: &Policy) -> (Self, Vec<Option<OriginId>>) {
        let mut known: HashMap<&PrefixSet, OriginId> = HashMap::new();
        let mut rules = Vec::new();
        let mut sets: Vec<&PrefixSet> = Vec::new();
        let numbers = policy.rules.iter().enumerate().map(|(index, rule)| {
            let set: &PrefixSet = rule.origins.as_ref()?;
            Some(*known.entry(set).or_insert_with(|| {
                rules.push(RuleId::from_index(index));
                sets.push(set);
                OriginId(u32::try_from(sets.len() - 1).unwrap_or(u32::MAX))
            }))
        });
        let numbers = numbers.collect();
        let classes = AddressClasses::new(&sets).ok();
        let signatures = classes.iter().flat_map(|classes| {
            (0..classes.len()).map(|class| {
                let class = AddressClass(u32::try_from(class).unwrap_or(u32::MAX));
                classes.sets(class).iter().fold(0, |all, origin| all | bit(OriginId(*origin)))
            })
        });
        (Self { rules: rules.into(), signatures: signatures.collect(), classes }, numbers)
    }

    /// Looks an address up; it must be canonical.
    pub(crate) fn locate(&self, address: IpAddr) -> Origin {
        let class = self.classes.as_ref().map_or(AddressClass(0), |classes| classes.class(address));
        let signature = self.signatures.get(class.0 as usize).copied().unwrap_or(u64::MAX);
        Origin { address, class, signature }
    }

    /// The origins that hold an address, sorted; `None` if only asking each by itself tells.
    pub(crate) fn holding(&self, from: Origin) -> Option<&[u32]> {
        self.classes.as_ref().map(|classes| classes.sets(from.class))
    }

    /// Whether an origin holds an address.
    pub(crate) fn holds(&self, policy: &Policy, origin: OriginId, from: Origin) -> bool {
        if from.signature & bit(origin) == 0 {
            return false;
        }
        match &self.classes {
            Some(_) if self.rules.len() <= 64 => true,
            Some(classes) => classes.sets(from.class).binary_search(&origin.0).is_ok(),
            None => {
                let rule = self.rules.get(origin.0 as usize).and_then(|rule| policy.rules.get(rule.index()));
                rule.and_then(|rule| rule.origins.as_ref()).is_some_and(|origins| origins.contains(from.address))
            }
        }
    }
}

fn bit(origin: OriginId) -> u64 {
    1 << (origin.0 & 63)
}
