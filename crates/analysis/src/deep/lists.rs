//! The items of rules' lists, and what each list comes to without one of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_model::Policy;
use doorward_model::address::PrefixSet;
use doorward_model::ids::{ActionId, GroupId, IdentityId, PatternId};
use doorward_model::items::{Item, Items, List};
use doorward_model::rule::{Member, Rule};
use doorward_syntax::Span;

use crate::limits;
use crate::site::Part;

/// An item of a rule's list that can be left out and leaves a rule behind.
pub(super) struct Listed {
    /// The rule, by index.
    pub(super) rule: usize,
    pub(super) span: Span,
    /// Whether it stands after `except`.
    pub(super) except: bool,
    /// What goes with it.
    pub(super) lost: Lost,
    /// The other items of its list, each with how much it holds of this one; those after `except` hold nothing.
    pub(super) others: Vec<(Span, Held)>,
}

/// How much of one item another one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    Nothing,
    Some,
    All,
}

/// What a list no longer says without an item.
pub(super) enum Lost {
    /// The other items say it all.
    Nothing,
    Subject(Member),
    /// The patterns that no other item has.
    Rooms(BTreeSet<PatternId>),
    /// The actions that are no longer covered.
    Actions(Vec<ActionId>),
    /// Where the rule is then from.
    Origins(Arc<PrefixSet>),
    /// The exceptions that the rule then has.
    ExceptRooms(Vec<PatternId>),
}

impl Listed {
    /// The rule without the item, if its diagrams need to know; one that says nothing by itself.
    pub(super) fn part<'l>(&'l self, policy: &'l Policy) -> Option<Part<'l>> {
        let part = Part { effect: None, ..Part::of_rule(policy.rules.get(self.rule)?) };
        match &self.lost {
            Lost::Origins(origins) => Some(Part { origins: Some(origins), ..part }),
            Lost::ExceptRooms(rooms) => Some(Part { except_rooms: rooms, ..part }),
            Lost::Nothing | Lost::Subject(_) | Lost::Rooms(_) | Lost::Actions(_) => None,
        }
    }
}

/// The items of all rules of a policy, in the order of the text.
pub(super) fn lists(policy: &Policy) -> Vec<Listed> {
    let mut all = Vec::new();
    for (index, rule) in policy.rules.iter().enumerate() {
        // Most rules have no list of several items, and need not be read again.
        let text = policy.sources.slice(rule.span);
        if text.contains(',') || text.contains("except") {
            let mut gatherer = Gatherer { policy, rule: index, all: &mut all };
            gatherer.rule(rule, &policy.items(rule));
        }
    }
    all
}

struct Gatherer<'g> {
    policy: &'g Policy,
    rule: usize,
    all: &'g mut Vec<Listed>,
}

impl Gatherer<'_> {
    fn rule(&mut self, rule: &Rule, items: &Items) {
        let policy = self.policy;
        let subject = |list: &[Item<Member>], index: usize| match list.get(index).map(|item| item.what) {
            // A name that stands twice is one member.
            Some(member) if list.iter().filter(|item| item.what == member).count() == 1 => Lost::Subject(member),
            _ => Lost::Nothing,
        };
        self.several(&items.subjects.items, |one, other| held_member(policy, *one, *other), subject);
        self.exceptions(&items.subjects.except, subject);
        self.several(
            &items.actions,
            |one, other| held_actions(policy, *one, *other),
            |list, index| {
                let covered =
                    |list: Vec<Option<ActionId>>| match list.iter().copied().collect::<Option<Vec<ActionId>>>() {
                        Some(named) => policy.covered_actions(&named, rule.effect),
                        None => (0..policy.actions.len()).map(ActionId::from_index).collect(),
                    };
                let rest = covered(without(list, index).map(|item| item.what).collect());
                let mut lost = covered(list.iter().map(|item| item.what).collect());
                lost.retain(|action| rest.binary_search(action).is_err());
                if lost.is_empty() { Lost::Nothing } else { Lost::Actions(lost) }
            },
        );
        self.rooms(rule, &items.rooms);
        self.origins(rule, &items.origins);
    }

    fn rooms(&mut self, rule: &Rule, rooms: &List<Vec<PatternId>>) {
        let policy = self.policy;
        self.several(
            &rooms.items,
            |one, other| held_patterns(policy, one, other),
            |list, index| {
                let rest: BTreeSet<PatternId> = without(list, index).flat_map(|item| &item.what).copied().collect();
                let own = list.get(index).into_iter().flat_map(|item| &item.what).copied();
                let lost: BTreeSet<PatternId> = own.filter(|pattern| !rest.contains(pattern)).collect();
                if lost.is_empty() { Lost::Nothing } else { Lost::Rooms(lost) }
            },
        );
        self.exceptions(&rooms.except, |list, index| {
            let rest: BTreeSet<PatternId> = without(list, index).flat_map(|item| &item.what).copied().collect();
            if rest.len() == rule.except_rooms.len() {
                return Lost::Nothing;
            }
            Lost::ExceptRooms(rest.into_iter().collect())
        });
    }

    fn origins(&mut self, rule: &Rule, origins: &List<Arc<PrefixSet>>) {
        let Some(whole) = &rule.origins else { return };
        if origins.items.len().max(origins.except.len()) > limits::ITEMS {
            return;
        }
        let union = |list: &[Item<Arc<PrefixSet>>]| PrefixSet::union_of(list.iter().map(|item| &*item.what));
        let held = |one: &Arc<PrefixSet>, other: &Arc<PrefixSet>| match (other.covers(one), other.overlaps(one)) {
            (true, _) => Held::All,
            (false, true) => Held::Some,
            (false, false) => Held::Nothing,
        };
        let from = union(&origins.items);
        let mut own = Vec::new();
        alone(&origins.items, &union(&origins.except), &mut own);
        self.several(&origins.items, held, |_, index| match own.get(index).filter(|set| !set.is_empty()) {
            Some(set) => Lost::Origins(Arc::new(whole.difference(set))),
            None => Lost::Nothing,
        });
        let mut own = Vec::new();
        alone(&origins.except, &PrefixSet::default(), &mut own);
        self.exceptions(&origins.except, |_, index| match own.get(index).map(|set| set.intersection(&from)) {
            Some(set) if !set.is_empty() => Lost::Origins(Arc::new(whole.union(&set))),
            _ => Lost::Nothing,
        });
    }

    /// Each item of a list that leaves others.
    fn several<T>(
        &mut self,
        list: &[Item<T>],
        held: impl Fn(&T, &T) -> Held,
        lost: impl Fn(&[Item<T>], usize) -> Lost,
    ) {
        if list.len() < 2 || list.len() > limits::ITEMS {
            return;
        }
        for (index, item) in list.iter().enumerate() {
            let others = without(list, index).map(|other| (other.span, held(&item.what, &other.what))).collect();
            let lost = lost(list, index);
            self.all.push(Listed { rule: self.rule, span: item.span, except: false, lost, others });
        }
    }

    fn exceptions<T>(&mut self, list: &[Item<T>], lost: impl Fn(&[Item<T>], usize) -> Lost) {
        if list.len() > limits::ITEMS {
            return;
        }
        for (index, item) in list.iter().enumerate() {
            let others = without(list, index).map(|other| (other.span, Held::Nothing)).collect();
            let lost = lost(list, index);
            self.all.push(Listed { rule: self.rule, span: item.span, except: true, lost, others });
        }
    }
}

fn without<T>(list: &[Item<T>], index: usize) -> impl Iterator<Item = &Item<T>> {
    list.iter().enumerate().filter(move |(other, _)| *other != index).map(|(_, item)| item)
}

/// What of each set neither the others nor `rest` hold; halves are joined once for all sets of the other half.
fn alone(sets: &[Item<Arc<PrefixSet>>], rest: &PrefixSet, own: &mut Vec<PrefixSet>) {
    if let [one] = sets {
        own.push(one.what.difference(rest));
    } else if let Some((left, right)) = sets.split_at_checked(sets.len() / 2).filter(|_| !sets.is_empty()) {
        for (half, other) in [(left, right), (right, left)] {
            let others = other.iter().map(|item| &*item.what).chain([rest]);
            alone(half, &PrefixSet::union_of(others), own);
        }
    }
}

fn held_member(policy: &Policy, one: Member, other: Member) -> Held {
    let listed = |id: IdentityId| policy.identities.get(id.index()).map_or(&[][..], |identity| &*identity.groups);
    let holds = match (one, other) {
        (one, other) if one == other => true,
        (Member::Identity(id), Member::Group(group)) => listed(id).binary_search(&group).is_ok(),
        (Member::Group(id), Member::Group(group)) => {
            policy.groups.get(id.index()).is_some_and(|it| it.within.binary_search(&group).is_ok())
        }
        (_, Member::Identity(_)) => false,
    };
    let is_in = |groups: &[GroupId], member: Member| match member {
        Member::Group(group) => groups.binary_search(&group).is_ok(),
        Member::Identity(_) => false,
    };
    let shared = || match other {
        Member::Group(_) => policy.identities.iter().any(|it| is_in(&it.groups, one) && is_in(&it.groups, other)),
        Member::Identity(id) => is_in(listed(id), one),
    };
    match holds {
        true => Held::All,
        false if shared() => Held::Some,
        false => Held::Nothing,
    }
}

fn held_actions(policy: &Policy, one: Option<ActionId>, other: Option<ActionId>) -> Held {
    let (Some(one), Some(other)) = (one, other) else {
        return if other.is_none() { Held::All } else { Held::Some };
    };
    let methods = |id: ActionId| policy.actions.get(id.index()).map_or(&[][..], |action| &action.methods);
    let (own, others) = (methods(one), methods(other));
    match own.iter().filter(|method| others.contains(method)).count() {
        _ if one == other => Held::All,
        0 => Held::Nothing,
        shared if shared == own.len() => Held::All,
        _ => Held::Some,
    }
}

fn held_patterns(policy: &Policy, one: &[PatternId], other: &[PatternId]) -> Held {
    let pattern = |id: &PatternId| policy.patterns.get(id.index());
    let any = |own: &PatternId, holds: &dyn Fn(&doorward_model::pattern::Pattern) -> bool| {
        other.iter().any(|id| id == own || pattern(id).is_some_and(holds))
    };
    let covered = |own: &PatternId| pattern(own).is_some_and(|own_is| any(own, &|other| other.covers(own_is)));
    let shared = |own: &PatternId| pattern(own).is_some_and(|own_is| any(own, &|other| other.overlaps(own_is)));
    match (one.iter().all(covered), one.iter().any(shared)) {
        (true, _) => Held::All,
        (false, true) => Held::Some,
        (false, false) => Held::Nothing,
    }
}
