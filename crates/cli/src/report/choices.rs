//! What else varies: the action, the address, the strength and age of an authentication, the time, and what is stated.
//!
//! Each list holds what the rules of the policy can tell apart, one value for each, as far as the bounds allow.

mod moments;
mod origins;

use std::collections::BTreeMap;
use std::net::IpAddr;

use doorward::Instant;
use doorward_model::Policy;
use doorward_model::ids::ActionId;
use doorward_syntax::print;
use serde::Serialize;

use super::rooms::Room;

/// At most how many kinds of actions can be chosen.
const MOST_ACTIONS: usize = 12;

/// At most how many ages can be chosen.
const MOST_AGES: usize = 6;

/// One value to choose: what it is called, and the clause that an `expect` line needs for it.
#[derive(Clone, Serialize)]
pub(super) struct Choice<T> {
    pub(super) label: String,
    /// Empty if nothing is to be said; `null` if an `expect` line cannot say it.
    pub(super) clause: Option<String>,
    #[serde(skip)]
    pub(super) value: T,
}

impl<T> Choice<T> {
    pub(super) fn new(label: impl Into<String>, clause: impl Into<String>, value: T) -> Self {
        Self { label: label.into(), clause: Some(clause.into()), value }
    }
}

/// An instant to choose, or that it is unknown.
pub(super) type Moment = Choice<Option<Instant>>;

/// What can be chosen; the first of each list is chosen at first.
#[derive(Serialize)]
pub(super) struct Choices {
    pub(super) actions: Vec<Choice<String>>,
    pub(super) origins: Vec<Choice<Option<IpAddr>>>,
    pub(super) strengths: Vec<Choice<Option<String>>>,
    pub(super) ages: Vec<Choice<u64>>,
    pub(super) times: Vec<Moment>,
    /// Whether what tests state of a room is stated.
    pub(super) facts: Vec<Choice<bool>>,
}

impl Choices {
    pub(super) fn of(policy: &Policy, limits: &mut Vec<String>) -> Self {
        Self {
            actions: actions(policy, limits),
            origins: origins::origins(policy, limits),
            strengths: strengths(policy),
            ages: ages(policy, limits),
            times: moments::moments(policy, limits),
            facts: vec![Choice::new("as in a test", "", true), Choice::new("nothing stated", "", false)],
        }
    }

    /// The same without choices that make no difference in any room.
    pub(super) fn told(mut self, rooms: &[Room]) -> Self {
        let any = |varies: fn(&Room) -> bool| rooms.iter().any(varies);
        if !any(|room| room.varies.facts) {
            self.facts.truncate(1);
        }
        if !any(|room| room.varies.origin) {
            self.origins = vec![Choice::new("anywhere", "", None)];
        }
        if !any(|room| room.varies.strength) {
            self.strengths.truncate(1);
        }
        self
    }

    /// The time that is chosen at first.
    pub(super) fn now(&self) -> Option<Instant> {
        self.times.first().and_then(|choice| choice.value)
    }
}

/// One action of each kind that the rules tell apart, the most usual first.
fn actions(policy: &Policy, limits: &mut Vec<String>) -> Vec<Choice<String>> {
    const USUAL: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let mut ids: Vec<ActionId> = USUAL.iter().filter_map(|name| policy.action(name)).collect();
    let declared = (0..policy.actions.len())
        .map(ActionId::from_index)
        .filter(|id| policy.actions.get(id.index()).is_some_and(|action| action.span.is_some()));
    ids.extend(declared);
    ids.extend((0..policy.actions.len()).map(ActionId::from_index));
    let mut kinds: Vec<Vec<ActionId>> = Vec::new();
    let mut numbers: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for id in ids.into_iter().filter(|id| seen.insert(*id)) {
        let covered = |actions: &std::sync::Arc<Vec<ActionId>>| actions.contains(&id);
        let kind: Vec<bool> = policy.rules.iter().map(|rule| rule.actions.as_ref().is_none_or(covered)).collect();
        let number = *numbers.entry(kind).or_insert(kinds.len());
        match kinds.get_mut(number) {
            Some(kind) => kind.push(id),
            None => kinds.push(vec![id]),
        }
    }
    if kinds.len() > MOST_ACTIONS {
        limits.push(format!("Of {} kinds of actions {MOST_ACTIONS} can be chosen.", kinds.len()));
        kinds.truncate(MOST_ACTIONS);
    }
    let name = |id: &ActionId| policy.actions.get(id.index()).map(|action| &*action.name);
    kinds
        .iter()
        .filter_map(|kind| {
            let names: Vec<&str> = kind.iter().filter_map(name).collect();
            let first = names.first()?;
            let label = match names.len() {
                0..=4 => names.join(", "),
                more => format!("{first} and {} others", more - 1),
            };
            Some(Choice::new(label, print::name(first), (*first).to_owned()))
        })
        .collect()
}

fn strengths(policy: &Policy) -> Vec<Choice<Option<String>>> {
    let declared = policy.levels.iter().filter(|level| !level.name.is_empty());
    let mut choices: Vec<Choice<Option<String>>> = declared
        .map(|level| {
            Choice::new(&*level.name, format!("with {}", print::name(&level.name)), Some(level.name.to_string()))
        })
        .collect();
    if choices.is_empty() {
        // An age stands behind a level, and none is declared that could be written.
        choices.push(Choice { label: "authenticated".to_owned(), clause: None, value: None });
    }
    choices
}

/// Of this moment, and a second older than each age that a rule asks for.
fn ages(policy: &Policy, limits: &mut Vec<String>) -> Vec<Choice<u64>> {
    let asked = policy.rules.iter().filter_map(|rule| rule.strength.and_then(|strength| strength.within));
    let mut asked: Vec<u64> = asked.collect();
    asked.sort_unstable();
    asked.dedup();
    if asked.len() + 1 > MOST_AGES {
        limits.push(format!("Of {} ages of an authentication {MOST_AGES} can be chosen.", asked.len() + 1));
        asked.truncate(MOST_AGES - 1);
    }
    let next = asked.iter().skip(1).copied().chain([u64::MAX]);
    let older = asked.iter().zip(next).map(|(within, next)| {
        // A whole minute is easier to read, where there is room for it.
        let minute = within.saturating_add(60);
        let age = if within.is_multiple_of(60) && minute <= next { minute } else { within.saturating_add(1) };
        Choice::new(format!("more than {} ago", print::duration(*within)), format!("{} old", print::duration(age)), age)
    });
    std::iter::once(Choice::new("just now", "", 0)).chain(older).collect()
}
