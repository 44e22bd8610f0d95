//! Which rules matter where: for each room class and kind of action, the rules that cover both.
//!
//! Most slices are small and many are equal, so they are numbered once. Rules that concern every room are kept aside,
//! once for each kind of action, so that the size of the whole does not grow with their number times that of the rooms.

use std::hash::BuildHasher as _;
use std::sync::{Arc, OnceLock};

use doorward_model::Policy;
use doorward_model::ids::{ActionId, PatternId, RuleId};
use doorward_model::limits;
use doorward_model::rule::{Rule, Strength};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use smallvec::SmallVec;

use super::bucket::{Bucket, KeySet, Pool, Stretch};
use super::condition::Conditions;
use super::free::{Free, Frees, TooFree, Uses};
use super::grouped::{Ends, Grouped};
use super::locate::{ClassId, Locator};
use super::names::{Names, names};
use super::origins::Origins;
use super::promise::{Everywhere, Promise, Promiser, Promises};
use super::record::{Record, Records};

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
    // By base: the rules that concern every room.
    bases: Vec<Bucket>,
    pub(crate) pool: Pool,
    pub(crate) strengths: Vec<Strength>,
    pub(crate) conditions: Conditions,
    pub(crate) promises: Promises,
}

/// The rules of one room class and kind of action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    // The number of the rules that concern every room.
    base: u32,
    /// The rules that concern rooms of this class.
    pub(crate) here: Bucket,
    /// Who could be let in.
    pub(crate) promise: Promise,
    /// Whether some of the rules that concern rooms of this class list nobody: no others concern the anonymous.
    pub(crate) public: bool,
    /// Whether all rules, those of every room included, ask for nothing but names, groups and addresses; see
    /// [`bare`](super::bare).
    pub(crate) bare: bool,
    /// Whether that is so, and [`Promise::may_hold`] says whether a term holds.
    pub(crate) sharp: bool,
}

/// A slice, the rules that concern every room, and where its detail is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SliceRef<'a> {
    pub(crate) slice: &'a Slice,
    pub(crate) everywhere: &'a Bucket,
    number: u32,
}

/// What is seldom asked of a slice, and so kept apart.
#[derive(Debug)]
pub(crate) struct Detail {
    /// What a visitor could claim that matters here.
    pub(crate) free: Arc<Free>,
    // Found out when it is first asked for, which is seldom.
    names: OnceLock<Box<Names>>,
}

impl Detail {
    /// The classes of declared identities that the rules of the slice tell apart.
    pub(crate) fn names(&self, policy: &Policy, found: SliceRef<'_>, pool: &Pool) -> &Names {
        self.names.get_or_init(|| {
            let records = pool.all(*found.everywhere).chain(pool.all(found.slice.here));
            Box::new(names(policy, records.filter_map(|record| record.entry.resolve(policy)).map(|(rule, _)| rule)))
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

/// Where the records of each rule are to be found, before it is known which rooms overlap.
struct Spread {
    // By kind: those of rules of every room.
    everywhere: Vec<Vec<u32>>,
    // Those of rules of every room but some.
    carved: Vec<u32>,
    // By rule: whether it excepts rooms.
    excepts: Vec<bool>,
    by_pattern: Ends,
}

/// A rule, and where one of its records stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    rule: RuleId,
    at: u32,
}

impl Spread {
    /// Also the records: those of one pattern side by side, in the order of their rules.
    fn new(policy: &Policy, kinds: &Kinds<'_>, records: &Records<'_>) -> (Self, Pool) {
        let somewhere = |pattern: Option<PatternId>| pattern.filter(|_| !covers_everything(policy, pattern));
        let by_pattern = Grouped::counted(
            policy.patterns.len(),
            Record::BLANK,
            |count| {
                let targets = policy.rules.iter().flat_map(|rule| rule.targets.iter());
                targets.filter_map(|target| somewhere(target.pattern)).for_each(|pattern| count(pattern.index()));
            },
            |add| {
                for (id, rule) in rules(policy) {
                    let Some(record) = records.of(id) else { continue };
                    for (target, it) in (0..).zip(rule.targets.iter()) {
                        somewhere(it.pattern).into_iter().for_each(|pattern| add(pattern.index(), record.at(target)));
                    }
                }
            },
        );
        let (records_by_pattern, by_pattern) = by_pattern.into_parts();
        let mut pool = Pool::of(records_by_pattern);
        let mut everywhere = vec![Vec::new(); kinds.count()];
        let mut carved = Vec::new();
        for (id, rule) in rules(policy) {
            let targets = (0..).zip(rule.targets.iter()).filter(|(_, it)| somewhere(it.pattern).is_none());
            let targets: SmallVec<[u32; 4]> = targets.map(|(target, _)| target).collect();
            if targets.is_empty() {
                continue;
            }
            let Some(record) = records.of(id) else { continue };
            for target in targets {
                let at = pool.place(record.at(target));
                if rule.except_rooms.is_empty() {
                    let lists = everywhere.iter_mut().zip(&kinds.examples);
                    lists.filter(|(_, action)| kinds.covers(id, **action)).for_each(|(list, _)| list.push(at));
                } else {
                    carved.push(at);
                }
            }
        }
        let excepts = policy.rules.iter().map(|rule| !rule.except_rooms.is_empty()).collect();
        (Self { everywhere, carved, excepts, by_pattern }, pool)
    }

    /// How many records of rules that do not concern every room all slices will have at most.
    fn count(&self, pool: &Pool, locator: &Locator, kinds: &Kinds<'_>) -> usize {
        let each = |rule: RuleId| kinds.examples.iter().filter(|action| kinds.covers(rule, **action)).count();
        let of = |positions: &mut dyn Iterator<Item = u32>| pool.rules(positions).map(each).sum::<usize>();
        let patterns = 0..self.by_pattern.count();
        let counts: Vec<usize> = patterns.map(|pattern| of(&mut self.by_pattern.of(pattern))).collect();
        let carved = of(&mut self.carved.iter().copied());
        let of_class =
            |class: &[PatternId]| class.iter().filter_map(|pattern| counts.get(pattern.index())).sum::<usize>();
        locator.classes.iter().map(|class| of_class(class) + carved).fold(0, usize::saturating_add)
    }

    /// Puts the rules of one room class that do not concern every room into `here`, sorted.
    fn here(&self, policy: &Policy, pool: &Pool, class: &[PatternId], here: &mut Vec<Placed>) {
        let by_pattern = class.iter().flat_map(|pattern| self.by_pattern.of(pattern.index()));
        let positions = by_pattern.chain(self.carved.iter().copied());
        let excepted = |placed: &Placed| {
            self.excepts.get(placed.rule.index()).is_some_and(|excepts| *excepts)
                && policy
                    .rules
                    .get(placed.rule.index())
                    .is_some_and(|rule| rule.except_rooms.iter().any(|except| class.binary_search(except).is_ok()))
        };
        let placed = positions.filter_map(|at| Some(Placed { rule: pool.record(at)?.entry.rule, at }));
        here.clear();
        here.extend(placed.filter(|placed| !excepted(placed)));
        here.sort_unstable();
    }
}

fn rules(policy: &Policy) -> impl Iterator<Item = (RuleId, &Rule)> {
    policy.rules.iter().enumerate().map(|(index, rule)| (RuleId::from_index(index), rule))
}

impl Slices {
    pub(crate) fn new(
        policy: &Policy,
        locator: &Locator,
        records: Records<'_>,
        origins: &Origins,
    ) -> Result<Self, SliceError> {
        let kinds = Kinds::new(policy);
        let (spread, mut pool) = Spread::new(policy, &kinds, &records);
        let Records { strengths, conditions, .. } = records;
        let mut frees = Frees::new(policy);
        let mut promiser = Promiser::new(policy, &conditions);
        let mut bases: Vec<Base<'_>> = Vec::new();
        // By kind: kinds with the same rules of every room have one base.
        let mut base_numbers = Vec::with_capacity(kinds.count());
        let mut known_bases: HashMap<&[u32], usize> = HashMap::new();
        for positions in &spread.everywhere {
            let number = *known_bases.entry(positions).or_insert(bases.len());
            base_numbers.push(number);
            if number < bases.len() {
                continue;
            }
            let uses = frees.uses(pool.rules(positions.iter().copied()));
            let free = frees
                .of(&uses, &Uses::default(), pool.rules(positions.iter().copied()))
                .map_err(SliceError::TooFree)?;
            let (bucket, stretch) = pool.add(policy, positions);
            let promise = promiser.everywhere(&pool, stretch, &free);
            let bare = origins.are_told_apart() && pool.each(stretch).all(Record::bare);
            bases.push(Base { bucket, uses, free, promise, bare });
        }
        // By base and rules: kinds that only differ elsewhere share a slice.
        let mut known = Known::default();
        let mut table = Vec::with_capacity(locator.classes.len() * kinds.count());
        // What grows by copies leaves holes in the memory behind it, so there is room for what most policies need.
        let most_slices = table.capacity().min(policy.rules.len());
        let (mut slices, mut details) = (Vec::with_capacity(most_slices), Vec::with_capacity(most_slices));
        let most = spread.count(&pool, locator, &kinds).min(policy.rules.len().saturating_mul(8));
        pool.reserve(most);
        promiser.reserve(most);
        let mut size = 0;
        let (mut here, mut positions) = (Vec::new(), Vec::new());
        for class in &locator.classes {
            spread.here(policy, &pool, class, &mut here);
            for (kind, (base_number, action)) in base_numbers.iter().zip(&kinds.examples).enumerate() {
                let Some(base) = bases.get_mut(*base_number) else { continue };
                let covered = here.iter().filter(|placed| kinds.covers(placed.rule, *action));
                positions.clear();
                positions.extend(covered.map(|placed| placed.at));
                let fresh = number(slices.len());
                if let Some(slice) = known.find(&pool, *base_number, &positions) {
                    table.push(slice);
                    continue;
                }
                size += positions.len() + 1;
                if size > limits::ROOM_CLASSES {
                    return Err(SliceError::TooLong(pool.rules(positions.iter().copied()).last().unwrap_or(RuleId(0))));
                }
                let uses = frees.uses(pool.rules(positions.iter().copied()));
                let free = if uses.is_empty() {
                    Arc::clone(&base.free)
                } else {
                    let all = spread.everywhere.get(kind).into_iter().flatten().chain(&positions).copied();
                    frees.of(&base.uses, &uses, pool.rules(all)).map_err(SliceError::TooFree)?
                };
                let (here, stretch) = pool.add(policy, &positions);
                known.add(*base_number, &positions, stretch);
                let promise = promiser.promise(&mut base.promise, &base.free, &pool, stretch, &free);
                let public = pool.each(stretch).any(Record::unlisted);
                let bare = base.bare && pool.each(stretch).all(Record::bare);
                let sharp = bare && origins.are_few() && promiser.are_unhindered(&pool, promise);
                slices.push(Slice { base: number(*base_number), here, promise, public, bare, sharp });
                details.push(Detail { free, names: OnceLock::new() });
                table.push(fresh);
            }
        }
        let promises = promiser.finish();
        pool.shrink();
        slices.shrink_to_fit();
        details.shrink_to_fit();
        Ok(Self {
            width: kinds.count(),
            kinds: kinds.of_actions.into(),
            table,
            slices,
            details,
            bases: bases.iter().map(|base| base.bucket).collect(),
            pool,
            strengths,
            conditions,
            promises,
        })
    }

    /// What leads to rules that concern every room.
    pub(crate) fn keys_everywhere(&self) -> KeySet {
        self.pool.keys(self.bases.iter().copied())
    }

    /// The rules that cover a room class and an action.
    #[inline]
    pub(crate) fn slice(&self, class: ClassId, action: ActionId) -> Option<SliceRef<'_>> {
        let kind = *self.kinds.get(action.index())? as usize;
        let number = *self.table.get((class.0 as usize).checked_mul(self.width)?.checked_add(kind)?)?;
        let slice = self.slices.get(number as usize)?;
        Some(SliceRef { slice, everywhere: self.bases.get(slice.base as usize)?, number })
    }

    /// What is seldom asked of a slice.
    pub(crate) fn detail(&self, slice: SliceRef<'_>) -> Option<&Detail> {
        self.details.get(slice.number as usize)
    }
}

/// The slices that are known, by what is everywhere and the rules of their rooms.
#[derive(Default)]
struct Known {
    // By slice: its base, and its rules.
    slices: Vec<(u32, Stretch)>,
    // The slices, each with a part of its hash.
    table: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
}

impl Known {
    fn hash(&self, base: usize, positions: &[u32]) -> u32 {
        (self.hasher.hash_one((base, positions)) >> 32) as u32
    }

    /// The slice of the records at these positions, sorted by rule, if one is known.
    fn find(&self, pool: &Pool, base: usize, positions: &[u32]) -> Option<u32> {
        let hash = self.hash(base, positions);
        let key = |at: &u32| (pool.record(*at).map(|record| record.entry.rule), *at);
        let is_it = |(other, slice): &(u32, u32)| {
            // As many, and each of them among the others: none is listed twice.
            *other == hash
                && self.slices.get(*slice as usize).is_some_and(|(other, stretch)| {
                    *other as usize == base
                        && stretch.len() == positions.len()
                        && pool
                            .positions(*stretch)
                            .all(|(at, _)| positions.binary_search_by_key(&key(&at), key).is_ok())
                })
        };
        self.table.find(widened(hash), is_it).map(|(_, slice)| *slice)
    }

    /// Makes the next slice that of the records at these positions.
    fn add(&mut self, base: usize, positions: &[u32], stretch: Stretch) {
        let hash = self.hash(base, positions);
        let slice = number(self.slices.len());
        self.slices.push((number(base), stretch));
        self.table.insert_unique(widened(hash), (hash, slice), |(hash, _)| widened(*hash));
    }
}

/// Of the hashes of a table the highest and the lowest bits count.
fn widened(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// What the slices of one kind of action have in common.
struct Base<'a> {
    bucket: Bucket,
    uses: Uses<'a>,
    free: Arc<Free>,
    promise: Everywhere,
    bare: bool,
}

/// Whether a rule's target is every path.
pub(crate) fn covers_everything(policy: &Policy, pattern: Option<PatternId>) -> bool {
    pattern.is_none_or(|pattern| {
        policy.patterns.get(pattern.index()).is_some_and(|pattern| pattern.tail() && pattern.segments().is_empty())
    })
}

/// The kinds of actions: those of one kind are covered by the same rules.
struct Kinds<'a> {
    /// By action, its kind.
    of_actions: Vec<u32>,
    /// By kind, one of its actions.
    examples: Vec<ActionId>,
    /// The lists of actions that rules cover; the first stands for any action.
    lists: Vec<&'a [ActionId]>,
    /// By rule, its list.
    of_rules: Vec<u32>,
}

impl<'a> Kinds<'a> {
    fn new(policy: &'a Policy) -> Self {
        // Rules that name the same actions share a list. Lists that are equal and not shared do no harm.
        let mut numbers: HashMap<(*const ActionId, usize), u32> = HashMap::new();
        let mut lists: Vec<&[ActionId]> = vec![&[]];
        let of_rules = policy.rules.iter().map(|rule| {
            let Some(list) = rule.actions.as_deref() else { return 0 };
            let fresh = u32::try_from(lists.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry((list.as_ptr(), list.len())).or_insert(fresh);
            if number == fresh {
                lists.push(list);
            }
            number
        });
        let of_rules = of_rules.collect();
        let mut holders: Vec<Vec<u32>> = vec![Vec::new(); policy.actions.len()];
        for (number, list) in (0..).zip(&lists) {
            for action in *list {
                if let Some(holders) = holders.get_mut(action.index()) {
                    holders.push(number);
                }
            }
        }
        let mut kinds: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut examples = Vec::new();
        let of_actions = holders.into_iter().enumerate().map(|(action, mut holders)| {
            holders.dedup();
            let fresh = u32::try_from(examples.len()).unwrap_or(u32::MAX);
            let kind = *kinds.entry(holders).or_insert(fresh);
            if kind == fresh {
                examples.push(ActionId::from_index(action));
            }
            kind
        });
        Self { of_actions: of_actions.collect(), examples, lists, of_rules }
    }

    /// Whether a rule covers an action, and so all of its kind.
    fn covers(&self, rule: RuleId, action: ActionId) -> bool {
        self.of_rules.get(rule.index()).is_some_and(|list| {
            *list == 0 || self.lists.get(*list as usize).is_some_and(|list| list.binary_search(&action).is_ok())
        })
    }

    fn count(&self) -> usize {
        self.examples.len()
    }
}
