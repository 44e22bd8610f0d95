//! Conditions as decisions meet them: equal ones once, in a form that is tested without a look at any rule.
//!
//! Many rules share few conditions, and most of these ask for the hour, the day or a number of the context. A condition
//! that asks for anything else is left as it is written.

use std::collections::HashMap;

use doorward_model::Policy;
use doorward_model::Value;
use doorward_model::expr::{self, Expr, Operand, Order, Reference, Test, TestKind};
use doorward_model::ids::AttributeId;
use doorward_model::rule::Rule;
use doorward_model::types::Type;
use doorward_syntax::ast::ScalarType;

use super::eval::{Scene, within};
use super::truth::Truth;

/// A condition, equal ones having one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConditionId(pub(crate) u16);

/// The conditions of all rules that consist of [`Check`]s.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    // By condition.
    list: Vec<Condition>,
    // Those of conditions of several, one after another.
    checks: Vec<Check>,
}

#[derive(Clone, Copy, Debug)]
enum Condition {
    /// All must be true.
    All {
        start: u32,
        end: u32,
    },
    One(Check),
}

/// A test that only the request answers, as it is, or its contrary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Check {
    kind: Kind,
    negated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// `day in mon..fri`
    Day(u8),
    /// `context.risk < 30`
    Number(AttributeId, Order, i64),
    /// `time in 08:00..18:00`
    Window { start: u16, end: u16 },
}

impl Conditions {
    /// Also the condition of each rule that has one which consists of checks.
    pub(crate) fn new(policy: &Policy) -> (Self, Vec<Option<ConditionId>>) {
        let mut conditions = Self::default();
        let mut known: HashMap<Vec<Check>, ConditionId> = HashMap::new();
        let mut number = |rule: &Rule| {
            let checks = checks(policy, rule)?;
            if let Some(id) = known.get(&checks) {
                return Some(*id);
            }
            let id = ConditionId(u16::try_from(conditions.list.len()).ok().filter(|id| *id < u16::MAX)?);
            let condition = if let [only] = *checks {
                Condition::One(only)
            } else {
                let start = u32::try_from(conditions.checks.len()).ok()?;
                conditions.checks.extend_from_slice(&checks);
                Condition::All { start, end: u32::try_from(conditions.checks.len()).ok()? }
            };
            conditions.list.push(condition);
            known.insert(checks, id);
            Some(id)
        };
        let numbers = policy.rules.iter().map(&mut number).collect();
        conditions.list.shrink_to_fit();
        conditions.checks.shrink_to_fit();
        (conditions, numbers)
    }

    /// Whether a condition holds, whoever asks.
    #[inline]
    pub(crate) fn holds(&self, id: ConditionId, scene: &Scene<'_>) -> Truth {
        match self.list.get(usize::from(id.0)) {
            Some(Condition::One(check)) => check.holds(scene),
            Some(Condition::All { start, end }) => {
                self.slice(*start, *end).iter().map(|check| check.holds(scene)).fold(Truth::TRUE, Truth::and)
            }
            None => Truth::UNKNOWN,
        }
    }

    /// Whether a condition is plainly true wherever another is.
    pub(crate) fn follows(&self, id: ConditionId, from: ConditionId) -> bool {
        let (checks, given) = (self.checks(id), self.checks(from));
        checks.iter().all(|check| given.iter().any(|given| check.follows(given)))
    }

    fn checks(&self, id: ConditionId) -> &[Check] {
        match self.list.get(usize::from(id.0)) {
            Some(Condition::One(check)) => std::slice::from_ref(check),
            Some(Condition::All { start, end }) => self.slice(*start, *end),
            None => &[],
        }
    }

    fn slice(&self, start: u32, end: u32) -> &[Check] {
        self.checks.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl Check {
    #[inline]
    fn holds(&self, scene: &Scene<'_>) -> Truth {
        let truth = match self.kind {
            Kind::Day(days) => scene.clock().map_or(Truth::UNKNOWN, |clock| {
                Truth::of(days.checked_shr(clock.weekday.into()).unwrap_or(0) & 1 == 1)
            }),
            Kind::Number(attribute, order, bound) => match scene.context_value(attribute) {
                Some(Value::Int(number)) => Truth::of(order.holds(number, &bound)),
                _ => Truth::UNKNOWN,
            },
            Kind::Window { start, end } => {
                scene.clock().map_or(Truth::UNKNOWN, |clock| Truth::of(within(start, end, clock.minute)))
            }
        };
        if self.negated { !truth } else { truth }
    }

    /// Whether it is plainly true wherever another is.
    fn follows(&self, from: &Self) -> bool {
        if self.negated || from.negated {
            return self == from;
        }
        match (self.kind, from.kind) {
            (Kind::Day(days), Kind::Day(given)) => days & given == given,
            (Kind::Number(attribute, order, bound), Kind::Number(other, given_order, given)) => {
                attribute == other
                    && order == given_order
                    && match order {
                        Order::Greater | Order::GreaterEqual => bound <= given,
                        Order::Less | Order::LessEqual => bound >= given,
                    }
            }
            (Kind::Window { start, end }, Kind::Window { start: given_start, end: given_end }) => {
                // One that wraps is compared with itself alone.
                let inside = given_start < given_end && start <= given_start && given_end <= end;
                inside || self == from
            }
            _ => false,
        }
    }
}

/// A rule's condition as checks that must all be true; `None` if it has none, or one that is none.
fn checks(policy: &Policy, rule: &Rule) -> Option<Vec<Check>> {
    let mut checks = Vec::new();
    for (expr, negated) in [(&rule.when, false), (&rule.unless, true)] {
        if let Some(expr) = expr {
            collect(policy, expr, negated, &mut checks)?;
        }
    }
    (!checks.is_empty()).then_some(checks)
}

/// Recursion is as deep as the expression, which the parser limits.
fn collect(policy: &Policy, expr: &Expr, negated: bool, checks: &mut Vec<Check>) -> Option<()> {
    match (expr, negated) {
        (Expr::All(parts), false) | (Expr::Any(parts), true) => {
            parts.iter().try_for_each(|part| collect(policy, part, negated, checks))
        }
        (Expr::Not(inner), _) => collect(policy, inner, !negated, checks),
        (Expr::Test(test), _) => {
            checks.push(Check { kind: kind(policy, test)?, negated });
            Some(())
        }
        (Expr::All(_), true) | (Expr::Any(_), false) => None,
    }
}

fn kind(policy: &Policy, test: &Test) -> Option<Kind> {
    Some(match &test.kind {
        TestKind::InWindow { start, end } => Kind::Window { start: *start, end: *end },
        TestKind::OnDay(days) => Kind::Day(*days),
        TestKind::Order(
            Operand::Reference(Reference::Context(attribute)),
            order,
            Operand::Value(expr::Value::Int(bound)),
        ) => {
            let declared = policy.context_attributes.get(attribute.index())?;
            (declared.ty == Type::Scalar(ScalarType::Int)).then_some(Kind::Number(*attribute, *order, *bound))?
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use doorward_model::check;
    use doorward_syntax::parse;

    use super::Conditions;

    /// The numbers of the conditions of rules that differ in these.
    #[track_caller]
    fn check_follows(condition: &str, from: &str, expected: bool) {
        let text = format!(
            "context has {{ risk: int, load: int }}\nallow anyone to read /a {condition}\nallow anyone to read /a {from}"
        );
        let parsed = parse(&text);
        let policy = check(&parsed.policy, parsed.sources).policy.expect("a policy");
        let (conditions, numbers) = Conditions::new(&policy);
        let [Some(condition), Some(from)] = numbers[..] else { panic!("no conditions: {text}") };
        assert_eq!(conditions.follows(condition, from), expected, "{text}");
    }

    #[test]
    fn the_wider_condition_follows_from_the_narrower() {
        for (wider, narrower) in [
            ("when context.risk < 50", "when context.risk < 30"),
            ("when context.risk >= 30", "when context.risk >= 50"),
            ("when time in 08:00..18:00", "when time in 09:00..18:00"),
            ("when day in mon..fri", "when day in tue..thu"),
            ("when context.risk < 50", "when context.risk < 30 and day in mon..fri"),
        ] {
            check_follows(wider, narrower, true);
            check_follows(narrower, wider, false);
        }
        for (one, other) in [
            ("when context.risk < 50", "when context.load < 30"),
            ("when context.risk < 50", "when context.risk > 30"),
            ("unless context.risk < 50", "unless context.risk < 30"),
            ("when time in 08:00..18:00", "when time in 17:00..19:00"),
            ("when time in 08:00..18:00", "when time in 22:00..06:00"),
            ("when time in 22:00..06:00", "when time in 22:00..05:00"),
        ] {
            check_follows(one, other, false);
            check_follows(other, one, false);
            check_follows(one, one, true);
        }
    }

    #[track_caller]
    fn check_numbers(conditions: &[&str], expected: &[Option<u16>]) {
        let rules: Vec<String> =
            conditions.iter().map(|condition| format!("allow anyone to read /a {condition}")).collect();
        let text = format!("context has {{ risk: int, country: string }}\n{}", rules.join("\n"));
        let parsed = parse(&text);
        let policy = check(&parsed.policy, parsed.sources).policy.expect("a policy");
        let numbers: Vec<Option<u16>> =
            Conditions::new(&policy).1.into_iter().map(|number| number.map(|number| number.0)).collect();
        assert_eq!(numbers, expected);
    }

    #[test]
    fn equal_conditions_have_one_number() {
        check_numbers(
            &[
                "",
                "when time in 08:00..18:00",
                "when context.risk < 30",
                "when time in 08:00..18:00 and day in mon..fri",
                "when time in 08:00..18:00",
                "when not context.risk < 30",
                "unless context.risk < 30",
                "when day in mon..fri and time in 08:00..18:00",
            ],
            &[None, Some(0), Some(1), Some(2), Some(0), Some(3), Some(3), Some(4)],
        );
    }

    #[test]
    fn others_are_left_as_they_are_written() {
        check_numbers(
            &[
                "when context.country == \"DE\"",
                "when time in 08:00..18:00 or context.risk < 30",
                "unless time in 08:00..18:00 and context.risk < 30",
                "unless time in 08:00..18:00 or context.risk < 30",
                "when context.risk < 30 and context.country == \"DE\"",
            ],
            &[None, None, None, Some(0), None],
        );
    }
}
