//! The steps of one family: a sorted list, and for long lists a table of slots before it.
//!
//! A slot is a range of keys. Most slots hold one number, and equal neighbours share it: half a million routes have
//! about one number in twenty slots of 256 addresses. So 32 slots make a word, with a bit for each slot that says where the
//! number changes, and counting bits finds it. That takes two looks, like a table of all slots, but in a tenth of the
//! memory; and only one where the whole word has one number.

use std::hint::select_unpredictable;

use super::build::Builder;
use super::entry::{Entry, Target};
use super::layout::{Layout, SLOTS};

/// One family's part of a map; keys are addresses, or their upper halves.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    /// Where the slots are; of no meaning without words.
    pub(super) root: Layout,
    /// Where those of the tables are that crowded slots lead to.
    pub(super) nested: Box<[Layout]>,
    // INVARIANT: empty, or the words of the root, as many as its slots need.
    pub(super) words: Box<[Word]>,
    // INVARIANT: the words of the nested tables.
    pub(super) nested_words: Box<[Word]>,
    // INVARIANT: empty only without words. No two neighbours within a word are the same.
    pub(super) entries: Box<[Entry]>,
    // INVARIANT: sorted, without duplicates; all steps without words, else only those of the runs. A run begins with the
    // first key of its slot.
    pub(super) starts: Box<[T]>,
    // INVARIANT: as many as starts; each is a number, or the caller's.
    pub(super) values: Box<[Entry]>,
}

impl<T: Key> Table<T> {
    /// For those steps: sorted, and each changes the entry, which is the number 0 before the first.
    pub(super) fn new(steps: &[(T, Entry)]) -> Self {
        Builder::default().build(steps)
    }

    /// A number, or the caller's.
    #[inline]
    pub(super) fn get(&self, key: T) -> Entry {
        if self.words.is_empty() {
            return self.search(0, self.starts.len(), key);
        }
        let slot = self.root.slot(key);
        match self.entry(&self.words, 0, slot) {
            Some(entry) if entry.is_number() => entry,
            Some(entry) => self.follow(entry, key),
            None => self.outside(slot, key),
        }
    }

    /// What a key has whose slot the root lacks.
    #[inline(never)]
    fn outside(&self, slot: u64, key: T) -> Entry {
        // There always is one.
        let entry = self.entry(&self.words, 0, self.root.nearest(slot)).unwrap_or(Entry::number(0));
        self.follow(entry, key)
    }

    /// What an entry leads to.
    #[inline(never)]
    fn follow(&self, mut entry: Entry, key: T) -> Entry {
        loop {
            match entry.target() {
                Target::Own => return entry,
                Target::Run { index, length } => return self.search(index, length, key),
                Target::Table(index) => {
                    let table = self.nested.get(index);
                    let inner = table.and_then(|table| {
                        self.entry(&self.nested_words, table.first_word(), table.nearest(table.slot(key)))
                    });
                    // There always is one.
                    entry = inner.unwrap_or(Entry::number(0));
                }
            }
        }
    }

    /// What a slot leads to, whose table's words begin there; `None` if there is no such slot.
    ///
    /// No branch depends on whether the word has one number, which could not be foreseen: if so, the first entry is looked
    /// at in vain.
    #[inline]
    fn entry(&self, words: &[Word], first: usize, slot: u64) -> Option<Entry> {
        let word = words.get(first.checked_add(usize::try_from(slot / SLOTS).ok()?)?)?;
        let changes = word.bits != 0;
        let up_to_slot = (word.bits << (!slot % SLOTS)).count_ones();
        let index = select_unpredictable(changes, word.entry.bits().wrapping_add(up_to_slot), 0);
        let entry = *self.entries.get(index as usize)?;
        Some(select_unpredictable(changes, entry, word.entry))
    }

    /// The entry of a key that is among those steps, or the number 0 if it lies before them.
    #[inline]
    fn search(&self, index: usize, length: usize, key: T) -> Entry {
        let end = self.starts.len().min(index + length);
        let starts = self.starts.get(index..end).unwrap_or_default();
        let passed = starts.partition_point(|start| *start <= key);
        self.values.get((index + passed).wrapping_sub(1)).copied().unwrap_or(Entry::number(0))
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.nested)
            + size_of_val(&*self.words)
            + size_of_val(&*self.nested_words)
            + size_of_val(&*self.entries)
            + size_of_val(&*self.starts)
            + size_of_val(&*self.values)
    }
}

/// Which of 32 slots lead to another entry than the slots before them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// The lowest is never set.
    pub(super) bits: u32,
    /// What all of them lead to; or, with bits, the index of what the first one leads to.
    pub(super) entry: Entry,
}

/// What is looked up, as a number.
pub(super) trait Key: Copy + Ord + Default {
    /// The greatest.
    const LAST: u64;

    fn to_bits(self) -> u64;

    fn from_bits(bits: u64) -> Self;
}

impl Key for u32 {
    const LAST: u64 = Self::MAX as u64;

    #[inline]
    fn to_bits(self) -> u64 {
        u64::from(self)
    }

    fn from_bits(bits: u64) -> Self {
        bits as Self
    }
}

impl Key for u64 {
    const LAST: u64 = Self::MAX;

    #[inline]
    fn to_bits(self) -> u64 {
        self
    }

    fn from_bits(bits: u64) -> Self {
        bits
    }
}
