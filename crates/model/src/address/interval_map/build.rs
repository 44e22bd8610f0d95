//! Laying out a table.

use super::entry::Entry;
use super::layout::{Layout, SLOTS};
use super::table::{Key, Table, Word};

/// Up to so many steps are only searched: up to there a search was the faster where steps are crowded.
const SEARCHED: usize = 512;

/// Up to so many steps of a slot are only searched.
const CROWDED: usize = 32;

#[derive(Default)]
pub(super) struct Builder<T> {
    nested: Vec<Layout>,
    nested_words: Vec<Word>,
    entries: Vec<Entry>,
    starts: Vec<T>,
    values: Vec<Entry>,
}

impl<T: Key> Builder<T> {
    pub(super) fn build(mut self, steps: &[(T, Entry)]) -> Table<T> {
        let root = Layout::root(steps, SEARCHED);
        let words = if let Some(layout) = root {
            // What is looked at in vain.
            self.entries.push(Entry::number(0));
            self.words(layout, Entry::number(0), steps)
        } else {
            (self.starts, self.values) = steps.iter().copied().unzip();
            Vec::new()
        };
        Table {
            root: root.unwrap_or_default(),
            nested: self.nested.into(),
            words: words.into(),
            nested_words: self.nested_words.into(),
            entries: self.entries.into(),
            starts: self.starts.into(),
            values: self.values.into(),
        }
    }

    /// The words of a table, with the entry before the steps.
    ///
    /// Recursion ends soon: a nested table's slots are a sixteenth as wide at the most, or it tells less than two apart
    /// and there is none.
    fn words(&mut self, layout: Layout, before: Entry, steps: &[(T, Entry)]) -> Vec<Word> {
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
                    let words = self.words(nested, value, in_slot);
                    self.nested.push(nested.with_first_word(self.nested_words.len()));
                    self.nested_words.extend(words);
                    Entry::table(self.nested.len() - 1)
                }
                (_, None) => self.run(Some((first, value)).filter(|_| *start != first), in_slot),
            };
            slots.set(slot, entry);
            (value, next_slot) = (*last_value, slot + 1);
        }
        slots.finish(&mut self.entries)
    }

    fn run(&mut self, before: Option<(T, Entry)>, steps: &[(T, Entry)]) -> Entry {
        let index = self.starts.len();
        for (start, value) in before.iter().chain(steps) {
            self.starts.push(*start);
            self.values.push(*value);
        }
        Entry::run(index, self.starts.len() - index)
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

    /// The words, whose entries are put behind the others.
    fn finish(self, entries: &mut Vec<Entry>) -> Vec<Word> {
        let mut rest = self.changes.as_slice();
        let mut value = Entry::number(0);
        let words = (0..self.layout.words()).map(|word| {
            let (here, after) = rest.split_at(rest.iter().take_while(|(slot, _)| slot / SLOTS == word).count());
            rest = after;
            let first = word * SLOTS;
            let (before, changes) = match here.split_first() {
                Some(((slot, entry), changes)) if *slot == first => (*entry, changes),
                _ => (value, here),
            };
            value = changes.last().map_or(before, |(_, last)| *last);
            if changes.is_empty() {
                return Word { bits: 0, entry: before };
            }
            let index = entries.len() as u32;
            entries.push(before);
            entries.extend(changes.iter().map(|(_, entry)| *entry));
            let bits = changes.iter().fold(0, |bits, (slot, _)| bits | 1 << (slot % SLOTS));
            Word { bits, entry: Entry::number(index) }
        });
        words.collect()
    }
}
