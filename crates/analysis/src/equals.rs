//! Which rules of two policies say the same, so that cells with none but such rules need no look.
//!
//! Rules are the same by what they say, whatever they are called and wherever they stand: about the same people, by name and
//! by group, at the same strength, from the same addresses, on the same condition. Actions and rooms are not compared; that
//! a rule is in a cell says all of them. Where it would take work to see that two rules are the same they count as different.

use std::fmt::Write as _;

use doorward_model::Policy;
use doorward_model::address::PrefixSet;
use doorward_model::expr::{Expr, TestKind};
use doorward_model::ids::GroupId;
use doorward_model::rule::{Members, RoomBinding, Rule, Who};
use doorward_model::types::Type;
use doorward_syntax::ast::{Answer, ScalarType};
use hashbrown::HashMap;

use crate::site::{Cell, Entry, Site};

type Numbers<T> = HashMap<T, usize, foldhash::fast::RandomState>;

/// The rules of two policies, numbered by what they say.
pub(crate) struct Equals {
    // By policy, rule and target; none for a rule of which it is not known what is the same. `None` where the same rules
    // need not mean the same answers.
    numbers: Option<Vec<Vec<Vec<usize>>>>,
}

impl Equals {
    pub(crate) fn new<'s>(site: &'s Site<'s>) -> Self {
        let numbers = match site.policies.as_slice() {
            [one, other] if same_words(one, other) => {
                let mut numbering = Numbering::new(site, one, other);
                let of = |(number, policy): (usize, &&'s Policy)| {
                    policy.rules.iter().map(|rule| numbering.targets(number, policy, rule)).collect()
                };
                Some(site.policies.iter().enumerate().map(of).collect())
            }
            _ => None,
        };
        Self { numbers }
    }

    /// Whether both policies surely answer every request of a cell alike.
    pub(crate) fn alike(&self, cell: &Cell) -> bool {
        let ([one, other], [shown, also_shown]) = (cell.entries.as_slice(), cell.conceals.as_slice()) else {
            return false;
        };
        if shown != also_shown {
            return false;
        }
        let sides = self.side(0, one).zip(self.side(1, other));
        sides.is_some_and(|(one, other)| one == other)
    }

    /// What the rules of a policy say in a cell, each once; `None` if that is not known of one.
    fn side(&self, policy: usize, entries: &[Entry]) -> Option<Vec<usize>> {
        let numbers = self.numbers.as_ref()?.get(policy)?;
        let of = |entry: &Entry| numbers.get(entry.part)?.get(entry.target).copied();
        let mut side: Vec<usize> = entries.iter().map(of).collect::<Option<_>>()?;
        side.sort_unstable();
        side.dedup();
        Some(side)
    }
}

/// Whether two policies have the same levels, attributes, zone and ways of answering, in the same order.
fn same_words(one: &Policy, other: &Policy) -> bool {
    const ANSWERS: [Answer; 3] = [Answer::StepUp403, Answer::Unidentified401, Answer::RejectedAsAnonymous];
    let same = |one: &[doorward_model::policy::Attribute], other: &[doorward_model::policy::Attribute]| {
        let words = |it: &doorward_model::policy::Attribute| (it.name.clone(), it.ty, it.optional);
        one.iter().map(words).eq(other.iter().map(words))
    };
    one.levels == other.levels
        && one.zone.name() == other.zone.name()
        && ANSWERS.iter().all(|answer| one.answers(*answer) == other.answers(*answer))
        && same(&one.identity_attributes, &other.identity_attributes)
        && same(&one.context_attributes, &other.context_attributes)
}

/// Numbers for what clauses say.
struct Numbering<'s> {
    site: &'s Site<'s>,
    // Whether groups have the same numbers and members in both policies.
    same_groups: bool,
    // Whether both record the same of the same people.
    same_people: bool,
    // By policy and group.
    groups: Vec<Vec<usize>>,
    members: Numbers<(Vec<usize>, Vec<u32>)>,
    sets: Numbers<&'s PrefixSet>,
    // By where a set is kept, since many rules share one.
    kept: Numbers<usize>,
    rules: Numbers<String>,
    targets: Numbers<(usize, &'s [RoomBinding])>,
}

impl<'s> Numbering<'s> {
    fn new(site: &'s Site<'s>, one: &Policy, other: &Policy) -> Self {
        let mut known: Numbers<(&[u32], Vec<&str>)> = Numbers::default();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (number, policy) in site.policies.iter().enumerate() {
            let mut claims: Vec<Vec<&str>> = vec![Vec::new(); policy.groups.len()];
            for group in policy.groups.iter().filter(|group| group.claimed) {
                for holder in group.within.iter() {
                    claims.get_mut(holder.index()).into_iter().for_each(|claims| claims.push(&group.name));
                }
            }
            let mut numbers = Vec::with_capacity(claims.len());
            for (index, mut claims) in claims.into_iter().enumerate() {
                claims.sort_unstable();
                let fresh = known.len();
                numbers.push(*known.entry((site.members(number, GroupId::from_index(index)), claims)).or_insert(fresh));
            }
            groups.push(numbers);
        }
        let names = |policy: &Policy| policy.groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>();
        let same_groups = names(one) == names(other) && groups.first() == groups.get(1);
        let recorded = |policy: &Policy| -> HashMap<_, _> {
            let told = policy.identities.iter().filter(|identity| !identity.attributes.is_empty());
            told.map(|identity| (identity.name.clone(), identity.attributes.clone())).collect()
        };
        let same_people = recorded(one) == recorded(other);
        let members = Numbers::default();
        let (sets, kept) = (Numbers::default(), Numbers::default());
        let (rules, targets) = (Numbers::default(), Numbers::default());
        Self { site, same_groups, same_people, groups, members, sets, kept, rules, targets }
    }

    /// By target of a rule: the number of what it says there; none if it is not known what is the same.
    fn targets(&mut self, number: usize, policy: &Policy, rule: &'s Rule) -> Vec<usize> {
        let Some(said) = self.rule(number, policy, rule) else { return Vec::new() };
        let numbers = rule.targets.iter().map(|target| {
            let fresh = self.targets.len();
            *self.targets.entry((said, &*target.bindings)).or_insert(fresh)
        });
        numbers.collect()
    }

    fn rule(&mut self, number: usize, policy: &Policy, rule: &'s Rule) -> Option<usize> {
        let mut said = format!("{:?}", rule.effect);
        match &rule.subjects.who {
            Who::Listed(listed) => write!(said, " {}", self.members(number, listed)?).ok()?,
            Who::Anyone => said.push_str(" anyone"),
            Who::Authenticated => said.push_str(" authenticated"),
        }
        write!(said, " {} {:?}", self.members(number, &rule.subjects.except)?, rule.strength).ok()?;
        let origins = rule.origins.as_ref().map(|origins| self.set(origins));
        // Tests tell attributes of the room by their numbers here.
        write!(said, " {origins:?} {:?}", rule.room_attributes).ok()?;
        for expr in [&rule.when, &rule.unless] {
            said.push_str(" ; ");
            if let Some(expr) = expr {
                self.expr(policy, rule, expr, &mut said)?;
            }
        }
        let fresh = self.rules.len();
        Some(*self.rules.entry(said).or_insert(fresh))
    }

    fn members(&mut self, number: usize, members: &Members) -> Option<usize> {
        let mut groups: Vec<usize> = Vec::with_capacity(members.groups.len());
        for group in &members.groups {
            groups.push(self.groups.get(number)?.get(group.index()).copied()?);
        }
        let mut people: Vec<u32> = Vec::with_capacity(members.identities.len());
        for identity in &members.identities {
            people.push(self.site.person(number, *identity)?);
        }
        groups.sort_unstable();
        people.sort_unstable();
        let fresh = self.members.len();
        Some(*self.members.entry((groups, people)).or_insert(fresh))
    }

    fn set(&mut self, set: &'s PrefixSet) -> usize {
        let (sets, fresh) = (&mut self.sets, self.kept.len());
        *self.kept.entry(std::ptr::from_ref(set).addr()).or_insert_with(|| *sets.entry(set).or_insert(fresh))
    }

    /// Recursion is as deep as the expression, which the parser limits.
    fn expr(&mut self, policy: &Policy, rule: &Rule, expr: &'s Expr, said: &mut String) -> Option<()> {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => {
                said.push_str(if matches!(expr, Expr::All(_)) { "all(" } else { "any(" });
                for part in parts {
                    self.expr(policy, rule, part, said)?;
                    said.push(',');
                }
                said.push(')');
            }
            Expr::Not(inner) => {
                said.push_str("not(");
                self.expr(policy, rule, inner, said)?;
                said.push(')');
            }
            Expr::Test(test) => {
                // What a policy calls a group, and what it records, must be the same for tests that ask.
                let asks_groups = reads_groups(policy, rule, &test.kind);
                let asks_people = test.kind.identity_attribute().is_some();
                if asks_groups && !self.same_groups || asks_people && !self.same_people {
                    return None;
                }
                match &test.kind {
                    TestKind::InNetwork(operand, set) => write!(said, "{operand:?} in {}", self.set(set)).ok()?,
                    kind => write!(said, "{kind:?}").ok()?,
                }
            }
        }
        Some(())
    }
}

/// Whether a test depends on what groups there are; any test that reads something of the room may.
fn reads_groups(policy: &Policy, rule: &Rule, kind: &TestKind) -> bool {
    let is_group = |ty: Type| ty.scalar() == ScalarType::Group;
    let attributes = policy.identity_attributes.iter().chain(&policy.context_attributes);
    matches!(kind, TestKind::InGroups(_) | TestKind::InGroupOf(_))
        || attributes.map(|attribute| attribute.ty).any(is_group)
        || rule.room_attributes.iter().map(|attribute| attribute.ty).any(is_group)
}
