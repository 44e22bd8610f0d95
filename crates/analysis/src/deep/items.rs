//! Members of a rule's lists without which nothing changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_model::Policy;
use doorward_model::ids::{GroupId, IdentityId, PatternId};
use doorward_model::rule::{Members, Rule, Subjects, Who};
use doorward_syntax::Diagnostic;
use doorward_syntax::ast::Effect;

use super::Look;
use crate::diagram::Diagram;
use crate::encode::Encoder;
use crate::limits;
use crate::space::Reader;

/// One item of a rule's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Except(Member),
    Room(Option<PatternId>),
    Subject(Member),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Member {
    Group(GroupId),
    Identity(IdentityId),
}

/// Items that may turn out to change nothing.
pub(super) struct Items {
    // By rule: whether each still may be left out.
    open: Vec<BTreeMap<Item, bool>>,
}

impl Items {
    pub(super) fn new(policy: &Policy) -> Self {
        Self { open: policy.rules.iter().map(items).collect() }
    }

    pub(super) fn look(&mut self, encoder: &mut Encoder<'_>, look: &Look<'_, '_>) {
        for rule in look.rules() {
            let Some(open) = self.open.get_mut(rule) else { continue };
            for (item, may_go) in open.iter_mut().filter(|(_, may_go)| **may_go) {
                *may_go = without(encoder, look, rule, *item) == look.permits;
            }
        }
    }

    pub(super) fn findings(&self, policy: &Policy, idle: &BTreeSet<usize>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (index, (rule, open)) in policy.rules.iter().zip(&self.open).enumerate() {
            if idle.contains(&index) {
                continue;
            }
            for item in open.iter().filter(|(_, may_go)| **may_go).map(|(item, _)| item) {
                let clauses = policy.clauses(rule);
                let (span, what) = match item {
                    Item::Subject(member) => (Some(clauses.subjects), told(policy, *member)),
                    Item::Except(member) => (Some(clauses.subjects), format!("except {}", told(policy, *member))),
                    Item::Room(pattern) => {
                        let pattern = pattern.and_then(|id| policy.patterns.get(id.index()));
                        (clauses.target, pattern.map_or_else(String::new, ToString::to_string))
                    }
                };
                let message = format!("without `{what}` here every request gets the same answer");
                let diagnostic = Diagnostic::warning("idle-item", span.unwrap_or(rule.span), message);
                found.push(diagnostic.with_help("drop it; of several such items, one at a time"));
            }
        }
        found
    }
}

fn told(policy: &Policy, member: Member) -> String {
    match member {
        Member::Group(id) => policy.groups.get(id.index()).map_or_else(String::new, |group| group.name.to_string()),
        Member::Identity(id) => {
            policy.identities.get(id.index()).map_or_else(String::new, |identity| identity.name.to_string())
        }
    }
}

/// What can be left out of a rule that leaves a rule behind.
fn items(rule: &Rule) -> BTreeMap<Item, bool> {
    let members = |members: &Members| -> Vec<Member> {
        let groups = members.groups.iter().copied().map(Member::Group);
        groups.chain(members.identities.iter().copied().map(Member::Identity)).collect()
    };
    let subjects = match &rule.subjects.who {
        Who::Listed(listed) => members(listed),
        Who::Anyone | Who::Authenticated => Vec::new(),
    };
    let except = members(&rule.subjects.except);
    let rooms: BTreeSet<Option<PatternId>> = rule.targets.iter().map(|target| target.pattern).collect();
    let mut items = BTreeMap::new();
    if subjects.len() > 1 && subjects.len() <= limits::ITEMS {
        items.extend(subjects.into_iter().map(|member| (Item::Subject(member), true)));
    }
    if except.len() <= limits::ITEMS {
        items.extend(except.into_iter().map(|member| (Item::Except(member), true)));
    }
    if rooms.len() > 1 && rooms.len() <= limits::ITEMS {
        items.extend(rooms.into_iter().map(|pattern| (Item::Room(pattern), true)));
    }
    items
}

/// Where a request is permitted if the rule lacks an item.
fn without(encoder: &mut Encoder<'_>, look: &Look<'_, '_>, rule: usize, item: Item) -> Diagram {
    let site = encoder.site;
    let (mut changed, mut effect) = (Vec::new(), Effect::Allow);
    for entry in look.group.cell.entries.iter().flatten().filter(|entry| entry.part == rule) {
        let Some(reader) = Reader::new(site, look.place, 0, *entry) else { continue };
        effect = reader.part.effect.unwrap_or(Effect::Allow);
        let subjects = match item {
            Item::Room(pattern) if reader.target.pattern == pattern => continue,
            Item::Room(_) => reader.part.subjects.clone(),
            Item::Subject(member) => lessened(reader.part.subjects, member, true),
            Item::Except(member) => lessened(reader.part.subjects, member, false),
        };
        let mut applies = encoder.subjects(0, &subjects);
        for truth in encoder.clauses(reader) {
            applies = match effect {
                Effect::Allow => encoder.diagrams.and(applies, truth.yes),
                Effect::Deny => encoder.diagrams.minus(applies, truth.no),
            };
        }
        changed.push(applies);
    }
    let changed = encoder.diagrams.any(changed);
    let others = |list: &[(crate::site::Entry, Diagram)]| -> Vec<Diagram> {
        list.iter().filter(|(entry, _)| entry.part != rule).map(|(_, diagram)| *diagram).collect()
    };
    let (mut allows, mut denies) = (others(&look.rulings.allows), others(&look.rulings.denies));
    match effect {
        Effect::Allow => allows.push(changed),
        Effect::Deny => denies.push(changed),
    }
    let (allows, denies) = (encoder.diagrams.any(allows), encoder.diagrams.any(denies));
    encoder.diagrams.minus(allows, denies)
}

fn lessened(subjects: &Subjects, member: Member, from_who: bool) -> Subjects {
    let mut subjects = subjects.clone();
    let members = Arc::make_mut(match (&mut subjects.who, from_who) {
        (Who::Listed(listed), true) => listed,
        _ => &mut subjects.except,
    });
    match member {
        Member::Group(id) => members.groups.retain(|group| *group != id),
        Member::Identity(id) => members.identities.retain(|identity| *identity != id),
    }
    subjects
}
