//! Rules that can never apply, assertions that claim nothing, and parts of both that do nothing.

use doorward_syntax::ast::AssertionKind;
use doorward_syntax::{Diagnostic, Span};

use super::{Steps, share};
use crate::address::PrefixSet;
use crate::assertion::{Assertion, ScopeSpans};
use crate::check::Checker;
use crate::check::report::tick;
use crate::check::scope::Whole;
use crate::expr::{Expr, TestKind};
use crate::ids::{GroupId, IdentityId, PatternId};
use crate::rule::{ClauseSpans, Members, Rule, Strength, Subjects, Target, Who};

/// What a rule or an assertion concerns.
struct Concern<'p> {
    whole: Whole,
    stated: Stated<'p>,
    /// `None` where it concerns somebody whatever the subjects are.
    subjects: Option<&'p Subjects>,
    targets: &'p [Target],
    except_rooms: &'p [PatternId],
    origins: Option<&'p PrefixSet>,
    when: Option<&'p Expr>,
    unless: Option<&'p Expr>,
}

/// What says so; where its clauses stand is found only for a finding.
enum Stated<'p> {
    Assertion(&'p ScopeSpans),
    Rule(&'p Rule),
}

impl<'p> Concern<'p> {
    fn of_rule(rule: &'p Rule) -> Self {
        Self {
            whole: Whole::Rule,
            stated: Stated::Rule(rule),
            subjects: Some(&rule.subjects),
            targets: &rule.targets,
            except_rooms: &rule.except_rooms,
            origins: rule.origins.as_deref(),
            when: rule.when.as_deref(),
            unless: rule.unless.as_deref(),
        }
    }

    fn of_assertion(assertion: &'p Assertion) -> Self {
        // That only nobody may is a claim, and a strong one.
        let is_only = assertion.kind == AssertionKind::Only;
        Self {
            whole: Whole::Assertion,
            stated: Stated::Assertion(&assertion.clauses),
            subjects: (!is_only).then_some(&assertion.subjects),
            targets: &assertion.targets,
            except_rooms: &assertion.except_rooms,
            origins: assertion.origins.as_deref(),
            when: assertion.when.as_deref(),
            unless: assertion.unless.as_deref(),
        }
    }

    /// The finding that it concerns nothing, because of what stands at `span`.
    fn nothing(&self, span: Span, why: &str) -> Diagnostic {
        match self.whole {
            Whole::Assertion => claims_nothing(span, &format!("{why}, so the assertion claims nothing")),
            Whole::Rule => Diagnostic::warning("never-applies", span, format!("{why}, so the rule never applies")),
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn useless_rules(&mut self) {
        let populated = self.populated_groups();
        let mut findings = Vec::new();
        let steps = Steps::new();
        for rule in &self.policy.rules {
            self.concerns_nothing(&Concern::of_rule(rule), &populated, &steps, &mut findings);
        }
        for assertion in &self.policy.assertions {
            self.concerns_nothing(&Concern::of_assertion(assertion), &populated, &steps, &mut findings);
            findings.extend(vacuous(assertion));
        }
        for finding in findings {
            self.report.add(finding);
        }
    }

    fn concerns_nothing(
        &self,
        concern: &Concern<'_>,
        populated: &[bool],
        steps: &Steps<'_>,
        findings: &mut Vec<Diagnostic>,
    ) {
        findings.extend(self.nobody(concern, populated, steps));
        findings.extend(self.nowhere(concern, steps));
        let from_nowhere = concern.origins.is_some_and(PrefixSet::is_empty);
        if let Some(span) = from_nowhere.then(|| self.spans(concern).origins).flatten() {
            findings.push(concern.nothing(span, "no address is left in `from`"));
        }
        for (condition, needed) in [(concern.when, true), (concern.unless, false)] {
            let Some(value) = condition.and_then(fold) else { continue };
            let spans = self.spans(concern);
            let Some(span) = (if needed { spans.when } else { spans.unless }) else { continue };
            findings.push(if value == needed {
                let message = format!("the condition is always {value}, and constrains nothing");
                Diagnostic::warning("constant-condition", span, message).with_help("remove it")
            } else {
                concern.nothing(span, &format!("the condition is always {value}"))
            });
        }
    }

    /// Where the clauses stand, strengths aside.
    fn spans(&self, concern: &Concern<'_>) -> ClauseSpans {
        match concern.stated {
            Stated::Rule(rule) => self.clauses(rule),
            Stated::Assertion(spans) => ClauseSpans {
                subjects: spans.subjects,
                strength: None,
                target: spans.target,
                origins: spans.origins,
                when: spans.when,
                unless: spans.unless,
            },
        }
    }

    /// The finding that nobody is among the subjects.
    fn nobody(&self, concern: &Concern<'_>, populated: &[bool], steps: &Steps<'_>) -> Option<Diagnostic> {
        let subjects = concern.subjects?;
        let Who::Listed(members) = &subjects.who else { return None };
        let except = &subjects.except;
        let populated = |id: &GroupId| populated.get(id.index()).copied().unwrap_or(false);
        let nobody = if except.is_empty() {
            members.identities.is_empty() && !members.groups.iter().any(populated)
        } else {
            self.excepted_all(members, except, steps)
        };
        if !nobody || members.is_empty() {
            return None;
        }
        let span = self.spans(concern).subjects;
        Some(if except.is_empty() {
            let groups: Vec<String> = members
                .groups
                .iter()
                .filter_map(|id| self.policy.groups.get(id.index()))
                .map(|group| tick(&group.name))
                .collect();
            concern
                .nothing(span, &format!("nobody is in {}", groups.join(" or ")))
                .with_help("give the group a member, or say that it is `claimed`")
        } else {
            concern.nothing(span, "`except` leaves nobody")
        })
    }

    /// Whether all members are excepted, as far as looking at so many identities tells.
    fn excepted_all(&self, members: &Members, except: &Members, steps: &Steps<'_>) -> bool {
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
    fn nowhere(&self, concern: &Concern<'_>, steps: &Steps<'_>) -> Vec<Diagnostic> {
        if concern.except_rooms.is_empty() {
            return Vec::new();
        }
        let Some(span) = self.spans(concern).target else { return Vec::new() };
        if !steps.take(concern.targets.len().saturating_mul(concern.except_rooms.len())) {
            return Vec::new();
        }
        let pattern = |id: PatternId| self.policy.patterns.get(id.index());
        let targets: Vec<_> = concern.targets.iter().filter_map(|target| pattern(target.pattern?)).collect();
        let except: Vec<_> = concern.except_rooms.iter().filter_map(|id| pattern(*id)).collect();
        let nothing_left = targets.iter().all(|target| except.iter().any(|except| except.covers(target)));
        if !targets.is_empty() && nothing_left {
            return vec![concern.nothing(span, "`except` leaves no room")];
        }
        let useless = except.iter().filter(|except| !targets.iter().any(|target| target.overlaps(except)));
        let whole = concern.whole.noun();
        useless
            .map(|except| {
                let message =
                    format!("`except` takes nothing away with `{except}`, which lies outside the {whole}'s rooms");
                Diagnostic::warning("useless-except", span, message).with_help("remove it")
            })
            .collect()
    }
}

fn claims_nothing(span: Span, message: &str) -> Diagnostic {
    Diagnostic::warning("claims-nothing", span, message)
}

/// The finding that an assertion claims nothing or not what it seems to, because of how its clauses go together.
fn vacuous(assertion: &Assertion) -> Option<Diagnostic> {
    let spans = &assertion.clauses;
    let everybody = assertion.subjects.who == Who::Anyone && assertion.subjects.except.is_empty();
    if let ((Some(with), Some(without)), Some(span)) = ((assertion.with, assertion.without), spans.without)
        && at_least(with, without)
    {
        return Some(claims_nothing(span, "nobody is as strong as `with` says and not as `without` says"));
    }
    if assertion.kind != AssertionKind::Only {
        return None;
    }
    if everybody {
        let message = "that only anyone may is no claim: nobody is left";
        return Some(claims_nothing(spans.subjects, message).with_help("say who alone may"));
    }
    spans.with.map(|span| {
        let message = "`with` says nothing of who alone may: it is about the others, of whom it leaves out the weaker";
        Diagnostic::warning("misleading-only", span, message)
            .with_help("that nobody may who is weaker is `assert never anyone … without …`; remove the `with` here")
    })
}

/// Whether whoever is as strong as the one says is as strong as the other says.
fn at_least(one: Strength, other: Strength) -> bool {
    one.level >= other.level && one.within.unwrap_or(u64::MAX) <= other.within.unwrap_or(u64::MAX)
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
