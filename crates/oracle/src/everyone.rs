//! Every known visitor that there could be, as far as the rules at hand can tell them apart.
//!
//! It starts from the names with their claims and varies one thing after the other: each attribute, then the strength.
//! Each test looks at one of these alone, since two attributes of the visitor are never compared with each other; so
//! visitors whom no test tells apart stay alike whatever is varied next, and one of them is enough.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use doorward_model::instant::Instant;
use doorward_syntax::ast::{AttributeDecl, Expr, ExprKind, Operand, OperandKind, ScalarType, Who};

use crate::facts::{Value, is_identity, nanoseconds, texts};
use crate::place;
use crate::scene::{Candidate, Person, Scene, Truth, elements};

/// A comparison in an expression of a rule, which has no parts.
type Test<'a> = (&'a Candidate<'a>, &'a Expr);

/// Every known visitor; `None` if there are more than `most`, or more sets of values.
pub(crate) fn everyone(scene: &Scene<'_>, candidates: &[Candidate<'_>], most: usize) -> Option<Vec<Person>> {
    let exprs = candidates.iter().flat_map(|of| of.rule.when.iter().chain(&of.rule.unless).map(move |expr| (of, expr)));
    let tests = exprs.flat_map(|(of, expr)| leaves(expr).into_iter().map(move |leaf| (of, leaf)));
    let tests: Vec<Test<'_>> = tests.filter(|(_, leaf)| tested(leaf).is_some()).collect();
    let of = |what: &str| -> Vec<Test<'_>> {
        tests.iter().copied().filter(|(_, leaf)| tested(leaf) == Some(what)).collect()
    };
    // All that rules ask of a visitor, and what will not be varied.
    let told_apart = |person: &Person| -> (Vec<bool>, Vec<Truth>, Vec<Truth>, Vec<String>) {
        let concerned = candidates.iter().map(|of| scene.concerns(&of.rule.subjects, Some(person))).collect();
        let strong = candidates.iter().map(|of| scene.strength(of.rule.strength.as_deref(), Some(person))).collect();
        let recorded = scene.facts.recorded(&person.name).into_keys().collect();
        (concerned, strong, outcomes(scene, &tests, person), recorded)
    };

    let (names, claims) = names_and_claims(scene, candidates, &of("name"));
    let claims = sets(&claims, most)?;
    (names.len() * claims.len() <= most).then_some(())?;
    let claiming = |name: &String, claims: &Vec<String>| {
        let (claims, attributes) = (claims.iter().cloned().collect(), scene.facts.recorded(name));
        Person { name: name.clone(), claims, attributes, ..Person::default() }
    };
    let people = names.iter().flat_map(|name| claims.iter().map(|claims| claiming(name, claims)));
    let mut people = distinct(people, told_apart);
    for declared in &scene.facts.identity_schema {
        let values = possible(scene, declared, &of(&declared.name.text), most)?;
        let is_recorded = |person: &Person| scene.facts.recorded(&person.name).contains_key(&*declared.name.text);
        let with = |person: &Person, value: &Option<Value>| {
            let mut person = person.clone();
            let value = value.iter().filter(|_| !is_recorded(&person)).cloned();
            let value: Vec<_> = value.map(|value| (declared.name.text.to_string(), value)).collect();
            person.attributes.extend(value);
            person
        };
        (people.len() * values.len() <= most).then_some(())?;
        people = distinct(people.iter().flat_map(|one| values.iter().map(|value| with(one, value))), told_apart);
    }
    let strengths = strengths(scene, candidates, 0, None);
    let with = |person: &Person, (level, age)| Person { level, age, ..person.clone() };
    (people.len() * strengths.len() <= most).then_some(())?;
    Some(distinct(people.iter().flat_map(|one| strengths.iter().map(|strength| with(one, *strength))), told_apart))
}

/// Every level from that one on with every age up to that one, as far as the rules tell ages apart. An unknown age is
/// the greatest; without a time of the request there is no other.
pub(crate) fn strengths(
    scene: &Scene<'_>,
    candidates: &[Candidate<'_>],
    level: usize,
    age: Option<i128>,
) -> Vec<(usize, Option<i128>)> {
    let mut ages = BTreeSet::from([age]);
    if scene.time.is_some() {
        let within = candidates.iter().filter_map(|of| of.rule.strength.as_deref()?.within);
        let known = within.map(|within| nanoseconds(within.seconds)).chain([0]);
        ages.extend(known.filter(|known| age.is_none_or(|age| *known <= age)).map(Some));
    }
    (level..scene.facts.levels.len()).flat_map(|level| ages.iter().map(move |age| (level, *age))).collect()
}

/// Every declared identity, every other name that the visitor is compared with, and one that nothing mentions; and the
/// claimed groups that make somebody a member of a group which the rules mention.
fn names_and_claims(
    scene: &Scene<'_>,
    candidates: &[Candidate<'_>],
    of_name: &[Test<'_>],
) -> (BTreeSet<String>, Vec<String>) {
    let mut mentioned = strings(&constants(scene, of_name));
    let mut names: BTreeSet<String> = scene.facts.identities.keys().map(ToString::to_string).collect();
    names.extend(mentioned.iter().filter(|name| is_identity(name)).cloned());
    names.insert(fresh(&names));
    for subjects in candidates.iter().map(|of| &of.rule.subjects) {
        let listed = if let Who::Listed(names) = &subjects.who { names.as_slice() } else { &[] };
        mentioned.extend(listed.iter().chain(&subjects.except).map(|name| name.text.to_string()));
    }
    let groups = scene.facts.groups.keys().map(ToString::to_string);
    let matters = |claim: &String| {
        let claims = BTreeSet::from([claim.clone()]);
        mentioned.iter().any(|group| scene.facts.is_member("", &claims, group))
    };
    (names, groups.filter(matters).collect())
}

/// Every value that an attribute which is not recorded could have, and `None` where it is optional. `None` instead of
/// all that if they are too many.
fn possible(
    scene: &Scene<'_>,
    declared: &AttributeDecl,
    tests: &[Test<'_>],
    most: usize,
) -> Option<Vec<Option<Value>>> {
    if tests.is_empty() {
        return Some(vec![None]);
    }
    let constants = constants(scene, tests);
    let texts = strings(&constants);
    let some_text = fresh(&texts);
    let texts = texts.into_iter().chain([some_text]);
    let beside = |value: Value| [-1, 0, 1].into_iter().filter_map(move |places| beside(&value, places));
    let scalars: Vec<Value> = match declared.ty.scalar {
        ScalarType::Address => {
            let some = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].map(Value::Address);
            constants.into_iter().flat_map(beside).chain(some).collect()
        }
        ScalarType::Bool => vec![Value::Bool(false), Value::Bool(true)],
        ScalarType::Group => scene.facts.groups.keys().map(|group| Value::Text((*group).to_string())).collect(),
        ScalarType::Identity => texts.filter(|text| is_identity(text)).map(Value::Text).collect(),
        ScalarType::Int => constants.into_iter().flat_map(beside).chain([Value::Int(0)]).collect(),
        ScalarType::String => texts.map(Value::Text).collect(),
        ScalarType::Time => constants.into_iter().flat_map(beside).chain([Value::Time(0)]).collect(),
    };
    let with = |value: Option<Value>| {
        let attributes = value.map(|value| (declared.name.text.to_string(), value)).into_iter().collect();
        outcomes(scene, tests, &Person { attributes, ..Person::default() })
    };
    let mut values: Vec<Option<Value>> = if declared.ty.set {
        // Elements are interchangeable if the sets of one are.
        let elements = distinct(scalars, |element| with(Some(Value::Set(vec![element.clone()]))));
        sets(&elements, most)?.into_iter().map(|set| Some(Value::Set(set))).collect()
    } else {
        scalars.into_iter().map(Some).collect()
    };
    // Where no value exists at all, as of a group where none is declared, there are still visitors.
    if declared.optional || values.is_empty() {
        values.push(None);
    }
    Some(distinct(values, |value| with(value.clone())))
}

/// The value so many places further on, of those that have an order.
fn beside(value: &Value, places: i8) -> Option<Value> {
    match value {
        Value::Address(address) => place::beside(*address, places).map(Value::Address),
        Value::Int(value) => value.checked_add(places.into()).map(Value::Int),
        Value::Time(time) => {
            Instant::from_nanoseconds(time + i128::from(places)).map(|at| Value::Time(at.as_nanoseconds()))
        }
        Value::Bool(_) | Value::Set(_) | Value::Text(_) => None,
    }
}

/// The tests that an expression is made of.
fn leaves(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().flat_map(leaves).collect(),
        ExprKind::Not(inner) | ExprKind::Paren(inner) => leaves(inner),
        _ => vec![expr],
    }
}

/// The one attribute of the visitor that a test looks at, if it does; `identity` itself is its name.
fn tested(leaf: &Expr) -> Option<&str> {
    match &leaf.kind {
        ExprKind::Compare { left, right, .. } | ExprKind::In { left, right } => attribute(left).or(attribute(right)),
        ExprKind::Has { base, attribute } => (base.text == "identity").then_some(&attribute.text),
        ExprKind::Like { left, .. } | ExprKind::Test(left) | ExprKind::TimeSince { since: left, .. } => attribute(left),
        ExprKind::And(_) | ExprKind::Not(_) | ExprKind::Or(_) | ExprKind::Paren(_) => None,
    }
}

fn attribute(operand: &Operand) -> Option<&str> {
    match &operand.kind {
        OperandKind::Attribute { base, attribute } if base.text == "identity" => Some(&attribute.text),
        OperandKind::Identity => Some("name"),
        _ => None,
    }
}

/// What those tests compare the visitor with, whoever that is: values, elements, and the ends of prefixes.
fn constants(scene: &Scene<'_>, tests: &[Test<'_>]) -> BTreeSet<Value> {
    let mut constants = BTreeSet::new();
    for (of, leaf) in tests {
        match &leaf.kind {
            ExprKind::Compare { left, right, .. } | ExprKind::In { left, right } => {
                for operand in [left, right] {
                    constants.extend(scene.value(operand, of, None).into_iter().flat_map(elements));
                    let OperandKind::Literal(literal) = &operand.kind else { continue };
                    let prefixes = texts(literal).into_iter().flat_map(|text| scene.facts.prefixes(text));
                    constants.extend(prefixes.flat_map(|(first, last)| [first, last]).map(Value::Address));
                }
            }
            ExprKind::TimeSince { duration, .. } => {
                let times = scene.time.map(|now| [now, now - nanoseconds(duration.seconds)]);
                constants.extend(times.into_iter().flatten().map(Value::Time));
            }
            _ => {}
        }
    }
    constants
}

fn outcomes(scene: &Scene<'_>, tests: &[Test<'_>], person: &Person) -> Vec<Truth> {
    tests.iter().map(|(of, leaf)| scene.expr(leaf, of, Some(person))).collect()
}

fn strings(values: &BTreeSet<Value>) -> BTreeSet<String> {
    values.iter().filter_map(|value| if let Value::Text(text) = value { Some(text.clone()) } else { None }).collect()
}

/// A text that is not among those.
fn fresh(texts: &BTreeSet<String>) -> String {
    let mut fresh = String::from("somebody-else");
    while texts.contains(&fresh) {
        fresh.push('+');
    }
    fresh
}

/// One item for each key.
fn distinct<T, K: Ord>(items: impl IntoIterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.into_iter().filter(|item| seen.insert(key(item))).collect()
}

/// Every set of those items; `None` if there are more than `most`.
fn sets<T: Clone>(items: &[T], most: usize) -> Option<Vec<Vec<T>>> {
    let mut sets = vec![Vec::new()];
    for item in items {
        (sets.len() <= most / 2).then_some(())?;
        let with: Vec<Vec<T>> = sets.iter().map(|set: &Vec<T>| set.iter().chain([item]).cloned().collect()).collect();
        sets.extend(with);
    }
    Some(sets)
}
