//! What rules read of a request.

use std::collections::BTreeSet;

use doorward_model::Instant;
use doorward_model::expr::{Expr, Operand, Reference, Set, Test, TestKind, Value};
use doorward_model::rule::Rule;

/// Every test in the conditions of a rule.
pub(super) fn tests(rule: &Rule) -> Vec<&Test> {
    fn collect<'a>(expr: &'a Expr, into: &mut Vec<&'a Test>) {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| collect(part, into)),
            Expr::Not(inner) => collect(inner, into),
            Expr::Test(test) => into.push(test),
        }
    }
    let mut found = Vec::new();
    for expr in [&rule.when, &rule.unless].into_iter().flatten() {
        collect(expr, &mut found);
    }
    found
}

/// The operands of a test.
pub(super) fn operands(test: &Test) -> Vec<&Operand> {
    match &test.kind {
        TestKind::Equal(left, right) | TestKind::Order(left, _, right) => vec![left, right],
        TestKind::InNetwork(operand, _)
        | TestKind::InSet(operand, _)
        | TestKind::Like(operand, _)
        | TestKind::Since(operand, _, _) => vec![operand],
        TestKind::Constant(_)
        | TestKind::Flag(_)
        | TestKind::Has(_)
        | TestKind::InGroups(_)
        | TestKind::InGroupOf(_)
        | TestKind::InWindow { .. }
        | TestKind::OnDay(_) => Vec::new(),
    }
}

/// Whether the answer of a rule can depend on where the visitor comes from.
pub(super) fn address(rule: &Rule) -> bool {
    rule.origins.is_some() || tests(rule).into_iter().flat_map(operands).any(|operand| *operand == Operand::Address)
}

/// Whether it can depend on when the request comes.
pub(super) fn time(rule: &Rule) -> bool {
    tests(rule).iter().any(|test| test.kind.reads_time())
}

/// Whether it can depend on how strongly the visitor authenticated.
pub(super) fn strength(rule: &Rule) -> bool {
    rule.strength.is_some()
}

/// Whether it can depend on how long ago the visitor authenticated.
pub(super) fn age(rule: &Rule) -> bool {
    rule.strength.is_some_and(|strength| strength.within.is_some())
}

/// The instants with which it compares the time.
pub(super) fn instants(rule: &Rule) -> BTreeSet<Instant> {
    let mut found = BTreeSet::new();
    for test in tests(rule).into_iter().filter(|test| test.kind.reads_time()) {
        for operand in operands(test) {
            if let Operand::Value(Value::Time(instant)) = operand {
                found.insert(*instant);
            }
        }
        if let TestKind::InSet(_, Set::Values(values)) = &test.kind {
            found.extend(values.iter().filter_map(|value| match value {
                Value::Time(instant) => Some(*instant),
                _ => None,
            }));
        }
    }
    found
}

/// The names and texts that its conditions mention.
pub(super) fn names(rule: &Rule) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut take = |value: &Value| {
        if let Value::Identity(text) | Value::String(text) = value {
            found.insert(text.to_string());
        }
    };
    for test in tests(rule) {
        for operand in operands(test) {
            if let Operand::Value(value) = operand {
                take(value);
            }
        }
        if let TestKind::InSet(_, Set::Values(values)) = &test.kind {
            values.iter().for_each(&mut take);
        }
    }
    found
}

/// Whether a condition compares the visitor with that attribute of the room.
pub(super) fn visitor_is(rule: &Rule, attribute: usize) -> bool {
    tests(rule).iter().any(|test| match &test.kind {
        TestKind::Equal(left, right) => {
            let own = |operand: &Operand| matches!(operand, Operand::Identity | Operand::IdentityName);
            let rooms = |operand: &Operand| {
                matches!(operand, Operand::Reference(Reference::Room(id)) if id.index() == attribute)
            };
            own(left) && rooms(right) || own(right) && rooms(left)
        }
        _ => false,
    })
}
