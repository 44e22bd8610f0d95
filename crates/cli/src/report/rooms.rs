//! Where: the rooms of a policy and the other paths that its rules name, each with a path to ask about.

use std::collections::BTreeSet;

use doorward_model::Policy;
use doorward_model::ids::PatternId;
use doorward_model::path::Path;
use doorward_model::pattern::{Pattern, PatternSegment};
use doorward_model::policy::Attribute;
use doorward_model::request::Attributes;
use doorward_model::rule::{RoomBinding, Rule};
use doorward_syntax::words::is_bare_path;
use serde::Serialize;

use super::asks;
use crate::answers::printable;

/// At most how many rooms the page shows.
pub(super) const MOST: usize = 120;

/// A room, or paths that rules name without one.
#[derive(Serialize)]
pub(super) struct Room {
    /// The room's name, or the pattern.
    pub(super) name: String,
    /// Whether the policy declares it.
    pub(super) declared: bool,
    /// Its patterns; none for the paths that no pattern holds.
    pub(super) patterns: Vec<String>,
    /// The path that is asked about, as an `expect` line writes it.
    pub(super) path: String,
    /// What is stated beside it, as an `expect` line writes it: from the example that a test gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stated: Option<String>,
    /// Which choices its answers depend on.
    pub(super) varies: Varies,
    /// By visitor: the explanations' numbers, for each combination of choices that matters, the last varying fastest.
    pub(super) cells: Vec<Vec<u32>>,
    #[serde(skip)]
    pub(super) raw: String,
    #[serde(skip)]
    pub(super) facts: Facts,
}

/// What a request states of the room and the context.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) room: Attributes<'static>,
    pub(super) context: Attributes<'static>,
}

/// Which choices can make a difference. The action always can.
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct Varies {
    pub(super) origin: bool,
    pub(super) strength: bool,
    pub(super) age: bool,
    pub(super) time: bool,
    pub(super) facts: bool,
}

/// Every room, then the patterns of no room, then what is left.
pub(super) fn rooms(policy: &Policy, limits: &mut Vec<String>) -> Vec<Room> {
    let mut rooms = Vec::new();
    let mut taken: BTreeSet<PatternId> = BTreeSet::new();
    for room in &policy.rooms {
        taken.extend(&room.patterns);
        rooms.extend(new(policy, Some(&room.name), &room.patterns));
    }
    let targets = policy.rules.iter().flat_map(|rule| rule.targets.iter().filter_map(|target| target.pattern));
    let excepted = policy.rules.iter().flat_map(|rule| &rule.except_rooms).copied();
    let concealed = policy.conceals.iter().flat_map(|conceal| conceal.patterns.iter().chain(&conceal.except)).copied();
    let others: Vec<PatternId> = targets.chain(excepted).chain(concealed).filter(|id| taken.insert(*id)).collect();
    rooms.extend(others.iter().filter_map(|id| new(policy, None, &[*id])));
    rooms.extend(elsewhere(policy));
    if rooms.len() > MOST {
        limits.push(format!("Of {} rooms and patterns the first {MOST} are shown.", rooms.len()));
        rooms.truncate(MOST);
    }
    rooms
}

/// The attributes that a request can state and that this page leaves out or takes from tests, as the policy names them.
pub(super) fn attributes(policy: &Policy) -> Vec<String> {
    let named = |base: &str, list: &[Attribute]| -> Vec<String> {
        list.iter().map(|attribute| format!("{base}.{}", attribute.name)).collect()
    };
    let mut names = named("identity", &policy.identity_attributes);
    names.extend(named("context", &policy.context_attributes));
    for room in &policy.rooms {
        names.extend(named(&room.name, &room.attributes));
    }
    names
}

fn new(policy: &Policy, name: Option<&str>, ids: &[PatternId]) -> Option<Room> {
    let patterns: Vec<&Pattern> = ids.iter().filter_map(|id| policy.patterns.get(id.index())).collect();
    let (first, id) = (*patterns.first()?, *ids.first()?);
    let (raw, facts) = sample(policy, first).unwrap_or_else(|| (invented(policy, first, id), Facts::default()));
    let name = name.map_or_else(|| first.to_string(), str::to_owned);
    Some(assemble(policy, name, patterns.iter().map(ToString::to_string).collect(), raw, facts))
}

/// The paths that no pattern holds, if there are any.
fn elsewhere(policy: &Policy) -> Option<Room> {
    let candidates = ["/elsewhere", "/elsewhere/any", "/any/other/place"];
    let raw = candidates.into_iter().find(|raw| holding(policy, raw).is_empty())?;
    let mut room = assemble(policy, "any other path".to_owned(), Vec::new(), raw.to_owned(), Facts::default());
    room.declared = false;
    Some(room)
}

fn assemble(policy: &Policy, name: String, patterns: Vec<String>, raw: String, facts: Facts) -> Room {
    let held = holding(policy, &raw);
    let near: Vec<&Rule> = policy
        .rules
        .iter()
        .filter(|rule| rule.targets.iter().any(|target| target.pattern.is_none_or(|id| held.contains(&id))))
        .collect();
    let any = |asks: fn(&Rule) -> bool| near.iter().any(|rule| asks(rule));
    let stated = stated(&facts);
    Room {
        declared: policy.rooms.iter().any(|room| *room.name == name),
        name,
        patterns,
        path: if is_bare_path(&raw) { raw.clone() } else { doorward_syntax::print::string(&raw) },
        varies: Varies {
            origin: any(asks::address),
            strength: any(asks::strength),
            age: any(asks::age),
            time: any(asks::time),
            facts: stated.is_some(),
        },
        stated,
        cells: Vec::new(),
        raw,
        facts,
    }
}

/// The patterns that hold a path.
pub(super) fn holding(policy: &Policy, raw: &str) -> BTreeSet<PatternId> {
    let Ok(path) = Path::parse(raw) else { return BTreeSet::new() };
    let held = policy.patterns.iter().enumerate().filter(|(_, pattern)| pattern.matches(path.segments()));
    held.map(|(index, _)| PatternId::from_index(index)).collect()
}

/// The path of a test that the pattern holds, with what the test states of it: rather one that lets somebody in.
fn sample(policy: &Policy, pattern: &Pattern) -> Option<(String, Facts)> {
    let expectations = policy.tests.iter().flat_map(|block| &block.expectations);
    let fitting = expectations.filter(|expectation| {
        Path::parse(&expectation.request.path).is_ok_and(|path| pattern.matches(path.segments()))
    });
    let best = fitting.min_by_key(|expectation| expectation.status != 200)?;
    let request = &best.request;
    let facts = Facts { room: request.room_attributes.clone(), context: request.context.clone() };
    Some((request.path.to_string(), facts))
}

/// A path that the pattern holds, with segments that say what they stand for.
fn invented(policy: &Policy, pattern: &Pattern, id: PatternId) -> String {
    let mut raw = String::new();
    for (index, segment) in pattern.segments().iter().enumerate() {
        raw.push('/');
        match segment {
            PatternSegment::Literal(text) => raw.push_str(text),
            PatternSegment::Any => raw.push_str("any"),
            PatternSegment::Parameter(name) => raw.push_str(&parameter(policy, id, index).unwrap_or(name.to_string())),
        }
    }
    if pattern.tail() && !pattern.segments().is_empty() {
        raw.push_str("/any");
    }
    if raw.is_empty() { "/".to_owned() } else { escaped(&raw) }
}

/// A value for a parameter with which rules compare the visitor: somebody's name.
fn parameter(policy: &Policy, id: PatternId, index: usize) -> Option<String> {
    let compared = policy.rules.iter().any(|rule| {
        rule.targets.iter().filter(|target| target.pattern == Some(id)).any(|target| {
            let bound = target.bindings.iter().position(|binding| *binding == RoomBinding::Parameter(index));
            bound.is_some_and(|attribute| asks::visitor_is(rule, attribute))
        })
    });
    policy.identities.first().filter(|_| compared).map(|identity| identity.name.to_string())
}

/// A decoded path as it is sent.
fn escaped(path: &str) -> String {
    let mut raw = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@/".contains(&byte) {
            raw.push(char::from(byte));
        } else {
            raw.push_str(&format!("%{byte:02X}"));
        }
    }
    raw
}

fn stated(facts: &Facts) -> Option<String> {
    let told = |base: &str, list: &Attributes<'static>| -> Vec<String> {
        list.iter().map(|(name, value)| format!("{base}.{name} = {}", printable(&value.to_string()))).collect()
    };
    let all = [told("room", &facts.room), told("context", &facts.context)].concat();
    (!all.is_empty()).then(|| format!("where {}", all.join(", ")))
}
