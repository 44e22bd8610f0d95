//! From a choice of values to a request that a person can read and an engine decide.

use std::borrow::Cow;
use std::collections::BTreeMap;

use doorward_model::limits::PATH_BYTES;
use doorward_model::{Instant, Known, Request, Subject, Value};
use doorward_syntax::ast::SmolStr;

use crate::diagram::{Diagram, Variable};
use crate::encode::Encoder;
use crate::paths::Place;
use crate::space::{Choice, Datum, Key, reference};

impl Encoder<'_> {
    /// The smallest request that leads to a code that is `wanted`: the one that states least.
    pub(crate) fn witness(
        &self,
        diagram: Diagram,
        place: &Place,
        action: &str,
        wanted: &dyn Fn(u8) -> bool,
    ) -> Option<Request<'static>> {
        let (_, chosen) = self.diagrams.cheapest(diagram, &|variable, value| self.cost(variable, value), wanted)?;
        Some(self.request(place, action, &chosen))
    }

    /// How much the smallest request has to say for which a diagram is true.
    pub(crate) fn price(&self, diagram: Diagram) -> u64 {
        self.cheapest(diagram).map_or(u64::MAX, |(price, _)| price)
    }

    /// The choices of the smallest request for which a diagram is true, and how much it says.
    pub(crate) fn cheapest(&self, diagram: Diagram) -> Option<(u64, Vec<(Variable, usize)>)> {
        self.diagrams.cheapest(diagram, &|variable, value| self.cost(variable, value), &|code| code == 1)
    }

    fn cost(&self, variable: Variable, value: usize) -> u64 {
        let stated = self.space.choices(variable).get(value).map_or(0, |choice| self.stated(variable, choice));
        // Of two that state as much, the first.
        stated * 100_000 + u64::try_from(value).unwrap_or(u64::MAX).min(50_000)
    }

    /// How much a choice has to say.
    fn stated(&self, variable: Variable, choice: &Choice) -> u64 {
        match choice {
            Choice::Anonymous | Choice::Missing if self.space.key(variable) == Some(&Key::Time) => 30,
            Choice::Anonymous | Choice::Missing | Choice::Flag(false) | Choice::Level(None) | Choice::Age(Some(0)) => 0,
            Choice::Age(Some(_)) => 5,
            Choice::Age(None) => 6,
            Choice::Known(index) => {
                let visitor = self.space.crowd.visitors.get(*index);
                // Somebody whom the policy knows says more than somebody whom it does not.
                if visitor.is_some_and(|visitor| visitor.person.is_some()) { 10 } else { 12 }
            }
            Choice::Rejected => 11,
            Choice::Flag(true) | Choice::Level(Some(_)) | Choice::Set => 10,
            Choice::Scalar(_) => match self.space.key(variable) {
                Some(Key::Parameter(_)) => 1,
                _ => 10,
            },
        }
    }

    /// The request of those choices; what is not chosen is left out. That there is none, since its path would be too long, is
    /// noted.
    pub(crate) fn request(&self, place: &Place, action: &str, chosen: &[(Variable, usize)]) -> Request<'static> {
        let choice = |key: &Key| {
            let variable = self.space.variable(key)?;
            let (_, value) = chosen.iter().find(|(chosen, _)| *chosen == variable)?;
            self.space.choices(variable).get(*value)
        };
        let scalar = |key: &Key| match choice(key) {
            Some(Choice::Scalar(value)) => Some(value.clone()),
            _ => None,
        };
        let mut texts: BTreeMap<usize, SmolStr> = BTreeMap::new();
        let mut known = Known::new("");
        let mut request = Request::new(Subject::Anonymous, action.to_owned(), "");
        for (variable, value) in chosen {
            let (Some(key), Some(choice)) = (self.space.key(*variable), self.space.choices(*variable).get(*value))
            else {
                continue;
            };
            let attribute = |name: &SmolStr| Some((Cow::Owned(name.to_string()), self.value(key, choice, chosen)?));
            match (key, choice) {
                (Key::Parameter(index), Choice::Scalar(Datum::Text(text))) => _ = texts.insert(*index, text.clone()),
                (Key::Claim(name), Choice::Flag(true)) => known.groups.push(Cow::Owned(name.to_string())),
                (Key::Level, Choice::Level(Some(name))) => known.assurance = Some(Cow::Owned(name.to_string())),
                (Key::Identity(name), _) => known.attributes.extend(attribute(name)),
                (Key::Context(name), _) => request.context.extend(attribute(name)),
                (Key::Room(name), _) => request.room_attributes.extend(attribute(name)),
                _ => {}
            }
        }
        if let Some(Datum::Address(address)) = scalar(&Key::Address) {
            request.address = Some(address);
        }
        // An instant where none matters is better than none, which an expectation cannot say.
        request.time = match (choice(&Key::Time), scalar(&Key::Time)) {
            (_, Some(Datum::Time(time))) => Some(time),
            (Some(Choice::Missing), _) => None,
            _ => self.tells_time().then(reference),
        };
        request.path = Cow::Owned(place.path(&texts));
        self.overlong.set(self.overlong.get() || request.path.len() > PATH_BYTES);
        request.subject = match choice(&Key::Visitor) {
            Some(Choice::Known(index)) => {
                let visitor = self.space.crowd.visitors.get(*index);
                known.identity = Cow::Owned(visitor.map_or_else(String::new, |visitor| visitor.name.to_string()));
                let age = match choice(&Key::Age) {
                    Some(Choice::Age(age)) => *age,
                    _ => known.assurance.is_some().then_some(0),
                };
                let since = |(time, age): (Instant, u64)| time.minus_seconds(age);
                known.authenticated_at = request.time.zip(age).and_then(since);
                Subject::Known(known)
            }
            Some(Choice::Rejected) => Subject::Rejected,
            _ => Subject::Anonymous,
        };
        request
    }

    fn tells_time(&self) -> bool {
        self.site.tells_time
    }

    /// An attribute's value; `None` if it is missing.
    fn value(&self, key: &Key, choice: &Choice, chosen: &[(Variable, usize)]) -> Option<Value<'static>> {
        match choice {
            Choice::Scalar(value) => Some(value.value()),
            Choice::Set => {
                let held = chosen.iter().filter_map(|(variable, value)| match self.space.key(*variable) {
                    Some(Key::Element(set, element)) if **set == *key => {
                        let held = self.space.choices(*variable).get(*value) == Some(&Choice::Flag(true));
                        held.then(|| element.value())
                    }
                    _ => None,
                });
                let mut held: Vec<Value<'static>> = held.collect();
                let (site, crowd) = (self.site, &self.space.crowd);
                let rest = crowd.visitors.iter().zip(&crowd.names).filter(|(_, name)| held.contains(&name.value()));
                let rest = rest.flat_map(|(visitor, _)| crowd.rest(visitor, site.people.len()));
                let rest = rest.filter_map(|person| site.people.get(person)).map(|person| person.name.to_string());
                let rest: Vec<Value<'static>> = rest.map(|name| Value::String(Cow::Owned(name))).collect();
                held.extend(rest);
                Some(Value::Set(held))
            }
            _ => None,
        }
    }
}

impl Datum {
    pub(crate) fn value(&self) -> Value<'static> {
        match self {
            Self::Address(address) => Value::Address(*address),
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Text(text) => Value::String(Cow::Owned(text.to_string())),
            Self::Time(instant) => Value::Time(*instant),
        }
    }
}
