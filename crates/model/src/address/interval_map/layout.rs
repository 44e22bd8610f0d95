//! How wide the slots of a table are, and whether there is one.

use super::entry::Entry;
use super::table::{Block, Key};

/// How many slots a block tells apart.
pub(super) const SLOTS: u64 = 128;

/// How many bytes a table may take for each of its steps, in blocks and their codes.
const BUDGET: u64 = 24;

/// Slots of 2^`shift` keys each; a key before the first one belongs to the first, and one after the last to the last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    shift: u32,
    first_block: u32,
    /// The first key of the first slot, shifted.
    origin: u64,
    last_slot: u64,
}

impl Layout {
    /// The first table: like any other, but with slots for all keys if that costs a quarter more at the most.
    pub(super) fn root<T: Key>(steps: &[(T, Entry)], searched: usize) -> Option<Self> {
        let layout = Self::of(steps, searched)?;
        let whole = Self { origin: 0, last_slot: T::LAST >> layout.shift, ..layout };
        Some(if whole.last_slot / 5 <= layout.last_slot / 4 { whole } else { layout })
    }

    /// As narrow as the number of steps warrants; or `None` if there are no more steps than are `searched`, or slots do not
    /// tell them apart.
    ///
    /// A map of half a million routes has one slot for each /24.
    pub(super) fn of<T: Key>(steps: &[(T, Entry)], searched: usize) -> Option<Self> {
        let ((first, _), (last, _)) = (steps.first()?, steps.last()?);
        if steps.len() <= searched {
            return None;
        }
        let with_shift = |shift| Self::between(first.to_bits(), last.to_bits(), shift);
        let mut layout = (0..u64::BITS).map(with_shift).find(|layout| layout.is_affordable(steps))?;
        let mut used = layout.used(steps, 1);
        // Slots that are narrower than the steps are round would tell nothing more apart.
        while layout.last_slot > SLOTS {
            let wider = with_shift(layout.shift + 1);
            let used_wider = wider.used(steps, 1);
            if used_wider < used - used / 64 {
                break;
            }
            (layout, used) = (wider, used_wider);
        }
        (used > 1).then_some(layout)
    }

    /// The same, with its blocks from that index on.
    pub(super) fn with_first_block(self, index: usize) -> Self {
        Self { first_block: index as u32, ..self }
    }

    /// Which slot holds the key; counts from 0. There may be no such slot: see [`nearest`](Self::nearest).
    #[inline]
    pub(super) fn slot<T: Key>(&self, key: T) -> u64 {
        key.to_bits().wrapping_shr(self.shift).wrapping_sub(self.origin)
    }

    /// The slot itself, or the first one for a key before it, and the last one for a key after it.
    #[inline]
    pub(super) fn nearest(&self, slot: u64) -> u64 {
        // A key before the first slot has wrapped around, to above all that are after the last.
        if slot >= self.origin.wrapping_neg() && self.origin != 0 { 0 } else { slot.min(self.last_slot) }
    }

    /// The index of the table's first block.
    #[inline]
    pub(super) fn first_block(&self) -> usize {
        self.first_block as usize
    }

    /// The slot's first key.
    pub(super) fn first_key(&self, slot: u64) -> u64 {
        (self.origin + slot).wrapping_shl(self.shift)
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> u64 {
        self.last_slot / SLOTS + 1
    }

    fn between(first: u64, last: u64, shift: u32) -> Self {
        // What lies before the first step has a slot of its own.
        let origin = (first >> shift).saturating_sub(1);
        Self { shift, first_block: 0, origin, last_slot: (last >> shift) - origin }
    }

    /// Whether there are enough steps for blocks and codes of slots that narrow.
    fn is_affordable<T: Key>(&self, steps: &[(T, Entry)]) -> bool {
        let budget = BUDGET * steps.len() as u64;
        let blocks = self.blocks().saturating_mul(size_of::<Block>() as u64);
        blocks <= budget && blocks + SLOTS * self.used(steps, SLOTS) as u64 <= budget
    }

    /// How many stretches of that many slots have steps; there must be one.
    fn used<T: Key>(&self, steps: &[(T, Entry)], slots: u64) -> usize {
        let stretch = |(key, _): &(T, Entry)| self.slot(*key) / slots;
        1 + steps.iter().zip(steps.iter().skip(1)).filter(|(one, next)| stretch(one) != stretch(next)).count()
    }
}
