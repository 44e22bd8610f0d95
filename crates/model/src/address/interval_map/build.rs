//! Laying out a table.

use std::iter::repeat_n;

use super::entry::Entry;
use super::layout::{Layout, SLOTS};
use super::table::{Block, DEEP, Key, Table};

/// Up to so many steps are only searched: up to there a search was the faster where steps are crowded.
const SEARCHED: usize = 512;

/// Up to so many steps of a slot are only searched.
const CROWDED: usize = 32;

#[derive(Default)]
pub(super) struct Builder<T> {
    nested: Vec<Layout>,
    nested_blocks: Vec<Block>,
    codes: Vec<u8>,
    steps: Vec<(T, Entry)>,
}

impl<T: Key> Builder<T> {
    pub(super) fn build(mut self, steps: &[(T, Entry)]) -> Table<T> {
        let root = Layout::root(steps, SEARCHED);
        let blocks = if let Some(layout) = root {
            self.codes.extend(ONE_NUMBER);
            self.blocks(layout, Entry::number(0), steps)
        } else {
            self.steps = steps.to_vec();
            Vec::new()
        };
        Table {
            root: root.unwrap_or_default(),
            nested: self.nested.into(),
            blocks: blocks.into(),
            nested_blocks: self.nested_blocks.into(),
            codes: self.codes.into(),
            steps: self.steps.into(),
        }
    }

    /// The blocks of a table, with the entry before the steps.
    ///
    /// Recursion ends soon: a nested table's slots are a sixteenth as wide at the most, or it tells less than two apart
    /// and there is none.
    fn blocks(&mut self, layout: Layout, before: Entry, steps: &[(T, Entry)]) -> Vec<Block> {
        let mut slots = Slots::new(layout, before);
        let (mut value, mut next_slot) = (before, 0);
        let slot = |key: T| layout.nearest(layout.slot(key));
        for in_slot in steps.chunk_by(|(one, _), (next, _)| slot(*one) == slot(*next)) {
            let (Some((start, start_value)), Some((_, last_value))) = (in_slot.first(), in_slot.last()) else {
                continue;
            };
            let slot = slot(*start);
            if slot > next_slot {
                slots.set(next_slot, value);
            }
            let first = T::from_bits(layout.first_key(slot));
            let entry = match (in_slot.len(), Layout::of(in_slot, CROWDED)) {
                (1, _) if *start == first => *start_value,
                (_, Some(nested)) => {
                    let blocks = self.blocks(nested, value, in_slot);
                    self.nested.push(nested.with_first_block(self.nested_blocks.len()));
                    self.nested_blocks.extend(blocks);
                    Entry::table(self.nested.len() - 1)
                }
                (_, None) => self.run(Some((first, value)).filter(|_| *start != first), in_slot),
            };
            slots.set(slot, entry);
            (value, next_slot) = (*last_value, slot + 1);
        }
        slots.blocks(|entries| self.block(entries))
    }

    /// A block of slots with those entries; each is followed by how many slots have it.
    fn block(&mut self, entries: &[(Entry, usize)]) -> Block {
        if let [(entry, _)] = entries
            && entry.is_number()
        {
            // The number 0 is one above the greatest base.
            return Block { codes: 0, base: entry.bits().wrapping_sub(1) };
        }
        let base = base(entries);
        let first = self.codes.len();
        let mut deep: Vec<Entry> = Vec::new();
        for (entry, count) in entries {
            let code = code(*entry, base).unwrap_or_else(|| {
                let index = deep.iter().position(|known| known == entry).unwrap_or(deep.len());
                if index == deep.len() {
                    deep.push(*entry);
                }
                DEEP + index as u8
            });
            self.codes.extend(repeat_n(code, *count));
        }
        self.codes.extend(deep.into_iter().flat_map(Entry::to_bytes));
        Block { codes: first as u32, base }
    }

    fn run(&mut self, before: Option<(T, Entry)>, steps: &[(T, Entry)]) -> Entry {
        let index = self.steps.len();
        self.steps.extend(before.iter().chain(steps));
        Entry::run(index, self.steps.len() - index)
    }
}

/// The slots of a table that is being laid out.
struct Slots {
    layout: Layout,
    // INVARIANT: sorted by slot, from slot 0 on; no two neighbours have the same entry.
    changes: Vec<(u64, Entry)>,
}

impl Slots {
    fn new(layout: Layout, before: Entry) -> Self {
        Self { layout, changes: vec![(0, before)] }
    }

    /// What slots lead to from this one on, until the next that is set; slots are set in order.
    fn set(&mut self, slot: u64, entry: Entry) {
        self.changes.pop_if(|(last, _)| *last == slot);
        if self.changes.last().is_none_or(|(_, last)| *last != entry) {
            self.changes.push((slot, entry));
        }
    }

    /// The blocks, each made from the entries of its slots and for how many slots each holds.
    fn blocks(self, mut block: impl FnMut(&[(Entry, usize)]) -> Block) -> Vec<Block> {
        let mut rest = self.changes.as_slice();
        let mut value = Entry::number(0);
        let mut entries = Vec::with_capacity(SLOTS as usize);
        let blocks = (0..self.layout.blocks()).map(|index| {
            let (here, after) = rest.split_at(rest.iter().take_while(|(slot, _)| slot / SLOTS == index).count());
            rest = after;
            entries.clear();
            let mut from = 0;
            for (slot, next) in here {
                let slot = slot % SLOTS;
                entries.extend(Some((value, (slot - from) as usize)).filter(|(_, count)| *count > 0));
                (value, from) = (*next, slot);
            }
            entries.push((value, (SLOTS - from) as usize));
            block(&entries)
        });
        blocks.collect()
    }
}

/// The codes of a block with one number.
const ONE_NUMBER: [u8; SLOTS as usize] = [1; SLOTS as usize];

/// The code of an entry above that base, if it has one.
fn code(entry: Entry, base: u32) -> Option<u8> {
    if !entry.is_number() {
        return None;
    }
    match entry.bits().checked_sub(base) {
        _ if entry.bits() == 0 => Some(0),
        Some(above @ 1..128) => Some(above as u8),
        _ => None,
    }
}

/// The base from which codes reach the most slots.
fn base(entries: &[(Entry, usize)]) -> u32 {
    let numbers = entries.iter().filter(|(entry, _)| entry.is_number() && entry.bits() != 0);
    let mut numbers: Vec<(u32, usize)> = numbers.map(|(entry, count)| (entry.bits(), *count)).collect();
    numbers.sort_unstable();
    let mut best = (0, 0);
    let (mut reached, mut after) = (0, 0);
    for (number, count) in &numbers {
        while let Some((_, more)) = numbers.get(after).filter(|(next, _)| *next - number < 127) {
            reached += more;
            after += 1;
        }
        best = best.max((reached, number - 1));
        reached -= count;
    }
    best.1
}
