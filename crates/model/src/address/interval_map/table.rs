//! The steps of one family: a sorted list, and for long lists a table of slots before it.
//!
//! A slot is a block of addresses. What most slots hold is one number, and equal neighbours share it: half a million
//! routes have about one number in twenty slots of 256 addresses. So a bit for each slot says where the number changes,
//! and counting bits finds it. That takes two looks, like a table of all slots, but in a tenth of the memory.

use super::Layout;

/// How many slots a word tells apart.
pub(super) const SLOTS: u64 = u32::BITS as u64;

/// Up to so many steps are only searched: up to there a search was the faster where steps are crowded.
const SEARCHED: usize = 512;

/// Up to so many steps of a slot are only searched.
const CROWDED: usize = 32;

/// One family's part of a map.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    /// Where the slots are; of no meaning without words.
    root: Layout,
    /// Where those of the tables are that crowded slots lead to.
    nested: Box<[Layout]>,
    // INVARIANT: empty, or there is a word for each slot of each layout.
    words: Box<[Word]>,
    // INVARIANT: no two neighbours within a table are the same number.
    entries: Box<[Entry]>,
    // INVARIANT: sorted, without duplicates; all steps without words, else only those of the runs. A run begins with the
    // first address of its slot.
    starts: Box<[T]>,
    // INVARIANT: as many as starts.
    values: Box<[u32]>,
}

impl<T: Key> Table<T> {
    /// For those steps: sorted, and each changes the number, which is 0 before the first.
    pub(super) fn new(steps: &[(T, u32)]) -> Self {
        let mut builder = Builder::default();
        let root = Layout::of(steps, SEARCHED).map(|layout| builder.table(layout, 0, steps));
        if root.is_none() {
            (builder.starts, builder.values) = steps.iter().copied().unzip();
        }
        Self {
            root: root.unwrap_or_default(),
            nested: builder.nested.into(),
            words: builder.words.into(),
            entries: builder.entries.into(),
            starts: builder.starts.into(),
            values: builder.values.into(),
        }
    }

    #[inline]
    pub(super) fn get(&self, address: T) -> u32 {
        if self.words.is_empty() {
            return self.search(0, self.starts.len(), address);
        }
        let mut entry = self.entry(&self.root, address);
        loop {
            match entry.unwrap_or(Entry::number(0)).target() {
                Target::Number(number) => return number,
                Target::Run { index, length } => return self.search(index, length, address),
                Target::Table(index) => entry = self.nested.get(index).and_then(|table| self.entry(table, address)),
            }
        }
    }

    /// There always is one.
    #[inline]
    fn entry(&self, table: &Layout, address: T) -> Option<Entry> {
        let slot = table.slot(address);
        let word = self.words.get(table.first_word as usize + (slot / SLOTS) as usize)?;
        let changes_up_to_slot = word.bits << (!slot % SLOTS);
        self.entries.get(word.before as usize + changes_up_to_slot.count_ones() as usize).copied()
    }

    /// The number of an address that is among those steps, or 0 if it lies before them.
    #[inline]
    fn search(&self, index: usize, length: usize, address: T) -> u32 {
        let end = self.starts.len().min(index + length);
        let starts = self.starts.get(index..end).unwrap_or_default();
        let passed = starts.partition_point(|start| *start <= address);
        self.values.get((index + passed).wrapping_sub(1)).copied().unwrap_or(0)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.words)
            + size_of_val(&*self.entries)
            + size_of_val(&*self.starts)
            + size_of_val(&*self.values)
    }
}

/// Which of 32 slots lead to another entry than the slots before them.
#[derive(Clone, Copy, Debug)]
struct Word {
    bits: u32,
    /// The index of the entry before the word.
    before: u32,
}

/// What a slot leads to.
///
/// A number stands for itself. Else the top bit is set, and the rest is an index. The five bits between are all set for
/// a table; for a run they are the binary logarithm of its length, rounded up: what follows a run are the steps of later
/// slots, which no address of this slot has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry(u32);

enum Target {
    Number(u32),
    Run { index: usize, length: usize },
    Table(usize),
}

impl Entry {
    const DEEP: u32 = 1 << 31;
    const KIND_SHIFT: u32 = 26;
    const TABLE: u32 = 31;
    const INDEX: u32 = (1 << Self::KIND_SHIFT) - 1;

    fn number(number: u32) -> Self {
        Self(number)
    }

    // Indexes fit: a map has at most `MOST_INTERVALS` steps, and at most one more for the slot of each.
    fn run(index: usize, length: usize) -> Self {
        let logarithm = length.next_power_of_two().trailing_zeros();
        Self(Self::DEEP | logarithm << Self::KIND_SHIFT | index as u32 & Self::INDEX)
    }

    fn table(index: usize) -> Self {
        Self(Self::DEEP | Self::TABLE << Self::KIND_SHIFT | index as u32 & Self::INDEX)
    }

    #[inline]
    fn target(self) -> Target {
        if self.0 & Self::DEEP == 0 {
            return Target::Number(self.0);
        }
        let index = (self.0 & Self::INDEX) as usize;
        match self.0 >> Self::KIND_SHIFT & Self::TABLE {
            Self::TABLE => Target::Table(index),
            logarithm => Target::Run { index, length: 1 << logarithm },
        }
    }
}

#[derive(Default)]
struct Builder<T> {
    nested: Vec<Layout>,
    words: Vec<Word>,
    entries: Vec<Entry>,
    starts: Vec<T>,
    values: Vec<u32>,
}

impl<T: Key> Builder<T> {
    /// Lays out a table, with the number before the steps.
    ///
    /// Recursion ends soon: a nested table's slots are a sixteenth as wide at the most, or it tells less than two apart
    /// and there is none.
    fn table(&mut self, layout: Layout, before: u32, steps: &[(T, u32)]) -> Layout {
        let mut slots = Slots { words: Vec::new(), entries: vec![Entry::number(before)] };
        let (mut value, mut next_slot) = (before, 0);
        for in_slot in steps.chunk_by(|(one, _), (next, _)| layout.slot(*one) == layout.slot(*next)) {
            let (Some((start, start_value)), Some((_, last_value))) = (in_slot.first(), in_slot.last()) else {
                continue;
            };
            let slot = layout.slot(*start);
            if slot > next_slot {
                slots.set(next_slot, Entry::number(value));
            }
            let first = T::with_upper(layout.upper(slot));
            let entry = match (in_slot.len(), Layout::of(in_slot, CROWDED)) {
                (1, _) if *start == first => Entry::number(*start_value),
                (_, Some(nested)) => {
                    let nested = self.table(nested, value, in_slot);
                    self.nested.push(nested);
                    Entry::table(self.nested.len() - 1)
                }
                (_, None) => self.run(Some((first, value)).filter(|_| *start != first), in_slot),
            };
            slots.set(slot, entry);
            (value, next_slot) = (*last_value, slot + 1);
        }
        let (first_word, first_entry) = (self.words.len() as u32, self.entries.len() as u32);
        self.words.extend(slots.words.into_iter().map(|word| Word { before: word.before + first_entry, ..word }));
        self.entries.extend(slots.entries);
        layout.with_first_word(first_word)
    }

    fn run(&mut self, before: Option<(T, u32)>, steps: &[(T, u32)]) -> Entry {
        let index = self.starts.len();
        for (start, value) in before.iter().chain(steps) {
            self.starts.push(*start);
            self.values.push(*value);
        }
        Entry::run(index, self.starts.len() - index)
    }
}

/// A table that is being laid out.
struct Slots {
    words: Vec<Word>,
    entries: Vec<Entry>,
}

impl Slots {
    /// What slots lead to from this one on, until the next that is set; slots are set in order.
    fn set(&mut self, slot: u64, entry: Entry) {
        if self.entries.last() == Some(&entry) {
            return;
        }
        let before = Word { bits: 0, before: self.entries.len().saturating_sub(1) as u32 };
        self.words.resize((slot / SLOTS) as usize + 1, before);
        if let Some(word) = self.words.last_mut() {
            word.bits |= 1 << (slot % SLOTS);
        }
        self.entries.push(entry);
    }
}

/// An address as a number.
pub(super) trait Key: Copy + Ord + Default {
    /// Its upper 64 bits, or all of an IPv4 address: slots are told apart by nothing else.
    fn upper(self) -> u64;

    /// The first address that has those upper bits.
    fn with_upper(upper: u64) -> Self;
}

impl Key for u32 {
    #[inline]
    fn upper(self) -> u64 {
        u64::from(self)
    }

    fn with_upper(upper: u64) -> Self {
        upper as Self
    }
}

impl Key for u128 {
    #[inline]
    fn upper(self) -> u64 {
        (self >> 64) as u64
    }

    fn with_upper(upper: u64) -> Self {
        Self::from(upper) << 64
    }
}
