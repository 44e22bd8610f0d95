//! Rules that can never apply, and parts of rules that do nothing.

use doorward_syntax::{Diagnostic, Span};

use super::{Steps, share};
use crate::check::Checker;
use crate::check::report::tick;
use crate::expr::{Expr, TestKind};
use crate::ids::{GroupId, IdentityId};
use crate::rule::{Members, Rule, Who};

impl<'a> Checker<'a> {
    pub(super) fn useless_rules(&mut self) {
        let populated = self.populated_groups();
        let mut findings = Vec::new();
        let steps = Steps::new();
        for rule in &self.policy.rules {
            findings.extend(self.nobody(rule, &populated, &steps));
            findings.extend(self.nowhere(rule, &steps));
            let from_nowhere = rule.origins.as_ref().filter(|origins| origins.is_empty()).and(rule.clauses.origins);
            if let Some(span) = from_nowhere {
                findings.push(never(span, "no address is left in `from`, so the rule never applies"));
            }
            for (expr, span, needed) in
                [(&rule.when, rule.clauses.when, true), (&rule.unless, rule.clauses.unless, false)]
            {
                let (Some(expr), Some(span)) = (expr.as_deref(), span) else { continue };
                match fold(expr) {
                    Some(value) if value != needed => {
                        let message = format!("the condition is always {value}, so the rule never applies");
                        findings.push(never(span, &message));
                    }
                    Some(value) => {
                        let message = format!("the condition is always {value}, and constrains nothing");
                        findings.push(Diagnostic::warning("constant-condition", span, message).with_help("remove it"));
                    }
                    None => {}
                }
            }
        }
        for finding in findings {
            self.report.add(finding);
        }
    }

    /// The finding that nobody is among a rule's subjects.
    fn nobody(&self, rule: &Rule, populated: &[bool], steps: &Steps) -> Option<Diagnostic> {
        let Who::Listed(members) = &rule.subjects.who else { return None };
        let except = &rule.subjects.except;
        let populated = |id: &GroupId| populated.get(id.index()).copied().unwrap_or(false);
        let nobody = if *except == Members::default() {
            members.identities.is_empty() && !members.groups.iter().any(populated)
        } else {
            self.excepted_all(members, except, steps)
        };
        if !nobody || members.is_empty() {
            return None;
        }
        let span = rule.clauses.subjects;
        Some(if *except == Members::default() {
            let groups: Vec<String> = members
                .groups
                .iter()
                .filter_map(|id| self.policy.groups.get(id.index()))
                .map(|group| tick(&group.name))
                .collect();
            never(span, &format!("nobody is in {}, so the rule never applies", groups.join(" or ")))
                .with_help("give the group a member, or say that it is `claimed`")
        } else {
            never(span, "`except` leaves nobody, so the rule never applies")
        })
    }

    /// Whether all members are excepted, as far as looking at so many identities tells.
    fn excepted_all(&self, members: &Members, except: &Members, steps: &Steps) -> bool {
        if members.identities.iter().any(|id| !self.holds(except, *id)) {
            return false;
        }
        // A group may be claimed by whoever is not excepted, unless all of the group is.
        let claimable = members.groups.iter().any(|id| {
            let within = self.policy.groups.get(id.index()).map_or(&[][..], |group| &*group.within);
            self.claimed_within(*id).is_some() && !share(within, &except.groups)
        });
        let mut ids = (0..self.policy.identities.len()).map(IdentityId::from_index);
        let mut left = || ids.any(|id| !steps.take(1) || self.holds(members, id) && !self.holds(except, id));
        !claimable && !left()
    }

    /// For each group, whether somebody may be in it: someone is listed, or membership can be claimed.
    fn populated_groups(&self) -> Vec<bool> {
        let mut populated = vec![false; self.policy.groups.len()];
        for group in self.policy.groups.iter().filter(|group| group.claimed || !group.members.identities.is_empty()) {
            for holder in group.within.iter() {
                if let Some(populated) = populated.get_mut(holder.index()) {
                    *populated = true;
                }
            }
        }
        populated
    }

    /// The findings that `except` leaves no room, or takes none away.
    fn nowhere(&self, rule: &Rule, steps: &Steps) -> Vec<Diagnostic> {
        let (Some(span), false) = (rule.clauses.target, rule.except_rooms.is_empty()) else { return Vec::new() };
        if !steps.take(rule.targets.len().saturating_mul(rule.except_rooms.len())) {
            return Vec::new();
        }
        let pattern = |id: crate::ids::PatternId| self.policy.patterns.get(id.index());
        let targets: Vec<_> = rule.targets.iter().filter_map(|target| pattern(target.pattern?)).collect();
        let except: Vec<_> = rule.except_rooms.iter().filter_map(|id| pattern(*id)).collect();
        let nothing_left = targets.iter().all(|target| except.iter().any(|except| except.covers(target)));
        if !targets.is_empty() && nothing_left {
            return vec![never(span, "`except` leaves no room, so the rule never applies")];
        }
        let useless = except.iter().filter(|except| !targets.iter().any(|target| target.overlaps(except)));
        useless
            .map(|except| {
                let message =
                    format!("`except` takes nothing away with `{except}`, which lies outside the rule's rooms");
                Diagnostic::warning("useless-except", span, message).with_help("remove it")
            })
            .collect()
    }
}

fn never(span: Span, message: &str) -> Diagnostic {
    Diagnostic::warning("never-applies", span, message)
}

/// What an expression is whatever the request says, if it is always true or always false.
fn fold(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::All(parts) => {
            let parts: Vec<Option<bool>> = parts.iter().map(fold).collect();
            if parts.contains(&Some(false)) {
                Some(false)
            } else {
                parts.iter().all(|part| *part == Some(true)).then_some(true)
            }
        }
        Expr::Any(parts) => {
            let parts: Vec<Option<bool>> = parts.iter().map(fold).collect();
            if parts.contains(&Some(true)) {
                Some(true)
            } else {
                parts.iter().all(|part| *part == Some(false)).then_some(false)
            }
        }
        Expr::Not(inner) => fold(inner).map(|value| !value),
        Expr::Test(test) => match &test.kind {
            TestKind::Constant(value) => Some(*value),
            _ => None,
        },
    }
}
