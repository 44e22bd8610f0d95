//! Which sets are active, numbered so that equal states have equal numbers.
//!
//! A list of thousands of sets is neither copied nor compared when one of them changes: the state is a tree whose equal
//! branches have equal numbers, so that only one path has to be looked up again.

use std::collections::HashMap;
use std::hash::Hash;

/// How many branches meet in a node.
const FAN: usize = 16;

/// How many sets a leaf has.
const LEAF: usize = u64::BITS as usize;

/// A set of small numbers that knows when it was the same before.
pub(super) struct ActiveSets {
    leaves: Vec<u64>,
    leaf_numbers: HashMap<u64, u32>,
    levels: Vec<Level>,
    /// The leaves that have changed since the last [`state`](Self::state).
    changed: Vec<usize>,
    /// The number of the last state.
    root: u32,
}

/// The nodes at one distance from the leaves, the lowest first.
struct Level {
    /// The number of each branch below, in the order of the sets; nothing active is 0.
    branches: Vec<[u32; FAN]>,
    numbers: HashMap<[u32; FAN], u32>,
}

impl ActiveSets {
    /// For sets from 0 up to that number.
    pub(super) fn new(sets: usize) -> Self {
        let mut width = sets.div_ceil(LEAF).max(1);
        let leaves = vec![0; width];
        let mut levels = Vec::new();
        while width > 1 {
            width = width.div_ceil(FAN);
            levels.push(Level { branches: vec![[0; FAN]; width], numbers: HashMap::from([([0; FAN], 0)]) });
        }
        Self { leaves, leaf_numbers: HashMap::from([(0, 0)]), levels, changed: Vec::new(), root: 0 }
    }

    /// Adds the set if it is not active, else takes it away.
    pub(super) fn toggle(&mut self, set: usize) {
        if let Some(leaf) = self.leaves.get_mut(set / LEAF) {
            *leaf ^= 1 << (set % LEAF);
            self.changed.push(set / LEAF);
        }
    }

    /// Takes all sets away.
    pub(super) fn clear(&mut self) {
        for (index, leaf) in self.leaves.iter_mut().enumerate().filter(|(_, leaf)| **leaf != 0) {
            *leaf = 0;
            self.changed.push(index);
        }
    }

    /// The number of what is active: the same as before if it was asked about before, else the next free one. Nothing
    /// active is 0.
    pub(super) fn state(&mut self) -> u32 {
        // All changes of a level go in before the next level is numbered: a state in between is never asked about.
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        for index in &changed {
            let leaf = self.leaves.get(*index).copied().unwrap_or_default();
            self.root = number(&mut self.leaf_numbers, leaf);
            if let Some(level) = self.levels.first_mut() {
                level.set(*index, self.root);
            }
        }
        for height in 0..self.levels.len() {
            let (below, above) = self.levels.split_at_mut(height + 1);
            let Some(level) = below.last_mut() else { break };
            changed.iter_mut().for_each(|index| *index /= FAN);
            changed.dedup();
            for index in &changed {
                let node = level.branches.get(*index).copied().unwrap_or_default();
                self.root = number(&mut level.numbers, node);
                if let Some(above) = above.first_mut() {
                    above.set(*index, self.root);
                }
            }
        }
        changed.clear();
        self.changed = changed;
        self.root
    }

    /// Adds the active sets to the list, in order. Says whether the list has at most `budget` entries, and else stops
    /// early. Changes since the last [`state`](Self::state) are not seen.
    pub(super) fn list(&self, members: &mut Vec<u32>, budget: usize) -> bool {
        self.list_below(self.levels.len(), 0, members, budget)
    }

    fn list_below(&self, height: usize, index: usize, members: &mut Vec<u32>, budget: usize) -> bool {
        let Some(level) = height.checked_sub(1).and_then(|height| self.levels.get(height)) else {
            let mut leaf = self.leaves.get(index).copied().unwrap_or_default();
            while leaf != 0 {
                members.extend(u32::try_from(index * LEAF + leaf.trailing_zeros() as usize));
                leaf &= leaf - 1;
            }
            return members.len() <= budget;
        };
        let branches = level.branches.get(index).into_iter().flatten().enumerate();
        let mut active = branches.filter(|(_, number)| **number != 0);
        active.all(|(branch, _)| self.list_below(height - 1, index * FAN + branch, members, budget))
    }
}

impl Level {
    fn set(&mut self, index: usize, number: u32) {
        let branch = self.branches.get_mut(index / FAN).and_then(|node| node.get_mut(index % FAN));
        if let Some(branch) = branch {
            *branch = number;
        }
    }
}

/// The number of the key: the one that it has, else the next free one.
fn number<K: Hash + Eq>(numbers: &mut HashMap<K, u32>, key: K) -> u32 {
    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    *numbers.entry(key).or_insert(next)
}
