//! A map from every address to a number, by intervals.
//!
//! Comes in: where each interval begins, and its number. Goes out: the number of an address, in a few nanoseconds. What
//! the numbers stand for is not known here.

use std::net::IpAddr;

/// The greatest number that an [`IntervalMap`] can hold: 2^31 - 1.
pub const GREATEST_VALUE: u32 = (1 << 31) - 1;

/// How many intervals an [`IntervalMap`] can hold in each family: 2^26.
pub const MOST_INTERVALS: usize = 1 << 26;

/// A number for every address.
#[derive(Clone, Debug)]
pub struct IntervalMap {
    v4: Box<[(u32, u32)]>,
    v6: Box<[(u128, u32)]>,
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
        Ok(Self { v4: validated(v4)?, v6: validated(v6)? })
    }

    /// The number of the address, which must be [canonical](super::canonical).
    #[inline]
    #[must_use]
    pub fn get(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(address) => value(&self.v4, address.to_bits()),
            IpAddr::V6(address) => value(&self.v6, address.to_bits()),
        }
    }

    /// How many bytes it takes on the heap.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.v4) + size_of_val(&*self.v6)
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

fn validated<T: Copy + Ord>(intervals: &[(T, u32)]) -> Result<Box<[(T, u32)]>, IntervalsError> {
    if intervals.len() > MOST_INTERVALS {
        return Err(IntervalsError::TooMany);
    }
    if let Some(index) = intervals.iter().position(|(_, value)| *value > GREATEST_VALUE) {
        return Err(IntervalsError::ValueTooGreat { index });
    }
    let ascends = |(one, next): (&(T, u32), &(T, u32))| one.0 < next.0;
    match intervals.iter().zip(intervals.iter().skip(1)).position(|pair| !ascends(pair)) {
        Some(before) => Err(IntervalsError::Unsorted { index: before + 1 }),
        None => Ok(intervals.into()),
    }
}

fn value<T: Copy + Ord>(intervals: &[(T, u32)], address: T) -> u32 {
    let after = intervals.partition_point(|(first, _)| *first <= address);
    after.checked_sub(1).and_then(|index| intervals.get(index)).map_or(0, |(_, value)| *value)
}
