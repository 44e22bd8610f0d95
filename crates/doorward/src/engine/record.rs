//! Rules as decisions meet them: what can be tested cheaply beside where the rest is written.

use std::collections::HashMap;

use doorward_model::Policy;
use doorward_model::expr::{Expr, Operand, Test, TestKind};
use doorward_model::ids::{GroupId, LevelId, RuleId};
use doorward_model::rule::{Rule, Strength, Target, Who};
use doorward_syntax::ast::Effect;

use super::condition::{ConditionId, Conditions};
use super::origins::OriginId;
use super::signature::{OF_ANYONE, OF_KNOWN, Signatures};

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
    /// What SUBJECTS could say and does.
    pub(crate) signature: u64,
    pub(crate) entry: RuleRef,
    // The number of the group that SUBJECTS is, or `NONE` where it is anything else.
    group: u32,
    addresses: OriginId,
    // The number of the strength, or `NONE`.
    strength: u32,
    // The number of the condition, or `UNNUMBERED` where it has none.
    condition: u16,
    marks: u8,
}

// Two of them share a cache line.
const _: () = assert!(size_of::<Record>() == 32);

const NONE: u32 = u32::MAX;
const UNNUMBERED: u16 = u16::MAX;

const DENY: u8 = 1;
const ANYONE: u8 = 2;
const AUTHENTICATED: u8 = 4;
const EXCEPT: u8 = 8;
const CONDITION: u8 = 16;
const PERSONAL: u8 = 32;
const SURE: u8 = 64;
const PLAIN: u8 = 128;

impl Record {
    /// Stands where no record is yet: a deny of whatever is.
    pub(crate) const BLANK: Self = Self {
        signature: u64::MAX,
        entry: RuleRef { rule: RuleId(0), target: 0 },
        group: NONE,
        addresses: OriginId::ANYWHERE,
        strength: NONE,
        condition: UNNUMBERED,
        marks: DENY | ANYONE | PLAIN | SURE,
    };

    /// The same at another of its rule's targets.
    pub(crate) fn at(self, target: u32) -> Self {
        Self { entry: RuleRef { target, ..self.entry }, ..self }
    }

    pub(crate) fn denies(&self) -> bool {
        self.marks & DENY != 0
    }

    /// Whether it concerns every visitor with whose signature its own has something in common.
    pub(crate) fn sure(&self) -> bool {
        self.marks & SURE != 0
    }

    /// Whether that and the addresses are all that there is to ask.
    pub(crate) fn plain(&self) -> bool {
        self.marks & PLAIN != 0
    }

    /// Whether subjects that are all, a group, or told by signatures, and addresses are all that there is to ask.
    pub(crate) fn bare(&self) -> bool {
        !self.conditional() && self.strength == NONE && (self.sure() || self.group != NONE)
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

    /// The addresses after `from`.
    pub(crate) fn addresses(&self) -> OriginId {
        self.addresses
    }

    /// The same, unless there is no `from`.
    pub(crate) fn origin(&self) -> Option<OriginId> {
        (self.addresses != OriginId::ANYWHERE).then_some(self.addresses)
    }

    /// An index into [`Records::strengths`].
    pub(crate) fn strength(&self) -> Option<u32> {
        (self.strength != NONE).then_some(self.strength)
    }
}

/// Turns rules into records, each distinct strength and condition being numbered once.
pub(crate) struct Records<'a> {
    policy: &'a Policy,
    signatures: &'a Signatures,
    // By rule.
    origins: &'a [OriginId],
    strength_numbers: HashMap<(LevelId, Option<u64>), u32>,
    // By rule.
    condition_numbers: Vec<Option<ConditionId>>,
    pub(crate) strengths: Vec<Strength>,
    pub(crate) conditions: Conditions,
}

impl<'a> Records<'a> {
    pub(crate) fn new(policy: &'a Policy, signatures: &'a Signatures, origins: &'a [OriginId]) -> Self {
        let mut strength_numbers = HashMap::new();
        let mut strengths = Vec::new();
        for strength in policy.rules.iter().filter_map(|rule| rule.strength) {
            strength_numbers.entry((strength.level, strength.within)).or_insert_with(|| {
                strengths.push(strength);
                number(strengths.len() - 1)
            });
        }
        let (conditions, condition_numbers) = Conditions::new(policy);
        Self { policy, signatures, origins, strength_numbers, condition_numbers, strengths, conditions }
    }

    /// The record of a rule, at the first of its targets.
    pub(crate) fn of(&self, id: RuleId) -> Option<Record> {
        let rule = self.policy.rules.get(id.index())?;
        let strength = rule.strength.map(|Strength { level, within }| (level, within));
        let strength = strength.and_then(|strength| self.strength_numbers.get(&strength)).copied().unwrap_or(NONE);
        let condition = self.condition_numbers.get(id.index()).copied().flatten();
        Some(Record {
            signature: signature(rule, self.signatures),
            entry: RuleRef { rule: id, target: 0 },
            group: single_group(rule).map_or(NONE, |group| group.0),
            addresses: self.origins.get(id.index()).copied()?,
            strength,
            condition: condition.map_or(UNNUMBERED, |condition| condition.0),
            marks: marks(rule, self.signatures),
        })
    }
}

fn signature(rule: &Rule, signatures: &Signatures) -> u64 {
    match &rule.subjects.who {
        Who::Anyone => OF_ANYONE,
        Who::Authenticated => OF_KNOWN,
        Who::Listed(members) => signatures.of(members),
    }
}

fn single_group(rule: &Rule) -> Option<GroupId> {
    match &rule.subjects.who {
        Who::Listed(members) if members.identities.is_empty() && rule.subjects.except.is_empty() => {
            members.groups.first().copied().filter(|_| members.groups.len() == 1)
        }
        _ => None,
    }
}

/// What a rule's subjects and conditions are.
fn marks(rule: &Rule, signatures: &Signatures) -> u8 {
    let who = &rule.subjects.who;
    let excepts = !rule.subjects.except.is_empty();
    let sure = !excepts && (signatures.exact() || !matches!(who, Who::Listed(_)));
    let conditions = [&rule.when, &rule.unless];
    let conditional = conditions.iter().any(|condition| condition.is_some());
    let marks = [
        (DENY, rule.effect == Effect::Deny),
        (ANYONE, matches!(who, Who::Anyone)),
        (AUTHENTICATED, matches!(who, Who::Authenticated)),
        (EXCEPT, excepts),
        (CONDITION, conditional),
        (PERSONAL, conditions.into_iter().flatten().any(|condition| is_personal(condition))),
        (SURE, sure),
        (PLAIN, sure && !conditional && rule.strength.is_none()),
    ];
    marks.into_iter().filter(|(_, holds)| *holds).fold(0, |all, (mark, _)| all | mark)
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

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}
