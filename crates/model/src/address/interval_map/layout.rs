//! How wide the slots of a table are, and whether there is one.

use super::entry::Entry;
use super::table::Key;

/// How many slots a word tells apart.
pub(super) const SLOTS: u64 = u32::BITS as u64;

/// Slots of 2^`shift` keys each; a key before the first one belongs to the first, and one after the last to the last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    shift: u32,
    first_word: u32,
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

    /// As narrow as the number of steps warrants, with at most a word for each; or `None` if there are no more steps than
    /// are `searched`, or slots do not tell them apart.
    ///
    /// A map of half a million routes has one slot for each /24.
    pub(super) fn of<T: Key>(steps: &[(T, Entry)], searched: usize) -> Option<Self> {
        let ((first, _), (last, _)) = (steps.first()?, steps.last()?);
        if steps.len() <= searched {
            return None;
        }
        let with_shift = |shift| Self::between(first.to_bits(), last.to_bits(), shift);
        let mut layout = (0..u64::BITS).map(with_shift).find(|layout| layout.words() <= steps.len() as u64)?;
        let mut used = layout.used_slots(steps);
        // Slots that are narrower than the steps are round would tell nothing more apart.
        while layout.last_slot > SLOTS {
            let wider = with_shift(layout.shift + 1);
            let used_wider = wider.used_slots(steps);
            if used_wider < used - used / 64 {
                break;
            }
            (layout, used) = (wider, used_wider);
        }
        (used > 1).then_some(layout)
    }

    /// The same, with its words from that index on.
    pub(super) fn with_first_word(self, index: usize) -> Self {
        Self { first_word: index as u32, ..self }
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

    /// The index of the table's first word.
    #[inline]
    pub(super) fn first_word(&self) -> usize {
        self.first_word as usize
    }

    /// The slot's first key.
    pub(super) fn first_key(&self, slot: u64) -> u64 {
        (self.origin + slot).wrapping_shl(self.shift)
    }

    /// How many words there are.
    pub(super) fn words(&self) -> u64 {
        self.last_slot / SLOTS + 1
    }

    fn between(first: u64, last: u64, shift: u32) -> Self {
        // What lies before the first step has a slot of its own.
        let origin = (first >> shift).saturating_sub(1);
        Self { shift, first_word: 0, origin, last_slot: (last >> shift) - origin }
    }

    /// How many slots have steps; there must be one.
    fn used_slots<T: Key>(&self, steps: &[(T, Entry)]) -> usize {
        let pairs = steps.iter().zip(steps.iter().skip(1));
        1 + pairs.filter(|((one, _), (next, _))| self.slot(*one) != self.slot(*next)).count()
    }
}
