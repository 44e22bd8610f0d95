//! One request as a space in which nothing varies.
//!
//! Every variable has the one choice that the request gives it, so that each diagram over them is a leaf, and what rules
//! say of the request can be read off as what they say of all requests is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use doorward_model::address::canonical;
use doorward_model::limits::SET_ELEMENTS;
use doorward_model::request::{Attributes, is_identity};
use doorward_model::types::Type;
use doorward_model::{Instant, Known, Policy, Request, Subject, Value};
use doorward_syntax::ast::{ScalarType, SmolStr};

use super::{Choice, Crowd, Datum, Key, Space, Uses, element};
use crate::error::TooComplex;
use crate::site::Site;

impl Space {
    /// That of one request at its own place.
    ///
    /// # Errors
    /// If rules read one attribute as two types, and the request gives a value that is not the same to both.
    pub(crate) fn of_request(site: &Site<'_>, uses: &Uses<'_>, request: &Request<'_>) -> Result<Self, TooComplex> {
        let known = match &request.subject {
            Subject::Known(known) if is_identity(&known.identity) => Some(known),
            Subject::Anonymous | Subject::Known(_) | Subject::Rejected => None,
        };
        let names: BTreeSet<SmolStr> = known.iter().map(|known| SmolStr::from(&*known.identity)).collect();
        let crowd = Crowd::of_names(site, &names);
        let visitor = match (&request.subject, known) {
            (_, Some(_)) => Choice::Known(0),
            (Subject::Anonymous, None) => Choice::Anonymous,
            (Subject::Known(_) | Subject::Rejected, None) => Choice::Rejected,
        };
        let scalar = |value: Option<Datum>| value.map_or(Choice::Missing, Choice::Scalar);
        let mut chosen = BTreeMap::from([
            (Key::Visitor, visitor),
            (Key::Time, scalar(request.time.map(Datum::Time))),
            (Key::Address, scalar(request.address.map(canonical).map(Datum::Address))),
        ]);
        if let Some(known) = known {
            let level = known.assurance.as_deref().map(SmolStr::from);
            chosen.insert(Key::Level, Choice::Level(level));
            chosen.insert(Key::Age, Choice::Age(age(request, known)));
            let claims = known.groups.iter().map(|group| Key::Claim((&**group).into()));
            chosen.extend(claims.map(|claim| (claim, Choice::Flag(true))));
        }
        let nothing = Attributes::new();
        for (key, types) in &uses.types {
            let given = match key {
                Key::Context(name) => first(&request.context, name),
                Key::Identity(name) => first(known.map_or(&nothing, |known| &known.attributes), name),
                Key::Room(name) => first(&request.room_attributes, name),
                _ => continue,
            };
            read(site, key, types, given, &mut chosen)?;
        }
        Ok(Self { variables: chosen.into_iter().map(|(key, choice)| (key, vec![choice])).collect(), crowd, steps: 0 })
    }
}

/// In whole seconds, none of which is given away; `None` if it is not known.
fn age(request: &Request<'_>, known: &Known<'_>) -> Option<u64> {
    let nanoseconds = request.time?.nanoseconds_since(known.authenticated_at?)?;
    u64::try_from(nanoseconds.div_ceil(1_000_000_000)).ok()
}

/// The first value of that name; a later one is never looked at.
fn first<'v>(given: &'v Attributes<'_>, name: &str) -> Option<&'v Value<'v>> {
    given.iter().find(|(known, _): &&(Cow<'_, str>, _)| known == name).map(|(_, value)| value)
}

/// Chooses what an attribute is to rules that read it as those types.
fn read(
    site: &Site<'_>,
    key: &Key,
    types: &[Type],
    given: Option<&Value<'_>>,
    chosen: &mut BTreeMap<Key, Choice>,
) -> Result<(), TooComplex> {
    let mut scalars: BTreeSet<Datum> = BTreeSet::new();
    let mut sets: BTreeSet<Option<BTreeSet<Datum>>> = BTreeSet::new();
    for policy in &site.policies {
        for ty in types {
            match (ty, given) {
                (Type::Scalar(scalar), Some(value)) => scalars.extend(datum(value, *scalar, policy)),
                (Type::Set(scalar), Some(Value::Set(values))) => _ = sets.insert(elements(values, *scalar, policy)),
                (Type::Scalar(_), None) | (Type::Set(_), _) => {}
            }
        }
    }
    // One scalar can be right for some types and wrong for others, which the types tell when it is read.
    if scalars.len() > 1 || sets.len() > 1 {
        return Err(TooComplex::new(format!("two different types of {}", key.told())));
    }
    let mut choice = scalars.pop_first().map_or(Choice::Missing, Choice::Scalar);
    if let Some(held) = sets.pop_first().flatten() {
        choice = Choice::Set;
        chosen.extend(held.into_iter().map(|value| (element(key, value), Choice::Flag(true))));
    }
    chosen.insert(key.clone(), choice);
    Ok(())
}

/// The elements of a set; `None` if one is not of their type, or if there are more than a request may have.
fn elements(values: &[Value<'_>], scalar: ScalarType, policy: &Policy) -> Option<BTreeSet<Datum>> {
    let few = values.len() <= SET_ELEMENTS;
    values.iter().map(|value| datum(value, scalar, policy)).collect::<Option<_>>().filter(|_| few)
}

fn datum(value: &Value<'_>, scalar: ScalarType, policy: &Policy) -> Option<Datum> {
    let read = match (scalar, value) {
        (ScalarType::Address, Value::Address(address)) => Datum::Address(canonical(*address)),
        (ScalarType::Address, Value::String(text)) => Datum::Address(canonical(text.parse::<IpAddr>().ok()?)),
        (ScalarType::Bool, Value::Bool(value)) => Datum::Bool(*value),
        (ScalarType::Int, Value::Int(value)) => Datum::Int(*value),
        (ScalarType::Group | ScalarType::Identity | ScalarType::String, Value::String(text)) => {
            Datum::Text((&**text).into())
        }
        (ScalarType::Time, Value::Time(instant)) => Datum::Time(*instant),
        (ScalarType::Time, Value::String(text)) => Datum::Time(Instant::parse(text).ok()?),
        _ => return None,
    };
    Some(read).filter(|datum| datum.fits(scalar, policy))
}
