//! What is sound and still surely not what was meant.

mod unused;

mod useless;

mod shadowed;

mod open;

mod shed;

mod conditions;

use std::cell::Cell;

use doorward_syntax::label_at;

use super::Checker;
use super::report::tick;
use crate::ids::{ActionId, GroupId, IdentityId};
use crate::pattern::Pattern;
use crate::policy::clauses;
use crate::rule::{ClauseSpans, Members, Rule, Target};

/// What is named somewhere beside its declaration.
#[derive(Default)]
pub(super) struct Used {
    actions: Flags,
    groups: Flags,
    identities: Flags,
    networks: Flags,
    rooms: Flags,
}

impl Used {
    pub(super) fn action(&mut self, id: ActionId) {
        self.actions.set(id.index());
    }

    pub(super) fn group(&mut self, id: GroupId) {
        self.groups.set(id.index());
    }

    pub(super) fn identity(&mut self, id: IdentityId) {
        self.identities.set(id.index());
    }

    pub(super) fn network(&mut self, index: usize) {
        self.networks.set(index);
    }

    pub(super) fn room(&mut self, index: usize) {
        self.rooms.set(index);
    }
}

/// A set of indices.
#[derive(Default)]
struct Flags(Vec<bool>);

impl Flags {
    fn set(&mut self, index: usize) {
        if self.0.len() <= index {
            self.0.resize(index + 1, false);
        }
        if let Some(flag) = self.0.get_mut(index) {
            *flag = true;
        }
    }

    fn has(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}

/// How much a lint that compares rules with rules looks at; a policy with more gets fewer warnings, and never waits.
const STEPS: usize = 2_000_000;

/// The steps that a lint has left, and what the last lists of actions were that it compared.
struct Steps<'a> {
    left: Cell<usize>,
    last: Cell<([Option<&'a [ActionId]>; 2], bool)>,
}

impl<'a> Steps<'a> {
    fn new() -> Self {
        Self { left: Cell::new(STEPS), last: Cell::new(([None; 2], true)) }
    }

    /// Takes so many steps; false if there are none left.
    fn take(&self, steps: usize) -> bool {
        self.left.set(self.left.get().saturating_sub(steps));
        self.any_left()
    }

    fn any_left(&self) -> bool {
        self.left.get() > 0
    }

    /// Whether both rules cover some action. Lists are shared, and rules with the same two follow each other.
    fn actions_meet(&self, left: &'a Rule, right: &'a Rule) -> bool {
        let lists = [left.actions.as_deref().map(Vec::as_slice), right.actions.as_deref().map(Vec::as_slice)];
        let (last, meet) = self.last.get();
        let same = last.iter().zip(&lists).all(|lists| match lists {
            (Some(last), Some(list)) => std::ptr::eq(*last, *list),
            (None, None) => true,
            _ => false,
        });
        if same {
            return meet;
        }
        let [left, right] = lists;
        let meet = actions_meet(left, right);
        self.last.set((lists, meet));
        meet
    }
}

impl<'a> Checker<'a> {
    /// Warns of what is sound and useless or dangerous, unless there are errors: most of it may follow from them.
    pub(super) fn lint(&mut self) {
        if !self.report.is_sound() {
            return;
        }
        self.claimed_members = self.claimed_members();
        self.unused();
        self.useless_rules();
        self.shadowed_rules();
        self.wide_open();
        self.sheddable();
        self.unguarded_tests();
        self.depends_on_now();
    }

    /// For each group, a claimed group that it is or holds.
    fn claimed_members(&self) -> Vec<Option<GroupId>> {
        let mut claimed = vec![None; self.policy.groups.len()];
        for (index, group) in self.policy.groups.iter().enumerate().filter(|(_, group)| group.claimed) {
            for holder in group.within.iter() {
                if let Some(claimed) = claimed.get_mut(holder.index()) {
                    *claimed = Some(GroupId::from_index(index));
                }
            }
        }
        claimed
    }

    /// Whether an identity is listed among members, itself or by its listed groups.
    fn holds(&self, members: &Members, id: IdentityId) -> bool {
        let groups = self.policy.identities.get(id.index()).map_or(&[][..], |identity| &*identity.groups);
        members.identities.binary_search(&id).is_ok() || share(groups, &members.groups)
    }

    /// Where the clauses of a rule stand.
    fn clauses(&self, rule: &Rule) -> ClauseSpans {
        clauses(self.sources, rule)
    }

    /// How messages name a rule: its label, or its place.
    fn rule_name(&self, rule: &Rule) -> String {
        let label = if rule.labelled { label_at(self.sources, rule.span) } else { None };
        match label {
            Some(label) => tick(&label),
            None => format!("the rule at {}", self.sources.file_line(rule.span)),
        }
    }

    /// Whether a path that both rules concern may exist, and an action; counts what it looks at in `steps`.
    fn meet<'r>(&self, left: &'r Rule, right: &'r Rule, steps: &Steps<'r>) -> bool {
        let to_compare = 1 + left.actions.as_ref().map_or(0, |actions| actions.len());
        if !steps.take(to_compare) || !steps.actions_meet(left, right) {
            return false;
        }
        let pattern = |target: &Target| target.pattern.and_then(|id| self.policy.patterns.get(id.index()));
        let excepted = |rule: &Rule, pattern: &Pattern| {
            let except = rule.except_rooms.iter().filter_map(|id| self.policy.patterns.get(id.index()));
            except.into_iter().any(|except| except.covers(pattern))
        };
        for one in left.targets.iter() {
            for other in right.targets.iter() {
                if !steps.take(1 + left.except_rooms.len() + right.except_rooms.len()) {
                    return false;
                }
                let narrower = match (pattern(one), pattern(other)) {
                    (None, None) => return true,
                    (Some(one), None) => !excepted(right, one),
                    (None, Some(other)) => !excepted(left, other),
                    (Some(one), Some(other)) => one.overlaps(other) && !excepted(right, one) && !excepted(left, other),
                };
                if narrower {
                    return true;
                }
            }
        }
        false
    }
}

fn actions_meet(left: Option<&[ActionId]>, right: Option<&[ActionId]>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.iter().any(|action| right.binary_search(action).is_ok()),
        _ => true,
    }
}

/// Whether two sorted lists share an item.
fn share<T: Ord>(left: &[T], right: &[T]) -> bool {
    let (few, many) = if left.len() < right.len() { (left, right) } else { (right, left) };
    few.iter().any(|item| many.binary_search(item).is_ok())
}
