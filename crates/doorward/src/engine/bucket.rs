//! Rules that are asked together, arranged so that most of those that do not concern a visitor are never looked at.
//!
//! A few rules are simply listed. Of many, those that list a few groups or identities are found by the visitor's, and
//! those that concern everybody from somewhere by the address; only the rest is listed.

use std::ops::ControlFlow;

use doorward_model::Policy;
use doorward_model::ids::{GroupId, IdentityId, RuleId};
use doorward_model::rule::Who;
use hashbrown::HashSet;

use super::origins::{Origin, Origins};
use super::record::Record;

/// So many rules are listed without an index.
const LISTED: usize = 12;

/// A rule that lists more groups and identities than this is not found by them.
const KEYS: usize = 16;

/// Rules that are asked together: a part of the order of a [`Pool`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bucket {
    // Denies first.
    start: u32,
    end: u32,
    // One more than the index of the index; 0 for none.
    index: u32,
}

/// All records of a bucket, listed or not: a part of the order, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    start: u32,
    end: u32,
}

/// The records of all buckets.
///
/// The same record is in several of them, as those of a room class for several kinds of action. It is kept once, and buckets
/// hold its position.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    records: Vec<Record>,
    // Positions, bucket after bucket.
    order: Vec<u32>,
    indexes: Vec<Index>,
}

/// What visitors and addresses lead to: positions of records, sorted by key.
#[derive(Debug, Default)]
struct Index {
    groups: Vec<(u32, u32)>,
    identities: Vec<(u32, u32)>,
    origins: Vec<(u32, u32)>,
}

/// Groups, identities and origins that lead to rules.
#[derive(Default)]
pub(crate) struct KeySet {
    pub(crate) groups: HashSet<u32>,
    pub(crate) identities: HashSet<u32>,
    pub(crate) origins: HashSet<u32>,
}

/// Whose rules are sought.
pub(crate) trait Keys {
    /// The visitor's groups, each at least once.
    fn groups(&self) -> impl Iterator<Item = GroupId>;

    /// The visitor, if they are declared.
    fn identity(&self) -> Option<IdentityId>;

    /// Whether any of these leads to a rule that concerns every room.
    fn lead_everywhere(&self) -> bool;
}

impl Pool {
    /// A pool of these records, each at the position that it has among them.
    pub(crate) fn of(records: Vec<Record>) -> Self {
        Self { records, ..Self::default() }
    }

    /// Adds a record for buckets to hold, and tells its position.
    pub(crate) fn place(&mut self, record: Record) -> u32 {
        // Few come so, and a list that has its size by then need not double for them.
        if self.records.len() == self.records.capacity() {
            self.records.reserve_exact(self.records.len() / 64 + 16);
        }
        self.records.push(record);
        number(self.records.len() - 1)
    }

    /// Adds a bucket of the records at these positions.
    pub(crate) fn add(&mut self, policy: &Policy, positions: &[u32]) -> (Bucket, Stretch) {
        let start = number(self.order.len());
        let mut index = Index::default();
        let (mut denies, mut allows) = (Vec::new(), Vec::new());
        for &at in positions {
            let Some(record) = self.records.get(at as usize) else { continue };
            if positions.len() > LISTED && index.insert(policy, record, at) {
                self.order.push(at);
            } else {
                if record.denies() { &mut denies } else { &mut allows }.push(at);
            }
        }
        let listed_start = number(self.order.len());
        self.order.extend(denies.into_iter().chain(allows));
        let end = number(self.order.len());
        let stretch = Stretch { start, end };
        if listed_start == start {
            return (Bucket { start, end, index: 0 }, stretch);
        }
        for keys in [&mut index.groups, &mut index.identities, &mut index.origins] {
            keys.sort_unstable();
            keys.shrink_to_fit();
        }
        self.indexes.push(index);
        (Bucket { start: listed_start, end, index: number(self.indexes.len()) }, stretch)
    }

    /// Makes room in buckets for so many.
    pub(crate) fn reserve(&mut self, records: usize) {
        self.order.reserve_exact(records);
    }

    pub(crate) fn shrink(&mut self) {
        self.records.shrink_to_fit();
        self.order.shrink_to_fit();
        self.indexes.shrink_to_fit();
    }

    /// Whether a bucket has rules that only visitors or only addresses lead to.
    pub(crate) fn is_indexed(&self, bucket: Bucket) -> bool {
        bucket.index != 0
    }

    fn index(&self, bucket: Bucket) -> Option<&Index> {
        self.indexes.get(bucket.index.checked_sub(1)? as usize)
    }

    /// The records that are listed, denies first.
    #[inline]
    pub(crate) fn listed(&self, bucket: Bucket) -> impl Iterator<Item = &Record> {
        self.between(bucket.start, bucket.end).map(|(_, record)| record)
    }

    /// All records of a stretch.
    pub(crate) fn each(&self, stretch: Stretch) -> impl Iterator<Item = &Record> + Clone {
        self.positions(stretch).map(|(_, record)| record)
    }

    /// All records of a stretch, with their positions.
    pub(crate) fn positions(&self, stretch: Stretch) -> impl Iterator<Item = (u32, &Record)> + Clone {
        self.between(stretch.start, stretch.end)
    }

    #[inline]
    fn between(&self, start: u32, end: u32) -> impl Iterator<Item = (u32, &Record)> + Clone {
        let positions = self.order.get(start as usize..end as usize).unwrap_or_default();
        positions.iter().filter_map(|at| Some((*at, self.record(*at)?)))
    }

    /// The rules of the records at some positions.
    pub(crate) fn rules(&self, positions: impl Iterator<Item = u32>) -> impl Iterator<Item = RuleId> {
        positions.filter_map(|at| Some(self.record(at)?.entry.rule))
    }

    /// The record at a position.
    #[inline]
    pub(crate) fn record(&self, position: u32) -> Option<&Record> {
        self.records.get(position as usize)
    }

    /// Visits the records that the visitor leads to; perhaps some of them twice, and others that do not concern them.
    pub(crate) fn by_visitor(
        &self,
        bucket: Bucket,
        visitor: &impl Keys,
        visit: &mut impl FnMut(&Record) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(index) = self.index(bucket) else { return ControlFlow::Continue(()) };
        if let Some(identity) = visitor.identity() {
            self.visit(find(&index.identities, identity.0), visit)?;
        }
        if index.groups.is_empty() {
            return ControlFlow::Continue(());
        }
        visitor.groups().try_for_each(|group| self.visit(find(&index.groups, group.0), visit))
    }

    /// Visits the records that an address leads to, or all that addresses lead to where it is not known.
    pub(crate) fn by_origin(
        &self,
        bucket: Bucket,
        origins: &Origins,
        from: Option<Origin>,
        visit: &mut impl FnMut(&Record) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(index) = self.index(bucket) else { return ControlFlow::Continue(()) };
        match from.map(|from| origins.holding(from)) {
            Some(Some(holding)) if holding.len() < index.origins.len() => {
                holding.iter().try_for_each(|origin| self.visit(find(&index.origins, *origin), visit))
            }
            // Any may hold the address, or none is known not to.
            _ => self.visit(&index.origins, visit),
        }
    }

    fn visit(&self, found: &[(u32, u32)], visit: &mut impl FnMut(&Record) -> ControlFlow<()>) -> ControlFlow<()> {
        found.iter().filter_map(|(_, at)| self.records.get(*at as usize)).try_for_each(visit)
    }

    /// What leads to rules of these buckets.
    pub(crate) fn keys(&self, buckets: impl Iterator<Item = Bucket>) -> KeySet {
        let mut keys = KeySet::default();
        for index in buckets.filter_map(|bucket| self.index(bucket)) {
            keys.groups.extend(index.groups.iter().map(|(group, _)| *group));
            keys.identities.extend(index.identities.iter().map(|(identity, _)| *identity));
            keys.origins.extend(index.origins.iter().map(|(origin, _)| *origin));
        }
        keys
    }

    /// Every record of a bucket, some of them perhaps more than once.
    pub(crate) fn all(&self, bucket: Bucket) -> impl Iterator<Item = &Record> {
        let indexed = self.index(bucket).into_iter().flat_map(|index| {
            let keys = [&index.groups, &index.identities, &index.origins];
            keys.into_iter().flatten().filter_map(|(_, at)| self.records.get(*at as usize))
        });
        self.listed(bucket).chain(indexed)
    }
}

impl Stretch {
    pub(crate) fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }
}

impl Index {
    /// Takes a record that is to stand at a position, if keys lead to it.
    fn insert(&mut self, policy: &Policy, record: &Record, at: u32) -> bool {
        let Some((rule, _)) = record.entry.resolve(policy) else { return false };
        if let Who::Listed(members) = &rule.subjects.who {
            if members.is_empty() || members.groups.len() + members.identities.len() > KEYS {
                return false;
            }
            self.groups.extend(members.groups.iter().map(|group| (group.0, at)));
            self.identities.extend(members.identities.iter().map(|identity| (identity.0, at)));
            return true;
        }
        record.origin().is_some_and(|origin| {
            self.origins.push((origin.0, at));
            true
        })
    }
}

/// The entries of one key.
fn find(entries: &[(u32, u32)], key: u32) -> &[(u32, u32)] {
    let start = entries.partition_point(|(found, _)| *found < key);
    let rest = entries.get(start..).unwrap_or_default();
    let end = rest.iter().take_while(|(found, _)| *found == key).count();
    rest.get(..end).unwrap_or_default()
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
