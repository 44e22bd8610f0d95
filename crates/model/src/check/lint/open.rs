//! Rules that open more than a policy should open at once.

use doorward_syntax::Diagnostic;
use doorward_syntax::ast::Effect;

use super::{Steps, actions_meet};
use crate::check::Checker;
use crate::ids::IdentityId;
use crate::rule::{Members, Rule, Who};

impl<'a> Checker<'a> {
    /// Warns of an `allow` of everything for anyone, and of one of every room from which a `deny` takes rooms away.
    pub(super) fn wide_open(&mut self) {
        let mut findings = Vec::new();
        let rules = &self.policy.rules;
        let carving: Vec<&Rule> = rules
            .iter()
            .filter(|rule| rule.effect == Effect::Deny && rule.strength.is_none() && !self.is_everywhere(rule))
            .collect();
        let steps = Steps::new();
        for allow in rules.iter().filter(|rule| rule.effect == Effect::Allow && self.is_everywhere(rule)) {
            let carved = carving.iter().take_while(|_| steps.take(1)).find(|deny| {
                steps.take(allow.actions.as_ref().map_or(0, |actions| actions.len()))
                    && actions_meet(
                        allow.actions.as_deref().map(Vec::as_slice),
                        deny.actions.as_deref().map(Vec::as_slice),
                    )
                    && self.subjects_meet(&allow.subjects.who, &deny.subjects.who, &steps)
            });
            let everybody = !matches!(allow.subjects.who, Who::Listed(_));
            if let Some(deny) = carved {
                let message = "the rule opens every room, and rooms are closed one by one";
                findings.push(
                    Diagnostic::warning("open-by-default", allow.span, message)
                        .with_related(deny.span, "such as here")
                        .with_help("a room that nobody thought of stands open; name the rooms that are allowed"),
                );
            } else if everybody && self.is_bare(allow) {
                let who = if allow.subjects.who == Who::Anyone { "anyone" } else { "whoever has logged in" };
                let message = format!("the rule lets {who} do everything everywhere");
                let help = "say what is allowed: `to ACTIONS ROOMS`";
                findings.push(Diagnostic::warning("unbounded-allow", allow.span, message).with_help(help));
            }
        }
        for finding in findings {
            self.report.add(finding);
        }
    }

    /// Whether a rule concerns every path.
    fn is_everywhere(&self, rule: &Rule) -> bool {
        rule.except_rooms.is_empty()
            && rule.targets.iter().any(|target| {
                let Some(id) = target.pattern else { return true };
                let pattern = self.policy.patterns.get(id.index());
                pattern.is_some_and(|pattern| pattern.tail() && pattern.segments().is_empty())
            })
    }

    /// Whether somebody may be among both.
    fn subjects_meet(&self, left: &Who, right: &Who, steps: &Steps<'_>) -> bool {
        let (Who::Listed(left), Who::Listed(right)) = (left, right) else { return true };
        if !steps.take(self.policy.identities.len()) || self.may_be_claimed(left) && self.may_be_claimed(right) {
            return true;
        }
        let ids = (0..self.policy.identities.len()).map(IdentityId::from_index);
        let (claimed_left, claimed_right) = (self.may_be_claimed(left), self.may_be_claimed(right));
        ids.into_iter().any(|id| (claimed_left || self.holds(left, id)) && (claimed_right || self.holds(right, id)))
    }

    /// Whether one of those groups is claimed, or holds one that is.
    pub(super) fn may_be_claimed(&self, members: &Members) -> bool {
        members.groups.iter().any(|id| self.claimed_within(*id).is_some())
    }

    /// Whether a rule has no clause that constrains it.
    fn is_bare(&self, rule: &Rule) -> bool {
        let clauses = self.clauses(rule);
        let constrained = [clauses.strength, clauses.target, clauses.origins, clauses.when, clauses.unless];
        constrained.iter().all(Option::is_none) && rule.subjects.except.is_empty()
    }
}
