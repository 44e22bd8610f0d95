//! What is known of the requests that a question is about.
//!
//! Comes in: some facts. Goes out: the one choice that a variable is left with, or that a visitor has made. What depends on
//! nothing but the circumstances is chosen before diagrams are made; what a visitor could do better, such as how strongly to
//! authenticate, only after the answers are known.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use doorward_model::address::canonical;
use doorward_model::request::Attributes;
use doorward_model::types::Type;
use doorward_model::{Instant, Policy, Request, Subject, Value, limits};
use doorward_syntax::ast::ScalarType;

use crate::diagram::{Diagram, Variable};
use crate::encode::Encoder;
use crate::space::{Choice, Datum, Key, Term, Uses};

/// What is known of the requests that a question is about. What is not stated stays open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts<'a> {
    /// From where.
    pub address: Option<IpAddr>,
    /// When.
    pub time: Option<Instant>,
    /// The assurance level of known visitors.
    pub assurance: Option<Cow<'a, str>>,
    /// How many seconds ago known visitors authenticated.
    pub age: Option<u64>,
    /// The groups that known visitors claim: these, and no others.
    pub groups: Option<Vec<Cow<'a, str>>>,
    /// Attributes that known visitors claim.
    pub attributes: Attributes<'a>,
    /// Attributes of the context.
    pub context: Attributes<'a>,
    /// Attributes of the room.
    pub room_attributes: Attributes<'a>,
    /// Whether that is all: what is not stated is missing then, instead of open.
    pub complete: bool,
}

impl<'a> Facts<'a> {
    /// Everything that a request states besides the visitor's name, the action and the path; what it leaves out is missing.
    #[must_use]
    pub fn of(request: &Request<'a>) -> Self {
        let mut facts = Self {
            address: request.address,
            time: request.time,
            context: request.context.clone(),
            room_attributes: request.room_attributes.clone(),
            complete: true,
            ..Self::default()
        };
        if let Subject::Known(known) = &request.subject {
            facts.assurance.clone_from(&known.assurance);
            facts.groups = Some(known.groups.clone());
            facts.attributes.clone_from(&known.attributes);
            // Of an authentication in the future no age is known.
            let age = request.time.zip(known.authenticated_at).and_then(|(now, then)| now.nanoseconds_since(then));
            facts.age = age.and_then(|age| u64::try_from(age.div_ceil(1_000_000_000)).ok());
        }
        facts
    }

    /// The choice that the circumstances leave of a variable; `None` if it is open, or the visitor's.
    pub(crate) fn circumstance(&self, key: &Key, uses: &Uses<'_>, policy: &Policy) -> Option<Choice> {
        let missing = || self.complete.then_some(Choice::Missing);
        match key {
            Key::Address => {
                let at = self.address.map(|address| Choice::Scalar(Datum::Address(canonical(address))));
                at.or_else(missing)
            }
            Key::Time => self.time.map(|time| Choice::Scalar(Datum::Time(time))).or_else(missing),
            Key::Context(_) | Key::Room(_) => self.attribute(key, uses, policy),
            Key::Element(set, element) if matches!(**set, Key::Context(_) | Key::Room(_)) => {
                self.element(set, element, uses, policy)
            }
            _ => None,
        }
    }

    /// The choice that a known visitor has made of a variable; `None` if it is open, or not the visitor's.
    fn made(&self, key: &Key, uses: &Uses<'_>, policy: &Policy) -> Option<Choice> {
        match key {
            Key::Claim(name) => {
                let claimed = self.groups.as_ref().map(|groups| groups.iter().any(|group| **group == **name));
                claimed.or(self.complete.then_some(false)).map(Choice::Flag)
            }
            Key::Identity(_) => self.attribute(key, uses, policy),
            Key::Level => {
                let level = self.assurance.as_ref().map(|name| Choice::Level(Some((&**name).into())));
                level.or(self.complete.then_some(Choice::Level(None)))
            }
            Key::Age => self.age.map(|age| Choice::Age(Some(age))).or(self.complete.then_some(Choice::Age(None))),
            Key::Element(set, element) if matches!(**set, Key::Identity(_)) => self.element(set, element, uses, policy),
            _ => None,
        }
    }

    fn stated(&self, key: &Key) -> Option<&Value<'a>> {
        let (list, name) = match key {
            Key::Context(name) => (&self.context, name),
            Key::Identity(name) => (&self.attributes, name),
            Key::Room(name) => (&self.room_attributes, name),
            _ => return None,
        };
        list.iter().find(|(stated, _)| **stated == **name).map(|(_, value)| value)
    }

    fn attribute(&self, key: &Key, uses: &Uses<'_>, policy: &Policy) -> Option<Choice> {
        let Some(value) = self.stated(key) else { return self.complete.then_some(Choice::Missing) };
        let types = uses.types.get(key).map_or(&[][..], Vec::as_slice);
        let read = types.iter().find_map(|ty| match ty {
            Type::Scalar(scalar) => scalar_of(value, *scalar, policy).map(Choice::Scalar),
            Type::Set(scalar) => elements(value, *scalar, policy).map(|_| Choice::Set),
        });
        Some(read.unwrap_or(Choice::Missing))
    }

    fn element(&self, set: &Key, element: &Datum, uses: &Uses<'_>, policy: &Policy) -> Option<Choice> {
        let Some(value) = self.stated(set) else { return self.complete.then_some(Choice::Flag(false)) };
        let types = uses.types.get(set).map_or(&[][..], Vec::as_slice);
        let held = types.iter().any(|ty| match ty {
            Type::Set(scalar) => elements(value, *scalar, policy).is_some_and(|all| all.contains(element)),
            Type::Scalar(_) => false,
        });
        Some(Choice::Flag(held))
    }
}

/// A stated value as a policy reads it; `None` if it does not fit the type.
fn scalar_of(value: &Value<'_>, scalar: ScalarType, policy: &Policy) -> Option<Datum> {
    let read = match (scalar, value) {
        (ScalarType::Address, Value::String(text)) => Datum::Address(canonical(text.parse().ok()?)),
        (ScalarType::Time, Value::String(text)) => Datum::Time(Instant::parse(text).ok()?),
        (_, Value::Address(address)) => Datum::Address(canonical(*address)),
        (_, Value::Bool(value)) => Datum::Bool(*value),
        (_, Value::Int(value)) => Datum::Int(*value),
        (_, Value::String(text)) => Datum::Text((&**text).into()),
        (_, Value::Time(instant)) => Datum::Time(*instant),
        _ => return None,
    };
    read.fits(scalar, policy).then_some(read)
}

/// The elements of a stated set; `None` if it is none of that type.
fn elements(value: &Value<'_>, scalar: ScalarType, policy: &Policy) -> Option<BTreeSet<Datum>> {
    match value {
        Value::Set(values) if values.len() <= limits::SET_ELEMENTS => {
            values.iter().map(|value| scalar_of(value, scalar, policy)).collect()
        }
        _ => None,
    }
}

impl Uses<'_> {
    /// Notes what is stated, so that everything that is compared with it can be equal to it.
    pub(crate) fn know(&mut self, facts: &Facts<'_>, policy: &Policy) {
        for (key, types) in self.types.clone() {
            let Some(value) = facts.stated(&key) else { continue };
            for ty in types {
                match ty {
                    Type::Scalar(scalar) => {
                        let read = scalar_of(value, scalar, policy);
                        read.into_iter().for_each(|read| self.expect(key.clone(), read));
                    }
                    Type::Set(scalar) => {
                        let all = elements(value, scalar, policy).unwrap_or_default();
                        let sought = self.sought.get(&key).cloned().unwrap_or_default();
                        for term in sought {
                            let Term::Varying(key, _) = term else { continue };
                            all.iter().for_each(|element| self.expect(key.clone(), element.clone()));
                        }
                    }
                }
            }
        }
        if let Some(address) = facts.address.filter(|_| self.address) {
            self.expect(Key::Address, Datum::Address(canonical(address)));
        }
        if let Some(time) = facts.time.filter(|_| self.time) {
            self.expect(Key::Time, Datum::Time(time));
        }
    }
}

/// The choices that known visitors have made, by variable.
pub(crate) struct Made(Vec<Option<usize>>);

impl Made {
    pub(crate) fn of(encoder: &Encoder<'_>, uses: &Uses<'_>, facts: &Facts<'_>, policy: &Policy) -> Self {
        let of = |(_, key, choices): (Variable, &Key, &[Choice])| {
            let place = |wanted: &Choice| choices.iter().position(|choice| choice == wanted);
            match facts.made(key, uses, policy)? {
                // Any age is as good as the greatest that keeps the same limits; the least limit is kept by the first choice.
                Choice::Age(Some(age)) => Some(uses.ages.iter().filter(|limit| **limit < age).count()),
                // Levels that no policy declares are the lowest, and so is none.
                level @ Choice::Level(_) => place(&level).or_else(|| place(&Choice::Level(None))),
                made => place(&made).or_else(|| place(&Choice::Missing)),
            }
        };
        Self(encoder.space.iter().map(of).collect())
    }

    pub(crate) fn get(&self, variable: Variable) -> Option<usize> {
        self.0.get(variable.0 as usize).copied().flatten()
    }

    /// The function of what is still open.
    pub(crate) fn settle(&self, encoder: &mut Encoder<'_>, diagram: Diagram) -> Diagram {
        if self.0.iter().all(Option::is_none) {
            return diagram;
        }
        encoder.diagrams.fix(diagram, |variable| self.get(variable))
    }
}
