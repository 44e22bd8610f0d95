//! Classes of addresses: what a number of sets can tell apart.
//!
//! Comes in: sets of addresses. Goes out: for each address the number of its class, and for each class the sets that
//! hold it. What the sets are for is not known here.

mod active;

use std::net::IpAddr;

use self::active::ActiveSets;
use super::interval_map::{IntervalMap, MOST_INTERVALS};
use super::{Bits, PrefixSet};
use crate::limits::CLASS_MEMBERS;

/// The addresses that the same sets hold, by number; 0 is the class of those in none of the sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressClass(pub u32);

/// The classes of all addresses: two have the same class exactly when the same sets hold them.
///
/// ```
/// use doorward_model::address::{AddressClass, AddressClasses, Prefix, PrefixSet};
///
/// let set = |text| Prefix::parse(text).map(|prefix| PrefixSet::new([prefix]));
/// let (office, guests) = (set("10.0.0.0/8")?, set("10.99.0.0/16")?);
/// let classes = AddressClasses::new(&[&office, &guests])?;
/// let sets_of = |text: &str| text.parse().map(|address| classes.sets(classes.class(address)));
/// assert_eq!(sets_of("10.0.0.7")?, [0]);
/// assert_eq!(sets_of("10.99.0.7")?, [0, 1]);
/// assert_eq!(classes.class("2001:db8::1".parse()?), AddressClass(0));
/// assert_eq!(classes.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AddressClasses {
    map: IntervalMap,
    // INVARIANT: the sets of class c are `members[ends[c - 1]..ends[c]]`, sorted, from 0 for class 0.
    members: Box<[u32]>,
    ends: Box<[u32]>,
}

impl AddressClasses {
    /// Tells apart what any of `sets` tells apart; in time proportional to *n* log *n* in the number of their ranges.
    ///
    /// Classes are numbered in the order of their first addresses, IPv4 before IPv6; equal sets give equal numbers.
    ///
    /// # Errors
    ///
    /// If the lists of the classes' sets would have more than [`CLASS_MEMBERS`] entries in all, or the sets have more
    /// than [`MOST_INTERVALS`] / 2 ranges; it names the set that costs most.
    pub fn new(sets: &[&PrefixSet]) -> Result<Self, TooManyClasses> {
        Self::with_budget(sets, CLASS_MEMBERS)
    }

    /// The class of the address, which must be [canonical](super::canonical).
    #[inline]
    #[must_use]
    pub fn class(&self, address: IpAddr) -> AddressClass {
        AddressClass(self.map.get(address))
    }

    /// The indexes of the sets that hold the class, sorted; none for a class that does not exist.
    #[must_use]
    pub fn sets(&self, class: AddressClass) -> &[u32] {
        let class = class.0 as usize;
        let end = self.ends.get(class).map(|end| *end as usize);
        let start = class.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        end.and_then(|end| self.members.get(start..end)).unwrap_or_default()
    }

    /// How many classes there are, that of the addresses in none of the sets included; at least 1.
    #[expect(clippy::len_without_is_empty, reason = "there is always a class")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many bytes it takes on the heap.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.map.bytes() + size_of_val(&*self.members) + size_of_val(&*self.ends)
    }

    fn with_budget(sets: &[&PrefixSet], budget: usize) -> Result<Self, TooManyClasses> {
        let ranges = |set: &PrefixSet| set.ranges_v4().len() + set.ranges_v6().len();
        if sets.iter().map(|set| ranges(set)).sum::<usize>() > MOST_INTERVALS / 2 {
            return Err(TooManyClasses::of(sets.iter().map(|set| ranges(set))));
        }
        let mut sweep = Sweep::new(sets.len(), budget);
        let v4 = sweep.run(sets.iter().map(|set| set.ranges_v4()))?;
        let v6 = sweep.run(sets.iter().map(|set| set.ranges_v6()))?;
        let map = IntervalMap::new(&v4, &v6);
        let map = map.map_err(|_| TooManyClasses::of(sets.iter().map(|set| ranges(set))))?;
        Ok(Self { map, members: sweep.members.into(), ends: sweep.ends.into() })
    }
}

/// The sets tell more apart than fits into the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the networks tell too many classes of addresses apart")]
pub struct TooManyClasses {
    /// The index of the set that costs most: at whose edges most was spent. Of several the first.
    pub set: usize,
}

impl TooManyClasses {
    fn of(costs: impl Iterator<Item = usize>) -> Self {
        let costliest = costs.enumerate().min_by_key(|(_, cost)| std::cmp::Reverse(*cost));
        Self { set: costliest.map_or(0, |(set, _)| set) }
    }
}

/// Goes through the addresses in order, and keeps which sets hold the present one.
struct Sweep {
    active: ActiveSets,
    members: Vec<u32>,
    ends: Vec<u32>,
    budget: usize,
    /// For each set the members listed for classes that were first met at its edges.
    costs: Vec<usize>,
}

impl Sweep {
    fn new(sets: usize, budget: usize) -> Self {
        Self { active: ActiveSets::new(sets), members: Vec::new(), ends: vec![0], budget, costs: vec![0; sets] }
    }

    /// Where each interval begins, and its class, for one family.
    fn run<'a, T: Bits + 'a>(
        &mut self,
        sets: impl Iterator<Item = &'a [(T, T)]> + Clone,
    ) -> Result<Vec<(T, u32)>, TooManyClasses> {
        let mut edges: Vec<(T, u32)> = Vec::with_capacity(2 * sets.clone().map(<[_]>::len).sum::<usize>());
        for (ranges, set) in sets.zip(0..) {
            for (first, last) in ranges {
                edges.push((*first, set));
                edges.extend(last.next().map(|after| (after, set)));
            }
        }
        // The stable sort merges what is sorted already: a long list beside others costs little.
        edges.sort_by_key(|(position, _)| *position);
        let mut intervals = Vec::new();
        let mut last_class = 0;
        for here in edges.chunk_by(|(one, _), (next, _)| one == next) {
            // A set has gaps between its ranges, so each of its edges turns it on or off.
            here.iter().for_each(|(_, set)| self.active.toggle(*set as usize));
            let class = self.class(here)?;
            if let Some((position, _)) = here.first().filter(|_| class != last_class) {
                intervals.push((*position, class));
                last_class = class;
            }
        }
        // The next family begins outside of all sets again.
        self.active.clear();
        Ok(intervals)
    }

    /// The class of what is active now, after those edges.
    fn class<T>(&mut self, edges: &[(T, u32)]) -> Result<u32, TooManyClasses> {
        let class = self.active.state();
        if class as usize >= self.ends.len() {
            let before = self.members.len();
            let fits = self.active.list(&mut self.members, self.budget);
            for (_, set) in edges {
                if let Some(cost) = self.costs.get_mut(*set as usize) {
                    *cost += self.members.len() - before;
                }
            }
            let end = u32::try_from(self.members.len()).ok().filter(|_| fits);
            self.ends.push(end.ok_or_else(|| TooManyClasses::of(self.costs.iter().copied()))?);
        }
        Ok(class)
    }
}

#[cfg(test)]
mod tests;
