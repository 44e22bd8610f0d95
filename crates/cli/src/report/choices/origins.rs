//! From where: one address of each class that the rules tell apart, called by the networks that hold it.

use std::collections::{BTreeMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use doorward_model::Policy;
use doorward_model::address::PrefixSet;
use doorward_model::expr::TestKind;
use doorward_model::policy::Network;

use super::Choice;
use crate::report::asks;

/// At most how many addresses can be chosen.
const MOST: usize = 12;

/// At most how many ranges of addresses are looked at.
const MOST_RANGES: usize = 4_000;

pub(super) fn origins(policy: &Policy, limits: &mut Vec<String>) -> Vec<Choice<Option<IpAddr>>> {
    let sets = sets(policy);
    let mut found: BTreeMap<Vec<bool>, IpAddr> = BTreeMap::new();
    let mut order: Vec<Vec<bool>> = Vec::new();
    let mut candidates = candidates(&sets, &policy.networks);
    if candidates.len() > MOST_RANGES {
        limits.push(
            "The networks have too many ranges to look at each: some ways of overlapping may be left out.".into(),
        );
        candidates.truncate(MOST_RANGES);
    }
    for address in candidates.into_iter().chain(documentation()) {
        let class: Vec<bool> = sets.iter().map(|set| set.contains(address)).collect();
        found.entry(class).or_insert_with_key(|class| {
            order.push(class.clone());
            address
        });
    }
    let mut choices: Vec<Choice<Option<IpAddr>>> = Vec::new();
    for class in order {
        let Some(address) = found.get(&class).map(|address| finer(&sets, &class, *address)) else { continue };
        let holding = policy.networks.iter().filter(|network| network.addresses.contains(address));
        let names: Vec<&str> = holding.map(|network| &*network.name).collect();
        let label = match (names.is_empty(), class.contains(&true)) {
            (false, _) => format!("{} ({address})", names.join(", ")),
            (true, true) => address.to_string(),
            (true, false) => format!("elsewhere ({address})"),
        };
        choices.push(Choice::new(label, format!("from {address}"), Some(address)));
    }
    if choices.len() > MOST {
        limits.push(format!("Of {} kinds of addresses {MOST} can be chosen.", choices.len()));
        choices.truncate(MOST);
    }
    choices.push(Choice::new("unknown address", "", None));
    choices
}

/// Every distinct set of addresses that a rule asks about.
fn sets(policy: &Policy) -> Vec<Arc<PrefixSet>> {
    let mut sets: Vec<Arc<PrefixSet>> = Vec::new();
    let mut seen: HashSet<Arc<PrefixSet>> = HashSet::new();
    for rule in &policy.rules {
        let tested = asks::tests(rule).into_iter().filter_map(|test| match &test.kind {
            TestKind::InNetwork(_, set) => Some(set),
            _ => None,
        });
        for set in rule.origins.iter().chain(tested) {
            if seen.insert(Arc::clone(set)) {
                sets.push(Arc::clone(set));
            }
        }
    }
    sets
}

/// Addresses among which there is one of every class but, perhaps, of those in no set: in the order of the networks.
fn candidates(sets: &[Arc<PrefixSet>], networks: &[Network]) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for set in networks.iter().map(|network| &*network.addresses).chain(sets.iter().map(|set| &**set)) {
        found.extend(set.sample());
    }
    for set in sets {
        for (first, last) in set.ranges_v4() {
            found.push(IpAddr::V4(Ipv4Addr::from_bits(*first)));
            found.extend(last.checked_add(1).map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))));
        }
        for (first, last) in set.ranges_v6() {
            found.push(IpAddr::V6(Ipv6Addr::from_bits(*first)).to_canonical());
            found.extend(last.checked_add(1).map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical()));
        }
    }
    found
}

/// Addresses that are nobody's, for a visitor from elsewhere.
fn documentation() -> impl Iterator<Item = IpAddr> {
    [[203, 0, 113, 9], [198, 51, 100, 9], [192, 0, 2, 9], [8, 8, 8, 8]].into_iter().map(IpAddr::from)
}

/// An address of the same class that looks more like somebody's.
fn finer(sets: &[Arc<PrefixSet>], class: &[bool], address: IpAddr) -> IpAddr {
    if !class.contains(&true) {
        let free = |address: &IpAddr| !sets.iter().any(|set| set.contains(*address));
        return documentation().find(free).unwrap_or(address);
    }
    let mut all = PrefixSet::all();
    for (set, holds) in sets.iter().zip(class) {
        all = if *holds { all.intersection(set) } else { all.difference(set) };
    }
    all.sample().filter(|sample| sample.is_ipv4() || address.is_ipv6()).unwrap_or(address)
}
