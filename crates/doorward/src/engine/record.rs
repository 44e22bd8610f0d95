//! Rules as decisions meet them: what can be tested cheaply beside where the rest is written.

use std::collections::HashMap;

use doorward_model::Policy;
use doorward_model::expr::{Expr, Operand, Test, TestKind};
use doorward_model::ids::{GroupId, IdentityId, LevelId, RuleId};
use doorward_model::rule::{Rule, Strength, Target, Who};
use doorward_syntax::ast::Effect;

use super::condition::{ConditionId, Conditions};
use super::origins::OriginId;

/// A rule at one of its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleRef {
    pub(crate) rule: RuleId,
    pub(crate) target: u32,
}

impl RuleRef {
    pub(crate) fn resolve(self, policy: &Policy) -> Option<(&Rule, &Target)> {
        let rule = policy.rules.get(self.rule.index())?;
        Some((rule, rule.targets.get(self.target as usize)?))
    }
}

/// What a decision looks at first of a rule at one of its targets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    /// A bit for each group and identity that SUBJECTS lists, or for `anyone` or `authenticated`; see [`of_group`].
    pub(crate) signature: u64,
    pub(crate) entry: RuleRef,
    /// The number of the group that SUBJECTS is, or `NONE` where it is anything else.
    group: u32,
    /// The number of the addresses after `from`, or `NONE`.
    origin: u32,
    /// The number of the strength, or `NONE`.
    strength: u32,
    /// The number of the condition, or `UNNUMBERED` where it has none.
    condition: u16,
    marks: u8,
}

const NONE: u32 = u32::MAX;
const UNNUMBERED: u16 = u16::MAX;

const DENY: u8 = 1;
const ANYONE: u8 = 2;
const AUTHENTICATED: u8 = 4;
const EXCEPT: u8 = 8;
const CONDITION: u8 = 16;
const PERSONAL: u8 = 32;

impl Record {
    pub(crate) fn denies(&self) -> bool {
        self.marks & DENY != 0
    }

    /// Whether SUBJECTS begins with `anyone`.
    pub(crate) fn anyone(&self) -> bool {
        self.marks & ANYONE != 0
    }

    /// Whether SUBJECTS lists nobody: it is `anyone` or `authenticated`, perhaps with an `except`.
    pub(crate) fn unlisted(&self) -> bool {
        self.marks & (ANYONE | AUTHENTICATED) != 0
    }

    pub(crate) fn excepts(&self) -> bool {
        self.marks & EXCEPT != 0
    }

    /// Whether it concerns every known visitor.
    pub(crate) fn everybody(&self) -> bool {
        self.unlisted() && !self.excepts()
    }

    /// Whether it has a `when` or an `unless`.
    pub(crate) fn conditional(&self) -> bool {
        self.marks & CONDITION != 0
    }

    /// The number of its condition, unless that is to be read as it is written.
    pub(crate) fn condition(&self) -> Option<ConditionId> {
        (self.condition != UNNUMBERED).then_some(ConditionId(self.condition))
    }

    /// Whether its condition asks about the visitor.
    pub(crate) fn personal(&self) -> bool {
        self.marks & PERSONAL != 0
    }

    /// The group that SUBJECTS is, if that is all it is.
    pub(crate) fn group(&self) -> Option<GroupId> {
        (self.group != NONE).then_some(GroupId(self.group))
    }

    pub(crate) fn origin(&self) -> Option<OriginId> {
        (self.origin != NONE).then_some(OriginId(self.origin))
    }

    /// An index into [`Records::strengths`].
    pub(crate) fn strength(&self) -> Option<u32> {
        (self.strength != NONE).then_some(self.strength)
    }
}

/// Turns rules into records, each distinct strength being numbered once.
pub(crate) struct Records {
    // By rule; the target is set when a record is handed out.
    rules: Vec<Record>,
    pub(crate) strengths: Vec<Strength>,
    pub(crate) conditions: Conditions,
}

impl Records {
    pub(crate) fn new(policy: &Policy, origins: &[Option<OriginId>]) -> Self {
        let mut numbers: HashMap<(LevelId, Option<u64>), u32> = HashMap::new();
        let mut strengths = Vec::new();
        let (conditions, condition_numbers) = Conditions::new(policy);
        let mut rules = Vec::with_capacity(policy.rules.len());
        for (index, rule) in policy.rules.iter().enumerate() {
            let strength = rule.strength.map_or(NONE, |strength| {
                *numbers.entry((strength.level, strength.within)).or_insert_with(|| {
                    strengths.push(strength);
                    number(strengths.len() - 1)
                })
            });
            let id = RuleId::from_index(index);
            let origin = origins.get(index).copied().flatten().map_or(NONE, |origin| origin.0);
            let condition = condition_numbers.get(index).copied().flatten().map_or(UNNUMBERED, |condition| condition.0);
            let entry = RuleRef { rule: id, target: 0 };
            rules
                .push(record(rule, Record { signature: 0, entry, group: NONE, origin, strength, condition, marks: 0 }));
        }
        Self { rules, strengths, conditions }
    }

    pub(crate) fn get(&self, entry: RuleRef) -> Option<Record> {
        self.rules.get(entry.rule.index()).map(|record| Record { entry, ..*record })
    }
}

/// Notes what a rule's subjects and conditions are.
fn record(rule: &Rule, mut record: Record) -> Record {
    match &rule.subjects.who {
        Who::Anyone => {
            record.marks |= ANYONE;
            record.signature = OF_ANYONE;
        }
        Who::Authenticated => {
            record.marks |= AUTHENTICATED;
            record.signature = OF_KNOWN;
        }
        Who::Listed(members) => {
            let groups = members.groups.iter().map(|group| of_group(*group));
            let names = members.identities.iter().map(|identity| of_identity(*identity));
            record.signature = groups.chain(names).fold(0, |all, bit| all | bit);
            if let ([group], [], true) = (&*members.groups, &*members.identities, rule.subjects.except.is_empty()) {
                record.group = group.0;
            }
        }
    }
    let conditions = [&rule.when, &rule.unless];
    for (mark, holds) in [
        (DENY, rule.effect == Effect::Deny),
        (EXCEPT, !rule.subjects.except.is_empty()),
        (CONDITION, conditions.iter().any(|condition| condition.is_some())),
        (PERSONAL, conditions.into_iter().flatten().any(|condition| is_personal(condition))),
    ] {
        if holds {
            record.marks |= mark;
        }
    }
    record
}

/// Whether an expression asks about the visitor.
fn is_personal(expr: &Expr) -> bool {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(is_personal),
        Expr::Not(inner) => is_personal(inner),
        Expr::Test(Test { kind, .. }) => {
            let visitor = |operand: &Operand| matches!(operand, Operand::Identity | Operand::IdentityName);
            kind.identity_attribute().is_some()
                || match kind {
                    TestKind::InGroups(_) | TestKind::InGroupOf(_) => true,
                    TestKind::Equal(left, right) | TestKind::Order(left, _, right) => visitor(left) || visitor(right),
                    TestKind::InSet(operand, _)
                    | TestKind::InNetwork(operand, _)
                    | TestKind::Like(operand, _)
                    | TestKind::Since(operand, ..) => visitor(operand),
                    TestKind::Constant(_)
                    | TestKind::Flag(_)
                    | TestKind::Has(_)
                    | TestKind::InWindow { .. }
                    | TestKind::OnDay(_) => false,
                }
        }
    }
}

/// The bit of `anyone` in signatures.
pub(crate) const OF_ANYONE: u64 = 1 << 63;

/// The bit of `authenticated` in signatures.
pub(crate) const OF_KNOWN: u64 = 1 << 62;

/// The bit of a group in signatures. A signature is a set of which one bit may stand for several members: two without a
/// bit in common have no member in common.
pub(crate) fn of_group(group: GroupId) -> u64 {
    bit(u64::from(group.0) << 1)
}

/// The bit of an identity in signatures.
pub(crate) fn of_identity(identity: IdentityId) -> u64 {
    bit(u64::from(identity.0) << 1 | 1)
}

fn bit(number: u64) -> u64 {
    // The highest bits of a product with a number without pattern are as good as drawn by lot.
    1 << ((u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) * 62) >> 64)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}
