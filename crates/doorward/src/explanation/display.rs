//! An explanation as a person reads it.

use std::fmt;

use super::near::{Clause, Failure};
use super::{DecidingRule, Explanation};
use crate::verdict::Verdict;

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decision = &self.decision;
        write!(formatter, "{} {}", decision.status, decision.verdict)?;
        if decision.http_status != decision.status {
            write!(formatter, ", told as {}", decision.http_status)?;
        }
        for rule in &self.deciding {
            write!(formatter, "\n  {}: {rule}", role(rule, decision.verdict))?;
            for doubt in &rule.unknown {
                write!(formatter, "\n    {doubt}, and what is not known disarms no deny")?;
            }
        }
        if self.deciding.is_empty() && decision.verdict != Verdict::Allow {
            formatter.write_str("\n  nothing allows it")?;
        }
        for miss in &self.near_misses {
            write!(formatter, "\n  near: {}", miss.rule)?;
            // A rule that decides has been shown with its text.
            if !self.deciding.iter().any(|rule| rule.rule == miss.rule) {
                write!(formatter, ": {}", miss.text)?;
            }
            for failure in &miss.failures {
                write!(formatter, "\n    {failure}")?;
            }
        }
        if let Some(witness) = &self.witness {
            write!(formatter, "\n  {witness}")?;
        }
        for challenge in &decision.challenges {
            write!(formatter, "\n  challenge: {challenge}")?;
        }
        for note in &self.notes {
            write!(formatter, "\n  {note}")?;
        }
        Ok(())
    }
}

/// What part a rule has in a verdict.
fn role(rule: &DecidingRule<'_>, verdict: Verdict) -> &'static str {
    match (rule.effect, verdict) {
        ("deny", _) => "denied by",
        (_, Verdict::Allow) => "allowed by",
        _ => "would be allowed by",
    }
}

impl fmt::Display for DecidingRule<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rule == self.place {
            write!(formatter, "{}: {}", self.place, self.text)
        } else {
            write!(formatter, "{} ({}): {}", self.rule, self.place, self.text)
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clause = match self.clause {
            Clause::When => "when ",
            Clause::Unless => "unless ",
            Clause::Action | Clause::Origins | Clause::Strength | Clause::Subjects => "",
        };
        let state = if self.unknown { "is unknown" } else { "does not hold" };
        write!(formatter, "`{clause}{}` {state}: {}", self.text, self.reason)
    }
}
