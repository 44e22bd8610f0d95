//! Finds out who could be let in: the denies that could hinder the subjects of each allow, and so its terms.

use std::borrow::Cow;
use std::sync::Arc;

use doorward_model::Policy;
use doorward_model::ids::{GroupId, IdentityId};
use doorward_model::rule::{Members, Who};
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{Common, Promise, Promises, Span, number};
use crate::engine::bucket::{Pool, Stretch};
use crate::engine::condition::Conditions;
use crate::engine::free::Free;
use crate::engine::grouped::Grouped;
use crate::engine::record::Record;
use crate::engine::visitor::{Candidate, Visitor as _};

/// More smallest sets of denies than this are left to the search.
const ALTERNATIVES: usize = 8;

/// So many subjects are tried for one allow, and so many in all, before the search has to do it.
const TRIALS: usize = 20_000;
const ALL_TRIALS: usize = 20_000_000;

/// What is known of the rules that concern every room, for one kind of action.
pub(crate) struct Everywhere {
    stretch: Stretch,
    blockers: Blockers,
    // The promise where no other rule is.
    promise: Promise,
    // By group, where an allow lists that group alone and no other rule hinders: most allows do, and it is soon known.
    known: HashMap<GroupId, Option<Alternatives>>,
}

/// Denies that concern some known visitors and not others, whatever their strength: those of every room by whom they list,
/// since they may be many.
#[derive(Default)]
struct Blockers {
    // By group, up to the last that has any.
    groups: Vec<Vec<Record>>,
    identities: HashMap<IdentityId, Vec<Record>>,
    others: Vec<Record>,
}

impl Blockers {
    fn new<'r>(policy: &Policy, records: impl Iterator<Item = &'r Record>) -> Self {
        let mut blockers = Self::default();
        for record in records.filter(|record| is_blocker(record)) {
            match record.entry.resolve(policy).map(|(rule, _)| &rule.subjects.who) {
                Some(Who::Listed(members)) => {
                    for group in members.groups.iter() {
                        if blockers.groups.len() <= group.index() {
                            blockers.groups.resize_with(group.index() + 1, Vec::new);
                        }
                        blockers.groups.get_mut(group.index()).into_iter().for_each(|list| list.push(*record));
                    }
                    for identity in members.identities.iter() {
                        blockers.identities.entry(*identity).or_default().push(*record);
                    }
                }
                _ => blockers.others.push(*record),
            }
        }
        blockers
    }

    /// Those that may concern a visitor.
    fn of<'b>(&'b self, policy: &'b Policy, candidate: &'b Candidate<'_>) -> impl Iterator<Item = &'b Record> {
        let listed = candidate.identity.map_or(&[][..], |(_, identity)| &identity.groups);
        let claimed = candidate.groups.iter().filter_map(|group| policy.groups.get(group.index()));
        let groups = listed.iter().chain(claimed.flat_map(|group| group.within.iter()));
        let by_group = groups.filter_map(|group| self.groups.get(group.index())).flatten();
        let id = candidate.identity.map(|(id, _)| id).filter(|_| !self.identities.is_empty());
        let by_name = id.and_then(|id| self.identities.get(&id)).into_iter().flatten();
        self.others.iter().chain(by_group).chain(by_name)
    }
}

/// A deny without a strength, since the greatest passes any, that asks nothing else about the visitor than its SUBJECTS
/// and does not concern everybody.
fn is_blocker(record: &Record) -> bool {
    record.denies() && record.strength().is_none() && !record.personal() && !record.everybody()
}

/// Sets of denies, none of which holds another.
type Alternatives = SmallVec<[Vec<Record>; 1]>;

/// Makes the promises of all slices.
pub(crate) struct Promiser<'a> {
    policy: &'a Policy,
    conditions: &'a Conditions,
    // By group: the declared identities in it.
    members: Grouped<IdentityId>,
    trials: usize,
    promises: Promises,
}

impl<'a> Promiser<'a> {
    pub(crate) fn new(policy: &'a Policy, conditions: &'a Conditions) -> Self {
        let members = Grouped::new(policy.groups.len(), IdentityId(0), |add| {
            for (index, identity) in policy.identities.iter().enumerate() {
                identity.groups.iter().for_each(|group| add(group.index(), IdentityId::from_index(index)));
            }
        });
        Self { policy, conditions, members, trials: 0, promises: Promises::default() }
    }

    /// Makes room for so many terms.
    pub(crate) fn reserve(&mut self, terms: usize) {
        self.promises.terms.reserve_exact(terms);
    }

    pub(crate) fn finish(mut self) -> Promises {
        self.promises.shrink();
        self.promises
    }

    /// Whether no term of a promise has denies.
    pub(crate) fn are_unhindered(&self, pool: &Pool, promise: Promise) -> bool {
        self.promises.terms(pool, promise).all(|term| term.denies.is_empty())
    }

    /// Looks at the rules that concern every room.
    pub(crate) fn everywhere(&mut self, pool: &Pool, stretch: Stretch, free: &Free) -> Everywhere {
        let records = pool.each(stretch);
        let blockers = Blockers::new(self.policy, records.clone());
        let (everywhere, partial) = self.terms(pool, stretch, free, &blockers, &[], &mut HashMap::new());
        let doubtful = self.doubtful(records.clone());
        let (origins, certain) = self.promises.reach(pool, everywhere);
        let promise = Promise {
            common: self.common(pool, everywhere, doubtful),
            here: Span::default(),
            needed: 0,
            doubtful: Span::default(),
            origins,
            certain,
            doubts: !doubtful.is_empty(),
            partial,
            aged: self.aged(records),
        };
        Everywhere { stretch, blockers, promise, known: HashMap::new() }
    }

    /// The promise of a slice; `alone` is what is free where the rules that concern every room are alone.
    pub(crate) fn promise(
        &mut self,
        everywhere: &mut Everywhere,
        alone: &Arc<Free>,
        pool: &Pool,
        here: Stretch,
        free: &Arc<Free>,
    ) -> Promise {
        let records = pool.each(here);
        let mut promise = everywhere.promise;
        let blockers: Vec<Record> = records.clone().filter(|record| is_blocker(record)).copied().collect();
        if !blockers.is_empty() || !Arc::ptr_eq(alone, free) {
            let (terms, partial) =
                self.terms(pool, everywhere.stretch, free, &everywhere.blockers, &blockers, &mut HashMap::new());
            let doubtful = self.promises.common(promise).map_or(Span::default(), |common| common.doubtful);
            promise.common = self.common(pool, terms, doubtful);
            promise.partial = partial;
            (promise.origins, promise.certain) = self.promises.reach(pool, terms);
        }
        let mut fresh = HashMap::new();
        let known = if Arc::ptr_eq(alone, free) && blockers.is_empty() { &mut everywhere.known } else { &mut fresh };
        let (terms, partial) = self.terms(pool, here, free, &everywhere.blockers, &blockers, known);
        promise.here = terms;
        promise.needed = self.promises.arrange(pool, self.conditions, terms);
        promise.partial |= partial;
        let (origins, certain) = self.promises.reach(pool, terms);
        promise.origins |= origins;
        promise.certain |= certain;
        promise.doubtful = self.doubtful(records.clone());
        promise.doubts |= !promise.doubtful.is_empty();
        promise.aged |= self.aged(records);
        promise
    }

    /// Numbers what rules of every room add.
    fn common(&mut self, pool: &Pool, terms: Span, doubtful: Span) -> u32 {
        let needed = self.promises.arrange(pool, self.conditions, terms);
        self.promises.commons.push(Common { terms, needed, doubtful });
        number(self.promises.commons.len() - 1)
    }

    /// The terms of the allows of a stretch, and whether others of them have none.
    fn terms(
        &mut self,
        pool: &Pool,
        stretch: Stretch,
        free: &Free,
        everywhere: &Blockers,
        here: &[Record],
        known: &mut HashMap<GroupId, Option<Alternatives>>,
    ) -> (Span, bool) {
        let start = number(self.promises.terms.len());
        let mut partial = false;
        for (at, allow) in pool.positions(stretch).filter(|(_, record)| !record.denies()) {
            let exact = !allow.personal() && free.contested.is_empty();
            if !exact {
                partial = true;
                continue;
            }
            let found;
            let alternatives = match allow.group() {
                Some(group) => &*known.entry(group).or_insert_with(|| self.alternatives(allow, free, everywhere, here)),
                None => {
                    found = self.alternatives(allow, free, everywhere, here);
                    &found
                }
            };
            partial |= alternatives.is_none();
            for denies in alternatives.iter().flatten() {
                self.promises.push(at, denies);
            }
        }
        (Span { start, end: number(self.promises.terms.len()) }, partial)
    }

    /// The smallest sets of denies that concern a subject of an allow; `None` if there is too much to try.
    fn alternatives(
        &mut self,
        allow: &Record,
        free: &Free,
        everywhere: &Blockers,
        here: &[Record],
    ) -> Option<Alternatives> {
        // What all allows together may try is spent: whoever asks has to search.
        if self.trials > ALL_TRIALS {
            return None;
        }
        let (rule, _) = allow.entry.resolve(self.policy)?;
        let mut found = Alternatives::new();
        let mut trials = 0;
        let mut tried = |promiser: &Self, id: Option<IdentityId>| {
            let identity = id.and_then(|id| Some((id, promiser.policy.identities.get(id.index())?)));
            let candidate = Candidate {
                policy: promiser.policy,
                name: Cow::Borrowed(""),
                identity,
                groups: free.helpful.to_vec(),
                open_groups: Vec::new(),
                attributes: Vec::new(),
            };
            trials += 1;
            if !is_among(&candidate, &rule.subjects.who, &rule.subjects.except) {
                return Tried::Other;
            }
            let mut denies: Vec<Record> = Vec::new();
            for deny in everywhere.of(promiser.policy, &candidate).chain(here) {
                trials += 1;
                let Some((rule, _)) = deny.entry.resolve(promiser.policy) else { continue };
                if is_among(&candidate, &rule.subjects.who, &rule.subjects.except) {
                    denies.push(*deny);
                }
            }
            denies.sort_unstable_by_key(|deny| deny.entry);
            denies.dedup_by_key(|deny| deny.entry);
            keep(&mut found, denies);
            // Nobody can be hindered by less than nothing.
            if trials > TRIALS || found.len() > ALTERNATIVES || found.first().is_some_and(Vec::is_empty) {
                Tried::Last
            } else {
                Tried::Subject
            }
        };
        // Who claims nothing is in no group.
        let nobody = matches!(rule.subjects.who, Who::Listed(_)) && free.helpful.is_empty();
        let first = if nobody { Tried::Other } else { tried(self, None) };
        let _ = match (&rule.subjects.who, first) {
            (_, Tried::Last) => true,
            // Nobody is a subject by claims alone.
            (Who::Listed(members), Tried::Other) => {
                let groups = members.groups.iter().flat_map(|group| self.members.of(group.index()));
                let declared = members.identities.iter().chain(groups).copied();
                declared.map(Some).any(|id| tried(self, id) == Tried::Last)
            }
            _ => {
                let mut declared = (0..self.policy.identities.len()).map(IdentityId::from_index);
                declared.any(|id| tried(self, Some(id)) == Tried::Last)
            }
        };
        self.trials += trials;
        (trials <= TRIALS && found.len() <= ALTERNATIVES).then_some(found)
    }

    fn doubtful<'r>(&mut self, records: impl Iterator<Item = &'r Record>) -> Span {
        let start = number(self.promises.denies.len());
        self.promises.denies.extend(records.filter(|record| record.denies() && record.personal()));
        Span { start, end: number(self.promises.denies.len()) }
    }

    fn aged<'r>(&self, records: impl Iterator<Item = &'r Record>) -> bool {
        records
            .filter(|record| record.strength().is_some())
            .filter_map(|record| record.entry.resolve(self.policy))
            .any(|(rule, _)| rule.strength.is_some_and(|strength| strength.within.is_some()))
    }
}

/// What became of one who could be let in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tried {
    /// No subject of the allow.
    Other,
    /// One of its subjects.
    Subject,
    /// One after whom no other need be tried.
    Last,
}

fn is_among(candidate: &Candidate<'_>, who: &Who, except: &Members) -> bool {
    let listed = match who {
        Who::Anyone | Who::Authenticated => true,
        Who::Listed(members) => candidate.is_among(members).is_true(),
    };
    listed && !candidate.is_among(except).is_true()
}

/// Adds a set to others none of which holds another, unless it holds one of them.
fn keep(found: &mut Alternatives, denies: Vec<Record>) {
    let holds = |outer: &[Record], inner: &[Record]| {
        inner.iter().all(|deny| outer.binary_search_by_key(&deny.entry, |other| other.entry).is_ok())
    };
    if found.iter().any(|known| holds(&denies, known)) {
        return;
    }
    found.retain(|known| !holds(known, &denies));
    found.push(denies);
}
