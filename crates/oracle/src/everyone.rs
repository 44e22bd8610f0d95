//! Every known visitor that there could be, as far as the rules at hand can tell them apart.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;
use std::net::{IpAddr, Ipv6Addr};

use doorward_model::instant::Instant;
use doorward_syntax::ast::{AttributeDecl, Expr, ExprKind, Name, Operand, OperandKind, ScalarType, Who};

use crate::facts::{Value, Values, is_identity, nanoseconds};
use crate::place;
use crate::scene::{Candidate, Person, Room, Scene, elements};

/// How many visitors are tried before giving up.
const VISITORS: usize = 200_000;

/// How many visitors are tried with every level and age; if there are more, each is tried with the strongest only,
/// which `with` on an allow and `without` on a deny can never make worse.
const VISITORS_OF_EVERY_STRENGTH: usize = 2_000;

/// Shows `visit` every known visitor; `None` if there are too many.
pub(crate) fn everyone(scene: &Scene<'_>, candidates: &[Candidate<'_>], visit: &mut dyn FnMut(&Person)) -> Option<()> {
    let compared = Compared::read(scene, candidates);
    let claims = sets(&claimable(scene, candidates, &compared))?;
    let mut crowd = Vec::new();
    for name in names(scene, &compared) {
        let recorded = scene.facts.recorded(&name);
        let schema = scene.facts.identity_schema.iter().map(|declared| (declared, &*declared.name.text));
        let free =
            schema.filter(|(_, attribute)| !recorded.contains_key(*attribute)).filter_map(|(declared, attribute)| {
                let values = compared.attributes.get(attribute)?;
                Some(possible(scene, declared, values).map(|values| (attribute, values)))
            });
        crowd.push((name, free.collect::<Option<Vec<_>>>()?, recorded));
    }

    let ways = |(_, free, _): &(_, Vec<(_, Vec<_>)>, _)| {
        free.iter().fold(claims.len(), |ways, (_, values)| ways.saturating_mul(values.len()))
    };
    let count = crowd.iter().map(ways).fold(0, usize::saturating_add);
    (count <= VISITORS).then_some(())?;
    let mut strengths = levels_and_ages(scene, candidates, None);
    if count * strengths.len() > VISITORS_OF_EVERY_STRENGTH {
        strengths = vec![(scene.facts.levels.len() - 1, scene.time.map(|_| 0))];
    }
    for (name, free, recorded) in crowd {
        let assignments =
            free.iter().fold(vec![recorded], |all, (attribute, values)| each_with(&all, attribute, values));
        for (attributes, claims) in assignments.iter().flat_map(|one| claims.iter().map(move |other| (one, other))) {
            let claims = claims.iter().map(|group| (*group).to_owned()).collect();
            let mut person = Person { name: name.clone(), claims, attributes: attributes.clone(), level: 0, age: None };
            for (level, age) in &strengths {
                (person.level, person.age) = (*level, *age);
                visit(&person);
            }
        }
    }
    Some(())
}

/// Every level with every age, as far as the rules tell them apart; for a visitor, only those that are not below
/// their own. Without a time of the request every age is unknown, and an unknown age is the weakest.
pub(crate) fn levels_and_ages(
    scene: &Scene<'_>,
    candidates: &[Candidate<'_>],
    weakest: Option<&Person>,
) -> Vec<(usize, Option<i128>)> {
    let least = weakest.map_or(0, |person| person.level);
    let oldest = weakest.and_then(|person| person.age);
    let (mut levels, mut ages) = (BTreeSet::from([least, scene.facts.levels.len() - 1]), BTreeSet::from([oldest]));
    if scene.time.is_some() {
        ages.insert(Some(0));
    }
    for strength in candidates.iter().filter_map(|candidate| candidate.rule.strength.as_ref()) {
        levels.extend(strength.level.iter().map(|name| scene.level(name)).filter(|level| *level > least));
        let within = strength.within.map(|within| nanoseconds(within.seconds));
        ages.extend(within.filter(|age| scene.time.is_some() && oldest.is_none_or(|oldest| *age < oldest)).map(Some));
    }
    levels.into_iter().flat_map(|level| ages.iter().map(move |age| (level, *age))).collect()
}

/// What the visitor is compared with.
#[derive(Default)]
struct Compared {
    /// What `identity` and `identity.name` are compared with.
    names: BTreeSet<String>,
    /// What each attribute of the visitor that an expression uses is compared with.
    attributes: BTreeMap<String, BTreeSet<Value>>,
}

impl Compared {
    fn read(scene: &Scene<'_>, candidates: &[Candidate<'_>]) -> Self {
        let mut compared = Self::default();
        for candidate in candidates {
            for expr in candidate.rule.when.iter().chain(&candidate.rule.unless) {
                for room in &candidate.rooms {
                    compared.add(scene, room, expr);
                }
            }
        }
        compared
    }

    fn add(&mut self, scene: &Scene<'_>, room: &Room<'_>, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().for_each(|part| self.add(scene, room, part)),
            ExprKind::Not(inner) | ExprKind::Paren(inner) => self.add(scene, room, inner),
            ExprKind::Compare { left, right, .. } | ExprKind::In { left, right } => {
                self.add_pair(left, values(scene, room, right));
                self.add_pair(right, values(scene, room, left));
            }
            ExprKind::Has { base, attribute } => self.add_attribute(base, attribute, Vec::new()),
            ExprKind::Like { left, .. } | ExprKind::Test(left) => self.add_pair(left, Vec::new()),
            ExprKind::TimeSince { since, duration, .. } => {
                let times = scene.time.map(|now| [now, now - nanoseconds(duration.seconds)].map(Value::Time));
                self.add_pair(since, times.into_iter().flatten().collect());
            }
        }
    }

    fn add_pair(&mut self, operand: &Operand, values: Vec<Value>) {
        match &operand.kind {
            OperandKind::Attribute { base, attribute } => self.add_attribute(base, attribute, values),
            OperandKind::Identity => self.add_names(values),
            OperandKind::Address | OperandKind::Day | OperandKind::Literal(_) | OperandKind::Time => {}
        }
    }

    fn add_attribute(&mut self, base: &Name, attribute: &Name, values: Vec<Value>) {
        match (base.text.as_str(), attribute.text.as_str()) {
            ("identity", "name") => self.add_names(values),
            ("identity", name) => self.attributes.entry(name.to_owned()).or_default().extend(values),
            _ => {}
        }
    }

    fn add_names(&mut self, values: Vec<Value>) {
        let text = |value| if let Value::Text(text) = value { Some(text) } else { None };
        self.names.extend(values.into_iter().filter_map(text));
    }
}

/// The values that an operand holds whoever the visitor is, with the edges of prefixes.
fn values(scene: &Scene<'_>, room: &Room<'_>, operand: &Operand) -> Vec<Value> {
    let mut values = scene.value(operand, room, None).map(elements).unwrap_or_default();
    if let OperandKind::Literal(literal) = &operand.kind {
        let edges = scene.facts.prefixes_of(literal).into_iter().flat_map(place::edges);
        values.extend(edges.map(Value::Address));
    }
    values
}

/// Every declared identity, every other name that the visitor is compared with, and one that nothing mentions.
fn names(scene: &Scene<'_>, compared: &Compared) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = scene.facts.identities.keys().map(ToString::to_string).collect();
    names.extend(compared.names.iter().filter(|name| is_identity(name)).cloned());
    let fresh = fresh(&names);
    names.insert(fresh);
    names
}

/// The claimed groups that can matter to the rules, directly or through listed groups.
fn claimable<'a>(scene: &'a Scene<'a>, candidates: &'a [Candidate<'a>], compared: &'a Compared) -> Vec<&'a str> {
    let subjects = candidates.iter().map(|candidate| &candidate.rule.subjects);
    let listed = |who: &'a Who| if let Who::Listed(names) = who { names.as_slice() } else { &[] };
    let in_subjects = subjects.flat_map(|subjects| listed(&subjects.who).iter().chain(&subjects.except));
    let groups = in_subjects.map(|name| name.text.as_str()).chain(compared.names.iter().map(String::as_str));
    let claims: BTreeSet<&str> = groups.flat_map(|group| scene.facts.claims_for(group)).collect();
    claims.into_iter().collect()
}

/// Every value that an attribute which is not recorded could have, as far as what it is compared with tells them
/// apart; with `None` where it is optional. `None` instead of all that if they are too many.
fn possible(scene: &Scene<'_>, declared: &AttributeDecl, compared: &BTreeSet<Value>) -> Option<Vec<Option<Value>>> {
    let compared = || compared.iter().cloned();
    let texts: BTreeSet<String> =
        compared().filter_map(|value| if let Value::Text(text) = value { Some(text) } else { None }).collect();
    let groups = || scene.facts.groups.keys().map(|group| Value::Text((*group).to_owned()));
    let scalars: Vec<Value> = match declared.ty.scalar {
        ScalarType::Bool => vec![Value::Bool(false), Value::Bool(true)],
        ScalarType::Group if declared.ty.set => {
            let unmentioned = groups().find(|group| compared().all(|value| value != *group));
            groups().filter(|group| compared().any(|value| value == *group)).chain(unmentioned).collect()
        }
        ScalarType::Group => groups().collect(),
        ScalarType::Identity => {
            let names = texts.iter().filter(|name| is_identity(name)).cloned();
            names.chain([fresh(&texts)]).map(Value::Text).collect()
        }
        ScalarType::String => texts.iter().cloned().chain([fresh(&texts)]).map(Value::Text).collect(),
        ScalarType::Address | ScalarType::Int | ScalarType::Time => {
            let anything = anything(declared.ty.scalar);
            let of_type = compared().filter(|value| discriminant(value) == discriminant(&anything));
            let beside: BTreeSet<Value> = of_type.chain([anything.clone()]).flat_map(neighbours).collect();
            beside.into_iter().collect()
        }
    };
    let mut values: Vec<Option<Value>> = match declared.ty.set {
        false => scalars.into_iter().map(Some).collect(),
        true => sets(&scalars)?.into_iter().map(|set| Some(Value::Set(set))).collect(),
    };
    // Where no value exists at all, as of a group where none is declared, there are still visitors.
    if declared.optional || values.is_empty() {
        values.push(None);
    }
    Some(values)
}

/// A value and those just beside it, below and above.
fn neighbours(value: Value) -> Vec<Value> {
    match value {
        Value::Address(address) => place::edges((address, address)).into_iter().map(Value::Address).collect(),
        Value::Int(value) => {
            let beside = [value.checked_sub(1), Some(value), value.checked_add(1)];
            beside.into_iter().flatten().map(Value::Int).collect()
        }
        Value::Time(time) => {
            let exists = |time: &i128| Instant::from_nanoseconds(*time).is_some();
            [time - 1, time, time + 1].into_iter().filter(exists).map(Value::Time).collect()
        }
        value => vec![value],
    }
}

/// Some value of a type whose values have neighbours.
fn anything(ty: ScalarType) -> Value {
    match ty {
        ScalarType::Address => Value::Address(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ScalarType::Time => Value::Time(0),
        _ => Value::Int(0),
    }
}

/// A text that is not among those.
fn fresh(texts: &BTreeSet<String>) -> String {
    let mut fresh = String::from("somebody-else");
    while texts.contains(&fresh) {
        fresh.push('+');
    }
    fresh
}

/// Every set of those items; `None` if there are too many.
fn sets<T: Clone>(items: &[T]) -> Option<Vec<Vec<T>>> {
    let mut sets = vec![Vec::new()];
    for item in items {
        (sets.len() <= VISITORS / 2).then_some(())?;
        let with: Vec<Vec<T>> = sets.iter().map(|set: &Vec<T>| set.iter().chain([item]).cloned().collect()).collect();
        sets.extend(with);
    }
    Some(sets)
}

/// Every assignment, with every one of those values for one attribute more.
fn each_with(assignments: &[Values], attribute: &str, values: &[Option<Value>]) -> Vec<Values> {
    let mut all = Vec::new();
    for assignment in assignments {
        for value in values {
            let mut assignment = assignment.clone();
            assignment.extend(value.iter().map(|value| (attribute.to_owned(), value.clone())));
            all.push(assignment);
        }
    }
    all
}
