//! Lays out tables and runs.

use super::tables::{Entry, Key, RUN, SLOTS, Table, Tables, Word};

/// The tables for those steps: sorted, and each changes the number, which is 0 before the first.
pub(super) fn build<T: Key>(steps: &[(T, u32)]) -> Tables<T> {
    let mut builder =
        Builder { tables: Vec::new(), words: Vec::new(), entries: Vec::new(), starts: Vec::new(), values: Vec::new() };
    let root = builder.entry(0, steps);
    if !builder.starts.is_empty() {
        builder.starts.extend([T::GREATEST; RUN]);
    }
    Tables {
        root,
        tables: builder.tables.into(),
        words: builder.words.into(),
        entries: builder.entries.into(),
        starts: builder.starts.into(),
        values: builder.values.into(),
    }
}

struct Builder<T> {
    tables: Vec<Table<T>>,
    words: Vec<Word>,
    entries: Vec<Entry>,
    starts: Vec<T>,
    values: Vec<u32>,
}

impl<T: Key> Builder<T> {
    /// Where those steps are, with the number before them.
    fn entry(&mut self, before: u32, steps: &[(T, u32)]) -> Entry {
        match steps.len() {
            0 => Entry(before),
            1..=RUN => self.run(before, steps),
            _ => self.table(before, steps),
        }
    }

    fn run(&mut self, before: u32, steps: &[(T, u32)]) -> Entry {
        let index = self.starts.len();
        self.starts.extend(steps.iter().map(|(start, _)| *start));
        // There is one value more than there are starts, and both are to go on from the same index.
        self.starts.push(T::GREATEST);
        self.values.push(before);
        self.values.extend(steps.iter().map(|(_, value)| *value));
        Entry::deep(steps.len(), index)
    }

    /// Recursion ends: a slot is at most a 31st of what the steps span.
    fn table(&mut self, before: u32, steps: &[(T, u32)]) -> Entry {
        let (Some((first, _)), Some((last, _))) = (steps.first(), steps.last()) else { return Entry(before) };
        let shift = shift(*first, *last, steps);
        let origin = first.origin(shift);
        let last_slot = last.slot(shift, origin, u32::MAX);
        let index = self.tables.len();
        let placeholder = Table { origin, shift, last_slot, first_word: 0 };
        self.tables.push(placeholder);
        let changes = self.changes(before, steps, &placeholder);
        let first_word = self.words.len() as u32;
        if let Some(table) = self.tables.get_mut(index) {
            table.first_word = first_word;
        }
        self.words(before, &changes, last_slot as usize / SLOTS + 1);
        Entry::deep(0, index)
    }

    /// The slots of a table that lead to another entry than the ones before them, and that entry.
    fn changes(&mut self, before: u32, steps: &[(T, u32)], table: &Table<T>) -> Vec<(usize, Entry)> {
        let slot_of = |start: T| start.slot(table.shift, table.origin, table.last_slot) as usize;
        let mut changes: Vec<(usize, Entry)> = Vec::with_capacity(steps.len());
        let mut value = before;
        for in_slot in steps.chunk_by(|(one, _), (next, _)| slot_of(*one) == slot_of(*next)) {
            let (Some((start, start_value)), Some((_, last_value))) = (in_slot.first(), in_slot.last()) else {
                continue;
            };
            let slot = slot_of(*start);
            // What follows a slot with steps in it was put there as a guess that these steps may overrule.
            changes.pop_if(|(guessed, _)| *guessed == slot);
            let entry = match in_slot.split_first() {
                Some((_, inner)) if start.begins_slot(table.shift) => self.entry(*start_value, inner),
                _ => self.entry(value, in_slot),
            };
            changes.push((slot, entry));
            value = *last_value;
            if entry != Entry(value) && slot < table.last_slot as usize {
                changes.push((slot + 1, Entry(value)));
            }
        }
        changes
    }

    fn words(&mut self, before: u32, changes: &[(usize, Entry)], words: usize) {
        let mut changes = changes.iter().peekable();
        self.entries.push(Entry(before));
        for word in 0..words {
            if let Some((_, entry)) = changes.next_if(|(slot, _)| *slot == word * SLOTS) {
                self.entries.push(*entry);
            }
            let first_entry = self.entries.len().saturating_sub(1) as u32;
            let mut bits = 0;
            while let Some((slot, entry)) = changes.next_if(|(slot, _)| slot / SLOTS == word) {
                bits |= 1 << (slot % SLOTS);
                self.entries.push(*entry);
            }
            self.words.push(Word { bits, first_entry });
        }
    }
}

/// How wide the slots of a table are: as narrow as the number of slots in use warrants.
///
/// A word for two slots in use is the most, so a table of words takes at most 8 bytes a step, and a map of 200,000 to
/// 700,000 routes has one slot for each /24. One word is always allowed.
fn shift<T: Key>(first: T, last: T, steps: &[(T, u32)]) -> u32 {
    // How many neighbours fall into different slots is known for all widths once their topmost differences are.
    let mut separated = [0_usize; 128];
    let mut grain = T::BITS - 1;
    for ((one, _), (next, _)) in steps.iter().zip(steps.iter().skip(1)) {
        if let Some(count) = separated.get_mut(one.top_difference(*next) as usize) {
            *count += 1;
        }
        grain = grain.min(next.low_zeros());
    }
    // Slots narrower than every step is round tell nothing more apart.
    let grain = grain.min(first.low_zeros());
    let widest = first.top_difference(last);
    let mut used_slots = steps.len();
    let mut width = 0;
    for (shift, count) in (0..=widest).zip(separated) {
        width = shift;
        let words = last.slot(shift, first.origin(shift), u32::MAX) as usize / SLOTS + 1;
        if shift >= grain && words <= (used_slots / 2).max(1) {
            break;
        }
        used_slots -= count;
    }
    width
}
