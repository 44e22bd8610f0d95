//! Questions about people, from the arguments of a call and from lines of JSON.

mod undeclared; // names that a policy does not know

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;

use doorward::{Attributes, Instant, Subject, Value, is_identity};
use doorward_analysis::{Facts, WhatQuestion, WhoQuestion};
use doorward_model::address::parse_address;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, Visitor};

pub(crate) use self::undeclared::Undeclared;
use crate::arguments::Given;
use crate::request::{Binding, Scope};
use crate::values;

/// The facts that the arguments give.
///
/// # Errors
/// If an attribute is given twice.
pub(crate) fn facts(given: &Given) -> Result<Facts<'_>, String> {
    let mut facts = Facts {
        address: given.from,
        time: given.at,
        assurance: given.with.as_deref().map(Cow::Borrowed),
        age: given.age,
        groups: given.groups.as_ref().map(|groups| groups.iter().map(|group| group.as_str().into()).collect()),
        ..Facts::default()
    };
    for Binding { scope, name, value } in &given.bindings {
        let attributes = match scope {
            Scope::Context => &mut facts.context,
            Scope::Identity => &mut facts.attributes,
            Scope::Room => &mut facts.room_attributes,
        };
        if attributes.iter().any(|(known, _)| *known == name.as_str()) {
            return Err(format!("`--where` gives `{name}` twice"));
        }
        attributes.push((name.as_str().into(), value.clone()));
    }
    Ok(facts)
}

/// Whom an argument means; `None` for the anonymous.
///
/// # Errors
/// If it can be nobody's name.
pub(crate) fn identity(subject: &str) -> Result<Option<String>, String> {
    let name = match subject {
        "anonymous" => return Ok(None),
        "rejected" => {
            let error =
                "the rejected have no name: ask about `anonymous`, or about `\"rejected\"` if somebody is called so";
            return Err(error.to_owned());
        }
        // In quotes a visitor may be called `anonymous` or `rejected`, as in a policy.
        quoted if quoted.starts_with('"') => values::quoted(quoted)?,
        name => name.to_owned(),
    };
    if is_identity(&name) {
        return Ok(Some(name));
    }
    Err(format!("`{}` can be nobody's name", name.escape_debug()))
}

/// A question as data.
pub(crate) trait Line: Sized {
    /// Reads it.
    fn read(line: &[u8]) -> Result<Self, serde_json::Error>;
}

impl Line for WhoQuestion<'static> {
    fn read(line: &[u8]) -> Result<Self, serde_json::Error> {
        let line: WhoLine = serde_json::from_slice(line)?;
        let facts = Facts {
            address: address(line.from.as_deref())?,
            time: line.time,
            assurance: line.assurance.map(Cow::Owned),
            age: line.age,
            groups: line.groups.map(|groups| groups.into_iter().map(Cow::Owned).collect()),
            attributes: line.attributes.0,
            context: line.context.0,
            room_attributes: line.room_attributes.0,
            complete: false,
        };
        Ok(Self { action: line.action.into(), path: line.room.into(), facts })
    }
}

impl Line for WhatQuestion<'static> {
    fn read(line: &[u8]) -> Result<Self, serde_json::Error> {
        let line: WhatLine = serde_json::from_slice(line)?;
        let mut question = Self {
            identity: None,
            facts: Facts {
                address: address(line.from.as_deref())?,
                time: line.time,
                age: line.age,
                context: line.context.0,
                room_attributes: line.room_attributes.0,
                ..Facts::default()
            },
        };
        let Some(known) = line.subject.0 else { return Ok(question) };
        if !is_identity(&known.identity) {
            return Err(Error::custom(format_args!("`{}` can be nobody's name", known.identity.escape_debug())));
        }
        if known.authenticated_at.is_some() {
            return Err(Error::custom("give the `age` of the authentication in seconds, not its time"));
        }
        question.identity = Some(known.identity.into());
        question.facts.assurance = known.assurance.map(Cow::Owned);
        question.facts.groups = known.groups.map(|groups| groups.into_iter().map(Cow::Owned).collect());
        question.facts.attributes = known.attributes.0;
        Ok(question)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhoLine {
    action: String,
    room: String,
    from: Option<String>,
    assurance: Option<String>,
    /// In seconds.
    age: Option<u64>,
    groups: Option<Vec<String>>,
    #[serde(default)]
    attributes: Named,
    #[serde(default)]
    context: Named,
    #[serde(default)]
    room_attributes: Named,
    time: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhatLine {
    subject: Asked,
    from: Option<String>,
    /// In seconds.
    age: Option<u64>,
    #[serde(default)]
    context: Named,
    #[serde(default)]
    room_attributes: Named,
    time: Option<Instant>,
}

/// Whom a question is about; `None` for the anonymous.
struct Asked(Option<KnownLine>);

/// Somebody known, as in a request, but that groups which are not stated are open.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownLine {
    identity: String,
    assurance: Option<String>,
    authenticated_at: Option<Instant>,
    groups: Option<Vec<String>>,
    #[serde(default)]
    attributes: Named,
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Subjects;

        impl<'de> Visitor<'de> for Subjects {
            type Value = Asked;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(r#""anonymous" or an object with an `identity`"#)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Asked, E> {
                match Subject::deserialize(text.into_deserializer())? {
                    Subject::Anonymous => Ok(Asked(None)),
                    _ => Err(E::custom("the rejected have no name: ask about `anonymous`")),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Asked, A::Error> {
                KnownLine::deserialize(MapAccessDeserializer::new(map)).map(|known| Asked(Some(known)))
            }
        }

        deserializer.deserialize_any(Subjects)
    }
}

fn address(text: Option<&str>) -> Result<Option<IpAddr>, serde_json::Error> {
    let Some(text) = text else { return Ok(None) };
    let malformed = || {
        let text = text.escape_debug();
        Error::custom(format_args!("malformed address `{text}`, expected an IPv4 or IPv6 address"))
    };
    parse_address(text).map(Some).ok_or_else(malformed)
}

/// Attributes, an object whose keys are names; one that comes twice is an error.
#[derive(Default)]
struct Named(Attributes<'static>);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Named;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of attributes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named, A::Error> {
                let mut seen = HashSet::new();
                let mut attributes = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value<'static>>()? {
                    if !seen.insert(name.clone()) {
                        return Err(A::Error::custom(format_args!("duplicate attribute `{}`", name.escape_debug())));
                    }
                    attributes.push((Cow::Owned(name), value));
                }
                Ok(Named(attributes))
            }
        }

        deserializer.deserialize_map(Names)
    }
}

#[cfg(test)]
mod tests {
    use doorward_analysis::{WhatQuestion, WhoQuestion};

    use super::{Line, identity};

    #[track_caller]
    fn refused<T: Line>(line: &str, because: &str) {
        let error = T::read(line.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(because), "{error}");
    }

    #[test]
    fn questions_are_read() {
        let line =
            br#"{"action":"GET","room":"/","from":"10.0.0.7","age":60,"groups":["g"],"context":{"country":"DE"}}"#;
        let question = WhoQuestion::read(line).unwrap();
        assert_eq!((&*question.action, &*question.path, question.facts.age), ("GET", "/", Some(60)));
        assert_eq!(question.facts.context, [("country".into(), "DE".into())]);
        let question = WhatQuestion::read(br#"{"subject":{"identity":"alice","assurance":"mfa"}}"#).unwrap();
        assert_eq!(question.identity.as_deref(), Some("alice"));
        assert_eq!((question.facts.assurance.as_deref(), question.facts.groups), (Some("mfa"), None));
        // Who claims no group is another than whose claims are open.
        let line = br#"{"subject":{"identity":"alice","groups":[],"attributes":{"a":1}}}"#;
        let facts = WhatQuestion::read(line).unwrap().facts;
        assert_eq!((facts.groups, facts.attributes.len()), (Some(Vec::new()), 1));
        let line = br#"{"action":"GET","room":"/","groups":[]}"#;
        assert_eq!(WhoQuestion::read(line).unwrap().facts.groups, Some(Vec::new()));
        assert_eq!(WhatQuestion::read(br#"{"subject":"anonymous"}"#).unwrap().identity, None);
    }

    #[test]
    fn what_is_no_question() {
        refused::<WhoQuestion<'_>>(r#"{"action":"GET"}"#, "missing field `room`");
        refused::<WhoQuestion<'_>>(r#"{"action":"GET","room":"/","subject":"anonymous"}"#, "unknown field `subject`");
        refused::<WhoQuestion<'_>>(r#"{"action":"GET","room":"/","from":"10.1"}"#, "malformed address `10.1`");
        refused::<WhoQuestion<'_>>(r#"{"action":"GET","room":"/","context":{"a":1,"a":2}}"#, "duplicate attribute `a`");
        refused::<WhatQuestion<'_>>(r#"{"subject":"rejected"}"#, "the rejected have no name");
        refused::<WhatQuestion<'_>>(r#"{"subject":"nobody"}"#, "unknown subject");
        refused::<WhatQuestion<'_>>(r#"{"subject":{"identity":" a"}}"#, "can be nobody's name");
        refused::<WhatQuestion<'_>>(r#"{"subject":{"identity":"a","name":"b"}}"#, "unknown field `name`");
        let line = r#"{"subject":{"identity":"a","authenticated_at":"2026-11-23T09:50:00Z"}}"#;
        refused::<WhatQuestion<'_>>(line, "give the `age`");
    }

    #[test]
    fn names_of_subjects() {
        assert_eq!(identity("anonymous"), Ok(None));
        assert_eq!(identity("alice"), Ok(Some("alice".to_owned())));
        assert_eq!(identity("\"anonymous\""), Ok(Some("anonymous".to_owned())));
        assert_eq!(identity("\"rejected\""), Ok(Some("rejected".to_owned())));
        assert!(identity("rejected").is_err());
        assert!(identity(" a").is_err());
    }
}
