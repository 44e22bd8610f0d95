//! What a request left out, and what it said in vain.

use std::fmt;

use doorward_model::expr::{Expr, TestKind};
use doorward_model::policy::Attribute;
use doorward_model::request::Attributes;
use doorward_model::rule::RoomBinding;
use doorward_model::{Known, Policy, Subject, Value};

use crate::engine::Engine;
use crate::engine::case::{Case, Place, Slot, Stand, Visitor as _, claimed, recorded};

/// Something about a request that did not count, or was not there to count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", content = "text", rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Note {
    /// It was said and did not count.
    Ignored(String),
    /// It was not said, and some rule here asks for it.
    Missing(String),
    /// The request was read as another, or not at all.
    Read(String),
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignored(text) => write!(formatter, "ignored: {text}"),
            Self::Missing(text) => write!(formatter, "missing: {text}"),
            Self::Read(text) => formatter.write_str(text),
        }
    }
}

pub(super) fn notes(case: &Case<'_>, engine: &Engine) -> Vec<Note> {
    let mut notes = Vec::new();
    let policy = case.policy;
    if let Err(unusable) = &case.place {
        notes.push(Note::Read(format!("no rule is asked: {unusable}")));
    }
    if case.request.action == "HEAD" {
        notes.push(Note::Read("`HEAD` is decided as `GET`".to_owned()));
    }
    if let Subject::Known(known) = &case.request.subject {
        match &case.stand {
            Stand::Known(..) => about_known(case, known, &mut notes),
            Stand::Anonymous | Stand::Rejected => notes.push(Note::Read(
                "the identity is empty, too long, not in normalization form C, or has control characters or outer white \
                 space: the subject counts as rejected"
                    .to_owned(),
            )),
        }
    }
    about(policy, "context", &policy.context_attributes, &case.request.context, &mut notes);
    for attribute in policy.context_attributes.iter().filter(|attribute| !attribute.optional) {
        if !case.request.context.iter().any(|(name, _)| **name == *attribute.name) {
            notes.push(Note::Missing(format!("`context.{}`", attribute.name)));
        }
    }
    if let Ok(place) = &case.place {
        about_room(case, place, engine, &mut notes);
        about_circumstances(case, place, &mut notes);
    }
    notes
}

fn about_known(case: &Case<'_>, known: &Known<'_>, notes: &mut Vec<Note>) {
    let policy = case.policy;
    let lowest = policy.levels.first().map_or("", |level| &*level.name);
    match &known.assurance {
        Some(level) if !policy.level_names.contains_key(&**level) => notes
            .push(Note::Ignored(format!("the level `{}` is not declared, so the lowest counts", level.escape_debug()))),
        None if policy.levels.len() > 1 && asks_strength(case) => {
            notes.push(Note::Missing(format!("the visitor's assurance, so the lowest counts: `{lowest}`")));
        }
        _ => {}
    }
    if let (Some(now), Some(then)) = (case.request.time, known.authenticated_at)
        && then > now
    {
        notes.push(Note::Ignored("the authentication is later than the request, so its age is unknown".to_owned()));
    }
    for name in &known.groups {
        let group = policy.group(name).and_then(|group| policy.groups.get(group.index()));
        let name = name.escape_debug();
        match group {
            None => notes.push(Note::Ignored(format!("the claimed group `{name}` is not declared"))),
            Some(group) if !group.claimed => notes.push(Note::Ignored(format!(
                "the claimed group `{name}` is listed by the policy, which alone says who is in it"
            ))),
            Some(_) => {}
        }
    }
    about(policy, "identity", &policy.identity_attributes, &known.attributes, notes);
    let identity = policy.identity(&known.identity).and_then(|id| policy.identities.get(id.index()));
    for (id, value) in identity.iter().flat_map(|identity| &identity.attributes) {
        let Some(declared) = policy.identity_attributes.get(id.index()) else { continue };
        let Some((name, said)) = known.attributes.iter().find(|(name, _)| **name == *declared.name) else { continue };
        let same = match (recorded(value), claimed(said, declared.ty, policy)) {
            (Slot::One(recorded), Slot::One(claimed)) => recorded == claimed,
            (Slot::Many(recorded), Slot::Many(claimed)) => {
                recorded.iter().all(|value| claimed.contains(value))
                    && claimed.iter().all(|value| recorded.contains(value))
            }
            _ => false,
        };
        if !same {
            notes.push(Note::Ignored(format!("`identity.{name}` is recorded by the policy with another value")));
        }
    }
}

/// Attributes that are not declared, or not of their declared type.
fn about(policy: &Policy, base: &str, declared: &[Attribute], given: &Attributes<'_>, notes: &mut Vec<Note>) {
    for (name, value) in given {
        match declared.iter().find(|attribute| *attribute.name == **name) {
            None => notes.push(Note::Ignored(format!("`{base}.{}` is not declared", name.escape_debug()))),
            Some(attribute) => notes.extend(unfit(policy, base, attribute, value)),
        }
    }
}

fn unfit(policy: &Policy, base: &str, attribute: &Attribute, value: &Value<'_>) -> Option<Note> {
    matches!(claimed(value, attribute.ty, policy), Slot::Missing).then(|| {
        Note::Ignored(format!("`{base}.{}` is {value}, which is not of type `{}`", attribute.name, attribute.ty))
    })
}

fn about_room(case: &Case<'_>, place: &Place<'_>, engine: &Engine, notes: &mut Vec<Note>) {
    let policy = case.policy;
    let class = case.patterns(engine);
    let attributes: Vec<&Attribute> = policy
        .rooms
        .iter()
        .filter(|room| room.patterns.iter().any(|pattern| class.binary_search(pattern).is_ok()))
        .flat_map(|room| &room.attributes)
        .collect();
    for (name, value) in &case.request.room_attributes {
        let mut declared = attributes.iter().filter(|attribute| *attribute.name == **name).peekable();
        if declared.peek().is_none() {
            let shown = name.escape_debug();
            let parameter = class
                .iter()
                .filter_map(|pattern| policy.patterns.get(pattern.index()))
                .any(|pattern| pattern.parameter(name).is_some());
            notes.push(Note::Ignored(if parameter {
                format!("`room.{shown}` comes from the path alone")
            } else {
                format!("`room.{shown}` is declared by no room that holds the path")
            }));
        }
        notes.extend(declared.filter_map(|attribute| unfit(policy, "room", attribute, value)).take(1));
    }
    let mut missing: Vec<&str> = Vec::new();
    for (_, clauses) in place.rules() {
        for (binding, attribute) in clauses.target.bindings.iter().zip(&clauses.rule.room_attributes) {
            let given = case.request.room_attributes.iter().any(|(name, _)| **name == *attribute.name);
            if matches!(binding, RoomBinding::Attribute { .. }) && !given && !missing.contains(&&*attribute.name) {
                missing.push(&attribute.name);
                notes.push(Note::Missing(format!("`room.{}`", attribute.name)));
            }
        }
    }
}

/// The address and the time, where a rule that covers the request asks for them.
fn about_circumstances(case: &Case<'_>, place: &Place<'_>, notes: &mut Vec<Note>) {
    if case.request.address.is_none() && place.rules().any(|(_, clauses)| clauses.rule.origins.is_some()) {
        notes.push(Note::Missing("the visitor's address".to_owned()));
    }
    let asks_time = |expr: &Option<Box<Expr>>| expr.as_deref().is_some_and(tests_time);
    if case.request.time.is_none()
        && place.rules().any(|(_, clauses)| {
            let within = clauses.rule.strength.is_some_and(|strength| strength.within.is_some());
            within || asks_time(&clauses.rule.when) || asks_time(&clauses.rule.unless)
        })
    {
        notes.push(Note::Missing("the request's time".to_owned()));
    }
    if let (Stand::Known(visitor, strength), Subject::Known(known)) = (&case.stand, &case.request.subject)
        && visitor.is_known()
        && known.authenticated_at.is_none()
        && strength.age.is_none()
        && place.rules().any(|(_, clauses)| clauses.rule.strength.is_some_and(|strength| strength.within.is_some()))
    {
        notes.push(Note::Missing("the time of authentication".to_owned()));
    }
}

/// Whether a rule that covers the request has a `with` or `without`.
fn asks_strength(case: &Case<'_>) -> bool {
    case.place.as_ref().is_ok_and(|place| place.rules().any(|(_, clauses)| clauses.rule.strength.is_some()))
}

fn tests_time(expr: &Expr) -> bool {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(tests_time),
        Expr::Not(inner) => tests_time(inner),
        Expr::Test(test) => {
            let time = |operand: &doorward_model::expr::Operand| *operand == doorward_model::expr::Operand::Time;
            match &test.kind {
                TestKind::InWindow { .. } | TestKind::OnDay(_) | TestKind::Since(..) => true,
                TestKind::Equal(left, right) | TestKind::Order(left, _, right) => time(left) || time(right),
                TestKind::InSet(operand, _) => time(operand),
                _ => false,
            }
        }
    }
}
