//! Who: nobody in particular, everybody whom the policy names, and one of each kind of members that rules can tell apart.

use std::collections::{BTreeMap, BTreeSet};

use doorward::{Known, Subject};
use doorward_model::Policy;
use doorward_model::expr::Value;
use doorward_model::ids::{AttributeId, GroupId, IdentityId};
use doorward_model::policy::Identity;
use doorward_model::rule::{Members, Who};
use serde::Serialize;

use super::asks;
use super::rooms::Room;

/// At most how many identities have rows of their own.
const MOST_PEOPLE: usize = 40;

/// At most how many groups have rows.
const MOST_GROUPS: usize = 60;

/// At most how many kinds of members of one group are asked about.
const MOST_KINDS: usize = 40;

/// Somebody who asks.
#[derive(Serialize)]
pub(super) struct Visitor {
    /// As an `expect` line names them.
    pub(super) subject: String,
    /// The group that they claim, as an `expect` line writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) claims: Option<String>,
    /// Whether they are known, so that their strength matters.
    pub(super) known: bool,
    #[serde(skip)]
    pub(super) who: Asking,
}

/// The same as a request says it, strength aside.
pub(super) enum Asking {
    Anonymous,
    Rejected,
    Known { name: String, group: Option<String> },
}

impl Asking {
    /// The subject, of that strength if they are known.
    pub(super) fn subject(&self, strengthen: impl FnOnce(Known<'static>) -> Known<'static>) -> Subject<'static> {
        match self {
            Self::Anonymous => Subject::Anonymous,
            Self::Rejected => Subject::Rejected,
            Self::Known { name, group } => {
                let mut known = Known::new(name.clone());
                if let Some(group) = group {
                    known = known.group(group.clone());
                }
                strengthen(known).into()
            }
        }
    }
}

/// A line of the matrix: one visitor, or all members of a group.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    /// `nobody`, `claimed`, `group` or `person`.
    pub(super) kind: &'static str,
    /// What the name does not say.
    pub(super) hint: String,
    /// Those who stand for it.
    pub(super) members: Vec<Share>,
}

/// One who stands for several that no rule can tell apart.
#[derive(Serialize)]
pub(super) struct Share {
    pub(super) visitor: usize,
    pub(super) count: usize,
}

/// Everybody who is asked about, and the lines that they make.
pub(super) fn visitors(policy: &Policy, rooms: &[Room], limits: &mut Vec<String>) -> (Vec<Visitor>, Vec<Row>) {
    let mut visitors = vec![
        Visitor { subject: "anonymous".to_owned(), claims: None, known: false, who: Asking::Anonymous },
        Visitor { subject: "rejected".to_owned(), claims: None, known: false, who: Asking::Rejected },
    ];
    let mut rows = vec![
        alone("anonymous", "nobody", "without credentials", 0),
        alone("rejected", "nobody", "with credentials that are not valid", 1),
    ];
    let stranger = fresh(policy);
    let hint = format!("known, but named nowhere in the policy: here `{stranger}`");
    rows.push(alone("anybody known", "nobody", &hint, visitors.len()));
    visitors.push(known(&stranger, None));
    let claimed: Vec<_> = policy.groups.iter().filter(|group| group.claimed).collect();
    if claimed.len() > MOST_GROUPS {
        limits.push(format!("Of {} claimed groups the first {MOST_GROUPS} have a column.", claimed.len()));
    }
    for group in claimed.into_iter().take(MOST_GROUPS) {
        let hint = format!("`{stranger}` again, claiming this group");
        rows.push(alone(&group.name, "claimed", &hint, visitors.len()));
        visitors.push(known(&stranger, Some(&group.name)));
    }
    let mut people = People { policy, visitors, numbers: BTreeMap::new(), kinds: kinds(policy, rooms) };
    let listed: Vec<usize> = (0..policy.groups.len())
        .filter(|index| policy.groups.get(*index).is_some_and(|group| !group.claimed))
        .collect();
    if listed.len() > MOST_GROUPS {
        limits.push(format!("Of {} listed groups the first {MOST_GROUPS} have a column.", listed.len()));
    }
    let mut cut = false;
    for index in listed.iter().take(MOST_GROUPS) {
        let (row, complete) = people.group(*index);
        rows.extend(row);
        cut |= !complete;
    }
    if cut {
        limits.push(format!(
            "Of a group whose members rules tell apart in many ways, {MOST_KINDS} of the ways are shown."
        ));
    }
    let identities = policy.identities.len();
    if identities <= MOST_PEOPLE {
        for (index, identity) in policy.identities.iter().enumerate() {
            let visitor = people.number(IdentityId::from_index(index), identity);
            rows.push(alone(&identity.name, "person", &about(policy, identity), visitor));
        }
    } else {
        limits.push(format!(
            "The policy names {identities} identities, more than {MOST_PEOPLE}, so they have no columns of their own."
        ));
    }
    (people.visitors, rows)
}

fn alone(name: &str, kind: &'static str, hint: &str, visitor: usize) -> Row {
    Row { name: name.to_owned(), kind, hint: hint.to_owned(), members: vec![Share { visitor, count: 1 }] }
}

fn known(name: &str, group: Option<&str>) -> Visitor {
    let quoted = doorward_syntax::print::name;
    Visitor {
        subject: quoted(name),
        claims: group.map(|group| format!("in {}", quoted(group))),
        known: true,
        who: Asking::Known { name: name.to_owned(), group: group.map(str::to_owned) },
    }
}

/// A name that the policy does not know.
fn fresh(policy: &Policy) -> String {
    let mut name = "somebody".to_owned();
    while policy.identity(&name).is_some() || policy.group(&name).is_some() {
        name.push_str("-else");
    }
    name
}

fn about(policy: &Policy, identity: &Identity) -> String {
    let name = |id: &GroupId| policy.groups.get(id.index()).map(|group| group.name.to_string());
    let groups: Vec<String> = identity.groups.iter().filter_map(name).collect();
    if groups.is_empty() { "in no listed group".to_owned() } else { format!("in {}", groups.join(", ")) }
}

/// What rules can tell of an identity: whether they name it, its groups, what is recorded of it.
type Kind<'p> = (Option<IdentityId>, &'p [GroupId], Vec<(AttributeId, String)>);

/// For each identity what rules can tell of it.
fn kinds<'p>(policy: &'p Policy, rooms: &[Room]) -> Vec<Kind<'p>> {
    let mut named: BTreeSet<IdentityId> = BTreeSet::new();
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for rule in &policy.rules {
        let mut take = |members: &Members| named.extend(&members.identities);
        take(&rule.subjects.except);
        if let Who::Listed(members) = &rule.subjects.who {
            take(members);
        }
        texts.extend(asks::names(rule));
    }
    for room in rooms {
        texts.extend(room.raw.split('/').map(str::to_owned));
        let values = room.facts.room.iter().chain(&room.facts.context);
        texts.extend(values.map(|(_, value)| match value {
            doorward::Value::String(text) => text.to_string(),
            other => other.to_string(),
        }));
    }
    let mut kinds = Vec::new();
    for (index, identity) in policy.identities.iter().enumerate() {
        let id = IdentityId::from_index(index);
        let special = named.contains(&id) || texts.iter().any(|text| mentions(text, &identity.name));
        let recorded = identity.attributes.iter().map(|(id, value)| (*id, shown(value))).collect();
        kinds.push((special.then_some(id), &*identity.groups, recorded));
    }
    kinds
}

/// Whether a text is that name, or a set that lists it.
fn mentions(text: &str, name: &str) -> bool {
    text == name || text.starts_with('{') && text.contains(name)
}

fn shown(value: &Value) -> String {
    format!("{value:?}")
}

/// The identities that are asked about.
struct People<'p> {
    policy: &'p Policy,
    visitors: Vec<Visitor>,
    numbers: BTreeMap<IdentityId, usize>,
    kinds: Vec<Kind<'p>>,
}

impl People<'_> {
    /// The visitor who is that identity.
    fn number(&mut self, id: IdentityId, identity: &Identity) -> usize {
        *self.numbers.entry(id).or_insert_with(|| {
            self.visitors.push(known(&identity.name, None));
            self.visitors.len() - 1
        })
    }

    /// The line of a listed group, if it has members, and whether it tells of all of them.
    fn group(&mut self, index: usize) -> (Option<Row>, bool) {
        let policy = self.policy;
        let Some(group) = policy.groups.get(index) else { return (None, true) };
        let id = GroupId::from_index(index);
        let mut shares: BTreeMap<&Kind<'_>, (IdentityId, usize)> = BTreeMap::new();
        let mut size = 0;
        for (number, (identity, kind)) in policy.identities.iter().zip(&self.kinds).enumerate() {
            if identity.groups.binary_search(&id).is_ok() {
                size += 1;
                shares.entry(kind).or_insert((IdentityId::from_index(number), 0)).1 += 1;
            }
        }
        if shares.is_empty() {
            return (None, true);
        }
        let complete = shares.len() <= MOST_KINDS;
        let mut chosen: Vec<(IdentityId, usize)> = shares.into_values().collect();
        chosen.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
        chosen.truncate(MOST_KINDS);
        let mut members = Vec::new();
        for (id, count) in chosen {
            let Some(identity) = policy.identities.get(id.index()) else { continue };
            members.push(Share { visitor: self.number(id, identity), count });
        }
        let asked: usize = members.iter().map(|share| share.count).sum();
        let hint = match size {
            1 => "1 member".to_owned(),
            _ if asked < size => format!("{size} members, {asked} asked"),
            _ => format!("{size} members"),
        };
        (Some(Row { name: group.name.to_string(), kind: "group", hint, members }), complete)
    }
}
