//! Denials that those whom they concern can shed.

use doorward_syntax::Diagnostic;
use doorward_syntax::ast::Effect;

use super::STEPS;
use crate::check::Checker;
use crate::check::report::tick;
use crate::ids::GroupId;
use crate::rule::{Rule, Who};

impl<'a> Checker<'a> {
    /// Warns of a `deny` that a claimed group or being logged in is all that it knows its subjects by.
    pub(super) fn sheddable(&mut self) {
        let mut findings = Vec::new();
        let rules = &self.policy.rules;
        let public: Vec<&Rule> = rules
            .iter()
            .filter(|rule| {
                rule.effect == Effect::Allow && rule.subjects.who == Who::Anyone && rule.strength.is_none()
            })
            .collect();
        let mut steps = 0;
        for deny in rules.iter().filter(|rule| rule.effect == Effect::Deny) {
            let listed = match &deny.subjects.who {
                Who::Anyone => continue,
                Who::Authenticated => None,
                Who::Listed(members) => Some(members),
            };
            let claimed = listed.and_then(|members| members.groups.iter().find_map(|id| self.claimed_within(*id)));
            if let Some(group) = claimed.and_then(|id| self.policy.groups.get(id.index())) {
                let message = format!("whoever does not claim group {} is not denied", tick(&group.name));
                findings.push(
                    Diagnostic::warning("sheddable-deny", deny.clauses.subjects, message)
                        .with_related(group.span, "its members are told by the request alone")
                        .with_help("list whom to deny, or allow only those who claim another group"),
                );
            }
            let open = public.iter().find(|allow| {
                let origins = match (&deny.origins, &allow.origins) {
                    (Some(deny), Some(allow)) => deny.overlaps(allow),
                    _ => true,
                };
                origins && steps <= STEPS && self.meet(allow, deny, &mut steps)
            });
            if let Some(allow) = open {
                let message = "whoever logs out is not denied: anyone is let in here";
                findings.push(
                    Diagnostic::warning("sheddable-deny", deny.clauses.subjects, message)
                        .with_related(allow.span, "this lets the anonymous in")
                        .with_help("that is fine if the rooms are public; else let in `authenticated` only"),
                );
            }
        }
        for finding in findings {
            self.report.add(finding);
        }
    }

    /// A claimed group that a group is, or that it holds.
    pub(super) fn claimed_within(&self, id: GroupId) -> Option<GroupId> {
        self.claimed_members.get(id.index()).copied().flatten()
    }
}
