//! What may still be chosen when a stronger visitor is sought, for the rules of one slice: groups that could be claimed,
//! attributes that are not recorded.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use doorward_model::Policy;
use doorward_model::expr::{Expr, Operand, Reference, Set, Test, TestKind};
use doorward_model::ids::{AttributeId, GroupId, RuleId};
use doorward_model::limits;
use doorward_model::rule::{Members, Rule, Who};
use doorward_model::types::Type;
use doorward_syntax::ast::Effect;

use super::visitor::leads_to;

/// What may be chosen under the rules of one slice.
#[derive(Debug, Default)]
pub(crate) struct Free {
    /// Claimed groups that can only help: a visitor who claims them all is let in if any is.
    pub(crate) helpful: Box<[GroupId]>,
    /// Claimed groups that can both help and hurt.
    pub(crate) contested: Box<[GroupId]>,
    /// Attributes of the identity that the rules test, sorted.
    pub(crate) attributes: Box<[AttributeId]>,
}

/// The rules that meet in one slice leave more to choose than [`limits::FREE_COMBINATIONS`].
pub(crate) struct TooFree {
    /// The rules that test what is free, sorted.
    pub(crate) rules: Vec<RuleId>,
}

/// How the rules of some places use what is free.
#[derive(Clone, Default)]
pub(crate) struct Uses<'a> {
    // Only groups that a claimed group brings.
    groups: BTreeMap<GroupId, u8>,
    // How a group that only the request names would be used.
    dynamic: u8,
    attributes: Vec<(AttributeId, &'a Test)>,
}

impl Uses<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.dynamic == 0 && self.attributes.is_empty()
    }
}

/// Finds out what is free, remembering what it found.
pub(crate) struct Frees<'a> {
    policy: &'a Policy,
    claimed: Vec<GroupId>,
    // By group: whether claiming some group brings it.
    claimable: Vec<bool>,
    // By rule: whether it has a condition.
    conditional: Vec<bool>,
    tests: HashMap<RuleId, Tests<'a>>,
    nothing: Arc<Free>,
}

const HELPS: u8 = 1;
const HURTS: u8 = 2;

/// What one rule tests about identities.
#[derive(Default)]
struct Tests<'a> {
    groups: Vec<(GroupId, u8)>,
    dynamic: u8,
    attributes: Vec<(AttributeId, &'a Test)>,
}

impl<'a> Frees<'a> {
    pub(crate) fn new(policy: &'a Policy) -> Self {
        let claimed: Vec<GroupId> = (0..policy.groups.len())
            .map(GroupId::from_index)
            .filter(|id| policy.groups.get(id.index()).is_some_and(|group| group.claimed))
            .collect();
        let mut claimable = vec![false; policy.groups.len()];
        for group in claimed.iter().filter_map(|id| policy.groups.get(id.index())).flat_map(|group| group.within.iter())
        {
            if let Some(claimable) = claimable.get_mut(group.index()) {
                *claimable = true;
            }
        }
        let conditional = policy.rules.iter().map(|rule| rule.when.is_some() || rule.unless.is_some()).collect();
        Self { policy, claimed, claimable, conditional, tests: HashMap::new(), nothing: Arc::default() }
    }

    /// How rules use what is free, beside others that are given.
    pub(crate) fn uses(&mut self, rules: impl Iterator<Item = RuleId>) -> Uses<'a> {
        let mut uses = Uses::default();
        for id in rules {
            if self.claimed.is_empty() && !self.conditional.get(id.index()).copied().unwrap_or_default() {
                continue;
            }
            let Some(rule) = self.policy.rules.get(id.index()) else { continue };
            let (claimed, claimable) = (&self.claimed, &self.claimable);
            let tests = self.tests.entry(id).or_insert_with(|| {
                let mut tests = Tests::of(rule);
                tests.groups.retain(|(group, _)| claimable.get(group.index()).copied().unwrap_or_default());
                if claimed.is_empty() {
                    tests.dynamic = 0;
                }
                tests
            });
            for (group, use_) in &tests.groups {
                *uses.groups.entry(*group).or_default() |= use_;
            }
            uses.dynamic |= tests.dynamic;
            uses.attributes.extend_from_slice(&tests.attributes);
        }
        uses
    }

    /// What is free for rules that use it so, or so.
    pub(crate) fn of(
        &mut self,
        everywhere: &Uses<'a>,
        here: &Uses<'a>,
        rules: impl Iterator<Item = RuleId>,
    ) -> Result<Arc<Free>, TooFree> {
        if everywhere.is_empty() && here.is_empty() {
            return Ok(Arc::clone(&self.nothing));
        }
        let dynamic = everywhere.dynamic | here.dynamic;
        let use_of = |uses: &Uses<'_>, group| uses.groups.get(group).copied().unwrap_or_default();
        let (mut helpful, mut contested) = (Vec::new(), Vec::new());
        for &claimed in &self.claimed {
            let within = self.policy.groups.get(claimed.index()).map_or(&[][..], |group| &group.within);
            let uses = within.iter().fold(dynamic, |all, one| all | use_of(everywhere, one) | use_of(here, one));
            match uses {
                HELPS => helpful.push(claimed),
                HURTS | 0 => {}
                _ => contested.push(claimed),
            }
        }
        let mut attributes: Vec<_> = everywhere.attributes.iter().chain(&here.attributes).copied().collect();
        attributes.sort_by_key(|(attribute, _)| *attribute);
        if combinations(self.policy, contested.len(), &attributes) > limits::FREE_COMBINATIONS {
            let mut rules: Vec<RuleId> = rules.filter(|rule| self.is_free(*rule, &contested)).collect();
            rules.sort_unstable();
            rules.dedup();
            return Err(TooFree { rules });
        }
        let mut attributes: Vec<AttributeId> = attributes.into_iter().map(|(attribute, _)| attribute).collect();
        attributes.dedup();
        Ok(Arc::new(Free { helpful: helpful.into(), contested: contested.into(), attributes: attributes.into() }))
    }

    /// Whether a rule tests what a visitor could choose: an unrecorded attribute, or one of these groups.
    fn is_free(&self, rule: RuleId, contested: &[GroupId]) -> bool {
        self.tests.get(&rule).is_some_and(|tests| {
            let tested = |group: GroupId| contested.iter().any(|&claimed| leads_to(self.policy, claimed, group));
            !tests.attributes.is_empty() || tests.dynamic != 0 || tests.groups.iter().any(|(group, _)| tested(*group))
        })
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
                if let Some(attribute) = test.kind.identity_attribute() {
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
