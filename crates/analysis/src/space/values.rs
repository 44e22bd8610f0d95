//! Values as tests see them, and enough of them: for each type, one value of every kind that tests can tell apart.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use doorward_model::address::{AddressClasses, PrefixSet, canonical};
use doorward_model::expr;
use doorward_model::request::is_identity;
use doorward_model::{Instant, Policy};
use doorward_syntax::ast::{ScalarType, SmolStr};

/// A scalar. Strings, identities and groups are texts, groups by their names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Datum {
    Address(IpAddr),
    Bool(bool),
    Int(i64),
    Text(SmolStr),
    Time(Instant),
}

impl Datum {
    /// A scalar that a policy writes; `None` for a set.
    pub(crate) fn of(value: &expr::Value, policy: &Policy) -> Option<Self> {
        Some(match value {
            expr::Value::Address(address) => Self::Address(canonical(*address)),
            expr::Value::Bool(value) => Self::Bool(*value),
            expr::Value::Group(group) => Self::Text((&*policy.groups.get(group.index())?.name).into()),
            expr::Value::Identity(text) | expr::Value::String(text) => Self::Text((&**text).into()),
            expr::Value::Int(value) => Self::Int(*value),
            expr::Value::Time(instant) => Self::Time(*instant),
            expr::Value::Set(_) => return None,
        })
    }

    /// Whether it is a value of that type for a policy.
    pub(crate) fn fits(&self, scalar: ScalarType, policy: &Policy) -> bool {
        match (scalar, self) {
            (ScalarType::Address, Self::Address(_))
            | (ScalarType::Bool, Self::Bool(_))
            | (ScalarType::Int, Self::Int(_))
            | (ScalarType::String, Self::Text(_))
            | (ScalarType::Time, Self::Time(_)) => true,
            (ScalarType::Group, Self::Text(name)) => policy.group(name).is_some(),
            (ScalarType::Identity, Self::Text(name)) => is_identity(name),
            _ => false,
        }
    }
}

/// Numbers such that any `each` numbers can be put in place of as many others without a comparison noticing: the
/// constants, and so many between, below and above them; no smaller than `least` and no greater than `most`.
pub(crate) fn numbers(constants: &BTreeSet<i128>, each: usize, least: i128, most: i128) -> BTreeSet<i128> {
    let each = i128::try_from(each).unwrap_or(i128::MAX / 4);
    let mut numbers: BTreeSet<i128> = constants.clone();
    // 0 is the simplest of those that nothing is said about.
    let start = constants.first().copied().unwrap_or(each.saturating_sub(1).max(0));
    let around = constants.iter().copied().chain([start]);
    for constant in around {
        // Whatever lies in a gap is as good as what lies at its beginning.
        numbers.extend((1..=each).map(|step| constant.saturating_add(step)));
    }
    numbers.extend((1..=each).map(|step| start.saturating_sub(step)));
    numbers.insert(start);
    numbers.retain(|number| (least..=most).contains(number));
    numbers
}

/// Addresses that the sets and constants cannot tell from any other, `each` of every kind; `None` if there are too many.
pub(crate) fn addresses(sets: &[&PrefixSet], constants: &BTreeSet<IpAddr>, each: usize) -> Option<Vec<IpAddr>> {
    let singles: Vec<PrefixSet> = constants.iter().map(|address| single(*address)).collect();
    let all: Vec<&PrefixSet> = sets.iter().copied().chain(&singles).collect();
    let classes = AddressClasses::new(&all).ok()?;
    let mut found: Vec<Vec<IpAddr>> = vec![Vec::new(); classes.len()];
    let mut offer = |address: IpAddr| {
        let list = found.get_mut(classes.class(address).0 as usize);
        list.filter(|list| list.len() < each && !list.contains(&address))
            .into_iter()
            .for_each(|list| list.push(address));
    };
    // Addresses that are set aside for documents (RFC 5737, RFC 3849) are the best examples of any.
    for number in 0..u32::try_from(each).unwrap_or(u32::MAX).min(200) {
        offer(IpAddr::V4(Ipv4Addr::from_bits(0xcb00_7109 + number)));
    }
    let mut v4: BTreeSet<u32> = BTreeSet::from([0]);
    let mut v6: BTreeSet<u128> = BTreeSet::from([0x2001_0db8_u128 << 96, 0]);
    for set in &all {
        v4.extend(set.ranges_v4().iter().flat_map(|(first, last)| [Some(*first), last.checked_add(1)]).flatten());
        v6.extend(set.ranges_v6().iter().flat_map(|(first, last)| [Some(*first), last.checked_add(1)]).flatten());
    }
    // What holds of the first address of a range holds of those after it up to the next edge; the second looks more like
    // somebody's than the first, which names the network.
    let steps = u32::try_from(each).unwrap_or(u32::MAX);
    let ends = v4.iter().skip(1).copied().chain([u32::MAX]);
    for (start, end) in v4.iter().copied().zip(ends) {
        (1..=steps)
            .chain([0])
            .filter_map(|step| start.checked_add(step))
            .filter(|at| *at < end || *at == start)
            .for_each(|bits| offer(IpAddr::V4(Ipv4Addr::from_bits(bits))));
    }
    let ends = v6.iter().skip(1).copied().chain([u128::MAX]);
    for (start, end) in v6.iter().copied().zip(ends) {
        let at = (1..=u128::from(steps)).chain([0]).filter_map(|step| start.checked_add(step));
        for bits in at.filter(|at| *at < end || *at == start) {
            let address = IpAddr::V6(Ipv6Addr::from_bits(bits));
            if canonical(address) == address {
                offer(address);
            }
        }
    }
    // The edge of all there is, which no range begins beyond.
    offer(IpAddr::V4(Ipv4Addr::BROADCAST));
    offer(IpAddr::V6(Ipv6Addr::from_bits(u128::MAX)));
    Some(found.concat())
}

fn single(address: IpAddr) -> PrefixSet {
    let bits = if address.is_ipv4() { 32 } else { 128 };
    PrefixSet::new(doorward_model::address::Prefix::parse(&format!("{address}/{bits}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use doorward_model::address::{Prefix, PrefixSet};

    use super::{addresses, numbers};

    #[test]
    fn numbers_stand_in_every_gap() {
        let found: Vec<i128> = numbers(&BTreeSet::from([0, 2, 10]), 2, -1, 11).into_iter().collect();
        assert_eq!(found, [-1, 0, 1, 2, 3, 4, 10, 11]);
        assert_eq!(numbers(&BTreeSet::new(), 2, -100, 100).len(), 5);
    }

    #[test]
    fn every_kind_of_address_is_there() {
        let set = |texts: &[&str]| PrefixSet::new(texts.iter().map(|text| Prefix::parse(text).unwrap()));
        let (office, guests) = (set(&["10.0.0.0/8", "2001:db8:aaaa::/48"]), set(&["10.99.0.0/16"]));
        let all = set(&["0.0.0.0/0", "::/0"]);
        let sets = [&office, &guests, &all];
        let found = addresses(&sets, &BTreeSet::from(["10.0.0.7".parse().unwrap()]), 1).unwrap();
        let kinds: BTreeSet<Vec<bool>> =
            found.iter().map(|address| sets.iter().map(|set| set.contains(*address)).collect()).collect();
        assert_eq!(kinds.len(), 3);
        assert_eq!(found.len(), 4);
    }
}
