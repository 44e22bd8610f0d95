//! Tables of slots, and short runs where a slot is not fine enough.

/// How many slots a word tells apart.
pub(super) const SLOTS: usize = u64::BITS as usize;

/// The most steps of a run. More would be a table.
pub(super) const RUN: usize = 8;

/// What an address leads to: a number, a run or a table.
///
/// A number stands for itself. Else the top bit is set, the next four say how many steps the run has, none for a table,
/// and the rest is the index of the run's first step or of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(pub(super) u32);

impl Entry {
    const DEEP: u32 = 1 << 31;
    const COUNT_SHIFT: u32 = 27;
    const COUNT: u32 = 15;
    const INDEX: u32 = (1 << Self::COUNT_SHIFT) - 1;

    pub(super) fn deep(steps: usize, index: usize) -> Self {
        // Both fit, since a map has no more than `MOST_INTERVALS`.
        Self(Self::DEEP | (steps as u32 & Self::COUNT) << Self::COUNT_SHIFT | index as u32 & Self::INDEX)
    }
}

/// One family's part of a map.
#[derive(Clone, Debug)]
pub(super) struct Tables<T> {
    pub(super) root: Entry,
    pub(super) tables: Box<[Table<T>]>,
    pub(super) words: Box<[Word]>,
    // INVARIANT: no two neighbours within a table are the same number.
    pub(super) entries: Box<[Entry]>,
    // INVARIANT: at least `RUN` addresses follow the first one of each run; a run of n steps has n starts and n + 1
    // values, from the same index.
    pub(super) starts: Box<[T]>,
    pub(super) values: Box<[u32]>,
}

/// Slots of 2^`shift` addresses each, from `origin` on. What lies before belongs to the first, what follows to the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<T> {
    /// The first slot's first address, shifted.
    pub(super) origin: T,
    pub(super) shift: u32,
    pub(super) last_slot: u32,
    pub(super) first_word: u32,
}

/// Which of 64 slots lead to another entry than the slots before them.
///
/// A bit for each slot, the first one's never set, takes the place of 64 entries: half a million routes have about one
/// entry in thirty slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) bits: u64,
    /// The index of the first slot's entry.
    pub(super) first_entry: u32,
}

impl<T: Key> Tables<T> {
    #[inline]
    pub(super) fn get(&self, address: T) -> u32 {
        let mut entry = self.root.0;
        while entry & Entry::DEEP != 0 {
            let index = (entry & Entry::INDEX) as usize;
            let steps = entry >> Entry::COUNT_SHIFT & Entry::COUNT;
            // What is out of range cannot be; 0 is the number of what no interval holds.
            entry = if steps == 0 { self.in_table(index, address) } else { self.in_run(index, steps, address) }
                .unwrap_or(0);
        }
        entry
    }

    #[inline]
    fn in_table(&self, index: usize, address: T) -> Option<u32> {
        let table = self.tables.get(index)?;
        let slot = address.slot(table.shift, table.origin, table.last_slot) as usize;
        let word = self.words.get(table.first_word as usize + slot / SLOTS)?;
        let bits_up_to_slot = word.bits << (!slot % SLOTS);
        self.entries.get(word.first_entry as usize + bits_up_to_slot.count_ones() as usize).map(|entry| entry.0)
    }

    #[inline]
    fn in_run(&self, index: usize, steps: u32, address: T) -> Option<u32> {
        // All starts are compared, also those of other runs, so that nothing depends on a guess at the length.
        let starts: &[T; RUN] = self.starts.get(index..)?.first_chunk()?;
        let passed = (0..).zip(starts).map(|(step, start)| u32::from(*start <= address) & u32::from(step < steps));
        self.values.get(index + passed.sum::<u32>() as usize).copied()
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.tables)
            + size_of_val(&*self.words)
            + size_of_val(&*self.entries)
            + size_of_val(&*self.starts)
            + size_of_val(&*self.values)
    }
}

/// An address as a number.
pub(super) trait Key: Copy + Ord {
    /// How many bits it has.
    const BITS: u32;

    /// The greatest one.
    const GREATEST: Self;

    /// In which slot of a table it is: what it is after the shift beyond the origin, from 0 to the last slot.
    fn slot(self, shift: u32, origin: Self, last_slot: u32) -> u32;

    /// The origin of a table with that shift whose first step this is: one slot before it, if there is one.
    fn origin(self, shift: u32) -> Self;

    /// Whether it is the first address of a slot.
    fn begins_slot(self, shift: u32) -> bool;

    /// The number of the first bit, from the lowest, in which they differ; they must differ.
    fn top_difference(self, other: Self) -> u32;

    /// How many of its low bits are 0.
    fn low_zeros(self) -> u32;
}

macro_rules! key {
    ($bits:ty) => {
        impl Key for $bits {
            const BITS: u32 = <$bits>::BITS;
            const GREATEST: Self = <$bits>::MAX;

            #[inline]
            fn slot(self, shift: u32, origin: Self, last_slot: u32) -> u32 {
                self.wrapping_shr(shift).saturating_sub(origin).min(last_slot as Self) as u32
            }

            fn origin(self, shift: u32) -> Self {
                self.wrapping_shr(shift).saturating_sub(1)
            }

            fn begins_slot(self, shift: u32) -> bool {
                self.trailing_zeros() >= shift
            }

            fn top_difference(self, other: Self) -> u32 {
                (self ^ other).checked_ilog2().unwrap_or(0)
            }

            fn low_zeros(self) -> u32 {
                self.trailing_zeros()
            }
        }
    };
}

key!(u32);
key!(u128);
