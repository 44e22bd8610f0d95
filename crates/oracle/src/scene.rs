//! One request under one policy: which rules apply to a visitor.

use std::collections::BTreeSet;
use std::net::IpAddr;

use doorward_model::request::{Request, Subject};
use doorward_syntax::ast::{
    AttributeDecl, Bound, Comparison, Effect, Expr, ExprKind, Literal, LiteralKind, Name, Operand, OperandKind,
    RoomItem, Rule, ScalarType, Strength, Subjects, Who,
};
use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::facts::{Facts, Value, Values, is_identity, nanoseconds};
use crate::fault::Fault;
use crate::place;

/// Kleene's three truth values, ordered so that `and` is the least and `or` the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    False,
    Unknown,
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

/// Who asks, once what the request says of them is understood.
pub(crate) enum Visitor {
    Anonymous,
    Known(Person),
    Rejected,
}

impl Visitor {
    /// As whom the visitor stands before the rules: the rejected as the anonymous.
    pub(crate) fn person(&self) -> Option<&Person> {
        if let Self::Known(person) = self { Some(person) } else { None }
    }
}

/// A known visitor.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    /// The groups that they claim.
    pub(crate) claims: BTreeSet<String>,
    pub(crate) attributes: Values,
    /// The index of their level.
    pub(crate) level: usize,
    /// How many nanoseconds ago they authenticated, if that is known.
    pub(crate) age: Option<i128>,
}

/// The attributes of the room that the path is, for one pattern.
#[derive(Default)]
pub(crate) struct Room<'a> {
    schema: &'a [AttributeDecl],
    attributes: Values,
}

/// A rule that is not false whoever asks, with the rooms of its patterns that hold the path.
pub(crate) struct Candidate<'a> {
    pub(crate) index: usize,
    pub(crate) rule: &'a Rule,
    pub(crate) rooms: Vec<Room<'a>>,
    origin: Truth,
}

/// A request, the subject aside, as a policy sees it.
pub(crate) struct Scene<'a> {
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) time: Option<i128>,
    /// What the clock of the policy's zone shows.
    local: Option<DateTime>,
    address: Option<IpAddr>,
    context: Values,
    /// `None` if the path is ambiguous.
    path: Option<Vec<String>>,
}

impl<'a> Scene<'a> {
    pub(crate) fn read(facts: &'a Facts<'a>, request: &Request<'_>) -> Self {
        let time = request.time.map(|time| time.as_nanoseconds());
        let timestamp = time.and_then(|time| Timestamp::from_nanosecond(time).ok());
        Self {
            facts,
            time,
            local: timestamp.map(|timestamp| facts.time_zone().to_datetime(timestamp)),
            address: request.address.map(|address| facts.address(address)),
            context: facts.typed(facts.context_schema.iter().copied(), &request.context),
            path: place::segments(&request.path, facts.has_fault(Fault::TrailingSlashSignificant)),
        }
    }

    pub(crate) fn visitor(&self, subject: &Subject<'_>) -> Visitor {
        let known = match subject {
            Subject::Anonymous => return Visitor::Anonymous,
            Subject::Known(known) if is_identity(&known.identity) => known,
            Subject::Known(_) | Subject::Rejected => return Visitor::Rejected,
        };
        let mut attributes = self.facts.typed(self.facts.identity_schema.iter().copied(), &known.attributes);
        attributes.extend(self.facts.recorded(&known.identity));
        let level = self.facts.levels.iter().position(|level| Some(*level) == known.assurance.as_deref());
        let since = known.authenticated_at.map(|instant| instant.as_nanoseconds());
        let age = self.time.zip(since).map(|(now, since)| now - since).filter(|age| *age >= 0);
        Visitor::Known(Person {
            name: known.identity.to_string(),
            claims: known.groups.iter().map(ToString::to_string).collect(),
            attributes,
            level: level.unwrap_or(0),
            age,
        })
    }

    /// The rules that matter; `None` for a request that no `allow` matches whoever asks.
    pub(crate) fn candidates(&self, request: &Request<'_>) -> Option<Vec<Candidate<'a>>> {
        let path = self.path.as_ref()?;
        let action = if request.action == "HEAD" { "GET" } else { &*request.action };
        let too_many_claims = matches!(&request.subject, Subject::Known(known) if known.groups.len() > 1024);
        if too_many_claims || !self.facts.is_action(action) {
            return None;
        }
        let candidate = |(index, rule): (usize, &&'a Rule)| {
            let candidate =
                Candidate { index, rule, rooms: self.rooms(rule, path, action, request), origin: self.origin(rule) };
            (!candidate.rooms.is_empty() && candidate.origin != Truth::False).then_some(candidate)
        };
        Some(self.facts.rules.iter().enumerate().filter_map(candidate).collect())
    }

    /// What the room is for a rule: once for each of its patterns that holds the path, and once without a pattern for
    /// a rule without ROOMS. Nothing if the rule does not cover the action.
    fn rooms(&self, rule: &'a Rule, path: &[String], action: &str, request: &Request<'_>) -> Vec<Room<'a>> {
        let Some(target) = &rule.target else { return vec![Room::default()] };
        if !self.facts.covers(&target.actions, rule.effect, action) {
            return Vec::new();
        }
        let Some(rooms) = &target.rooms else { return vec![Room::default()] };
        if self.is_at(self.facts.except(&rooms.except)) {
            return Vec::new();
        }
        let room = |(pattern, schema): (&str, &'a [AttributeDecl])| {
            let parameters = place::parameters(pattern, path, self.slash_significant())?;
            let mut attributes = self.facts.typed(schema, &request.room_attributes);
            attributes.extend(parameters.into_iter().map(|(name, value)| (name, Value::Text(value))));
            Some(Room { schema, attributes })
        };
        self.facts.patterns(&rooms.items).into_iter().filter_map(room).collect()
    }

    fn slash_significant(&self) -> bool {
        self.facts.has_fault(Fault::TrailingSlashSignificant)
    }

    /// Whether the path is one of those rooms.
    fn is_at(&self, items: &'a [RoomItem]) -> bool {
        let Some(path) = &self.path else { return false };
        let holds = |(pattern, _): &(&str, _)| place::parameters(pattern, path, self.slash_significant()).is_some();
        self.facts.patterns(items).iter().any(holds)
    }

    fn origin(&self, rule: &'a Rule) -> Truth {
        let Some(origins) = &rule.origins else { return Truth::True };
        let Some(address) = self.address else { return Truth::Unknown };
        let from = |items| self.facts.prefixes(items).into_iter().any(|prefix| place::holds(prefix, address));
        Truth::from(from(&origins.items) && !from(self.facts.except(&origins.except)))
    }

    /// Whether a 403 is told as 404 here; or a 401, if that is asked.
    pub(crate) fn concealed(&self, entirely: bool) -> bool {
        let mut conceals = self.facts.conceals.iter().filter(|conceal| conceal.entirely || !entirely);
        conceals
            .any(|conceal| self.is_at(&conceal.rooms.items) && !self.is_at(self.facts.except(&conceal.rooms.except)))
    }

    /// An allow applies when all of it is true, a deny unless some of it is false.
    pub(crate) fn applies(&self, candidate: &Candidate<'_>, person: Option<&Person>) -> bool {
        let truths = candidate.rooms.iter().map(|room| self.truth(candidate, room, person));
        let truth = truths.max().unwrap_or(Truth::False);
        match candidate.rule.effect {
            Effect::Deny if !self.facts.has_fault(Fault::DenySkippedWhenUnknown) => truth != Truth::False,
            Effect::Allow | Effect::Deny => truth == Truth::True,
        }
    }

    fn truth(&self, candidate: &Candidate<'_>, room: &Room<'_>, person: Option<&Person>) -> Truth {
        let rule = candidate.rule;
        if !self.concerns(&rule.subjects, person) {
            return Truth::False;
        }
        let strength = rule.strength.as_ref().map_or(Truth::True, |strength| self.strength(strength, person));
        let when = rule.when.as_ref().map_or(Truth::True, |expr| self.expr(expr, room, person));
        let unless = rule.unless.as_ref().map_or(Truth::True, |expr| !self.expr(expr, room, person));
        candidate.origin.min(strength).min(when).min(unless)
    }

    fn concerns(&self, subjects: &Subjects, person: Option<&Person>) -> bool {
        let listed = |names: &[Name]| {
            person.is_some_and(|person| {
                names.iter().any(|name| match self.facts.groups.contains_key(&*name.text) {
                    true => self.facts.is_member(&person.name, &person.claims, &name.text),
                    false => name.text == person.name,
                })
            })
        };
        let who = match &subjects.who {
            Who::Anyone => true,
            Who::Authenticated => person.is_some(),
            Who::Listed(names) => listed(names),
        };
        who && (self.facts.has_fault(Fault::ExceptDropped) || !listed(&subjects.except))
    }

    fn strength(&self, strength: &Strength, person: Option<&Person>) -> Truth {
        let with = person.map_or(Truth::False, |person| {
            let least = strength.level.as_ref().map(|name| self.level(name));
            let age = match &strength.within {
                Some(_) if self.facts.has_fault(Fault::WithinIgnored) => Truth::True,
                Some(within) => {
                    person.age.map_or(Truth::Unknown, |age| Truth::from(age <= nanoseconds(within.seconds)))
                }
                None => Truth::True,
            };
            Truth::from(least.is_none_or(|least| person.level >= least)).min(age)
        });
        if strength.negated { !with } else { with }
    }

    pub(crate) fn level(&self, name: &Name) -> usize {
        self.facts.levels.iter().position(|level| *level == name.text).unwrap_or(usize::MAX)
    }

    fn expr(&self, expr: &Expr, room: &Room<'_>, person: Option<&Person>) -> Truth {
        let part = |part: &Expr| self.expr(part, room, person);
        let value = |operand| self.value(operand, room, person);
        let truth = match &expr.kind {
            ExprKind::And(parts) => parts.iter().map(part).min(),
            ExprKind::Or(parts) => parts.iter().map(part).max(),
            ExprKind::Not(inner) => Some(!part(inner)),
            ExprKind::Paren(inner) => Some(part(inner)),
            ExprKind::Compare { left, op, right } => {
                value(left).zip(value(right)).map(|(left, right)| compare(&left, *op, &right).into())
            }
            ExprKind::Has { base, attribute } => {
                Some(Truth::from(self.attribute(base, attribute, room, person).is_some()))
            }
            ExprKind::In { left, right } => self.is_in(left, right, room, person).map(Truth::from),
            ExprKind::Like { left, pattern } => match value(left) {
                Some(Value::Text(text)) => Some(Truth::from(like(&pattern.value, &text))),
                _ => None,
            },
            ExprKind::Test(operand) => value(operand).map(|value| Truth::from(value == Value::Bool(true))),
            ExprKind::TimeSince { since, op, duration } => match (self.time, value(since)) {
                (Some(now), Some(Value::Time(since))) if since <= now => {
                    Some(compare(&(now - since), *op, &nanoseconds(duration.seconds)).into())
                }
                _ => None,
            },
        };
        truth.unwrap_or(Truth::Unknown)
    }

    /// `left in right`; `None` if a side is missing.
    fn is_in(&self, left: &Operand, right: &Operand, room: &Room<'_>, person: Option<&Person>) -> Option<bool> {
        match (&left.kind, &right.kind) {
            (_, OperandKind::Literal(Literal { kind: LiteralKind::Window(window), .. })) => {
                Some(self.in_window(window, self.local?))
            }
            (OperandKind::Day, OperandKind::Literal(days)) => Some(on_day(days, self.local?)),
            (OperandKind::Identity, _) => {
                let person = person?;
                let literal = matches!(right.kind, OperandKind::Literal(_));
                let groups = literal || self.scalar_type(right, room) == Some(ScalarType::Group);
                let is = |item: &Value| match item {
                    Value::Text(name) if groups && self.facts.groups.contains_key(&**name) => {
                        self.facts.is_member(&person.name, &person.claims, name)
                    }
                    item => *item == Value::Text(person.name.clone()),
                };
                Some(elements(self.value(right, room, Some(person))?).iter().any(is))
            }
            (_, OperandKind::Literal(literal)) => match self.value(left, room, person)? {
                Value::Address(address) => {
                    Some(self.facts.prefixes_of(literal).into_iter().any(|prefix| place::holds(prefix, address)))
                }
                value => Some(elements(self.facts.literal(literal)?).contains(&value)),
            },
            _ => {
                let value = self.value(left, room, person)?;
                Some(elements(self.value(right, room, person)?).contains(&value))
            }
        }
    }

    fn in_window(&self, window: &Bound<u16>, local: DateTime) -> bool {
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        if self.facts.has_fault(Fault::WindowClosedAtEnd) && minute == window.end {
            return true;
        }
        if window.start < window.end {
            window.start <= minute && minute < window.end
        } else {
            window.start <= minute || minute < window.end
        }
    }

    /// The value of an operand; `None` if it is missing.
    pub(crate) fn value(&self, operand: &Operand, room: &Room<'_>, person: Option<&Person>) -> Option<Value> {
        match &operand.kind {
            OperandKind::Address => self.address.map(Value::Address),
            OperandKind::Attribute { base, attribute } => self.attribute(base, attribute, room, person),
            OperandKind::Day => None,
            OperandKind::Identity => person.map(|person| Value::Text(person.name.clone())),
            OperandKind::Literal(literal) => self.facts.literal(literal),
            OperandKind::Time => self.time.map(Value::Time),
        }
    }

    fn attribute(&self, base: &Name, name: &Name, room: &Room<'_>, person: Option<&Person>) -> Option<Value> {
        match base.text.as_str() {
            "room" => room.attributes.get(name.text.as_str()).cloned(),
            "context" => self.context.get(name.text.as_str()).cloned(),
            _ if name.text == "name" => person.map(|person| Value::Text(person.name.clone())),
            _ => person?.attributes.get(name.text.as_str()).cloned(),
        }
    }

    /// The declared type of an attribute, or that of its elements.
    fn scalar_type(&self, operand: &Operand, room: &Room<'_>) -> Option<ScalarType> {
        let OperandKind::Attribute { base, attribute } = &operand.kind else { return None };
        let has_name = |declared: &&AttributeDecl| declared.name.text == attribute.text;
        let declared = match base.text.as_str() {
            "room" => room.schema.iter().find(has_name),
            "context" => self.facts.context_schema.iter().copied().find(has_name),
            _ => self.facts.identity_schema.iter().copied().find(has_name),
        };
        declared.map(|declared| declared.ty.scalar)
    }
}

/// The values in a set, or the one value that is none.
pub(crate) fn elements(value: Value) -> Vec<Value> {
    if let Value::Set(items) = value { items } else { vec![value] }
}

fn compare<T: Ord>(left: &T, op: Comparison, right: &T) -> bool {
    match op {
        Comparison::Equal => left == right,
        Comparison::Greater => left > right,
        Comparison::GreaterEqual => left >= right,
        Comparison::Less => left < right,
        Comparison::LessEqual => left <= right,
        Comparison::NotEqual => left != right,
    }
}

fn like(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    (0..=text.len()).filter_map(|start| text.get(start..)).any(|tail| like(rest, tail))
}

fn on_day(days: &Literal, local: DateTime) -> bool {
    let number = |name: &Name| {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        names.iter().position(|day| *day == name.text)
    };
    let (first, last) = match &days.kind {
        LiteralKind::Days(days) => (number(&days.start), number(&days.end)),
        LiteralKind::Name(name) => (number(name), number(name)),
        LiteralKind::Set(items) => return items.iter().any(|item| on_day(item, local)),
        _ => (None, None),
    };
    let today = usize::from(local.weekday().to_monday_zero_offset().unsigned_abs());
    let Some((first, last)) = first.zip(last) else { return false };
    if first <= last { (first..=last).contains(&today) } else { today >= first || today <= last }
}
