//! Sets of addresses, as sorted ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Prefix;

/// The addresses that IPv4-mapped ones would have as IPv6: none of them is an IPv6 address here.
const MAPPED: (u128, u128) = (0xffff_0000_0000, 0xffff_ffff_ffff);

/// A set of addresses. Equal sets have equal ranges, however they came about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PrefixSet {
    // INVARIANT: inclusive ranges, sorted and disjoint, with a gap between any two. `v6` holds nothing of `MAPPED`.
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl PrefixSet {
    /// The addresses of all those prefixes; in time proportional to *n* log *n*.
    #[must_use]
    pub fn new(prefixes: impl IntoIterator<Item = Prefix>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for prefix in prefixes {
            v4.extend(prefix.range_v4());
            v6.extend(prefix.range_v6());
        }
        Self { v4: merged(v4), v6: difference(&merged(v6), &[MAPPED]) }
    }

    /// Every address.
    #[must_use]
    pub fn all() -> Self {
        Self { v4: vec![(u32::MIN, u32::MAX)], v6: difference(&[(u128::MIN, u128::MAX)], &[MAPPED]) }
    }

    /// Whether it holds the address, which must be [canonical](super::canonical); in time proportional to log *n*.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => holds(&self.v4, address.to_bits()),
            IpAddr::V6(address) => holds(&self.v6, address.to_bits()),
        }
    }

    /// What is in this set or in the other.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: merged([&*self.v4, &*other.v4].concat()), v6: merged([&*self.v6, &*other.v6].concat()) }
    }

    /// What is in any of those sets; in time proportional to all their ranges times the logarithm of their number.
    #[must_use]
    pub fn union_of<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for set in sets {
            v4.extend_from_slice(&set.v4);
            v6.extend_from_slice(&set.v6);
        }
        Self { v4: merged(v4), v6: merged(v6) }
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: difference(&self.v4, &other.v4), v6: difference(&self.v6, &other.v6) }
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { v4: intersection(&self.v4, &other.v4), v6: intersection(&self.v6, &other.v6) }
    }

    /// Whether some address is in both sets.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// Whether every address of `other` is in this set.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        covers(&self.v4, &other.v4) && covers(&self.v6, &other.v6)
    }

    /// Whether it holds no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The first and last address of each IPv4 range, as numbers; sorted, with gaps between them.
    #[must_use]
    pub fn ranges_v4(&self) -> &[(u32, u32)] {
        &self.v4
    }

    /// The first and last address of each IPv6 range, as numbers; sorted, with gaps between them.
    #[must_use]
    pub fn ranges_v6(&self) -> &[(u128, u128)] {
        &self.v6
    }

    /// Its first address, IPv4 before IPv6.
    #[must_use]
    pub fn first(&self) -> Option<IpAddr> {
        let v4 = self.v4.first().map(|(first, _)| IpAddr::V4(Ipv4Addr::from_bits(*first)));
        v4.or_else(|| self.v6.first().map(|(first, _)| IpAddr::V6(Ipv6Addr::from_bits(*first))))
    }

    /// One of its addresses, to show to people; always the same one.
    #[must_use]
    pub fn sample(&self) -> Option<IpAddr> {
        // The second address of a range looks more like somebody's than the first, which names the network.
        let v4 = self.v4.first().map(|(first, last)| first.saturating_add(1).min(*last));
        let v6 = self.v6.first().map(|(first, last)| first.saturating_add(1).min(*last));
        let v4 = v4.map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
        v4.or_else(|| v6.map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))))
    }
}

impl FromIterator<Prefix> for PrefixSet {
    fn from_iter<I: IntoIterator<Item = Prefix>>(prefixes: I) -> Self {
        Self::new(prefixes)
    }
}

/// An address as a number.
pub(super) trait Bits: Copy + Ord {
    /// The address after it, unless it is the last.
    fn next(self) -> Option<Self>;

    /// The address before it, unless it is the first.
    fn previous(self) -> Option<Self>;
}

impl Bits for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

impl Bits for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

fn holds<T: Bits>(ranges: &[(T, T)], address: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= address);
    let range = after.checked_sub(1).and_then(|index| ranges.get(index));
    range.is_some_and(|(_, last)| address <= *last)
}

/// Whether the ranges of one set hold those of another: each lies within one, since there are gaps between them.
fn covers<T: Bits>(outer: &[(T, T)], inner: &[(T, T)]) -> bool {
    let mut outer = outer;
    inner.iter().all(|(first, last)| {
        let after = outer.partition_point(|(start, _)| start <= first);
        let Some(index) = after.checked_sub(1) else { return false };
        outer = outer.get(index..).unwrap_or_default();
        outer.first().is_some_and(|(_, end)| last <= end)
    })
}

/// The same addresses with the invariant.
fn merged<T: Bits>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    // This sort takes advantage of runs that are sorted already, as those of sets are and most lists in files.
    ranges.sort();
    let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if end.next().is_none_or(|next| first <= next) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    merged
}

fn intersection<T: Bits>(left: &[(T, T)], right: &[(T, T)]) -> Vec<(T, T)> {
    let mut both = Vec::new();
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some((left_first, left_last)), Some((right_first, right_last))) = (left.peek(), right.peek()) {
        let (first, last) = (*left_first.max(right_first), *left_last.min(right_last));
        if first <= last {
            both.push((first, last));
        }
        if left_last < right_last {
            left.next();
        } else {
            right.next();
        }
    }
    both
}

fn difference<T: Bits>(left: &[(T, T)], right: &[(T, T)]) -> Vec<(T, T)> {
    let mut rest = Vec::new();
    let mut right = right.iter().peekable();
    for (first, last) in left {
        let mut start = Some(*first);
        while right.next_if(|(_, hole_last)| hole_last < first).is_some() {}
        while let (Some(from), Some((hole_first, hole_last))) = (start, right.peek()) {
            if hole_first > last {
                break;
            }
            if let Some(before) = hole_first.previous().filter(|before| from <= *before) {
                rest.push((from, before));
            }
            start = hole_last.next().filter(|next| next <= last);
            // A hole that reaches beyond this range may still cut into the next one.
            if hole_last > last {
                break;
            }
            right.next();
        }
        if let Some(from) = start {
            rest.push((from, *last));
        }
    }
    rest
}
