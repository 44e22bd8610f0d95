//! Rules that make no difference beside another.

use std::sync::Arc;

use doorward_syntax::Diagnostic;
use doorward_syntax::ast::Effect;
use hashbrown::HashMap;
use smol_str::SmolStr;

use super::{Steps, share};
use crate::address::AddressClasses;
use crate::check::Checker;
use crate::check::networks::size;
use crate::expr::Expr;
use crate::ids::{GroupId, IdentityId, RuleId};
use crate::pattern::{Pattern, PatternSegment};
use crate::policy::Policy;
use crate::rule::{Members, Rule, Strength, Subjects, Target, Who};

impl<'a> Checker<'a> {
    /// Warns of each rule that another of the same effect holds all of, and of each `allow` that a `deny` holds all of.
    ///
    /// What is compared is what the rules say, clause by clause; what follows only from several rules is not seen.
    pub(super) fn shadowed_rules(&mut self) {
        let mut report = std::mem::take(&mut self.report);
        let rules = &self.policy.rules;
        let steps = Steps::new();
        let wide = Wide::new(&self.policy);
        let mut others = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            if !steps.any_left() {
                break;
            }
            let general = wide.find(&self.policy, index, rule, &mut others);
            let all = others.iter().copied().chain(general).filter(|other| *other != index);
            let by = all.take_while(|_| steps.take(1)).find_map(|other| {
                let by = rules.get(other)?;
                let covers = self.covers(by, rule, &steps)
                    // Of two rules that say the same the later one is superfluous.
                    && (other < index || by.effect != rule.effect || !self.covers(rule, by, &steps));
                covers.then_some(by)
            });
            let Some(by) = by else { continue };
            report.warn(|| {
                let name = self.rule_name(by);
                let (message, help) = if by.effect == rule.effect {
                    (format!("the rule adds nothing: {name} says as much or more"), "remove it, or narrow the other")
                } else {
                    (format!("the rule lets nobody in: {name} denies all of it"), "remove one of the two")
                };
                Diagnostic::warning("shadowed-rule", rule.span, message)
                    .with_related(by.span, "this rule")
                    .with_help(help)
            });
        }
        self.report = report;
    }

    /// Whether `wide` applies wherever `narrow` does, as far as their clauses tell.
    fn covers(&self, wide: &Rule, narrow: &Rule, steps: &Steps<'_>) -> bool {
        if wide.effect == Effect::Allow && narrow.effect == Effect::Deny {
            return false;
        }
        let actions = match (&wide.actions, &narrow.actions) {
            (None, _) => true,
            (Some(wide), Some(narrow)) => narrow.iter().all(|action| wide.binary_search(action).is_ok()),
            (Some(_), None) => false,
        };
        if !actions || !steps.take(weight(narrow)) {
            return false;
        }
        let same_effect = wide.effect == narrow.effect;
        strength_covers(wide, narrow.strength.filter(|_| same_effect))
            && self.subjects_cover(&wide.subjects, &narrow.subjects)
            && conditions_cover(wide, narrow, steps)
            && self.targets_cover(wide, narrow, steps)
            && match (&wide.origins, &narrow.origins) {
                (None, _) => true,
                (Some(wide), Some(narrow)) => Arc::ptr_eq(wide, narrow) || wide.covers(narrow),
                (Some(_), None) => false,
            }
    }

    fn subjects_cover(&self, wide: &Subjects, narrow: &Subjects) -> bool {
        if !wide.except.is_empty() && wide.except != narrow.except {
            return false;
        }
        match (&wide.who, &narrow.who) {
            (Who::Anyone, _) | (Who::Authenticated, Who::Authenticated | Who::Listed(_)) => true,
            (Who::Listed(wide), Who::Listed(narrow)) => self.members_cover(wide, narrow),
            _ => false,
        }
    }

    fn members_cover(&self, wide: &Members, narrow: &Members) -> bool {
        narrow.identities.iter().all(|id| self.holds(wide, *id))
            && narrow.groups.iter().all(|id| {
                let within = self.policy.groups.get(id.index()).map_or(&[][..], |group| &*group.within);
                share(within, &wide.groups)
            })
    }

    fn targets_cover(&self, wide: &Rule, narrow: &Rule, steps: &Steps<'_>) -> bool {
        if !wide.except_rooms.is_empty() && wide.except_rooms != narrow.except_rooms {
            return false;
        }
        if steps.take(narrow.targets.len()) && wide.targets == narrow.targets {
            return true;
        }
        if !steps.take(wide.targets.len().saturating_mul(narrow.targets.len())) {
            return false;
        }
        narrow.targets.iter().all(|narrow| {
            wide.targets.iter().any(|wide| {
                let Some(wide) = wide.pattern else { return true };
                let Some(narrow) = narrow.pattern else { return false };
                let wide = self.policy.patterns.get(wide.index());
                let narrow = self.policy.patterns.get(narrow.index());
                wide.zip(narrow).is_some_and(|(wide, narrow)| wide.covers(narrow))
            })
        })
    }
}

/// Where to look for rules that may hold all of another, so that not each has to be compared with each: by whom they list
/// or, where they list nobody, by the first segment of their rooms.
#[derive(Default)]
struct Wide {
    groups: HashMap<GroupId, Vec<Reach>>,
    identities: HashMap<IdentityId, Vec<Reach>>,
    // By number of the segment.
    segments: Vec<Vec<usize>>,
    numbers: HashMap<SmolStr, u32>,
    // By rule: the segment that the paths of its first target begin with.
    firsts: Vec<Segment>,
    // Those that list nobody and whose rooms may begin with any segment: without a `from`, and with one.
    general: Vec<usize>,
    general_from: Vec<usize>,
    // By their place in `general_from`; `None` if their addresses overlap in too many ways.
    origins: Option<AddressClasses>,
}

/// A rule that lists somebody, and the segment that all its paths begin with.
#[derive(Clone, Copy)]
struct Reach {
    rule: RuleId,
    segment: Segment,
}

/// The number of a segment that all of some paths begin with, if there is one; there are many of these.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Segment(u32);

impl Segment {
    const NONE: Self = Self(u32::MAX);
}

impl Wide {
    fn new(policy: &Policy) -> Self {
        let mut wide = Self::default();
        let patterns: Vec<Segment> = policy.patterns.iter().map(|pattern| wide.number(pattern)).collect();
        let first = |target: &Target| {
            target.pattern.and_then(|pattern| patterns.get(pattern.index())).copied().unwrap_or(Segment::NONE)
        };
        wide.segments.resize_with(wide.numbers.len(), Vec::new);
        wide.firsts = policy.rules.iter().map(|rule| rule.targets.first().map_or(Segment::NONE, first)).collect();
        for (index, rule) in policy.rules.iter().enumerate() {
            if let Who::Listed(members) = &rule.subjects.who {
                let segment = match &*rule.targets {
                    [target] => first(target),
                    _ => Segment::NONE,
                };
                let reach = Reach { rule: RuleId::from_index(index), segment };
                for group in members.groups.iter() {
                    wide.groups.entry(*group).or_default().push(reach);
                }
                for identity in members.identities.iter() {
                    wide.identities.entry(*identity).or_default().push(reach);
                }
                continue;
            }
            for target in rule.targets.iter() {
                match first(target) {
                    Segment::NONE if rule.origins.is_none() => wide.general.push(index),
                    Segment::NONE => wide.general_from.push(index),
                    Segment(number) => {
                        let list = wide.segments.get_mut(number as usize);
                        list.into_iter().for_each(|list| list.push(index));
                    }
                }
            }
        }
        let origins = wide.general_from.iter().map(|index| policy.rules.get(*index)?.origins.as_deref());
        wide.origins = origins.collect::<Option<Vec<_>>>().and_then(|sets| AddressClasses::new(&sets).ok());
        wide
    }

    /// The number of the segment that all paths of a pattern begin with, if there is one.
    fn number(&mut self, pattern: &Pattern) -> Segment {
        let Some(PatternSegment::Literal(text)) = pattern.segments().first() else { return Segment::NONE };
        let fresh = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        Segment(*self.numbers.entry(text.clone()).or_insert(fresh))
    }

    /// The rules that may hold all of this one: some in their order, and then the general ones.
    fn find<'w>(
        &'w self,
        policy: &Policy,
        index: usize,
        narrow: &Rule,
        found: &mut Vec<usize>,
    ) -> impl Iterator<Item = usize> + use<'w> {
        found.clear();
        let first = self.firsts.get(index).copied().unwrap_or(Segment::NONE);
        found.extend(self.segments.get(first.0 as usize).into_iter().flatten());
        if let Who::Listed(members) = &narrow.subjects.who {
            // A rule that holds all of them holds the first, by name or by a group.
            let identity = members.identities.first();
            let of_identity = identity.and_then(|id| policy.identities.get(id.index())).map(|it| &*it.groups);
            let of_group = members.groups.first().and_then(|id| policy.groups.get(id.index())).map(|it| &*it.within);
            let groups = of_identity.or(of_group).into_iter().flat_map(|groups| groups.iter());
            let by_group = groups.filter_map(|group| self.groups.get(group)).flatten();
            let by_name = identity.and_then(|id| self.identities.get(id)).into_iter().flatten();
            // Whose paths all begin with one segment does not hold what begins with another.
            let reaches = |reach: &&Reach| reach.segment == Segment::NONE || reach.segment == first;
            found.extend(by_group.chain(by_name).filter(reaches).map(|reach| reach.rule.index()));
        }
        found.sort_unstable();
        found.dedup();
        let (holding, from): (&[u32], &[usize]) = match (&narrow.origins, &self.origins) {
            // What comes from anywhere is not held by what comes from somewhere.
            (None, _) => (&[], &[]),
            (Some(origins), Some(classes)) => match origins.first() {
                // What holds all addresses holds the first.
                Some(first) => (classes.sets(classes.class(first)), &[]),
                None => (&[], &self.general_from),
            },
            (Some(_), None) => (&[], &self.general_from),
        };
        let holding = holding.iter().filter_map(|place| self.general_from.get(*place as usize));
        self.general.iter().chain(holding).chain(from).copied()
    }
}

/// About how much work it is to compare a rule with another, its rooms aside.
fn weight(rule: &Rule) -> usize {
    let subjects = match &rule.subjects.who {
        Who::Listed(members) => members.identities.len() + members.groups.len(),
        Who::Anyone | Who::Authenticated => 0,
    };
    subjects + rule.actions.as_ref().map_or(0, |actions| actions.len()) + rule.origins.as_deref().map_or(0, size)
}

/// Whether the strength that `wide` asks for leaves it no narrower than one with `narrow`.
fn strength_covers(wide: &Rule, narrow: Option<Strength>) -> bool {
    let Some(asked) = wide.strength else { return true };
    let Some(narrow) = narrow else { return false };
    let age = |strength: Strength| strength.within.unwrap_or(u64::MAX);
    match wide.effect {
        Effect::Allow => asked.level <= narrow.level && age(asked) >= age(narrow),
        Effect::Deny => asked.level >= narrow.level && age(asked) <= age(narrow),
    }
}

fn conditions_cover(wide: &Rule, narrow: &Rule, steps: &Steps<'_>) -> bool {
    if wide.when.is_none() && wide.unless.is_none() {
        return true;
    }
    // A room attribute means what the targets bind it to.
    let comparable = wide.effect == narrow.effect
        && wide.room_attributes == narrow.room_attributes
        && (wide.room_attributes.is_empty() || steps.take(narrow.targets.len()) && wide.targets == narrow.targets);
    let at_most = |wide: &Option<Box<Expr>>, narrow: &Option<Box<Expr>>| match (wide, narrow) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => same(wide, narrow),
        (Some(_), None) => false,
    };
    comparable && at_most(&wide.when, &narrow.when) && at_most(&wide.unless, &narrow.unless)
}

/// Whether two expressions say the same in the same words.
fn same(left: &Expr, right: &Expr) -> bool {
    match (left, right) {
        (Expr::All(left), Expr::All(right)) | (Expr::Any(left), Expr::Any(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Expr::Not(left), Expr::Not(right)) => same(left, right),
        (Expr::Test(left), Expr::Test(right)) => left.kind == right.kind,
        _ => false,
    }
}
