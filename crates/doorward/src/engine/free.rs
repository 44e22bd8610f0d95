//! What may still be chosen when a stronger visitor is sought, for the rules of one slice: names that the rules tell
//! apart, groups that could be claimed, attributes that are not recorded.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use doorward_model::Policy;
use doorward_model::expr::{self, Expr, Operand, Reference, Set, Test, TestKind};
use doorward_model::ids::{AttributeId, GroupId, IdentityId, RuleId};
use doorward_model::limits;
use doorward_model::rule::{Members, Rule, Who};
use doorward_model::types::Type;
use doorward_syntax::ast::Effect;

use super::visitor::leads_to;

/// What may be chosen under the rules of one slice.
#[derive(Debug)]
pub(crate) struct Free {
    /// Claimed groups that can only help: a visitor who claims them all is let in if any is.
    pub(crate) helpful: Box<[GroupId]>,
    /// Claimed groups that can both help and hurt.
    pub(crate) contested: Box<[GroupId]>,
    /// Attributes of the identity that the rules test, sorted.
    pub(crate) attributes: Box<[AttributeId]>,
    /// Declared identities that the rules can tell from an undeclared one, those together that they cannot tell apart
    /// from each other. Never an empty class.
    pub(crate) names: Arc<[Box<[IdentityId]>]>,
}

/// The rules that meet in one slice leave more to choose than [`limits::FREE_COMBINATIONS`].
pub(crate) struct TooFree {
    /// The rules that test what is free, sorted.
    pub(crate) rules: Vec<RuleId>,
}

/// Finds out what is free, remembering what it found.
pub(crate) struct Frees<'a> {
    policy: &'a Policy,
    claimed: Vec<GroupId>,
    // By group: the declared identities in it.
    members: Vec<Vec<IdentityId>>,
    tests: HashMap<RuleId, Rc<Tests<'a>>>,
    names: HashMap<NameKey, Arc<[Box<[IdentityId]>]>>,
}

const HELPS: u8 = 1;
const HURTS: u8 = 2;

/// What one rule tests about identities.
#[derive(Default)]
struct Tests<'a> {
    groups: Vec<(GroupId, u8)>,
    identities: Vec<IdentityId>,
    // How a group that only the request names would be used.
    dynamic: u8,
    attributes: Vec<(AttributeId, &'a Test)>,
}

/// All that tells declared names apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct NameKey {
    groups: Vec<GroupId>,
    every_group: bool,
    identities: Vec<IdentityId>,
    attributes: Vec<AttributeId>,
}

impl<'a> Frees<'a> {
    pub(crate) fn new(policy: &'a Policy) -> Self {
        let claimed = (0..policy.groups.len())
            .map(GroupId::from_index)
            .filter(|id| policy.groups.get(id.index()).is_some_and(|group| group.claimed))
            .collect();
        let mut members: Vec<Vec<IdentityId>> = vec![Vec::new(); policy.groups.len()];
        for (index, identity) in policy.identities.iter().enumerate() {
            for group in identity.groups.iter() {
                if let Some(list) = members.get_mut(group.index()) {
                    list.push(IdentityId::from_index(index));
                }
            }
        }
        Self { policy, claimed, members, tests: HashMap::new(), names: HashMap::new() }
    }

    pub(crate) fn of(&mut self, rules: impl Iterator<Item = RuleId> + Clone) -> Result<Free, TooFree> {
        let mut groups: HashMap<GroupId, u8> = HashMap::new();
        let mut dynamic = 0;
        let mut identities = Vec::new();
        let mut attributes: Vec<(AttributeId, &'a Test)> = Vec::new();
        for rule in rules.clone() {
            let Some(tests) = self.tests(rule) else { continue };
            for (group, use_) in &tests.groups {
                *groups.entry(*group).or_default() |= use_;
            }
            dynamic |= tests.dynamic;
            identities.extend_from_slice(&tests.identities);
            attributes.extend_from_slice(&tests.attributes);
        }
        let (mut helpful, mut contested) = (Vec::new(), Vec::new());
        if dynamic != 0 || !groups.is_empty() {
            for &claimed in &self.claimed {
                let within = self.policy.groups.get(claimed.index()).map_or(&[][..], |group| &group.within);
                let uses = within.iter().filter_map(|group| groups.get(group)).fold(dynamic, |all, one| all | one);
                match uses {
                    HELPS => helpful.push(claimed),
                    HURTS | 0 => {}
                    _ => contested.push(claimed),
                }
            }
        }
        attributes.sort_by_key(|(attribute, _)| *attribute);
        if combinations(self.policy, contested.len(), &attributes) > limits::FREE_COMBINATIONS {
            let mut rules: Vec<RuleId> = rules.filter(|rule| self.is_free(*rule, &contested)).collect();
            rules.sort_unstable();
            rules.dedup();
            return Err(TooFree { rules });
        }
        let mut attributes: Vec<AttributeId> = attributes.into_iter().map(|(attribute, _)| attribute).collect();
        attributes.dedup();
        identities.sort_unstable();
        identities.dedup();
        let mut groups: Vec<GroupId> = groups.into_keys().collect();
        groups.sort_unstable();
        let key = NameKey { groups, every_group: dynamic != 0, identities, attributes: attributes.clone() };
        let names = self.names(key);
        Ok(Free { helpful: helpful.into(), contested: contested.into(), attributes: attributes.into(), names })
    }

    /// Whether a rule tests what a visitor could choose: an unrecorded attribute, or one of these groups.
    fn is_free(&mut self, rule: RuleId, contested: &[GroupId]) -> bool {
        let policy = self.policy;
        self.tests(rule).is_some_and(|tests| {
            let tested = |group: GroupId| contested.iter().any(|&claimed| leads_to(policy, claimed, group));
            !tests.attributes.is_empty() || tests.dynamic != 0 || tests.groups.iter().any(|(group, _)| tested(*group))
        })
    }

    fn tests(&mut self, id: RuleId) -> Option<Rc<Tests<'a>>> {
        let policy = self.policy;
        let rule = policy.rules.get(id.index())?;
        Some(Rc::clone(self.tests.entry(id).or_insert_with(|| Rc::new(Tests::of(rule)))))
    }

    /// The classes of declared identities that these tests tell apart.
    fn names(&mut self, key: NameKey) -> Arc<[Box<[IdentityId]>]> {
        if let Some(names) = self.names.get(&key) {
            return Arc::clone(names);
        }
        let mut touched: Vec<IdentityId> = if key.every_group || !key.attributes.is_empty() {
            (0..self.policy.identities.len()).map(IdentityId::from_index).collect()
        } else {
            let members = key.groups.iter().filter_map(|group| self.members.get(group.index())).flatten();
            members.chain(&key.identities).copied().collect()
        };
        touched.sort_unstable();
        touched.dedup();
        let mut classes: HashMap<Signature<'_>, usize> = HashMap::new();
        let mut names: Vec<Vec<IdentityId>> = Vec::new();
        for id in touched {
            let Some(signature) = Signature::of(self.policy, id, &key) else { continue };
            let fresh = names.len();
            let class = *classes.entry(signature).or_insert(fresh);
            if class == fresh {
                names.push(Vec::new());
            }
            if let Some(class) = names.get_mut(class) {
                class.push(id);
            }
        }
        let names: Arc<[Box<[IdentityId]>]> = names.into_iter().map(Vec::into_boxed_slice).collect();
        self.names.insert(key, Arc::clone(&names));
        names
    }
}

/// What the tests of a slice can tell about a declared identity.
#[derive(PartialEq, Eq, Hash)]
struct Signature<'a> {
    name: Option<IdentityId>,
    groups: Vec<GroupId>,
    recorded: Vec<(AttributeId, &'a expr::Value)>,
}

impl<'a> Signature<'a> {
    /// `None` for an identity like any undeclared one.
    fn of(policy: &'a Policy, id: IdentityId, key: &NameKey) -> Option<Self> {
        let identity = policy.identities.get(id.index())?;
        let groups = identity
            .groups
            .iter()
            .copied()
            .filter(|group| key.every_group || key.groups.binary_search(group).is_ok())
            .collect::<Vec<_>>();
        let recorded = key
            .attributes
            .iter()
            .filter_map(|&attribute| identity.attribute(attribute).map(|value| (attribute, value)))
            .collect::<Vec<_>>();
        let name = key.identities.binary_search(&id).is_ok().then_some(id);
        (name.is_some() || !groups.is_empty() || !recorded.is_empty()).then_some(Self { name, groups, recorded })
    }
}

impl<'a> Tests<'a> {
    fn of(rule: &'a Rule) -> Self {
        let mut tests = Self::default();
        let (for_it, against_it) = match rule.effect {
            Effect::Allow => (HELPS, HURTS),
            Effect::Deny => (HURTS, HELPS),
        };
        if let Who::Listed(members) = &rule.subjects.who {
            tests.members(members, for_it);
        }
        tests.members(&rule.subjects.except, against_it);
        if let Some(when) = &rule.when {
            tests.expr(when, for_it, against_it);
        }
        if let Some(unless) = &rule.unless {
            tests.expr(unless, against_it, for_it);
        }
        tests
    }

    fn members(&mut self, members: &Members, use_: u8) {
        self.groups.extend(members.groups.iter().map(|&group| (group, use_)));
        self.identities.extend_from_slice(&members.identities);
    }

    fn expr(&mut self, expr: &'a Expr, for_it: u8, against_it: u8) {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => {
                for part in parts {
                    self.expr(part, for_it, against_it);
                }
            }
            Expr::Not(inner) => self.expr(inner, against_it, for_it),
            Expr::Test(test) => {
                match &test.kind {
                    TestKind::InGroups(groups) => self.groups.extend(groups.iter().map(|&group| (group, for_it))),
                    TestKind::InGroupOf(_) => self.dynamic |= for_it,
                    _ => {}
                }
                if let Some(attribute) = identity_attribute(&test.kind) {
                    self.attributes.push((attribute, test));
                }
            }
        }
    }
}

/// What of a visitor's choices a rule depends on: contested groups, and unrecorded attributes.
#[derive(Debug)]
pub(crate) struct Choices {
    pub(crate) groups: Vec<GroupId>,
    pub(crate) attributes: Vec<AttributeId>,
}

impl Choices {
    pub(crate) fn of(policy: &Policy, rule: &Rule, contested: &[GroupId]) -> Self {
        let tests = Tests::of(rule);
        let tested = |claimed: GroupId| {
            tests.dynamic != 0 || tests.groups.iter().any(|(group, _)| leads_to(policy, claimed, *group))
        };
        let groups = contested.iter().copied().filter(|claimed| tested(*claimed)).collect();
        let mut attributes: Vec<AttributeId> = tests.attributes.iter().map(|(attribute, _)| *attribute).collect();
        attributes.sort_unstable();
        attributes.dedup();
        Self { groups, attributes }
    }
}

/// The attribute of the identity that a test reads; it reads one at most, since two are never compared.
pub(crate) fn identity_attribute(kind: &TestKind) -> Option<AttributeId> {
    let (operands, reference): ([Option<&Operand>; 2], Option<&Reference>) = match kind {
        TestKind::Equal(left, right) | TestKind::Order(left, _, right) => ([Some(left), Some(right)], None),
        TestKind::Flag(reference) | TestKind::Has(reference) | TestKind::InGroupOf(reference) => {
            ([None, None], Some(reference))
        }
        TestKind::InNetwork(operand, _) | TestKind::Like(operand, _) | TestKind::Since(operand, _, _) => {
            ([Some(operand), None], None)
        }
        TestKind::InSet(operand, Set::Reference(reference)) => ([Some(operand), None], Some(reference)),
        TestKind::InSet(operand, Set::Values(_)) => ([Some(operand), None], None),
        TestKind::Constant(_) | TestKind::InGroups(_) | TestKind::InWindow { .. } | TestKind::OnDay(_) => {
            ([None, None], None)
        }
    };
    let of_operands = operands.into_iter().flatten().find_map(|operand| match operand {
        Operand::Reference(Reference::Identity(attribute)) => Some(*attribute),
        _ => None,
    });
    of_operands.or(match reference {
        Some(Reference::Identity(attribute)) => Some(*attribute),
        _ => None,
    })
}

/// At most how many combinations there are of contested groups and of attribute values that the tests tell apart.
fn combinations(policy: &Policy, contested: usize, attributes: &[(AttributeId, &Test)]) -> u64 {
    let groups = u32::try_from(contested).ok().and_then(|count| 1u64.checked_shl(count)).unwrap_or(u64::MAX);
    attributes.chunk_by(|left, right| left.0 == right.0).fold(groups, |product, tests| {
        let Some(declared) = tests.first().and_then(|(id, _)| policy.identity_attributes.get(id.index())) else {
            return product;
        };
        let absent = u64::from(declared.optional);
        product.saturating_mul(values(declared.ty, tests).saturating_add(absent))
    })
}

/// At most how many values the tests of one attribute tell apart, absence not counted.
fn values(ty: Type, tests: &[(AttributeId, &Test)]) -> u64 {
    let mut distinct: Vec<&TestKind> = Vec::new();
    for (_, test) in tests {
        if distinct.len() >= 64 || !distinct.contains(&&test.kind) || reads_room(&test.kind) {
            distinct.push(&test.kind);
        }
    }
    let subsets = u32::try_from(distinct.len()).ok().and_then(|count| 1u64.checked_shl(count)).unwrap_or(u64::MAX);
    if matches!(ty, Type::Set(_)) {
        return subsets;
    }
    // Each point that a test names, what lies beside it, and what lies beyond all of them.
    let points = distinct.iter().try_fold(0u64, |sum, kind| match kind {
        TestKind::InSet(_, Set::Reference(_)) => None,
        TestKind::InSet(_, Set::Values(values)) => Some(sum.saturating_add(values.len() as u64)),
        TestKind::InNetwork(_, prefixes) => {
            Some(sum.saturating_add((prefixes.ranges_v4().len() + prefixes.ranges_v6().len()) as u64 * 2))
        }
        _ => Some(sum + 1),
    });
    points.map_or(subsets, |points| subsets.min(points.saturating_mul(2).saturating_add(1)))
}

/// Whether two equal tests may still differ, since the numbers of room attributes are each rule's own.
fn reads_room(kind: &TestKind) -> bool {
    let reads = |operand: &Operand| matches!(operand, Operand::Reference(Reference::Room(_)));
    match kind {
        TestKind::Equal(left, right) | TestKind::Order(left, _, right) => reads(left) || reads(right),
        TestKind::InSet(operand, set) => reads(operand) || matches!(set, Set::Reference(Reference::Room(_))),
        _ => false,
    }
}
