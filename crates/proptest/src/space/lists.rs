//! What the parts of a request are drawn from, the plainest first.

use std::collections::BTreeSet;
use std::net::IpAddr;

use doorward_model::expr::TestKind;
use doorward_model::policy::Attribute;
use doorward_model::types::Type;
use doorward_model::{Instant, Policy, Value};
use doorward_syntax::ast::ScalarType;

use super::reference_time;
use crate::edges;
use crate::mentions::{Mentions, Node};
use crate::values::{Pool, Proto, unfit};

/// An attribute, and what it can be; `None` for missing.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub(super) name: String,
    pub(super) values: Vec<Option<Proto>>,
}

/// The list with about one in `share` entries of nothing before it.
fn with_none<T>(list: Vec<T>, share: usize) -> Vec<Option<T>> {
    let nothing = list.len() / share.max(2) + 1;
    std::iter::repeat_with(|| None).take(nothing).chain(list.into_iter().map(Some)).collect()
}

pub(super) fn drawn(pool: Pool<'_>, node: &Node, attribute: &Attribute) -> Drawn {
    Drawn { name: attribute.name.to_string(), values: attribute_values(pool, node, attribute.ty) }
}

fn attribute_values(pool: Pool<'_>, node: &Node, ty: Type) -> Vec<Option<Proto>> {
    let scalars = pool.scalars(node, ty.scalar());
    let mut values = match ty {
        Type::Scalar(_) => scalars,
        Type::Set(_) => {
            let mut sets: Vec<Proto> = scalars.iter().map(|value| Proto::Set(vec![value.clone()])).collect();
            sets.extend(scalars.windows(2).map(|pair| Proto::Set(pair.to_vec())));
            sets.push(Proto::Set(Vec::new()));
            sets.push(Proto::Set(scalars));
            sets
        }
    };
    if ty.scalar() == ScalarType::Group {
        values.push(crate::values::text("unheard"));
    }
    values.extend(unfit(ty));
    with_none(values, 5)
}

pub(super) fn room_attributes(policy: &Policy, pool: Pool<'_>) -> Vec<Drawn> {
    let mut all: Vec<Drawn> = Vec::new();
    for attribute in policy.rooms.iter().flat_map(|room| &room.attributes) {
        let values = attribute_values(pool, &Node::Room(attribute.name.clone()), attribute.ty);
        match all.iter_mut().find(|drawn| drawn.name == *attribute.name) {
            // Two rooms can give one name two types.
            Some(drawn) => {
                for value in values {
                    if !drawn.values.contains(&value) {
                        drawn.values.push(value);
                    }
                }
            }
            None => all.push(Drawn { name: attribute.name.to_string(), values }),
        }
    }
    all
}

pub(super) fn names(policy: &Policy, pool: Pool<'_>) -> Vec<String> {
    let mut names: Vec<String> = policy.identities.iter().map(|identity| identity.name.to_string()).collect();
    if let Some(component) = pool.mentions.get(&Node::Name) {
        names.extend(pool.texts(component));
    }
    names.extend(pool.fresh(&BTreeSet::new()).take(1));
    // A name that is a group's makes no member, and one that is no identity's makes no visitor.
    names.extend(policy.groups.first().map(|group| group.name.to_string()));
    if names.len() > 7 {
        names.push(" x".to_owned());
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

pub(super) fn levels(policy: &Policy) -> Vec<Option<String>> {
    let mut levels: Vec<String> =
        policy.levels.iter().map(|level| level.name.to_string()).filter(|name| !name.is_empty()).collect();
    // Twice, so that one that is not declared comes seldom.
    levels.extend(levels.clone());
    levels.push("unheard".to_owned());
    with_none(levels, 5)
}

pub(super) fn ages(policy: &Policy) -> Vec<Option<i64>> {
    let limits = policy.rules.iter().filter_map(|rule| rule.strength).filter_map(|strength| strength.within);
    let mut ages: Vec<i64> = vec![0];
    for limit in limits.filter_map(|limit| i64::try_from(limit).ok()).collect::<BTreeSet<i64>>() {
        ages.extend([limit.saturating_sub(1), limit, limit.saturating_add(1)]);
    }
    ages.push(-1);
    with_none(ages, 6)
}

pub(super) fn claims(policy: &Policy) -> Vec<Option<String>> {
    let names = |claimed: bool| {
        policy.groups.iter().filter(move |group| group.claimed == claimed).map(|group| group.name.to_string())
    };
    let claimed: Vec<String> = names(true).collect();
    let mut groups: Vec<String> = claimed.iter().chain(&claimed).cloned().collect();
    groups.extend(names(false).take(claimed.len().max(3)));
    groups.push("unheard".to_owned());
    with_none(groups, 2)
}

pub(super) fn actions(policy: &Policy) -> Vec<String> {
    let mut actions: Vec<String> =
        ["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"].map(String::from).into();
    let declared = policy.actions.iter().filter(|action| !doorward_model::method::is_method(&action.name));
    actions.extend(declared.map(|action| action.name.to_string()));
    let named = policy.rules.iter().filter_map(|rule| rule.actions.as_deref()).flatten();
    for action in named.collect::<BTreeSet<_>>() {
        let name = policy.actions.get(action.index()).map(|action| action.name.to_string());
        actions.extend(name.filter(|name| !actions.contains(name)));
    }
    actions.push("get".to_owned());
    actions
}

pub(super) fn addresses(pool: Pool<'_>) -> Vec<Option<IpAddr>> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for value in pool.scalars(&Node::Address, ScalarType::Address) {
        let Proto::Fixed(Value::Address(address)) = value else { continue };
        addresses.push(address);
        if let IpAddr::V4(v4) = address {
            addresses.push(IpAddr::V6(v4.to_ipv6_mapped()));
        }
    }
    with_none(addresses, 6)
}

pub(super) fn times(policy: &Policy, mentions: &Mentions<'_>) -> Vec<Option<Instant>> {
    let now = reference_time();
    let mut times: Vec<Instant> = vec![now];
    let mut edges: BTreeSet<u16> = BTreeSet::new();
    let mut by_day = false;
    for asked in &mentions.tests {
        match &asked.test.kind {
            TestKind::InWindow { start, end } => edges.extend([start % 1440, end % 1440]),
            TestKind::OnDay(_) => by_day = true,
            _ => {}
        }
    }
    if by_day {
        edges.insert(0);
    }
    if !edges.is_empty() {
        times.extend(edges::minutes(&policy.zone, &edges, now, if by_day { 7 } else { 1 }));
        for change in edges::transitions(&policy.zone, now) {
            times.push(change);
            let before = change.minus_seconds(43_200).unwrap_or(change);
            times.extend(edges::minutes(&policy.zone, &edges, before, 1));
        }
    }
    if let Some(component) = mentions.get(&Node::Time) {
        times.extend(&component.points.times);
    }
    let beside = times.iter().flat_map(|at| [-60, -1, 1].into_iter().filter_map(|step| edges::shifted(*at, step)));
    let beside: Vec<Instant> = beside.collect();
    times.extend(beside);
    with_none(times, 6)
}
