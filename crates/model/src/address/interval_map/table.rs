//! The steps of one family: a sorted list, and for long lists a table of slots before it.
//!
//! A slot is a range of keys, and 128 of them make a block, whose numbers mostly lie close together: of half a million
//! routes, numbered from the first address to the last, 0.2 % of the slots are elsewhere. So a block has a base, and a byte
//! for each slot says how far above it the slot's number is. That takes two looks and little reckoning, in a thirteenth of
//! the memory of a table of all slots, since all blocks of one number share their bytes.

use std::hint::select_unpredictable;

use super::build::Builder;
use super::entry::{Entry, Target};
use super::layout::{Layout, SLOTS};

/// One family's part of a map; keys are addresses, or their upper halves.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    /// Where the slots are; of no meaning without blocks.
    pub(super) root: Layout,
    /// Where those of the tables are that crowded slots lead to.
    pub(super) nested: Box<[Layout]>,
    // INVARIANT: empty, or the blocks of the root, as many as its slots need.
    pub(super) blocks: Box<[Block]>,
    // INVARIANT: the blocks of the nested tables.
    pub(super) nested_blocks: Box<[Block]>,
    // INVARIANT: for each block its codes, and then each entry that no code reaches; the first codes are those of every block
    // that has one number. Empty only without blocks.
    pub(super) codes: Box<[u8]>,
    // INVARIANT: sorted, without duplicates; all steps without blocks, else only those of the runs. A run begins with the
    // first key of its slot.
    pub(super) steps: Box<[(T, Entry)]>,
}

impl<T: Key> Table<T> {
    /// For those steps: sorted, and each changes the entry, which is the number 0 before the first.
    pub(super) fn new(steps: &[(T, Entry)]) -> Self {
        Builder::default().build(steps)
    }

    /// A number, or the caller's.
    #[inline]
    pub(super) fn get(&self, key: T) -> Entry {
        if self.blocks.is_empty() {
            return self.search(0, self.steps.len(), key);
        }
        let slot = self.root.slot(key);
        match self.entry(&self.blocks, 0, slot) {
            Some(Ok(entry)) => entry,
            Some(Err((block, code))) => self.follow(self.deep(block, code), key),
            None => self.outside(slot, key),
        }
    }

    /// What a key has whose slot the root lacks.
    #[inline(never)]
    fn outside(&self, slot: u64, key: T) -> Entry {
        self.follow(self.any_entry(&self.blocks, 0, self.root.nearest(slot)), key)
    }

    /// What an entry leads to.
    #[inline(never)]
    fn follow(&self, mut entry: Entry, key: T) -> Entry {
        loop {
            match entry.target() {
                Target::Own => return entry,
                Target::Run { index, length } => return self.search(index, length, key),
                Target::Table(index) => {
                    let layout = self.nested.get(index).copied().unwrap_or_default();
                    entry = self.any_entry(&self.nested_blocks, layout.first_block(), layout.nearest(layout.slot(key)));
                }
            }
        }
    }

    /// What a slot leads to, which must be there.
    fn any_entry(&self, blocks: &[Block], first: usize, slot: u64) -> Entry {
        match self.entry(blocks, first, slot) {
            Some(Ok(entry)) => entry,
            Some(Err((block, code))) => self.deep(block, code),
            None => Entry::number(0),
        }
    }

    /// The number that a slot leads to, whose table's blocks begin there; or else the slot's code, which is deep; `None` if
    /// there is no such slot.
    ///
    /// No branch depends on whether the block has one number, which could not be foreseen.
    #[inline]
    fn entry(&self, blocks: &[Block], first: usize, slot: u64) -> Option<Result<Entry, (Block, u8)>> {
        let block = *blocks.get(first.checked_add(usize::try_from(slot / SLOTS).ok()?)?)?;
        let code = *self.codes.get(block.codes as usize + (slot % SLOTS) as usize)?;
        if code & DEEP != 0 {
            return Some(Err((block, code)));
        }
        Some(Ok(Entry::number(select_unpredictable(code == 0, 0, block.base.wrapping_add(u32::from(code))))))
    }

    /// What a deep code stands for.
    fn deep(&self, block: Block, code: u8) -> Entry {
        let at = block.codes as usize + SLOTS as usize + size_of::<Entry>() * usize::from(code & !DEEP);
        self.codes.get(at..).and_then(<[u8]>::first_chunk).map_or(Entry::number(0), |bytes| Entry::from_bytes(*bytes))
    }

    /// The entry of a key that is among those steps, or the number 0 if it lies before them.
    #[inline]
    fn search(&self, index: usize, length: usize, key: T) -> Entry {
        let end = self.steps.len().min(index + length);
        let steps = self.steps.get(index..end).unwrap_or_default();
        let passed = steps.partition_point(|(start, _)| *start <= key);
        passed.checked_sub(1).and_then(|last| steps.get(last)).map_or(Entry::number(0), |(_, entry)| *entry)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.nested)
            + size_of_val(&*self.blocks)
            + size_of_val(&*self.nested_blocks)
            + size_of_val(&*self.codes)
            + size_of_val(&*self.steps)
    }
}

/// What 128 slots lead to, by the code of each: 0 for the number 0, up to 127 for how far above the base the number is, and
/// from [`DEEP`] on for the index of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Where its codes begin.
    pub(super) codes: u32,
    pub(super) base: u32,
}

/// The first deep code. There are as many as slots, so that each slot can have one.
pub(super) const DEEP: u8 = 128;

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
