//! Rules without which nothing changes.

use std::collections::BTreeSet;

use doorward_model::Policy;
use doorward_model::rule::Rule;
use doorward_syntax::Diagnostic;
use doorward_syntax::ast::Effect;

use super::Look;
use crate::diagram::Diagram;
use crate::encode::Encoder;

/// What is known of each rule so far.
pub(super) struct Rules {
    all: Vec<Known>,
}

#[derive(Clone, Default)]
struct Known {
    /// Whether it applies to some request.
    applies: bool,
    /// Whether some request would be answered otherwise without it.
    matters: bool,
    /// Whether, of an allow, some request that it applies to is not denied; of a deny, whether one would be allowed.
    meets: bool,
    /// Rules that do what it does, by index.
    beside: BTreeSet<usize>,
    /// Rules that undo it.
    against: BTreeSet<usize>,
}

impl Rules {
    pub(super) fn new(policy: &Policy) -> Self {
        Self { all: vec![Known::default(); policy.rules.len()] }
    }

    pub(super) fn look(&mut self, encoder: &mut Encoder<'_>, look: &Look<'_, '_>) {
        let any = |encoder: &mut Encoder<'_>, list: &[(crate::site::Entry, Diagram)]| {
            encoder.diagrams.any(list.iter().map(|(_, diagram)| *diagram))
        };
        let allows = any(encoder, &look.rulings.allows);
        let denies = any(encoder, &look.rulings.denies);
        for rule in look.rules() {
            let applies = look.applies(encoder, rule);
            let Some(known) = self.all.get_mut(rule) else { continue };
            known.applies = true;
            let is_allow = look.rulings.allows.iter().any(|(entry, _)| entry.part == rule);
            let (own, other) = if is_allow {
                (&look.rulings.allows, &look.rulings.denies)
            } else {
                (&look.rulings.denies, &look.rulings.allows)
            };
            if !known.matters {
                let without = look.rulings.permits(encoder, |entry| entry.part != rule);
                known.matters = without != look.permits;
            }
            if known.matters {
                continue;
            }
            let meeting =
                if is_allow { encoder.diagrams.minus(applies, denies) } else { encoder.diagrams.and(applies, allows) };
            known.meets |= meeting != Diagram::FALSE;
            for (entry, diagram) in own {
                if entry.part != rule && encoder.diagrams.and(*diagram, applies) != Diagram::FALSE {
                    known.beside.insert(entry.part);
                }
            }
            if is_allow {
                for (entry, diagram) in other {
                    if encoder.diagrams.and(*diagram, applies) != Diagram::FALSE {
                        known.against.insert(entry.part);
                    }
                }
            }
        }
    }

    /// The rules that change nothing, by index.
    pub(super) fn idle(&self) -> BTreeSet<usize> {
        self.all.iter().enumerate().filter(|(_, known)| !known.matters).map(|(index, _)| index).collect()
    }

    pub(super) fn findings(&self, policy: &Policy) -> Vec<Diagnostic> {
        let found = policy.rules.iter().zip(&self.all).filter(|(_, known)| !known.matters);
        found.map(|(rule, known)| finding(policy, rule, known)).collect()
    }
}

fn finding(policy: &Policy, rule: &Rule, known: &Known) -> Diagnostic {
    let (code, message, help, related, word) = match (rule.effect, known) {
        (_, Known { applies: false, .. }) => {
            ("idle-rule", "no request meets all of this rule", "drop the rule, or mend the clauses", None, "")
        }
        (Effect::Allow, Known { meets: false, .. }) => (
            "overridden-rule",
            "whatever this rule allows is denied",
            "drop the rule, or take what it allows out of the denies",
            Some(&known.against),
            "denies some of it",
        ),
        (Effect::Deny, Known { meets: false, .. }) => (
            "idle-deny",
            "nothing that this rule denies is allowed",
            "drop the rule, or keep it as a safeguard",
            None,
            "",
        ),
        _ => (
            "idle-rule",
            "without this rule every request gets the same answer",
            "drop the rule",
            Some(&known.beside),
            "says some of it, too",
        ),
    };
    let mut diagnostic = Diagnostic::warning(code, rule.span, message).with_help(help);
    // Dropped rules leave nothing behind.
    diagnostic.replacement = Some(String::new());
    let related = related.into_iter().flatten().filter_map(|index| policy.rules.get(*index));
    for rule in related.take(8) {
        diagnostic = diagnostic.with_related(rule.span, format!("`{}` {word}", policy.rule_name(rule)));
    }
    diagnostic
}
