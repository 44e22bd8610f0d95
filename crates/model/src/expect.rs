//! Requests as `expect` lines, to be pasted into a `test` block.

use std::fmt::Write as _;

use doorward_syntax::ast::ScalarType;
use doorward_syntax::print;
use doorward_syntax::words::is_bare_path;

use crate::address;
use crate::instant::Instant;
use crate::path::Path;
use crate::policy::{Attribute, Policy};
use crate::request::{Attributes, Known, Request, Subject, is_identity};
use crate::types::Type;
use crate::value::Value;

/// A request with the status that is expected for it, as an `expect` line for a `test` block of that policy.
///
/// What changes nothing is left out: attributes and groups that are not declared or of a wrong type. A `HEAD` is
/// written as the `GET` that it is decided as. An authentication of unknown age is written as a very old one, which no
/// rule tells from it, though an assertion with `without LEVEL within AGE` does. What an expectation cannot say stands in
/// a comment at the end: a request without a time where it can matter, an age where no level is declared; a line whose
/// action is not declared, or whose path has characters that no text may have, is a comment as a whole.
///
/// ```
/// use doorward_model::expect::expect_line;
/// use doorward_model::{Request, Subject, check};
///
/// let parsed = doorward_syntax::parse("
///     group oncall claimed
///     network office = 10.0.0.0/8
///     allow oncall to read /wiki/** from office
/// ");
/// let policy = check(&parsed.policy, parsed.sources).policy.ok_or("an error")?;
/// let request = Request::new(Subject::known("Zoë").group("oncall"), "GET", "/wiki/a b").address([10, 0, 0, 7].into());
/// let line = expect_line(&policy, &request, 200);
/// assert_eq!(line, r#"expect 200 "Zoë" GET "/wiki/a b" from 10.0.0.7 in oncall"#);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn expect_line(policy: &Policy, request: &Request<'_>, status: u16) -> String {
    let mut unsaid: Vec<&str> = Vec::new();
    let mut line = format!("expect {status}");
    let known = match &request.subject {
        Subject::Known(known) if is_identity(&known.identity) => Some(known),
        Subject::Anonymous | Subject::Known(_) | Subject::Rejected => None,
    };
    let subject = match (&request.subject, known) {
        (_, Some(known)) => print::name(&known.identity),
        (Subject::Anonymous, None) => "anonymous".to_owned(),
        (Subject::Known(_) | Subject::Rejected, None) => "rejected".to_owned(),
    };
    let path = if is_bare_path(&request.path) { request.path.to_string() } else { print::string(&request.path) };
    // A `HEAD` is decided as a `GET`, and a policy says `GET` for both.
    let action = if request.action == "HEAD" { "GET" } else { &request.action };
    let _ = write!(line, " {subject} {} {path}", print::name(action));
    if let Some(address) = request.address {
        let _ = write!(line, " from {address}");
    }
    if let Some(known) = known {
        strength(policy, request, known, &mut line, &mut unsaid);
        let groups: Vec<String> =
            known.groups.iter().filter(|group| policy.group(group).is_some()).map(|group| print::name(group)).collect();
        let mut seen: Vec<&String> = Vec::new();
        for group in &groups {
            if !seen.contains(&group) {
                let _ = write!(line, "{} {group}", if seen.is_empty() { " in" } else { "," });
                seen.push(group);
            }
        }
    }
    match request.time {
        Some(time) => _ = write!(line, " at {time}"),
        None if tests_time(policy) => unsaid.push("the request has no time"),
        None => {}
    }
    let bindings = bindings(policy, request, known);
    for (index, binding) in bindings.iter().enumerate() {
        let _ = write!(line, "{}{binding}", if index == 0 { " where " } else { ", " });
    }
    if policy.action(&request.action).is_none() || !is_writable(&line) {
        return format!("# {}", line.escape_debug());
    }
    if !unsaid.is_empty() {
        let _ = write!(line, "  # but {}", unsaid.join(", and "));
    }
    line
}

/// `with LEVEL AGE old`, where it says more than silence.
fn strength(policy: &Policy, request: &Request<'_>, known: &Known<'_>, line: &mut String, unsaid: &mut Vec<&str>) {
    let declared = known.assurance.as_ref().filter(|level| policy.level_names.contains_key(&***level));
    let lowest = policy.levels.first().map(|level| &*level.name).filter(|name| !name.is_empty());
    let of_rules = policy.rules.iter().filter_map(|rule| rule.strength);
    let of_assertions =
        policy.assertions.iter().flat_map(|assertion| assertion.with.into_iter().chain(assertion.without));
    let longest = of_rules.chain(of_assertions).filter_map(|strength| strength.within).max();
    let age = request.time.zip(known.authenticated_at).and_then(|(now, then)| age(now, then));
    let Some(level) = declared.map(|level| &**level).or(lowest) else {
        if longest.is_some() && age.is_some() {
            unsaid.push("the visitor authenticated at a stated time");
        }
        return;
    };
    // Silence is the lowest level and an unknown age.
    let Some(longest) = longest else {
        if declared.is_some() {
            let _ = write!(line, " with {}", print::name(level));
        }
        return;
    };
    if declared.is_none() && age.is_none() {
        return;
    }
    let age = age.unwrap_or(longest.saturating_add(86_400));
    let _ = match age {
        0 => write!(line, " with {}", print::name(level)),
        age => write!(line, " with {} {} old", print::name(level), print::duration(age)),
    };
}

/// The age of an authentication in whole seconds, none of which is given away; `None` if it is later than the request.
fn age(now: Instant, then: Instant) -> Option<u64> {
    let nanoseconds = now.nanoseconds_since(then)?;
    u64::try_from(nanoseconds.div_ceil(1_000_000_000)).ok()
}

/// Whether the time of a request can change a verdict.
fn tests_time(policy: &Policy) -> bool {
    let text = |span| policy.sources.slice(span);
    policy.rules.iter().any(|rule| {
        let conditional = rule.when.is_some() || rule.unless.is_some();
        let clauses = conditional.then(|| policy.clauses(rule));
        let conditions = clauses.into_iter().flat_map(|clauses| [clauses.when, clauses.unless]).flatten();
        rule.strength.is_some_and(|strength| strength.within.is_some())
            || conditions.map(text).any(|text| text.contains("time") || text.contains("day"))
    })
}

/// Whether a policy's text may hold it: no control characters, and in normalization form C.
fn is_writable(line: &str) -> bool {
    !doorward_syntax::parse(&format!("test \"line\" {{ {line} }}")).has_errors()
}

fn bindings(policy: &Policy, request: &Request<'_>, known: Option<&Known<'_>>) -> Vec<String> {
    let mut bindings = Vec::new();
    if let Some(known) = known {
        let identity = policy.identity(&known.identity).and_then(|id| policy.identities.get(id.index()));
        let recorded = |name: &str| {
            let id = policy.identity_attribute_names.get(name);
            id.zip(identity).is_some_and(|(id, identity)| identity.attribute(*id).is_some())
        };
        let claimed = known.attributes.iter().filter(|(name, _)| !recorded(name)).cloned().collect();
        bind(policy, "identity", &policy.identity_attributes, &claimed, &mut bindings);
    }
    let here = Path::parse(&request.path).map(|path| attributes_at(policy, &path)).unwrap_or_default();
    bind(policy, "room", &here, &request.room_attributes, &mut bindings);
    bind(policy, "context", &policy.context_attributes, &request.context, &mut bindings);
    bindings
}

/// The attributes of the rooms that hold a path, less parameters and those that two rooms type differently.
fn attributes_at(policy: &Policy, path: &Path<'_>) -> Vec<Attribute> {
    let mut all: Vec<Attribute> = Vec::new();
    for room in &policy.rooms {
        let patterns = room.patterns.iter().filter_map(|id| policy.patterns.get(id.index()));
        if patterns.into_iter().any(|pattern| pattern.matches(path.segments())) {
            all.extend(room.attributes.iter().cloned());
        }
    }
    let types =
        |name: &str| all.iter().filter(|other| *other.name == *name).map(|other| other.ty).collect::<Vec<Type>>();
    all.iter().filter(|one| types(&one.name).iter().all(|ty| *ty == one.ty)).cloned().collect()
}

fn bind(policy: &Policy, base: &str, declared: &[Attribute], given: &Attributes<'_>, bindings: &mut Vec<String>) {
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in given {
        let declared = declared.iter().find(|attribute| *attribute.name == **name);
        if seen.contains(&&**name) {
            continue;
        }
        seen.push(name);
        if let Some(written) = declared.and_then(|attribute| literal(policy, value, attribute.ty)) {
            bindings.push(format!("{base}.{name} = {written}"));
        }
    }
}

/// A value as the language writes it where that type is meant; `None` if it does not fit.
fn literal(policy: &Policy, value: &Value<'_>, ty: Type) -> Option<String> {
    match (ty, value) {
        (Type::Scalar(scalar), value) => self::scalar(policy, value, scalar),
        (Type::Set(scalar), Value::Set(values)) => {
            let mut written: Vec<String> = Vec::new();
            for value in values {
                let value = self::scalar(policy, value, scalar)?;
                if !written.contains(&value) {
                    written.push(value);
                }
            }
            Some(if written.is_empty() { "{ }".to_owned() } else { format!("{{ {} }}", written.join(", ")) })
        }
        (Type::Set(_), _) => None,
    }
}

fn scalar(policy: &Policy, value: &Value<'_>, scalar: ScalarType) -> Option<String> {
    Some(match (scalar, value) {
        (ScalarType::Address, Value::Address(address)) => address::canonical(*address).to_string(),
        (ScalarType::Address, Value::String(text)) => address::canonical(text.parse().ok()?).to_string(),
        (ScalarType::Bool, Value::Bool(value)) => value.to_string(),
        (ScalarType::Group, Value::String(name)) if policy.group(name).is_some() => print::name(name),
        (ScalarType::Identity, Value::String(name)) if is_identity(name) => print::name(name),
        (ScalarType::Int, Value::Int(value)) => value.to_string(),
        (ScalarType::String, Value::String(text)) => print::string(text),
        (ScalarType::Time, Value::Time(instant)) => instant.to_string(),
        (ScalarType::Time, Value::String(text)) => Instant::parse(text).ok()?.to_string(),
        _ => return None,
    })
}
