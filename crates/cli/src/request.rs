//! One request from the arguments of a call.

use std::net::IpAddr;

use doorward::{Instant, Known, Request, Subject, Value, is_identity};
use doorward_model::address::parse_address;

use crate::arguments::Single;
use crate::values;

/// An attribute that the call gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Binding {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) value: Value<'static>,
}

/// Whose attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Context,
    Identity,
    Room,
}

/// The request that the arguments say, at `now` if they do not say when.
///
/// # Errors
/// If a visitor without valid credentials has a level, claims a group or has attributes, a name is nobody's, or an
/// attribute is given twice.
pub(crate) fn request(single: &Single, now: Instant) -> Result<Request<'_>, String> {
    let time = single.at.unwrap_or(now);
    let subject = match &*single.subject {
        "anonymous" => Subject::Anonymous,
        "rejected" => Subject::Rejected,
        name => Subject::Known(known(single, name, time)?),
    };
    let mut request = Request::new(subject, &*single.action, &*single.path).at(time);
    request.address = single.from;
    let mut seen: Vec<(Scope, &str)> = Vec::new();
    for Binding { scope, name, value } in &single.bindings {
        if seen.contains(&(*scope, name)) {
            return Err(format!("`--where` gives `{name}` twice"));
        }
        seen.push((*scope, name));
        let attributes = match (scope, &mut request.subject) {
            (Scope::Context, _) => &mut request.context,
            (Scope::Room, _) => &mut request.room_attributes,
            (Scope::Identity, Subject::Known(known)) => &mut known.attributes,
            (Scope::Identity, _) => return Err(only_known(single, "has attributes: leave out `--where identity.…`")),
        };
        attributes.push((name.as_str().into(), value.clone()));
    }
    match (&request.subject, single) {
        (Subject::Known(_), _) => {}
        (_, Single { with: Some(_), .. }) => return Err(only_known(single, "has a level: leave out `--with`")),
        (_, Single { age: Some(_), .. }) => return Err(only_known(single, "has authenticated: leave out `--age`")),
        (_, Single { groups, .. }) if !groups.is_empty() => {
            return Err(only_known(single, "claims groups: leave out `--in`"));
        }
        _ => {}
    }
    Ok(request)
}

fn known<'a>(single: &'a Single, name: &'a str, time: Instant) -> Result<Known<'a>, String> {
    // In quotes a visitor may be called `anonymous`, as in a policy.
    let mut known = if name.starts_with('"') { Known::new(values::quoted(name)?) } else { Known::new(name) };
    if !is_identity(&known.identity) {
        let name = known.identity.escape_debug();
        return Err(format!("`{name}` can be nobody's name; a visitor of such a name is `rejected`"));
    }
    known.assurance = single.with.as_deref().map(Into::into);
    let age = single.age.or(single.with.as_ref().map(|_| 0));
    known.authenticated_at = age.and_then(|age| time.minus_seconds(age));
    known.groups = single.groups.iter().map(|group| group.as_str().into()).collect();
    Ok(known)
}

fn only_known(single: &Single, what: &str) -> String {
    format!("`{}` is not a known visitor, and only a known visitor {what}", single.subject)
}

/// Reads an address.
pub(crate) fn address(text: &str) -> Result<IpAddr, String> {
    parse_address(text).ok_or_else(|| "an address is IPv4 or IPv6, such as 10.0.0.7 or 2001:db8::7".to_owned())
}

/// Reads an instant.
pub(crate) fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|error| error.to_string())
}

/// Reads a length of time in seconds.
pub(crate) fn duration(text: &str) -> Result<u64, String> {
    let units = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60)];
    let seconds = units.into_iter().find_map(|(unit, seconds)| {
        let count = text.strip_suffix(unit)?;
        // `parse` would take a sign, too.
        let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        count.parse::<u64>().ok().filter(|_| digits)?.checked_mul(seconds)
    });
    seconds.ok_or_else(|| "a duration is a number and a unit, such as 90s, 15m, 2h or 7d".to_owned())
}

/// Reads `ATTR=VALUE`.
pub(crate) fn binding(text: &str) -> Result<Binding, String> {
    let (attribute, value) = text.split_once('=').ok_or("there is no `=` between attribute and value")?;
    let (scope, name) = attribute.trim().split_once('.').unwrap_or_default();
    let scope = match scope {
        "context" => Scope::Context,
        "identity" => Scope::Identity,
        "room" => Scope::Room,
        _ => return Err("an attribute begins with `identity.`, `room.` or `context.`".to_owned()),
    };
    if name.is_empty() {
        return Err("the attribute has no name".to_owned());
    }
    Ok(Binding { scope, name: name.to_owned(), value: values::parse(value)? })
}

#[cfg(test)]
mod tests {
    use super::{Scope, binding, duration};

    #[test]
    fn durations() {
        assert_eq!(duration("0s"), Ok(0));
        assert_eq!(duration("15m"), Ok(900));
        assert_eq!(duration("7d"), Ok(604_800));
        for text in ["", "m", "15", "+1m", "-1m", "1.5h", "1 m", "99999999999999999d", "１m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bindings() {
        let found = binding("room.owner = a=b").unwrap();
        assert_eq!((found.scope, &*found.name, found.value), (Scope::Room, "owner", "a=b".into()));
        for text in ["", "=", "room=x", "room.=x", "door.x=1", "room.x", "room.x="] {
            assert!(binding(text).is_err(), "{text}");
        }
    }
}
