//! What varies among the requests to one place, and which values of it the rules there tell apart.

use std::collections::BTreeSet;
use std::net::IpAddr;

use doorward_model::expr::{self, Operand, Order, Reference, Set, Test, TestKind};
use doorward_model::rule::Rule;
use doorward_model::types::Type;
use doorward_model::{Instant, Policy, Value, address};
use doorward_syntax::ast::ScalarType;

use super::TooMany;
use crate::edges;
use crate::mentions::{Mentions, Node};
use crate::space::reference_time;
use crate::values::{Pool, Proto};

/// How many items a set may be chosen from: all sets of more would be too many.
const ITEMS: usize = 16;

/// A part of a request, and what it is in turn; `None` for missing, or unknown.
#[derive(Clone, Debug)]
pub(super) enum Axis {
    Address(Vec<Option<IpAddr>>),
    /// In seconds.
    Age(Vec<Option<i64>>),
    Attribute(Node, Box<str>, Vec<Option<Proto>>),
    Claims(Vec<Vec<Box<str>>>),
    Level(Vec<Option<Box<str>>>),
    /// A segment of the path, by its index.
    Segment(usize, Vec<String>),
    Time(Vec<Option<Instant>>),
}

impl Axis {
    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        let len = match self {
            Self::Address(ways) => ways.len(),
            Self::Age(ways) => ways.len(),
            Self::Attribute(_, _, ways) => ways.len(),
            Self::Claims(ways) => ways.len(),
            Self::Level(ways) => ways.len(),
            Self::Segment(_, ways) => ways.len(),
            Self::Time(ways) => ways.len(),
        };
        u64::try_from(len).unwrap_or(u64::MAX)
    }

    /// Whether nothing varies, and what does not is left out.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Self::Address(ways) => *ways == [None],
            Self::Age(ways) => *ways == [None],
            Self::Attribute(_, _, ways) => *ways == [None],
            Self::Claims(ways) => ways.iter().all(Vec::is_empty),
            Self::Level(ways) => *ways == [None],
            Self::Segment(_, ways) => ways.is_empty(),
            Self::Time(ways) => *ways == [None],
        }
    }
}

/// Every set of those items, the empty one first.
pub(super) fn subsets<T: Clone>(items: &[T]) -> Result<Vec<Vec<T>>, TooMany> {
    if items.len() > ITEMS {
        return Err(TooMany { at_least: u64::MAX >> 64usize.saturating_sub(items.len()).min(63) });
    }
    let mut sets: Vec<Vec<T>> = vec![Vec::new()];
    for item in items {
        let with: Vec<Vec<T>> = sets.iter().map(|set| set.iter().chain([item]).cloned().collect()).collect();
        sets.extend(with);
    }
    Ok(sets)
}

pub(super) fn levels(policy: &Policy, rules: &[&Rule]) -> Axis {
    let asked: BTreeSet<_> = rules.iter().filter_map(|rule| rule.strength).map(|strength| strength.level).collect();
    let higher = asked.into_iter().filter(|level| level.index() > 0);
    let names = higher.filter_map(|level| policy.levels.get(level.index())).map(|level| Some(level.name.clone()));
    Axis::Level(std::iter::once(None).chain(names).collect())
}

pub(super) fn ages(rules: &[&Rule]) -> Axis {
    let limits = rules.iter().filter_map(|rule| rule.strength).filter_map(|strength| strength.within);
    let limits: BTreeSet<i64> = limits.filter_map(|limit| i64::try_from(limit).ok()).collect();
    let beyond = limits.last().map(|last| last.saturating_add(1));
    Axis::Age(std::iter::once(None).chain(limits.into_iter().chain(beyond).map(Some)).collect())
}

pub(super) fn addresses(pool: Pool<'_>) -> Axis {
    let mut ways = vec![None];
    if let Some(component) = pool.mentions.get(&Node::Address) {
        let values = pool.scalars(&Node::Address, ScalarType::Address);
        let addresses = values.into_iter().filter_map(|value| match value {
            Proto::Fixed(Value::Address(address)) => Some(address),
            _ => None,
        });
        if component.nodes.len() > 1 {
            ways.extend(addresses.map(Some));
        } else {
            let mut seen = BTreeSet::new();
            let told_apart = addresses.filter(|address| {
                let origins = pool.mentions.rules.iter().filter_map(|rule| rule.origins.as_ref());
                let mut answers: Vec<Option<bool>> = origins.map(|origins| Some(origins.contains(*address))).collect();
                answers.extend(answers_of(pool, &Node::Address, &Proto::Fixed(Value::Address(*address))));
                seen.insert(answers)
            });
            ways.extend(told_apart.map(Some));
        }
    }
    Axis::Address(ways)
}

pub(super) fn attribute(pool: Pool<'_>, node: &Node, name: &str, ty: Type) -> Result<Axis, TooMany> {
    let scalars = pool.scalars(node, ty.scalar());
    let values: Vec<Proto> = match ty {
        Type::Scalar(_) => scalars,
        Type::Set(_) => subsets(&scalars)?.into_iter().map(Proto::Set).collect(),
    };
    let alone = pool.mentions.get(node).is_none_or(|component| component.nodes.len() == 1);
    let of_visitors = pool.mentions.tests.iter().any(|asked| {
        matches!(&asked.test.kind, TestKind::InGroupOf(reference) if asked.reference(*reference).as_ref() == Some(node))
    });
    let mut seen = BTreeSet::new();
    let told_apart = values.into_iter().filter(|value| {
        // What is compared with other parts, or chooses among visitors, is told apart by more than these answers.
        !alone || of_visitors || seen.insert(answers_of(pool, node, value).collect::<Vec<_>>())
    });
    let ways: Vec<Option<Proto>> = std::iter::once(None).chain(told_apart.map(Some)).collect();
    Ok(Axis::Attribute(node.clone(), name.into(), ways))
}

/// What the tests of a part say about a value of it that is compared with nothing but the policy's text.
fn answers_of<'a>(pool: Pool<'a>, node: &'a Node, value: &'a Proto) -> impl Iterator<Item = Option<bool>> + 'a {
    pool.mentions.tests.iter().filter_map(move |asked| {
        let is_it = |operand: &Operand| asked.node(operand).as_ref() == Some(node);
        let refers = |reference: &Reference| asked.reference(*reference).as_ref() == Some(node);
        answer(pool.policy, asked.test, &is_it, &refers, value)
    })
}

/// The answer of a test that reads the part; the outer `None` if it does not, the inner if it is unknown.
fn answer(
    policy: &Policy,
    test: &Test,
    is_it: &dyn Fn(&Operand) -> bool,
    refers: &dyn Fn(&Reference) -> bool,
    value: &Proto,
) -> Option<Option<bool>> {
    let equal = |other: &expr::Value, value: &Proto| same(policy, value, other);
    match &test.kind {
        TestKind::Equal(left, Operand::Value(other)) if is_it(left) => Some(Some(equal(other, value))),
        TestKind::Equal(Operand::Value(other), right) if is_it(right) => Some(Some(equal(other, value))),
        TestKind::Order(left, order, Operand::Value(other)) if is_it(left) => {
            Some(compared(value, other).map(|(value, other)| order.holds(&value, &other)))
        }
        TestKind::Order(Operand::Value(other), order, right) if is_it(right) => {
            Some(compared(value, other).map(|(value, other)| order.holds(&other, &value)))
        }
        TestKind::Flag(reference) if refers(reference) => Some(Some(*value == Proto::Fixed(Value::Bool(true)))),
        TestKind::Has(reference) if refers(reference) => Some(Some(true)),
        TestKind::InNetwork(operand, set) if is_it(operand) => match value {
            Proto::Fixed(Value::Address(address)) => Some(Some(set.contains(address::canonical(*address)))),
            _ => Some(None),
        },
        TestKind::InSet(operand, Set::Values(values)) if is_it(operand) => {
            Some(Some(values.iter().any(|other| equal(other, value))))
        }
        TestKind::InSet(Operand::Value(other), Set::Reference(reference)) if refers(reference) => match value {
            Proto::Set(values) => Some(Some(values.iter().any(|value| equal(other, value)))),
            _ => Some(None),
        },
        TestKind::Like(operand, like) if is_it(operand) => match value {
            Proto::Fixed(Value::String(text)) => Some(Some(like.matches(text))),
            _ => Some(None),
        },
        TestKind::Since(operand, order, seconds) if is_it(operand) => Some(match value {
            Proto::Ago(ago) => since(*ago, *order, *seconds),
            _ => None,
        }),
        _ => None,
    }
}

fn since(ago: i64, order: Order, seconds: u64) -> Option<bool> {
    let ago = u64::try_from(ago).ok()?;
    Some(order.holds(&ago, &seconds))
}

fn same(policy: &Policy, value: &Proto, other: &expr::Value) -> bool {
    let Proto::Fixed(value) = value else { return false };
    match (value, other) {
        (Value::Address(value), expr::Value::Address(other)) => address::canonical(*value) == *other,
        (Value::Bool(value), expr::Value::Bool(other)) => value == other,
        (Value::Int(value), expr::Value::Int(other)) => value == other,
        (Value::String(value), expr::Value::Group(other)) => policy.group(value) == Some(*other),
        (Value::String(value), expr::Value::Identity(other) | expr::Value::String(other)) => **value == **other,
        (Value::Time(value), expr::Value::Time(other)) => value == other,
        _ => false,
    }
}

/// Both as numbers that are ordered as they are.
fn compared(value: &Proto, other: &expr::Value) -> Option<(i128, i128)> {
    match (value, other) {
        (Proto::Fixed(Value::Int(value)), expr::Value::Int(other)) => Some((i128::from(*value), i128::from(*other))),
        (Proto::Fixed(Value::Time(value)), expr::Value::Time(other)) => {
            Some((value.as_nanoseconds(), other.as_nanoseconds()))
        }
        _ => None,
    }
}

pub(super) fn times(policy: &Policy, mentions: &Mentions<'_>, rules: &[&Rule]) -> Axis {
    let within = rules.iter().any(|rule| rule.strength.is_some_and(|strength| strength.within.is_some()));
    let component = mentions.get(&Node::Time);
    let now = reference_time();
    let mut candidates: Vec<Instant> = Vec::new();
    if within || component.is_some() {
        candidates.push(now);
    }
    let tests: Vec<&Test> = mentions.tests.iter().map(|asked| asked.test).collect();
    let mut edges: BTreeSet<u16> = BTreeSet::new();
    for test in &tests {
        match &test.kind {
            TestKind::InWindow { start, end } => edges.extend([start % 1440, end % 1440]),
            TestKind::OnDay(_) => _ = edges.insert(0),
            _ => {}
        }
    }
    let points: Vec<Instant> = component.into_iter().flat_map(|component| &component.points.times).copied().collect();
    let week = 7 * 86_400;
    for point in points.iter().chain([&now]) {
        // A week before and a week after each instant that is mentioned: every window of every day.
        let first = point.minus_seconds(week + 86_400).unwrap_or(*point);
        candidates.extend(if edges.is_empty() { Vec::new() } else { edges::minutes(&policy.zone, &edges, first, 16) });
    }
    candidates.extend(points.iter().flat_map(|point| [-1, 0, 1].map(|step| edges::shifted(*point, step))).flatten());
    let alone = component.is_none_or(|component| component.nodes.len() == 1);
    let mut seen = BTreeSet::new();
    let told_apart = candidates.into_iter().filter(|at| {
        let answers: Vec<Option<Option<bool>>> = tests.iter().map(|test| at_time(policy, test, *at)).collect();
        seen.insert((answers, (!alone).then_some(*at)))
    });
    let ways: Vec<Option<Instant>> = std::iter::once(None).chain(told_apart.map(Some)).collect();
    Axis::Time(ways)
}

/// What a test of the clock says at an instant.
fn at_time(policy: &Policy, test: &Test, at: Instant) -> Option<Option<bool>> {
    let clock = policy.zone.local(at);
    match &test.kind {
        TestKind::InWindow { start, end } if start < end => Some(Some((*start..*end).contains(&clock.minute))),
        TestKind::InWindow { start, end } => Some(Some(clock.minute >= *start || clock.minute < *end)),
        TestKind::OnDay(days) => Some(Some(days >> clock.weekday.min(7) & 1 == 1)),
        _ => {
            let is_it = |operand: &Operand| *operand == Operand::Time;
            answer(policy, test, &is_it, &|_| false, &Proto::Fixed(Value::Time(at)))
        }
    }
}
