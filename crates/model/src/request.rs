//! Requests: who wants to do what, where, from where, in which circumstances.

use std::borrow::Cow;
use std::net::IpAddr;

use unicode_normalization::is_nfc;

use crate::instant::Instant;
use crate::limits;
use crate::value::Value;

/// Names and values; a later one of the same name is never looked at.
pub type Attributes<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// One request for a decision.
///
/// Everything but the subject, the action and the path may be left out; what is left out is *unknown*, which never
/// opens a door.
///
/// ```
/// use doorward_model::{Instant, Request, Subject};
///
/// let request = Request::new(Subject::known("alice").assurance("mfa"), "GET", "/wiki/home")
///     .address("10.0.0.7".parse()?)
///     .context("country", "DE");
/// assert_eq!(request.path, "/wiki/home");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, remote = "Self"))]
pub struct Request<'a> {
    /// Who asks.
    pub subject: Subject<'a>,
    /// An HTTP method in its registered spelling, or an action that the policy declares.
    pub action: Cow<'a, str>,
    /// The path, raw, as sent: what follows the first `?` is ignored.
    #[cfg_attr(feature = "serde", serde(rename = "room"))]
    pub path: Cow<'a, str>,
    /// The attributes of the room.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty", with = "serialized::attributes")
    )]
    pub room_attributes: Attributes<'a>,
    /// The visitor's address, if it is known.
    #[cfg_attr(
        feature = "serde",
        serde(default, rename = "from", skip_serializing_if = "Option::is_none", with = "serialized::address")
    )]
    pub address: Option<IpAddr>,
    /// The attributes of the context.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty", with = "serialized::attributes")
    )]
    pub context: Attributes<'a>,
    /// The instant of the request, if it is known.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub time: Option<Instant>,
}

impl<'a> Request<'a> {
    /// A request of which no more is known.
    pub fn new(
        subject: impl Into<Subject<'a>>,
        action: impl Into<Cow<'a, str>>,
        path: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self {
            subject: subject.into(),
            action: action.into(),
            path: path.into(),
            room_attributes: Vec::new(),
            address: None,
            context: Vec::new(),
            time: None,
        }
    }

    /// The same from that address. An IPv4-mapped IPv6 address is its IPv4 address.
    #[must_use]
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The same at that instant.
    #[must_use]
    pub fn at(mut self, time: Instant) -> Self {
        self.time = Some(time);
        self
    }

    /// The same with an attribute of the context.
    #[must_use]
    pub fn context(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Self {
        self.context.push((name.into(), value.into()));
        self
    }

    /// The same with an attribute of the room.
    #[must_use]
    pub fn room_attribute(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Self {
        self.room_attributes.push((name.into(), value.into()));
        self
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject<'a> {
    /// Nobody presented credentials.
    Anonymous,
    /// The authenticator vouches for who it is.
    Known(Known<'a>),
    /// Credentials were presented and are not valid.
    Rejected,
}

impl<'a> Subject<'a> {
    /// A visitor whom the authenticator knows by that name. See [`Known`] for what can be added.
    pub fn known(identity: impl Into<Cow<'a, str>>) -> Known<'a> {
        Known::new(identity)
    }
}

impl<'a> From<Known<'a>> for Subject<'a> {
    fn from(known: Known<'a>) -> Self {
        Self::Known(known)
    }
}

/// A visitor whom the authenticator knows, and what it says of them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Known<'a> {
    /// The name, declared by the policy or not. One that is no identity ([`is_identity`]) makes the subject rejected.
    pub identity: Cow<'a, str>,
    /// The assurance level; the lowest if it is not stated or not declared.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub assurance: Option<Cow<'a, str>>,
    /// When the visitor authenticated.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub authenticated_at: Option<Instant>,
    /// The groups that the visitor's credentials claim; at most [`limits::CLAIMED_GROUPS`].
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub groups: Vec<Cow<'a, str>>,
    /// The attributes that the visitor's credentials claim.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty", with = "serialized::attributes")
    )]
    pub attributes: Attributes<'a>,
}

impl<'a> Known<'a> {
    /// A visitor of that name, of whom no more is known.
    pub fn new(identity: impl Into<Cow<'a, str>>) -> Self {
        Self {
            identity: identity.into(),
            assurance: None,
            authenticated_at: None,
            groups: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// The same with that level of assurance.
    #[must_use]
    pub fn assurance(mut self, level: impl Into<Cow<'a, str>>) -> Self {
        self.assurance = Some(level.into());
        self
    }

    /// The same, authenticated at that instant.
    #[must_use]
    pub fn authenticated_at(mut self, instant: Instant) -> Self {
        self.authenticated_at = Some(instant);
        self
    }

    /// The same with a claimed group.
    #[must_use]
    pub fn group(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.groups.push(name.into());
        self
    }

    /// The same with a claimed attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }
}

/// Whether a text can be an identity's name: 1 to 256 bytes in normalization form C, without control characters or
/// outer white space.
#[must_use]
pub fn is_identity(name: &str) -> bool {
    if name.is_empty() || name.len() > limits::IDENTITY_BYTES {
        return false;
    }
    if name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return true;
    }
    !name.starts_with(char::is_whitespace)
        && !name.ends_with(char::is_whitespace)
        && !name.chars().any(char::is_control)
        && is_nfc(name)
}

#[cfg(feature = "serde")]
mod serialized {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::value::MapAccessDeserializer;
    use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
    use serde::ser::{Serialize, Serializer};

    use super::{Known, Request, Subject};

    impl Serialize for Request<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            Request::serialize(self, serializer)
        }
    }

    /// An object; an array of the parts in their order, which the derived code would take too, is none.
    impl<'de> Deserialize<'de> for Request<'_> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(RequestVisitor(PhantomData))
        }
    }

    struct RequestVisitor<'a>(PhantomData<Request<'a>>);

    impl<'de, 'a> Visitor<'de> for RequestVisitor<'a> {
        type Value = Request<'a>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object with `subject`, `action` and `room`")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Request::deserialize(MapAccessDeserializer::new(map))
        }
    }

    /// `"anonymous"`, `"rejected"`, or an object.
    impl Serialize for Subject<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Anonymous => serializer.serialize_str("anonymous"),
                Self::Known(known) => known.serialize(serializer),
                Self::Rejected => serializer.serialize_str("rejected"),
            }
        }
    }

    impl<'de> Deserialize<'de> for Subject<'_> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(SubjectVisitor(PhantomData))
        }
    }

    struct SubjectVisitor<'a>(PhantomData<Subject<'a>>);

    impl<'de, 'a> Visitor<'de> for SubjectVisitor<'a> {
        type Value = Subject<'a>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str(r#""anonymous", "rejected" or an object with an `identity`"#)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            match text {
                "anonymous" => Ok(Subject::Anonymous),
                "rejected" => Ok(Subject::Rejected),
                other => Err(E::custom(format_args!(
                    r#"unknown subject {other:?}, expected "anonymous", "rejected" or {{"identity": …}}"#
                ))),
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Known::deserialize(MapAccessDeserializer::new(map)).map(Subject::Known)
        }
    }

    /// An object whose keys are names; one that comes twice is an error.
    pub(super) mod attributes {
        use std::borrow::Cow;
        use std::collections::HashSet;

        use super::{Deserializer, Error, MapAccess, PhantomData, Serializer, Visitor, fmt};
        use crate::request::Attributes;

        pub(in crate::request) fn serialize<S: Serializer>(
            attributes: &Attributes<'_>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            serializer.collect_map(attributes.iter().map(|(name, value)| (name, value)))
        }

        pub(in crate::request) fn deserialize<'de, 'a, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Attributes<'a>, D::Error> {
            deserializer.deserialize_map(AttributesVisitor(PhantomData))
        }

        struct AttributesVisitor<'a>(PhantomData<Attributes<'a>>);

        impl<'de, 'a> Visitor<'de> for AttributesVisitor<'a> {
            type Value = Attributes<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of attributes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut seen = HashSet::new();
                let mut attributes = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let value = map.next_value()?;
                    if !seen.insert(name.clone()) {
                        return Err(A::Error::custom(format_args!("duplicate attribute `{}`", name.escape_debug())));
                    }
                    attributes.push((Cow::Owned(name), value));
                }
                Ok(attributes)
            }
        }
    }

    /// An address as text.
    pub(super) mod address {
        use std::net::IpAddr;

        use super::{Deserialize, Deserializer, Error, Serialize, Serializer};
        use crate::address::parse_address;

        pub(in crate::request) fn serialize<S: Serializer>(
            address: &Option<IpAddr>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            address.serialize(serializer)
        }

        pub(in crate::request) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<IpAddr>, D::Error> {
            let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
            parse_address(&text).map(Some).ok_or_else(|| {
                D::Error::custom(format_args!(
                    "malformed address `{}`, expected an IPv4 or IPv6 address",
                    text.escape_debug()
                ))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_identity;
    use crate::limits;

    #[test]
    fn names_are_those_that_an_identity_can_have() {
        for name in ["a", "alice", "alice smith", "CN=alice,O=acme", "anonymous", "élodie", "日本", "-", "..", "🚪"]
        {
            assert!(is_identity(name), "{name}");
        }
        for name in [
            "",
            " ",
            " a",
            "a ",
            "a\n",
            "\ta",
            "a\0b",
            "a\u{7f}b",
            "a\u{85}b",
            "\u{a0}a",
            "a\u{2003}",
            "e\u{301}",
            "\u{212b}",
        ] {
            assert!(!is_identity(name), "{name:?}");
        }
        assert!(is_identity(&"a".repeat(limits::IDENTITY_BYTES)));
        assert!(!is_identity(&"a".repeat(limits::IDENTITY_BYTES + 1)));
        // Bytes are counted, not characters.
        assert!(!is_identity(&"é".repeat(limits::IDENTITY_BYTES / 2 + 1)));
    }
}

#[cfg(test)]
#[cfg(feature = "serde")]
mod serialized_tests {
    use super::Request;

    #[track_caller]
    fn refused(text: &str, because: &str) {
        let error = serde_json::from_str::<Request<'_>>(text).expect_err(text).to_string();
        assert!(error.contains(because), "{error}");
    }

    #[test]
    fn requests_round_trip() {
        let text = r#"{"subject":{"identity":"alice","assurance":"mfa","authenticated_at":"2026-11-23T09:50:00Z","groups":["oncall"],"attributes":{"team":"it"}},"action":"GET","room":"/docs/7","room_attributes":{"owner":"bob","tags":["a",1,true]},"from":"10.0.0.7","context":{"country":"DE"},"time":"2026-11-23T10:00:00Z"}"#;
        let request: Request<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&request).unwrap(), text);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        refused(r#"["anonymous", "GET", "/"]"#, "an object with");
        refused(r#"{"subject":7,"action":"GET","room":"/"}"#, r#"expected "anonymous", "rejected" or an object"#);
        refused(
            r#"{"subject":"anonymous","action":"GET","room":"/","context":[]}"#,
            "expected an object of attributes",
        );
        refused(r#"{"subject":"anonymous","action":"GET"}"#, "missing field `room`");
        refused(r#"{"subject":"nobody","action":"GET","room":"/"}"#, r#"unknown subject "nobody""#);
        refused(r#"{"subject":"anonymous","action":"GET","room":"/","path":"/"}"#, "unknown field `path`");
        refused(r#"{"subject":"anonymous","action":"GET","room":"/","\u0072oom":"/x"}"#, "duplicate field `room`");
        refused(
            r#"{"subject":"anonymous","action":"GET","room":"/","context":{"a":1,"a":2}}"#,
            "duplicate attribute `a`",
        );
        refused(r#"{"subject":"anonymous","action":"GET","room":"/","from":"10.1"}"#, "malformed address `10.1`");
        refused(r#"{"subject":"anonymous","action":"GET","room":"/","time":"now"}"#, "time");
        refused(r#"{"subject":{"identity":"a","level":"mfa"},"action":"GET","room":"/"}"#, "unknown field `level`");
    }
}
