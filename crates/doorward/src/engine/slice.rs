//! Which rules matter where: for each room class and kind of action, the rules that cover both.
//!
//! Most slices are small and many are equal, so they are numbered once. Rules that concern every room are kept aside,
//! once for each kind of action, so that the size of the whole does not grow with their number times that of the rooms.

use std::sync::{Arc, OnceLock};

use doorward_model::Policy;
use doorward_model::ids::{ActionId, PatternId, RuleId};
use doorward_model::limits;
use doorward_model::rule::{Rule, Strength};
use hashbrown::HashMap;

use super::bucket::{Bucket, KeySet, Pool};
use super::condition::Conditions;
use super::free::{Free, Frees, TooFree, Uses};
use super::locate::{ClassId, Locator};
use super::names::{Names, names};
use super::promise::{Everywhere, Promise, Promiser, Promises};
use super::record::{Record, Records, RuleRef};

/// The rules of every room class and kind of action.
#[derive(Debug)]
pub(crate) struct Slices {
    // By action: actions of one kind are covered by the same rules.
    kinds: Box<[u32]>,
    // How many kinds there are.
    width: usize,
    // By class, and within it by kind.
    table: Vec<u32>,
    slices: Vec<Slice>,
    // By slice.
    details: Vec<Detail>,
    pub(crate) pool: Pool,
    pub(crate) strengths: Vec<Strength>,
    pub(crate) conditions: Conditions,
    pub(crate) promises: Promises,
}

/// The rules of one room class and kind of action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    /// The rules that concern every room.
    pub(crate) everywhere: Bucket,
    /// The rules that concern rooms of this class.
    pub(crate) here: Bucket,
    /// Who could be let in.
    pub(crate) promise: Promise,
    /// Whether some of the rules that concern rooms of this class list nobody: no others concern the anonymous.
    pub(crate) public: bool,
}

/// A slice, and where its detail is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SliceRef<'a> {
    pub(crate) slice: &'a Slice,
    number: u32,
}

/// What is seldom asked of a slice, and so kept apart.
#[derive(Debug)]
pub(crate) struct Detail {
    /// What a visitor could claim that matters here.
    pub(crate) free: Arc<Free>,
    // Found out when it is first asked for.
    names: OnceLock<Names>,
}

impl Detail {
    /// The classes of declared identities that the rules of the slice tell apart.
    pub(crate) fn names(&self, policy: &Policy, slice: &Slice, pool: &Pool) -> &Names {
        self.names.get_or_init(|| {
            let records = pool.all(slice.everywhere).chain(pool.all(slice.here));
            names(policy, records.filter_map(|record| record.entry.resolve(policy)).map(|(rule, _)| rule))
        })
    }
}

/// Why the rules could not be sliced.
pub(crate) enum SliceError {
    /// More than [`limits::FREE_COMBINATIONS`] in one slice.
    TooFree(TooFree),
    /// More than [`limits::ROOM_CLASSES`] entries; the rule is one that the last class lists.
    TooLong(RuleId),
}

/// Where each rule is to be found, before it is known which rooms overlap.
#[derive(Default)]
struct Spread {
    // By kind: rules of every room.
    everywhere: Vec<Vec<RuleRef>>,
    // Rules of every room but some.
    carved: Vec<RuleRef>,
    by_pattern: Vec<Vec<RuleRef>>,
}

impl Spread {
    fn new(policy: &Policy, kinds: &[Kind]) -> Self {
        let mut spread = Self {
            everywhere: vec![Vec::new(); kinds.len()],
            carved: Vec::new(),
            by_pattern: vec![Vec::new(); policy.patterns.len()],
        };
        for (index, rule) in policy.rules.iter().enumerate() {
            let id = RuleId::from_index(index);
            for (number, target) in (0u32..).zip(&rule.targets) {
                let entry = RuleRef { rule: id, target: number };
                if !covers_everything(policy, target.pattern) {
                    if let Some(list) = target.pattern.and_then(|it| spread.by_pattern.get_mut(it.index())) {
                        list.push(entry);
                    }
                } else if rule.except_rooms.is_empty() {
                    for (list, _) in spread.everywhere.iter_mut().zip(kinds).filter(|(_, kind)| kind.covers(id, rule)) {
                        list.push(entry);
                    }
                } else {
                    spread.carved.push(entry);
                }
            }
        }
        spread
    }

    /// The rules of one room class that do not concern every room, sorted.
    fn here(&self, policy: &Policy, class: &[PatternId]) -> Vec<RuleRef> {
        let by_pattern = class.iter().filter_map(|pattern| self.by_pattern.get(pattern.index())).flatten();
        let mut here: Vec<RuleRef> = by_pattern
            .chain(&self.carved)
            .copied()
            .filter(|entry| {
                policy
                    .rules
                    .get(entry.rule.index())
                    .is_some_and(|rule| !rule.except_rooms.iter().any(|except| class.binary_search(except).is_ok()))
            })
            .collect();
        here.sort_unstable();
        here
    }
}

impl Slices {
    pub(crate) fn new(policy: &Policy, locator: &Locator, records: Records) -> Result<Self, SliceError> {
        let (numbers, kinds) = action_kinds(policy);
        let spread = Spread::new(policy, &kinds);
        let mut pool = Pool::default();
        let mut frees = Frees::new(policy);
        let mut promiser = Promiser::new(policy, &records.conditions);
        let resolve =
            |entries: &[RuleRef]| -> Vec<Record> { entries.iter().filter_map(|it| records.get(*it)).collect() };
        let ids = |entries: &[RuleRef]| entries.iter().map(|entry| entry.rule).collect::<Vec<_>>();
        let mut bases = Vec::with_capacity(kinds.len());
        for entries in &spread.everywhere {
            let found = resolve(entries);
            let uses = frees.uses(ids(entries).into_iter());
            let free = frees.of(&uses, &Uses::default(), ids(entries).into_iter()).map_err(SliceError::TooFree)?;
            let promise = promiser.everywhere(&found, &free);
            bases.push(Base { bucket: pool.add(policy, &found), uses, free, promise });
        }
        let mut known: HashMap<(u32, Box<[RuleRef]>), u32> = HashMap::new();
        let mut table = Vec::with_capacity(locator.classes.len() * kinds.len());
        let mut slices = Vec::new();
        let mut details = Vec::new();
        let mut size = 0;
        for class in &locator.classes {
            let here = spread.here(policy, class);
            for ((number, kind), base) in (0u32..).zip(&kinds).zip(&mut bases) {
                let covers = |entry: &RuleRef| {
                    policy.rules.get(entry.rule.index()).is_some_and(|rule| kind.covers(entry.rule, rule))
                };
                let entries: Box<[RuleRef]> = here.iter().copied().filter(covers).collect();
                let key = (number, entries);
                if let Some(&slice) = known.get(&key) {
                    table.push(slice);
                    continue;
                }
                let entries = &key.1;
                size += entries.len() + 1;
                if size > limits::ROOM_CLASSES {
                    return Err(SliceError::TooLong(entries.last().map_or(RuleId(0), |entry| entry.rule)));
                }
                let found = resolve(entries);
                let uses = frees.uses(ids(entries).into_iter());
                let free = if uses.is_empty() {
                    Arc::clone(&base.free)
                } else {
                    let all = spread.everywhere.get(number as usize).into_iter().flatten().chain(entries);
                    frees.of(&base.uses, &uses, all.map(|entry| entry.rule)).map_err(SliceError::TooFree)?
                };
                let promise = promiser.promise(&mut base.promise, &base.free, &found, &free);
                let here = pool.add(policy, &found);
                let fresh = u32::try_from(slices.len()).unwrap_or(u32::MAX);
                let public = found.iter().any(Record::unlisted);
                slices.push(Slice { everywhere: base.bucket, here, promise, public });
                details.push(Detail { free, names: OnceLock::new() });
                table.push(fresh);
                known.insert(key, fresh);
            }
        }
        let promises = promiser.finish();
        pool.shrink();
        slices.shrink_to_fit();
        details.shrink_to_fit();
        Ok(Self {
            kinds: numbers.into(),
            width: kinds.len(),
            table,
            slices,
            details,
            pool,
            strengths: records.strengths,
            conditions: records.conditions,
            promises,
        })
    }

    /// What leads to rules that concern every room.
    pub(crate) fn keys_everywhere(&self) -> KeySet {
        let mut buckets: Vec<Bucket> = self.slices.iter().map(|slice| slice.everywhere).collect();
        buckets.sort_unstable();
        buckets.dedup();
        self.pool.keys(buckets.into_iter())
    }

    /// The rules that cover a room class and an action.
    #[inline]
    pub(crate) fn slice(&self, class: ClassId, action: ActionId) -> Option<SliceRef<'_>> {
        let kind = *self.kinds.get(action.index())? as usize;
        let number = *self.table.get((class.0 as usize).checked_mul(self.width)?.checked_add(kind)?)?;
        self.slices.get(number as usize).map(|slice| SliceRef { slice, number })
    }

    /// What is seldom asked of a slice.
    pub(crate) fn detail(&self, slice: SliceRef<'_>) -> Option<&Detail> {
        self.details.get(slice.number as usize)
    }
}

/// What the slices of one kind of action have in common.
struct Base<'a> {
    bucket: Bucket,
    uses: Uses<'a>,
    free: Arc<Free>,
    promise: Everywhere,
}

/// Whether a rule's target is every path.
pub(crate) fn covers_everything(policy: &Policy, pattern: Option<PatternId>) -> bool {
    pattern.is_none_or(|pattern| {
        policy.patterns.get(pattern.index()).is_some_and(|pattern| pattern.tail() && pattern.segments().is_empty())
    })
}

/// The rules that name the actions of one kind, sorted; those that cover any action are not listed.
struct Kind {
    rules: Vec<RuleId>,
}

impl Kind {
    fn covers(&self, id: RuleId, rule: &Rule) -> bool {
        rule.actions.is_none() || self.rules.binary_search(&id).is_ok()
    }
}

/// The kind of each action, and the rules of each kind.
fn action_kinds(policy: &Policy) -> (Vec<u32>, Vec<Kind>) {
    let mut rules: Vec<Vec<RuleId>> = vec![Vec::new(); policy.actions.len()];
    for (index, rule) in policy.rules.iter().enumerate() {
        for action in rule.actions.as_deref().into_iter().flatten() {
            if let Some(list) = rules.get_mut(action.index()) {
                list.push(RuleId::from_index(index));
            }
        }
    }
    let mut numbers: HashMap<Vec<RuleId>, u32> = HashMap::new();
    let mut kinds = Vec::with_capacity(rules.len());
    let mut kind_rules = Vec::new();
    for mut list in rules {
        list.dedup();
        let fresh = u32::try_from(kind_rules.len()).unwrap_or(u32::MAX);
        let number = *numbers.entry(list).or_insert_with_key(|list| {
            kind_rules.push(Kind { rules: list.clone() });
            fresh
        });
        kinds.push(number);
    }
    (kinds, kind_rules)
}
