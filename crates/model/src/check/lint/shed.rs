//! Denials that those whom they concern can shed.

use doorward_syntax::ast::Effect;
use doorward_syntax::{Diagnostic, Span};

use super::Steps;
use crate::check::Checker;
use crate::check::networks::size;
use crate::check::report::tick;
use crate::expr::{Expr, TestKind};
use crate::ids::GroupId;
use crate::rule::{Rule, Who};

impl<'a> Checker<'a> {
    /// Warns of a `deny` that a claimed group or being logged in is all that it knows its subjects by.
    pub(super) fn sheddable(&mut self) {
        let mut findings = Vec::new();
        let rules = &self.policy.rules;
        let public: Vec<&Rule> = rules
            .iter()
            .filter(|rule| rule.effect == Effect::Allow && rule.subjects.who == Who::Anyone && rule.strength.is_none())
            .collect();
        let steps = Steps::new();
        for deny in rules.iter().filter(|rule| rule.effect == Effect::Deny) {
            let listed = match &deny.subjects.who {
                Who::Anyone => continue,
                Who::Authenticated => None,
                Who::Listed(members) => Some(members),
            };
            let claimed = listed.and_then(|members| members.groups.iter().find_map(|id| self.claimed_within(*id)));
            let tested = deny.when.as_ref().and_then(|when| self.claimed_test(when, true));
            let tested = tested.or_else(|| deny.unless.as_ref().and_then(|unless| self.claimed_test(unless, false)));
            let claimed = claimed.map(|id| (id, self.clauses(deny).subjects)).or(tested);
            if let Some((group, span)) =
                claimed.and_then(|(id, span)| Some((self.policy.groups.get(id.index())?, span)))
            {
                let message = format!("whoever does not claim group {} is not denied", tick(&group.name));
                findings.push(
                    Diagnostic::warning("sheddable-deny", span, message)
                        .with_related(group.span, "its members are told by the request alone")
                        .with_help("list whom to deny, or allow only those who claim another group"),
                );
            }
            let open = public.iter().take_while(|_| steps.any_left()).find(|allow| {
                let origins = match (&deny.origins, &allow.origins) {
                    (Some(deny), Some(allow)) => steps.take(size(deny) + size(allow)) && deny.overlaps(allow),
                    _ => true,
                };
                origins && self.meet(allow, deny, &steps)
            });
            if let Some(allow) = open {
                let message = "whoever logs out is not denied: anyone is let in here";
                findings.push(
                    Diagnostic::warning("sheddable-deny", self.clauses(deny).subjects, message)
                        .with_related(allow.span, "this lets the anonymous in")
                        .with_help("that is fine if the rooms are public; else let in `authenticated` only"),
                );
            }
        }
        for finding in findings {
            self.report.add(finding);
        }
    }

    /// A test of a claimed group that makes an expression true, or false, and where it stands.
    fn claimed_test(&self, expr: &Expr, truth: bool) -> Option<(GroupId, Span)> {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().find_map(|part| self.claimed_test(part, truth)),
            Expr::Not(inner) => self.claimed_test(inner, !truth),
            Expr::Test(test) => match &test.kind {
                TestKind::InGroups(groups) if truth => {
                    groups.iter().find_map(|id| self.claimed_within(*id)).map(|id| (id, test.span))
                }
                _ => None,
            },
        }
    }

    /// A claimed group that a group is, or that it holds.
    pub(super) fn claimed_within(&self, id: GroupId) -> Option<GroupId> {
        self.claimed_members.get(id.index()).copied().flatten()
    }
}
