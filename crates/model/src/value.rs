//! Values as requests carry them: what an attribute is said to be, before a policy's types are known.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use crate::instant::Instant;

/// A value of an attribute in a request.
///
/// What it means depends on the type that the policy declares: a [`Value::String`] can be a `string`, an `identity`, a
/// `group`, an `address` or a `time`. A value that does not fit the declared type counts as missing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// An address.
    Address(IpAddr),
    /// `true` or `false`.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// Any number of values; all of one type, or it fits no type.
    Set(Vec<Value<'a>>),
    /// A text.
    String(Cow<'a, str>),
    /// An instant.
    Time(Instant),
    /// Something that no attribute can be, such as a fraction, a null or an object in JSON: it fits no type.
    Unfit,
}

impl Value<'_> {
    /// The same value without borrowed text.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Address(address) => Value::Address(address),
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Set(values) => Value::Set(values.into_iter().map(Value::into_owned).collect()),
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Time(instant) => Value::Time(instant),
            Self::Unfit => Value::Unfit,
        }
    }
}

/// As the language writes it: texts in double quotes, sets in braces.
impl fmt::Display for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(formatter, "{address}"),
            Self::Bool(value) => write!(formatter, "{value}"),
            Self::Int(value) => write!(formatter, "{value}"),
            Self::Set(values) => {
                formatter.write_str("{")?;
                for (index, value) in values.iter().enumerate() {
                    write!(formatter, "{}{value}", if index == 0 { " " } else { ", " })?;
                }
                formatter.write_str(" }")
            }
            Self::String(text) => write!(formatter, "{text:?}"),
            Self::Time(instant) => write!(formatter, "{instant}"),
            Self::Unfit => formatter.write_str("a value of no type"),
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<IpAddr> for Value<'_> {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

impl From<Instant> for Value<'_> {
    fn from(instant: Instant) -> Self {
        Self::Time(instant)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl<'a, T: Into<Value<'a>>> FromIterator<T> for Value<'a> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::Set(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(feature = "serde")]
mod serialized {
    use std::borrow::Cow;
    use std::fmt;

    use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
    use serde::ser::{Serialize, Serializer};

    use super::Value;

    /// Addresses and instants as texts, sets as arrays, what is unfit as null.
    impl Serialize for Value<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Address(address) => serializer.collect_str(address),
                Self::Bool(value) => serializer.serialize_bool(*value),
                Self::Int(value) => serializer.serialize_i64(*value),
                Self::Set(values) => serializer.collect_seq(values),
                Self::String(text) => serializer.serialize_str(text),
                Self::Time(instant) => serializer.collect_str(instant),
                Self::Unfit => serializer.serialize_unit(),
            }
        }
    }

    /// Any JSON value: what is no boolean, 64-bit integer, text or array of such is unfit, and so counts as missing.
    impl<'de> Deserialize<'de> for Value<'_> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(ValueVisitor(std::marker::PhantomData))
        }
    }

    struct ValueVisitor<'a>(std::marker::PhantomData<Value<'a>>);

    impl<'de, 'a> Visitor<'de> for ValueVisitor<'a> {
        type Value = Value<'a>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a boolean, an integer, a text or an array of them")
        }

        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok(Value::Bool(value))
        }

        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok(Value::Int(value))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok(i64::try_from(value).map_or(Value::Unfit, Value::Int))
        }

        fn visit_f64<E>(self, _value: f64) -> Result<Self::Value, E> {
            Ok(Value::Unfit)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Value::Unfit)
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Value::String(Cow::Owned(text.to_owned())))
        }

        fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
            Ok(Value::String(Cow::Owned(text)))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            let mut values = Vec::new();
            while let Some(value) = sequence.next_element()? {
                values.push(value);
            }
            Ok(Value::Set(values))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Value::Unfit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;
    use crate::address::parse_address;
    use crate::instant::Instant;

    #[test]
    fn values_print_as_the_language_writes_them() {
        for (value, printed) in [
            (Value::from(parse_address("::ffff:192.0.2.1").unwrap()), "192.0.2.1"),
            (Value::from(true), "true"),
            (Value::from(-3), "-3"),
            (Value::from("a \"b\""), r#""a \"b\"""#),
            (Value::from(Instant::parse("2026-11-23T10:00+01:00").unwrap()), "2026-11-23T09:00:00Z"),
            (["a", "b"].into_iter().collect(), r#"{ "a", "b" }"#),
            (Value::Set(Vec::new()), "{ }"),
            (Value::Unfit, "a value of no type"),
        ] {
            assert_eq!(value.to_string(), printed);
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn what_no_value_can_be_read_from_is_told() {
        use serde::de::Deserialize;
        use serde::de::value::{BytesDeserializer, Error};

        let error = Value::deserialize(BytesDeserializer::<Error>::new(b"x")).unwrap_err().to_string();
        assert!(error.ends_with("expected a boolean, an integer, a text or an array of them"), "{error}");
    }
}
