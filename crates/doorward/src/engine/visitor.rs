//! Who is judged: the anonymous, a known visitor, or one who is still being sought.

use std::borrow::Cow;
use std::sync::Arc;

use doorward_model::ids::{AttributeId, GroupId, IdentityId, LevelId};
use doorward_model::policy::Identity;
use doorward_model::request::is_identity;
use doorward_model::rule::Members;
use doorward_model::{Instant, Known, Policy, limits};
use smallvec::SmallVec;

use super::bucket::{KeySet, Keys};
use super::eval::Strength;
use super::signature::{LEADS_EVERYWHERE, OF_ANYONE, OF_KNOWN, Signatures};
use super::truth::Truth;
use super::value::{Slot, Typed, claimed, recorded};

/// What rules can ask about a visitor, strength aside.
pub(crate) trait Visitor {
    /// The visitor as a value; `Missing` for the anonymous, `Open` while it is sought.
    fn name(&self) -> Slot<'_>;

    /// Whether the visitor is known. Never unknown.
    fn is_known(&self) -> bool;

    /// A bit for each thing that SUBJECTS could say and mean the visitor; see [`signature`](super::signature).
    fn signature(&self) -> u64;

    /// Whether the visitor is one of these by name or by group. Never unknown.
    fn is_among(&self, members: &Members) -> Truth;

    /// Whether the visitor is in the group, directly or through others. Never unknown.
    fn is_in(&self, group: GroupId) -> Truth;

    /// The value of an attribute.
    fn attribute(&self, attribute: AttributeId) -> Slot<'_>;
}

/// Nobody presented credentials.
pub(crate) struct Anonymous;

impl Visitor for Anonymous {
    fn name(&self) -> Slot<'_> {
        Slot::Missing
    }

    fn is_known(&self) -> bool {
        false
    }

    fn signature(&self) -> u64 {
        OF_ANYONE
    }

    fn is_among(&self, _members: &Members) -> Truth {
        Truth::FALSE
    }

    fn is_in(&self, _group: GroupId) -> Truth {
        Truth::FALSE
    }

    fn attribute(&self, _attribute: AttributeId) -> Slot<'_> {
        Slot::Missing
    }
}

impl Keys for Anonymous {
    fn groups(&self) -> impl Iterator<Item = GroupId> {
        std::iter::empty()
    }

    fn identity(&self) -> Option<IdentityId> {
        None
    }

    fn lead_everywhere(&self) -> bool {
        false
    }
}

/// Some known visitor of whom nothing is decided yet.
pub(crate) struct Somebody;

impl Visitor for Somebody {
    fn name(&self) -> Slot<'_> {
        Slot::Open
    }

    fn is_known(&self) -> bool {
        true
    }

    fn signature(&self) -> u64 {
        u64::MAX
    }

    fn is_among(&self, members: &Members) -> Truth {
        if members.is_empty() { Truth::FALSE } else { Truth::EITHER }
    }

    fn is_in(&self, _group: GroupId) -> Truth {
        Truth::EITHER
    }

    fn attribute(&self, _attribute: AttributeId) -> Slot<'_> {
        Slot::Open
    }
}

/// What the policy makes of a known visitor's name, level and claims: all that has to be looked up.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// See [`Visitor::signature`].
    signature: u64,
    identity: Option<IdentityId>,
    level: LevelId,
    // The groups that the policy lists the visitor in: a part of [`AllTraits::lists`].
    listed: (u32, u32),
    /// Whether so many groups are claimed that no rule can be asked.
    pub(crate) crowded: bool,
    // Declared as claimed; at most `limits::CLAIMED_GROUPS`.
    claims: SmallVec<[GroupId; 8]>,
}

impl Reading {
    /// Looks a visitor up; `None` if the name is no identity's, which makes the subject rejected.
    #[inline]
    pub(crate) fn new(policy: &Policy, all: &AllTraits, known: &Known<'_>) -> Option<Self> {
        let identity = policy.identity(&known.identity);
        if identity.is_none() && !is_identity(&known.identity) {
            return None;
        }
        let level = match &known.assurance {
            // Without levels there is one, which has no name that could be stated.
            Some(stated) if policy.levels.len() > 1 => level(policy, stated),
            _ => None,
        };
        let mut claims = SmallVec::new();
        let mut signature = identity.map_or(KNOWN, |identity| all.of_identity(identity));
        let declared = identity.and_then(|identity| policy.identities.get(identity.index()));
        let listed = declared.map_or((0, 0), |identity| identity.groups.range());
        for name in known.groups.iter().take(limits::CLAIMED_GROUPS) {
            let Some(group) = policy.group(name) else { continue };
            if policy.groups.get(group.index()).is_some_and(|group| group.claimed) {
                claims.push(group);
                signature |= all.of_group(group);
            }
        }
        let level = level.unwrap_or(LevelId(0));
        let crowded = known.groups.len() > limits::CLAIMED_GROUPS;
        Some(Self { signature, identity, level, listed, crowded, claims })
    }

    /// How strongly the visitor is authenticated: at the stated level, or at the lowest if none is stated that the policy
    /// declares; an authentication later than the request has no known age.
    #[inline]
    pub(crate) fn strength(&self, known: &Known<'_>, time: Option<Instant>) -> Strength {
        let age = time.zip(known.authenticated_at).and_then(|(now, then)| now.nanoseconds_since(then));
        Strength { level: Some(self.level), age }
    }
}

/// The signature of a visitor of whom no more is known.
const KNOWN: u64 = OF_ANYONE | OF_KNOWN;

/// What each identity and each group brings to the signature of a visitor.
#[derive(Debug)]
pub(crate) struct AllTraits {
    identities: Box<[u64]>,
    groups: Box<[u64]>,
    // The groups that identities are in: lists one after another, each once.
    lists: Arc<Vec<GroupId>>,
}

impl AllTraits {
    /// `keys` lead to rules that concern every room.
    pub(crate) fn new(policy: &Policy, signatures: &Signatures, keys: &KeySet) -> Self {
        let leads = |holds: bool| if holds { LEADS_EVERYWHERE } else { 0 };
        let of = |group: &GroupId| signatures.of_group(*group) | leads(keys.groups.contains(&group.0));
        let identities = policy.identities.iter().enumerate().map(|(index, identity)| {
            let id = IdentityId::from_index(index);
            let own = signatures.of_identity(id) | leads(keys.identities.contains(&id.0));
            identity.groups.iter().map(of).fold(KNOWN | own, |all, group| all | group)
        });
        let identities = identities.collect();
        let groups =
            policy.groups.iter().map(|group| group.within.iter().map(of).fold(KNOWN, |all, group| all | group));
        let lists = policy.identities.iter().find(|identity| !identity.groups.is_empty());
        let lists = lists.map_or_else(Arc::default, |identity| Arc::clone(identity.groups.all()));
        Self { identities, groups: groups.collect(), lists }
    }

    fn of_identity(&self, identity: IdentityId) -> u64 {
        self.identities.get(identity.index()).copied().unwrap_or(KNOWN)
    }

    fn of_group(&self, group: GroupId) -> u64 {
        self.groups.get(group.index()).copied().unwrap_or(u64::MAX)
    }
}

/// A known visitor, as a request presents them.
pub(crate) struct Presented<'a> {
    policy: &'a Policy,
    all: &'a AllTraits,
    known: &'a Known<'a>,
    reading: &'a Reading,
}

impl<'a> Presented<'a> {
    /// The visitor as they were looked up in the policy.
    pub(crate) fn new(policy: &'a Policy, all: &'a AllTraits, known: &'a Known<'a>, reading: &'a Reading) -> Self {
        Self { policy, all, known, reading }
    }

    /// Every group that the policy lists the visitor in, sorted.
    fn listed(&self) -> &'a [GroupId] {
        let (start, end) = self.reading.listed;
        self.all.lists.get(start as usize..end as usize).unwrap_or_default()
    }

    fn declared(&self) -> Option<&'a Identity> {
        self.reading.identity.and_then(|id| self.policy.identities.get(id.index()))
    }
}

impl Keys for Presented<'_> {
    fn groups(&self) -> impl Iterator<Item = GroupId> {
        let groups = self.reading.claims.iter().filter_map(|claim| self.policy.groups.get(claim.index()));
        self.listed().iter().chain(groups.flat_map(|group| group.within.iter())).copied()
    }

    fn identity(&self) -> Option<IdentityId> {
        self.reading.identity
    }

    fn lead_everywhere(&self) -> bool {
        self.reading.signature & LEADS_EVERYWHERE != 0
    }
}

impl Visitor for Presented<'_> {
    fn name(&self) -> Slot<'_> {
        Slot::One(Typed::Identity(&self.known.identity))
    }

    fn is_known(&self) -> bool {
        true
    }

    fn signature(&self) -> u64 {
        self.reading.signature
    }

    fn is_among(&self, members: &Members) -> Truth {
        let by_name = self.reading.identity.is_some_and(|id| members.identities.binary_search(&id).is_ok());
        Truth::of(by_name || members.groups.iter().any(|&group| self.is_in(group).is_true()))
    }

    fn is_in(&self, group: GroupId) -> Truth {
        let listed = self.listed().binary_search(&group).is_ok();
        Truth::of(listed || self.reading.claims.iter().any(|&claimed| leads_to(self.policy, claimed, group)))
    }

    fn attribute(&self, attribute: AttributeId) -> Slot<'_> {
        if let Some(value) = self.declared().and_then(|identity| identity.attribute(attribute)) {
            return recorded(value);
        }
        let Some(declared) = self.policy.identity_attributes.get(attribute.index()) else { return Slot::Missing };
        self.known
            .attributes
            .iter()
            .find(|(name, _)| **name == *declared.name)
            .map_or(Slot::Missing, |(_, value)| claimed(value, declared.ty, self.policy))
    }
}

/// Whether membership of `from` brings membership of `to`.
pub(crate) fn leads_to(policy: &Policy, from: GroupId, to: GroupId) -> bool {
    policy.groups.get(from.index()).is_some_and(|group| group.within.binary_search(&to).is_ok())
}

/// A known visitor who is being put together: a name, and choices for what else could be claimed.
pub(crate) struct Candidate<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) name: Cow<'a, str>,
    pub(crate) identity: Option<(IdentityId, &'a Identity)>,
    /// Groups that are claimed.
    pub(crate) groups: Vec<GroupId>,
    /// Groups of which it is not decided whether they are claimed.
    pub(crate) open_groups: Vec<GroupId>,
    /// What attributes are, recorded ones aside; one that is not listed is open.
    pub(crate) attributes: Vec<(AttributeId, Choice<'a>)>,
}

/// What an unrecorded attribute could be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Choice<'a> {
    Many(Vec<Typed<'a>>),
    Missing,
    One(Typed<'a>),
}

impl Choice<'_> {
    pub(crate) fn slot(&self) -> Slot<'_> {
        match self {
            Self::Many(values) => Slot::Many(super::value::Many::Chosen(values)),
            Self::Missing => Slot::Missing,
            Self::One(value) => Slot::One(*value),
        }
    }
}

impl Visitor for Candidate<'_> {
    fn name(&self) -> Slot<'_> {
        Slot::One(Typed::Identity(&self.name))
    }

    fn is_known(&self) -> bool {
        true
    }

    fn signature(&self) -> u64 {
        u64::MAX
    }

    fn is_among(&self, members: &Members) -> Truth {
        if self.identity.is_some_and(|(id, _)| members.identities.binary_search(&id).is_ok()) {
            return Truth::TRUE;
        }
        members.groups.iter().fold(Truth::FALSE, |truth, &group| truth.or(self.is_in(group)))
    }

    fn is_in(&self, group: GroupId) -> Truth {
        let recorded = self.identity.is_some_and(|(_, identity)| identity.groups.binary_search(&group).is_ok());
        if recorded || self.groups.iter().any(|&claimed| leads_to(self.policy, claimed, group)) {
            Truth::TRUE
        } else if self.open_groups.iter().any(|&open| leads_to(self.policy, open, group)) {
            Truth::EITHER
        } else {
            Truth::FALSE
        }
    }

    fn attribute(&self, attribute: AttributeId) -> Slot<'_> {
        if let Some(value) = self.identity.and_then(|(_, identity)| identity.attribute(attribute)) {
            return recorded(value);
        }
        self.attributes.iter().find(|(id, _)| *id == attribute).map_or(Slot::Open, |(_, choice)| choice.slot())
    }
}

/// The level of a name.
fn level(policy: &Policy, name: &str) -> Option<LevelId> {
    // A few names are compared sooner than one is hashed.
    if policy.levels.len() > 8 {
        return policy.level_names.get(name).copied();
    }
    policy.levels.iter().position(|level| *level.name == *name).map(LevelId::from_index)
}
