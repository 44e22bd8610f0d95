//! Rules that make no difference beside another.

use std::sync::Arc;

use doorward_syntax::Diagnostic;
use doorward_syntax::ast::Effect;

use super::{Steps, share};
use crate::check::Checker;
use crate::check::networks::size;
use crate::expr::Expr;
use crate::rule::{Members, Rule, Strength, Subjects, Who};

impl<'a> Checker<'a> {
    /// Warns of each rule that another of the same effect holds all of, and of each `allow` that a `deny` holds all of.
    ///
    /// What is compared is what the rules say, clause by clause; what follows only from several rules is not seen.
    pub(super) fn shadowed_rules(&mut self) {
        let mut findings = Vec::new();
        let rules = &self.policy.rules;
        let steps = Steps::new();
        for (index, rule) in rules.iter().enumerate() {
            let others = rules.iter().enumerate().filter(|(other, _)| *other != index);
            let by = others.take_while(|_| steps.take(1)).find(|(other_index, other)| {
                self.covers(other, rule, &steps)
                    // Of two rules that say the same the later one is superfluous.
                    && (*other_index < index || other.effect != rule.effect || !self.covers(rule, other, &steps))
            });
            let Some((_, by)) = by else { continue };
            let name = self.rule_name(by);
            let (message, help) = if by.effect == rule.effect {
                (format!("the rule adds nothing: {name} says as much or more"), "remove it, or narrow the other")
            } else {
                (format!("the rule lets nobody in: {name} denies all of it"), "remove one of the two")
            };
            findings.push(
                Diagnostic::warning("shadowed-rule", rule.span, message)
                    .with_related(by.span, "this rule")
                    .with_help(help),
            );
        }
        for finding in findings {
            self.report.add(finding);
        }
    }

    /// Whether `wide` applies wherever `narrow` does, as far as their clauses tell.
    fn covers(&self, wide: &Rule, narrow: &Rule, steps: &Steps) -> bool {
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

    fn targets_cover(&self, wide: &Rule, narrow: &Rule, steps: &Steps) -> bool {
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

fn conditions_cover(wide: &Rule, narrow: &Rule, steps: &Steps) -> bool {
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
