//! Lists that name something twice.

use std::collections::HashMap;
use std::hash::Hash;

use doorward_syntax::Span;
use foldhash::fast::RandomState;

/// How many items are looked through one by one; nearly all lists of nearly all policies are shorter.
const FEW: usize = 8;

/// Where the items of a list stand.
pub(super) struct First<K> {
    few: [Option<(K, Span)>; FEW],
    /// What has no room among the few.
    more: Option<HashMap<K, Span, RandomState>>,
}

impl<K: Copy + Eq + Hash> First<K> {
    pub(super) fn new() -> Self {
        Self { few: [None; FEW], more: None }
    }

    /// Takes note of an item. Where it stood last, if it has been there.
    pub(super) fn insert(&mut self, item: K, span: Span) -> Option<Span> {
        for slot in &mut self.few {
            match slot {
                Some((known, place)) if *known == item => return Some(std::mem::replace(place, span)),
                Some(_) => {}
                None => {
                    *slot = Some((item, span));
                    return None;
                }
            }
        }
        self.more.get_or_insert_default().insert(item, span)
    }
}
