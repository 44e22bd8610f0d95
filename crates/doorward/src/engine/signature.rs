//! Sets of what SUBJECTS can say, in a word: what can be told at a glance of rules and of visitors.
//!
//! A bit stands for `anyone`, one for `authenticated`, and one for each group and identity that a rule lists, of which several
//! may share a bit where there are many. A visitor has the bits of all that would mean them. So a rule without a bit in common
//! with a visitor does not concern them; and if none is shared, one that has some does, its `except` aside.

use doorward_model::Policy;
use doorward_model::ids::{GroupId, IdentityId};
use doorward_model::rule::{Members, Who};
use hashbrown::HashMap;

/// The bit of `anyone`.
pub(crate) const OF_ANYONE: u64 = 1 << 63;

/// The bit of `authenticated`.
pub(crate) const OF_KNOWN: u64 = 1 << 62;

/// No rule has this bit; visitors have it whom a rule that concerns every room is found by.
pub(crate) const LEADS_EVERYWHERE: u64 = 1 << 61;

/// So many bits are left for groups and identities.
const BITS: u8 = 61;

/// Which bit stands for which group and identity.
pub(crate) struct Signatures {
    // The bits of those that rules list, if there is one for each.
    own: Option<HashMap<Listed, usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Listed {
    Group(GroupId),
    Identity(IdentityId),
}

impl Signatures {
    pub(crate) fn new(policy: &Policy) -> Self {
        let mut own = HashMap::new();
        for rule in &policy.rules {
            let Who::Listed(members) = &rule.subjects.who else { continue };
            for listed in listed(members) {
                let fresh = own.len();
                own.entry(listed).or_insert(fresh);
            }
            if own.len() > usize::from(BITS) {
                return Self { own: None };
            }
        }
        Self { own: Some(own) }
    }

    /// Whether no bit is shared.
    pub(crate) fn exact(&self) -> bool {
        self.own.is_some()
    }

    /// The bits of what a rule lists.
    pub(crate) fn of(&self, members: &Members) -> u64 {
        listed(members).map(|listed| self.bit(listed)).fold(0, |all, bit| all | bit)
    }

    /// The bit of a group; none if no rule lists it and none is shared.
    pub(crate) fn of_group(&self, group: GroupId) -> u64 {
        self.bit(Listed::Group(group))
    }

    /// The bit of an identity; none if no rule lists it and none is shared.
    pub(crate) fn of_identity(&self, identity: IdentityId) -> u64 {
        self.bit(Listed::Identity(identity))
    }

    fn bit(&self, listed: Listed) -> u64 {
        match &self.own {
            Some(own) => own.get(&listed).map_or(0, |bit| 1 << bit),
            None => shared_bit(match listed {
                Listed::Group(group) => u64::from(group.0) << 1,
                Listed::Identity(identity) => u64::from(identity.0) << 1 | 1,
            }),
        }
    }
}

fn listed(members: &Members) -> impl Iterator<Item = Listed> {
    let groups = members.groups.iter().map(|group| Listed::Group(*group));
    groups.chain(members.identities.iter().map(|identity| Listed::Identity(*identity)))
}

fn shared_bit(number: u64) -> u64 {
    // The highest bits of a product with a number without pattern are as good as drawn by lot.
    1 << ((u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) * u128::from(BITS)) >> 64)
}
