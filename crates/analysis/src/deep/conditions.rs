//! Conditions that say the same of every request of which enough is known.

use doorward_model::Policy;
use doorward_model::expr::{Expr, Test, TestKind};
use doorward_syntax::{Diagnostic, Span};

use super::Look;
use crate::diagram::Diagram;
use crate::encode::Encoder;
use crate::space::{Choice, Key, Reader};

/// What the parts of each condition have said so far.
pub(super) struct Conditions {
    // By rule: each part of its conditions with what it has been.
    rules: Vec<Vec<Said>>,
}

#[derive(Clone, Copy)]
struct Said {
    span: Option<Span>,
    always: bool,
    never: bool,
    /// Whether it was asked at all.
    asked: bool,
}

impl Conditions {
    pub(super) fn new(policy: &Policy) -> Self {
        let said = |expr: &Expr| Said { span: place(expr), always: true, never: true, asked: false };
        let rules = policy.rules.iter().map(|rule| {
            [&rule.when, &rule.unless].into_iter().flatten().flat_map(|expr| parts(expr)).map(said).collect()
        });
        Self { rules: rules.collect() }
    }

    pub(super) fn look(&mut self, encoder: &mut Encoder<'_>, look: &Look<'_, '_>) {
        let site = encoder.site;
        let mut present: Option<Diagram> = None;
        for entry in look.group.cell.entries.iter().flatten() {
            let Some(said) = self.rules.get_mut(entry.part) else { continue };
            if said.iter().all(|said| !said.always && !said.never) {
                continue;
            }
            let Some(reader) = Reader::new(site, look.place, 0, *entry) else { continue };
            let present = *present.get_or_insert_with(|| everything_present(encoder));
            let known = encoder.known();
            let exprs = [reader.part.when, reader.part.unless].into_iter().flatten().flat_map(parts);
            for (said, expr) in said.iter_mut().zip(exprs) {
                let truth = encoder.expr(expr, reader);
                // To ask whether something is there makes sense only where it may be missing.
                let present = if asks_for_presence(expr) { known } else { present };
                said.asked = true;
                said.always &= encoder.diagrams.minus(present, truth.yes) == Diagram::FALSE;
                said.never &= encoder.diagrams.minus(present, truth.no) == Diagram::FALSE;
            }
        }
    }

    pub(super) fn findings(&self, policy: &Policy) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (rule, said) in policy.rules.iter().zip(&self.rules) {
            for said in said.iter().filter(|said| said.asked) {
                let (message, help) = match (said.always, said.never) {
                    (true, false) => ("wherever this can be answered, it is true", "drop it"),
                    (false, true) => {
                        ("wherever this can be answered, it is false", "drop what depends on it, or mend it")
                    }
                    _ => continue,
                };
                let span = said.span.unwrap_or(rule.span);
                found.push(Diagnostic::warning("settled-condition", span, message).with_help(help));
            }
        }
        found
    }
}

/// The parts that a condition is made of by `and`.
fn parts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::All(parts) => parts.iter().collect(),
        other => vec![other],
    }
}

fn asks_for_presence(expr: &Expr) -> bool {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(asks_for_presence),
        Expr::Not(inner) => asks_for_presence(inner),
        Expr::Test(test) => matches!(test.kind, TestKind::Has(_)),
    }
}

/// Where an expression stands, from its first test to its last.
fn place(expr: &Expr) -> Option<Span> {
    fn spans(expr: &Expr, add: &mut dyn FnMut(Span)) {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| spans(part, add)),
            Expr::Not(inner) => spans(inner, add),
            Expr::Test(Test { span, .. }) => add(*span),
        }
    }
    let mut whole: Option<Span> = None;
    spans(expr, &mut |span| whole = Some(whole.map_or(span, |whole| whole.to(span))));
    whole
}

/// Where nothing is missing that could be there, and the visitor is known.
fn everything_present(encoder: &mut Encoder<'_>) -> Diagram {
    let mut present = encoder.known();
    let space = encoder.space;
    for (variable, key, choices) in space.iter() {
        if matches!(key, Key::Visitor | Key::Claim(_) | Key::Level | Key::Age | Key::Element(..)) {
            continue;
        }
        let there: Vec<bool> = choices.iter().map(|choice| *choice != Choice::Missing).collect();
        if there.contains(&true) {
            let there = encoder.diagrams.of_values(variable, |value| there.get(value) == Some(&true));
            present = encoder.diagrams.and(present, there);
        }
    }
    present
}
