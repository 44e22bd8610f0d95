//! Requests as JSON, one a line, as `doorward decide --requests` reads them.

use std::fmt::Write as _;

use doorward_model::request::Attributes;
use doorward_model::{Request, Subject, Value};

/// A request as one line of JSON.
///
/// ```
/// use doorward::{Request, Subject};
///
/// let request = Request::new(Subject::known("alice").group("oncall"), "GET", "/docs/7").room_attribute("rank", 3);
/// assert_eq!(
///     doorward_proptest::json(&request),
///     r#"{"subject":{"identity":"alice","groups":["oncall"]},"action":"GET","room":"/docs/7","room_attributes":{"rank":3}}"#
/// );
/// ```
#[must_use]
pub fn json(request: &Request<'_>) -> String {
    let mut fields = vec![
        ("subject", subject(&request.subject)),
        ("action", string(&request.action)),
        ("room", string(&request.path)),
    ];
    if !request.room_attributes.is_empty() {
        fields.push(("room_attributes", attributes(&request.room_attributes)));
    }
    fields.extend(request.address.map(|address| ("from", string(&address.to_string()))));
    if !request.context.is_empty() {
        fields.push(("context", attributes(&request.context)));
    }
    fields.extend(request.time.map(|time| ("time", string(&time.to_string()))));
    object(fields)
}

fn subject(subject: &Subject<'_>) -> String {
    let known = match subject {
        Subject::Anonymous => return string("anonymous"),
        Subject::Rejected => return string("rejected"),
        Subject::Known(known) => known,
    };
    let mut fields = vec![("identity", string(&known.identity))];
    fields.extend(known.assurance.as_ref().map(|level| ("assurance", string(level))));
    fields.extend(known.authenticated_at.map(|at| ("authenticated_at", string(&at.to_string()))));
    if !known.groups.is_empty() {
        fields.push(("groups", array(known.groups.iter().map(|group| string(group)))));
    }
    if !known.attributes.is_empty() {
        fields.push(("attributes", attributes(&known.attributes)));
    }
    object(fields)
}

fn attributes(attributes: &Attributes<'_>) -> String {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for (name, given) in attributes {
        // A later one of the same name is never looked at, and JSON may not repeat a key.
        if !fields.iter().any(|(seen, _)| *seen == &**name) {
            fields.push((name, value(given)));
        }
    }
    object(fields)
}

fn value(value: &Value<'_>) -> String {
    match value {
        Value::Address(address) => string(&address.to_string()),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Set(values) => array(values.iter().map(self::value)),
        Value::String(text) => string(text),
        Value::Time(instant) => string(&instant.to_string()),
        _ => "null".to_owned(),
    }
}

fn object<'n>(fields: impl IntoIterator<Item = (&'n str, String)>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("{}:{value}", string(name))).collect();
    format!("{{{}}}", fields.join(","))
}

fn array(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(","))
}

fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            _ if u32::from(character) < 0x20 => _ = write!(quoted, "\\u{:04x}", u32::from(character)),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
