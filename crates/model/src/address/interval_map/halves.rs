//! IPv6 addresses by their upper halves, and the lower ones of the few that these do not tell apart.

use super::entry::Entry;
use super::table::Table;

/// The steps of all IPv6 addresses.
///
/// Hardly any prefix is longer than 64 bits, so that a step is seldom within the addresses that share an upper half.
#[derive(Clone, Debug)]
pub(super) struct Halves {
    upper: Table<u64>,
    /// Where the lower halves of each caller's entry begin and end.
    ranges: Box<[(u32, u32)]>,
    // INVARIANT: within a range sorted, without duplicates, and the first is 0.
    lower: Box<[u64]>,
    // INVARIANT: as many as lower.
    values: Box<[u32]>,
}

impl Halves {
    /// For those steps: sorted, and each changes the number, which is 0 before the first.
    pub(super) fn new(steps: &[(u128, u32)]) -> Self {
        let mut upper: Vec<(u64, Entry)> = Vec::with_capacity(steps.len());
        let (mut ranges, mut lower, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut value = 0;
        for alike in steps.chunk_by(|(one, _), (next, _)| half(*one) == half(*next)) {
            let (Some((start, first)), Some((_, last))) = (alike.first(), alike.last()) else { continue };
            let at = half(*start);
            let entry = if alike.len() == 1 && *start as u64 == 0 {
                Entry::number(*first)
            } else {
                let begin = lower.len() as u32;
                let before = Some((0, value)).filter(|_| *start as u64 != 0);
                for (start, value) in
                    before.into_iter().chain(alike.iter().map(|(start, value)| (*start as u64, *value)))
                {
                    lower.push(start);
                    values.push(value);
                }
                ranges.push((begin, lower.len() as u32));
                Entry::callers(ranges.len() - 1)
            };
            upper.pop_if(|(last, _)| *last == at);
            upper.push((at, entry));
            if !entry.is_number() {
                // The last of them holds from the next upper half on, unless that has steps of its own.
                upper.extend(at.checked_add(1).map(|next| (next, Entry::number(*last))));
            }
            value = *last;
        }
        Self { upper: Table::new(&upper), ranges: ranges.into(), lower: lower.into(), values: values.into() }
    }

    #[inline]
    pub(super) fn get(&self, address: u128) -> u32 {
        self.upper.get(half(address)).own().unwrap_or_else(|range| self.search(range, address as u64))
    }

    #[inline(never)]
    fn search(&self, range: usize, lower: u64) -> u32 {
        let (start, end) = self.ranges.get(range).map_or((0, 0), |(start, end)| (*start as usize, *end as usize));
        let passed = self.lower.get(start..end).unwrap_or_default().partition_point(|start| *start <= lower);
        self.values.get((start + passed).wrapping_sub(1)).copied().unwrap_or(0)
    }

    pub(super) fn bytes(&self) -> usize {
        self.upper.bytes() + size_of_val(&*self.ranges) + size_of_val(&*self.lower) + size_of_val(&*self.values)
    }
}

fn half(address: u128) -> u64 {
    (address >> 64) as u64
}
