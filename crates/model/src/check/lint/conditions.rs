//! Conditions whose outcome may surprise: of what may be missing, and of the time.

use std::collections::HashSet;

use doorward_syntax::Diagnostic;
use doorward_syntax::ast::Effect;

use super::Steps;
use crate::check::Checker;
use crate::expr::{Expr, Operand, Reference, Set, Test, TestKind};
use crate::path::Path;
use crate::rule::{RoomBinding, Rule};

impl<'a> Checker<'a> {
    /// Warns of each optional attribute that a `deny` tests without asking first whether it is there.
    pub(super) fn unguarded_tests(&mut self) {
        let mut findings = Vec::new();
        for rule in self.policy.rules.iter().filter(|rule| rule.effect == Effect::Deny) {
            let mut tests = Vec::new();
            for expr in rule.when.iter().chain(&rule.unless) {
                collect(expr, &mut tests);
            }
            let mut asked: HashSet<Reference> = tests
                .iter()
                .filter_map(|test| match test.kind {
                    TestKind::Has(reference) => Some(reference),
                    _ => None,
                })
                .collect();
            for test in tests {
                for reference in references(&test.kind) {
                    let Some(name) = self.optional(rule, reference) else { continue };
                    if !asked.insert(reference) {
                        continue;
                    }
                    let (base, attribute) = name;
                    let message = format!("where `{base}.{attribute}` is missing, the `deny` applies");
                    findings.push(
                        Diagnostic::warning("unguarded-test", test.span, message)
                            .with_help(format!("if that is not meant, add `{base} has {attribute} and …`")),
                    );
                }
            }
        }
        for finding in findings {
            self.report.add(finding);
        }
    }

    /// What an attribute is called, if it may be missing.
    fn optional(&self, rule: &Rule, reference: Reference) -> Option<(&'static str, String)> {
        let (base, name, optional) = match reference {
            Reference::Context(id) => {
                let attribute = self.policy.context_attributes.get(id.index())?;
                ("context", &attribute.name, attribute.optional)
            }
            Reference::Identity(id) => {
                let attribute = self.policy.identity_attributes.get(id.index())?;
                ("identity", &attribute.name, attribute.optional)
            }
            Reference::Room(id) => {
                let bindings = rule.targets.iter().filter_map(|target| target.bindings.get(id.index()));
                let missing = RoomBinding::Attribute { optional: true };
                ("room", &rule.room_attributes.get(id.index())?.name, bindings.into_iter().any(|each| *each == missing))
            }
        };
        optional.then(|| (base, name.to_string()))
    }

    /// Warns of each expectation without a time that rules which test the time have a say in.
    pub(super) fn depends_on_now(&mut self) {
        let timed: Vec<&Rule> = self.policy.rules.iter().filter(|rule| tests_time(rule)).collect();
        if timed.is_empty() {
            return;
        }
        let mut findings = Vec::new();
        let steps = Steps::new();
        let expectations = self.policy.tests.iter().flat_map(|block| &block.expectations);
        for expectation in expectations.filter(|expectation| expectation.request.time.is_none()) {
            let Ok(path) = Path::parse(&expectation.request.path) else { continue };
            let action = self.policy.action(&expectation.request.action);
            let rule = timed.iter().take_while(|_| steps.any_left()).find(|rule| {
                let covered = rule
                    .actions
                    .as_ref()
                    .is_none_or(|actions| action.is_some_and(|action| actions.binary_search(&action).is_ok()));
                let holds = |id: crate::ids::PatternId| {
                    self.policy.patterns.get(id.index()).is_some_and(|pattern| pattern.matches(path.segments()))
                };
                steps.take(rule.targets.len() + rule.except_rooms.len())
                    && covered
                    && rule.targets.iter().any(|target| target.pattern.is_none_or(holds))
                    && !rule.except_rooms.iter().any(|id| holds(*id))
            });
            if let Some(rule) = rule {
                let message = "what is expected depends on when the test runs";
                findings.push(
                    Diagnostic::warning("depends-on-now", expectation.span, message)
                        .with_related(rule.span, "this rule tests the time")
                        .with_help("say when: `at 2027-01-04T10:00Z`"),
                );
            }
        }
        for finding in findings {
            self.report.add(finding);
        }
    }
}

/// Whether a rule's conditions depend on the request's time.
///
/// The age of an authentication does not: in a test it is told relative to the time, whatever that is.
fn tests_time(rule: &Rule) -> bool {
    let mut tests = Vec::new();
    for expr in rule.when.iter().chain(&rule.unless) {
        collect(expr, &mut tests);
    }
    tests.iter().any(|test| match &test.kind {
        TestKind::InWindow { .. } | TestKind::OnDay(_) | TestKind::Since(..) => true,
        TestKind::Equal(left, right) | TestKind::Order(left, _, right) => {
            *left == Operand::Time || *right == Operand::Time
        }
        TestKind::InSet(operand, _) => *operand == Operand::Time,
        _ => false,
    })
}

/// All tests of an expression, in the order of the text.
fn collect<'e>(expr: &'e Expr, tests: &mut Vec<&'e Test>) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| collect(part, tests)),
        Expr::Not(inner) => collect(inner, tests),
        Expr::Test(test) => tests.push(test),
    }
}

/// The attributes that a test reads the value of.
fn references(kind: &TestKind) -> Vec<Reference> {
    let of = |operand: &Operand| match operand {
        Operand::Reference(reference) => Some(*reference),
        _ => None,
    };
    let (first, second) = match kind {
        TestKind::Constant(_)
        | TestKind::Has(_)
        | TestKind::InGroups(_)
        | TestKind::InWindow { .. }
        | TestKind::OnDay(_) => (None, None),
        TestKind::Equal(left, right) | TestKind::Order(left, _, right) => (of(left), of(right)),
        TestKind::Flag(reference) | TestKind::InGroupOf(reference) => (Some(*reference), None),
        TestKind::InSet(operand, Set::Reference(reference)) => (of(operand), Some(*reference)),
        TestKind::InNetwork(operand, _)
        | TestKind::InSet(operand, Set::Values(_))
        | TestKind::Like(operand, _)
        | TestKind::Since(operand, _, _) => (of(operand), None),
    };
    first.into_iter().chain(second).collect()
}
