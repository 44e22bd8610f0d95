//! Which rules matter where: for each room class and kind of action, the rules that cover both.
//!
//! Most slices are small and many are equal, so they are numbered once. Rules that concern every room are kept aside,
//! once for each kind of action, so that the size of the whole does not grow with their number times that of the rooms.

use std::collections::HashMap;

use doorward_model::Policy;
use doorward_model::ids::{ActionId, PatternId, RuleId};
use doorward_model::limits;
use doorward_model::rule::{Rule, Target};

use super::free::{Free, Frees, TooFree};
use super::locate::{ClassId, Locator};

/// A rule at one of its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleRef {
    pub(crate) rule: RuleId,
    target: u32,
}

impl RuleRef {
    pub(crate) fn resolve(self, policy: &Policy) -> Option<(&Rule, &Target)> {
        let rule = policy.rules.get(self.rule.index())?;
        Some((rule, rule.targets.get(self.target as usize)?))
    }
}

/// The rules of every room class and kind of action.
#[derive(Debug)]
pub(crate) struct Slices {
    // By action: actions of one kind are covered by the same rules.
    kinds: Vec<u32>,
    // By kind: the rules that concern every room.
    everywhere: Vec<Box<[RuleRef]>>,
    // By class, then by kind.
    table: Vec<Box<[u32]>>,
    slices: Vec<Slice>,
}

#[derive(Debug)]
struct Slice {
    kind: u32,
    rules: Box<[RuleRef]>,
    free: Free,
}

/// The rules that cover one room class and action.
#[derive(Clone, Copy)]
pub(crate) struct Covering<'a> {
    everywhere: &'a [RuleRef],
    here: &'a [RuleRef],
    pub(crate) free: &'a Free,
}

impl<'a> Covering<'a> {
    pub(crate) fn rules(self) -> impl Iterator<Item = RuleRef> + 'a {
        self.everywhere.iter().chain(self.here).copied()
    }
}

/// Why the rules could not be sliced.
pub(crate) enum SliceError {
    /// More than [`limits::FREE_COMBINATIONS`] in one slice.
    TooFree(TooFree),
    /// More than [`limits::ROOM_CLASSES`] entries; the rule is one that the last class lists.
    TooLong(RuleId),
}

impl Slices {
    pub(crate) fn new(policy: &Policy, locator: &Locator) -> Result<Self, SliceError> {
        let (kinds, kind_rules) = action_kinds(policy);
        let mut everywhere: Vec<Vec<RuleRef>> = vec![Vec::new(); kind_rules.len()];
        let mut by_pattern: Vec<Vec<RuleRef>> = vec![Vec::new(); policy.patterns.len()];
        let mut carved: Vec<RuleRef> = Vec::new();
        for (index, rule) in policy.rules.iter().enumerate() {
            let id = RuleId::from_index(index);
            for (number, target) in rule.targets.iter().enumerate() {
                let entry = RuleRef { rule: id, target: u32::try_from(number).unwrap_or(u32::MAX) };
                if covers_everything(policy, target.pattern) {
                    if rule.except_rooms.is_empty() {
                        for (list, covered) in everywhere.iter_mut().zip(&kind_rules) {
                            if covered.covers(id, rule) {
                                list.push(entry);
                            }
                        }
                    } else {
                        carved.push(entry);
                    }
                } else if let Some(list) = target.pattern.and_then(|pattern| by_pattern.get_mut(pattern.index())) {
                    list.push(entry);
                }
            }
        }
        let everywhere: Vec<Box<[RuleRef]>> = everywhere.into_iter().map(Vec::into_boxed_slice).collect();
        let mut slices = Self { kinds, everywhere, table: Vec::new(), slices: Vec::new() };
        slices.fill(policy, locator, &kind_rules, &by_pattern, &carved)?;
        Ok(slices)
    }

    fn fill(
        &mut self,
        policy: &Policy,
        locator: &Locator,
        kind_rules: &[Kind],
        by_pattern: &[Vec<RuleRef>],
        carved: &[RuleRef],
    ) -> Result<(), SliceError> {
        let mut numbers: HashMap<(u32, Box<[RuleRef]>), u32> = HashMap::new();
        let mut frees = Frees::new(policy);
        let mut size = 0;
        for class in &locator.classes {
            let mut here: Vec<RuleRef> = class
                .iter()
                .filter_map(|pattern| by_pattern.get(pattern.index()))
                .flatten()
                .chain(carved)
                .copied()
                .filter(|entry| {
                    policy
                        .rules
                        .get(entry.rule.index())
                        .is_some_and(|rule| !rule.except_rooms.iter().any(|except| class.binary_search(except).is_ok()))
                })
                .collect();
            here.sort_unstable();
            let mut row = Vec::with_capacity(kind_rules.len());
            for (kind, covered) in (0u32..).zip(kind_rules) {
                let rules: Box<[RuleRef]> = here
                    .iter()
                    .copied()
                    .filter(|entry| {
                        policy.rules.get(entry.rule.index()).is_some_and(|rule| covered.covers(entry.rule, rule))
                    })
                    .collect();
                let fresh = u32::try_from(self.slices.len()).unwrap_or(u32::MAX);
                let key = (kind, rules);
                let number = match numbers.get(&key) {
                    Some(&number) => number,
                    None => {
                        let rules = key.1.clone();
                        size += rules.len() + 1;
                        if size > limits::ROOM_CLASSES {
                            return Err(SliceError::TooLong(rules.last().map_or(RuleId(0), |entry| entry.rule)));
                        }
                        let everywhere = self.everywhere.get(kind as usize).map_or(&[][..], |rules| rules);
                        let all = everywhere.iter().chain(&rules).map(|entry| entry.rule);
                        let free = frees.of(all).map_err(SliceError::TooFree)?;
                        self.slices.push(Slice { kind, rules, free });
                        numbers.insert(key, fresh);
                        fresh
                    }
                };
                row.push(number);
            }
            self.table.push(row.into_boxed_slice());
        }
        Ok(())
    }

    /// The rules that cover a room class and an action.
    pub(crate) fn covering(&self, class: ClassId, action: ActionId) -> Option<Covering<'_>> {
        let kind = *self.kinds.get(action.index())?;
        let number = *self.table.get(class.0 as usize)?.get(kind as usize)?;
        let slice = self.slices.get(number as usize)?;
        let everywhere = self.everywhere.get(slice.kind as usize)?;
        Some(Covering { everywhere, here: &slice.rules, free: &slice.free })
    }
}

fn covers_everything(policy: &Policy, pattern: Option<PatternId>) -> bool {
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
