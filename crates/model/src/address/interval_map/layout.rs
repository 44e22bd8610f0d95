//! How wide the slots of a table are, and whether there is one.

use super::table::{Key, SLOTS};

/// Slots of 2^`shift` addresses each, of 2^64 times as many for IPv6; an address before the first one belongs to the
/// first, and one after the last to the last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    shift: u32,
    /// The upper bits of the first slot, shifted.
    origin: u64,
    last_slot: u64,
    /// The index of its first word.
    pub(super) first_word: u32,
}

impl Layout {
    /// As narrow as the number of steps warrants, with at most a word for each; or `None` if there are no more steps than
    /// are `searched`, or slots do not tell them apart.
    ///
    /// A map of 200,000 to 700,000 routes has one slot for each /24.
    pub(super) fn of<T: Key>(steps: &[(T, u32)], searched: usize) -> Option<Self> {
        let ((first, _), (last, _)) = (steps.first()?, steps.last()?);
        if steps.len() <= searched {
            return None;
        }
        let with_shift = |shift| Self::between(first.upper(), last.upper(), shift);
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
    pub(super) fn with_first_word(self, first_word: u32) -> Self {
        Self { first_word, ..self }
    }

    /// Which slot holds the address; counts from 0.
    #[inline]
    pub(super) fn slot<T: Key>(&self, address: T) -> u64 {
        address.upper().wrapping_shr(self.shift).saturating_sub(self.origin).min(self.last_slot)
    }

    /// The upper bits of the slot's first address.
    pub(super) fn upper(&self, slot: u64) -> u64 {
        (self.origin + slot).wrapping_shl(self.shift)
    }

    fn between(first: u64, last: u64, shift: u32) -> Self {
        // What lies before the first step has a slot of its own.
        let origin = (first >> shift).saturating_sub(1);
        Self { shift, origin, last_slot: (last >> shift) - origin, first_word: 0 }
    }

    fn words(&self) -> u64 {
        self.last_slot / SLOTS + 1
    }

    /// How many slots have steps; there must be one.
    fn used_slots<T: Key>(&self, steps: &[(T, u32)]) -> usize {
        let pairs = steps.iter().zip(steps.iter().skip(1));
        1 + pairs.filter(|((one, _), (next, _))| self.slot(*one) != self.slot(*next)).count()
    }
}
