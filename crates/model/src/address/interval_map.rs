//! A map from every address to a number, by intervals.
//!
//! Comes in: where each interval begins, and its number. Goes out: the number of an address, in a few nanoseconds. What
//! the numbers stand for is not known here.

mod build;
mod entry;
mod halves;
mod layout;
mod table;

use std::net::IpAddr;

use self::entry::Entry;
use self::halves::Halves;
use self::table::Table;

/// The greatest number that an [`IntervalMap`] can hold: 2^31 - 1.
pub const GREATEST_VALUE: u32 = (1 << 31) - 1;

/// How many intervals an [`IntervalMap`] can hold in each family: 2^24.
pub const MOST_INTERVALS: usize = 1 << 24;

/// A number for every address.
///
/// ```
/// use doorward_model::address::IntervalMap;
///
/// let octets = |first: [u8; 4]| u32::from_be_bytes(first);
/// let map = IntervalMap::new(&[(octets([10, 0, 0, 0]), 7), (octets([11, 0, 0, 0]), 0)], &[])?;
/// assert_eq!(map.get("10.255.255.255".parse()?), 7);
/// assert_eq!(map.get("11.0.0.0".parse()?), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct IntervalMap {
    v4: Table<u32>,
    v6: Halves,
}

impl IntervalMap {
    /// The map by the first address of each interval, and its number; an interval ends where the next one begins.
    ///
    /// What lies before the first interval has the number 0. Neighbours may have the same number.
    ///
    /// # Errors
    ///
    /// If the intervals of a family are not sorted by their first addresses, or two have the same one; if a number is
    /// above [`GREATEST_VALUE`]; or if there are more than [`MOST_INTERVALS`].
    pub fn new(v4: &[(u32, u32)], v6: &[(u128, u32)]) -> Result<Self, IntervalsError> {
        let v4: Vec<(u32, Entry)> = steps(v4)?.map(|(start, number)| (start, Entry::number(number))).collect();
        let v6: Vec<(u128, u32)> = steps(v6)?.collect();
        Ok(Self { v4: Table::new(&v4), v6: Halves::new(&v6) })
    }

    /// The number of the address, which must be [canonical](super::canonical).
    #[inline]
    #[must_use]
    pub fn get(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(address) => self.v4.get(address.to_bits()).bits(),
            IpAddr::V6(address) => self.v6.get(address.to_bits()),
        }
    }

    /// How many bytes it takes on the heap.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.v4.bytes() + self.v6.bytes()
    }
}

/// Why intervals make no map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalsError {
    /// One begins where the one before it begins, or earlier.
    #[error("interval {index} does not begin after the one before it")]
    Unsorted {
        /// Which one; counts from 0 within its family.
        index: usize,
    },
    /// A number is above [`GREATEST_VALUE`].
    #[error("the number of interval {index} is above {GREATEST_VALUE}")]
    ValueTooGreat {
        /// Which one; counts from 0 within its family.
        index: usize,
    },
    /// There are more than [`MOST_INTERVALS`] in one family.
    #[error("there are more than {MOST_INTERVALS} intervals")]
    TooMany,
}

/// The intervals that differ from the ones before them, if they are fit for a map.
fn steps<T: Copy + Ord>(intervals: &[(T, u32)]) -> Result<impl Iterator<Item = (T, u32)>, IntervalsError> {
    if intervals.len() > MOST_INTERVALS {
        return Err(IntervalsError::TooMany);
    }
    if let Some(index) = intervals.iter().position(|(_, value)| *value > GREATEST_VALUE) {
        return Err(IntervalsError::ValueTooGreat { index });
    }
    let mut pairs = intervals.iter().zip(intervals.iter().skip(1));
    if let Some(before) = pairs.position(|((first, _), (next, _))| first >= next) {
        return Err(IntervalsError::Unsorted { index: before + 1 });
    }
    let mut last_value = 0;
    let differs = move |(_, value): &(T, u32)| std::mem::replace(&mut last_value, *value) != *value;
    Ok(intervals.iter().copied().filter(differs))
}

#[cfg(test)]
mod tests;
