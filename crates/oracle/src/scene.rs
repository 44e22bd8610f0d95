//! One request under one policy: which rules can matter to it, and how true each is of a visitor.

use std::collections::BTreeSet;
use std::net::IpAddr;

use doorward_model::request::{Request, Subject};
use doorward_syntax::ast::{
    AttributeDecl, Bound, Comparison, Effect, Expr, ExprKind, Literal, LiteralKind, Name, Operand, OperandKind,
    OriginItem, RoomItem, Rooms, Rule, ScalarType, Strength, Subjects, Who,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::facts::{Facts, Value, Values, is_identity, literal, nanoseconds, origin, texts};
use crate::place;

/// One of Kleene's three: `not` changes the sign, `and` is the least, `or` the greatest.
pub(crate) type Truth = i8;
const FALSE: Truth = -1;
const UNKNOWN: Truth = 0;
const TRUE: Truth = 1;

fn truth(holds: bool) -> Truth {
    if holds { TRUE } else { FALSE }
}

/// A known visitor.
#[derive(Clone, Default)]
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

/// A rule for one pattern that holds the path, or a rule without ROOMS, which is not false whoever asks.
pub(crate) struct Candidate<'a> {
    /// The rule's number in the order of the text.
    pub(crate) index: usize,
    pub(crate) rule: &'a Rule,
    /// The attributes that the room is declared to have, and those that it has.
    room: (&'a [AttributeDecl], Values),
    origin: Truth,
}

/// A request, the subject aside, as a policy sees it.
pub(crate) struct Scene<'a> {
    pub(crate) facts: &'a Facts<'a>,
    request: &'a Request<'a>,
    pub(crate) time: Option<i128>,
    /// What the clock of the policy's zone shows.
    local: Option<DateTime>,
    address: Option<IpAddr>,
    context: Values,
    /// `None` if the path is ambiguous.
    path: Option<Vec<String>>,
}

impl<'a> Scene<'a> {
    pub(crate) fn read(facts: &'a Facts<'a>, request: &'a Request<'a>) -> Self {
        let zone = facts.zone.and_then(|zone| TimeZoneDatabase::bundled().get(zone).ok()).unwrap_or(TimeZone::UTC);
        let time = request.time.map(|time| time.as_nanoseconds());
        let timestamp = time.and_then(|time| Timestamp::from_nanosecond(time).ok());
        Self {
            facts,
            request,
            time,
            local: timestamp.map(|timestamp| zone.to_datetime(timestamp)),
            address: request.address.map(|address| address.to_canonical()),
            context: facts.typed(&facts.context_schema, &request.context),
            path: place::segments(&request.path),
        }
    }

    /// Who asks; `None` for the anonymous and the rejected, whose name may be none.
    pub(crate) fn person(&self, subject: &Subject<'_>) -> Option<Person> {
        let Subject::Known(known) = subject else { return None };
        let mut attributes = self.facts.typed(&self.facts.identity_schema, &known.attributes);
        attributes.extend(self.facts.recorded(&known.identity));
        let level = self.facts.levels.iter().position(|level| Some(*level) == known.assurance.as_deref());
        let since = known.authenticated_at.map(|instant| instant.as_nanoseconds());
        is_identity(&known.identity).then(|| Person {
            name: known.identity.to_string(),
            claims: known.groups.iter().map(ToString::to_string).collect(),
            attributes,
            level: level.unwrap_or(0),
            age: self.time.zip(since).map(|(now, since)| now - since).filter(|age| *age >= 0),
        })
    }

    /// The rules that matter; none for a request that no `allow` matches whoever asks.
    pub(crate) fn candidates(&self) -> Vec<Candidate<'a>> {
        let action = if self.request.action == "HEAD" { "GET" } else { &*self.request.action };
        let too_many_claims = matches!(&self.request.subject, Subject::Known(known) if known.groups.len() > 1024);
        let mut candidates = Vec::new();
        if too_many_claims || self.path.is_none() || !self.facts.is_action(action) {
            return candidates;
        }
        for (index, rule) in self.facts.rules.iter().enumerate() {
            let (origin, target) = (self.origin(rule), rule.target.as_ref());
            let covered = target.is_none_or(|target| self.facts.covers(&target.actions, rule.effect, action));
            if covered && origin != FALSE {
                let rooms = target.and_then(|target| target.rooms.as_ref());
                let rooms = rooms.map_or_else(|| vec![Default::default()], |rooms| self.rooms(rooms));
                candidates.extend(rooms.into_iter().map(|room| Candidate { index, rule, room, origin }));
            }
        }
        candidates
    }

    /// What the room is for a rule: once for each of its patterns that holds the path.
    fn rooms(&self, rooms: &'a Rooms) -> Vec<(&'a [AttributeDecl], Values)> {
        let room = |(pattern, schema): (&str, &'a [AttributeDecl])| {
            let mut attributes = self.facts.typed(schema, &self.request.room_attributes);
            attributes.extend(place::parameters(pattern, self.path.as_ref()?)?);
            Some((schema, attributes))
        };
        let items = if self.is_at(&rooms.except) { &[] } else { rooms.items.as_slice() };
        self.facts.patterns(items).into_iter().filter_map(room).collect()
    }

    /// Whether the path is one of those rooms.
    fn is_at(&self, items: &'a [RoomItem]) -> bool {
        let holds = |pattern| self.path.as_ref().is_some_and(|path| place::parameters(pattern, path).is_some());
        self.facts.patterns(items).into_iter().any(|(pattern, _)| holds(pattern))
    }

    fn origin(&self, rule: &Rule) -> Truth {
        let Some(origins) = &rule.origins else { return TRUE };
        let Some(address) = self.address else { return UNKNOWN };
        let from = |items: &[OriginItem]| items.iter().any(|item| self.facts.holds(origin(item), address));
        truth(from(&origins.items) && !from(&origins.except))
    }

    /// Whether a 403 is told as 404 here; or a 401, if that is asked.
    pub(crate) fn concealed(&self, entirely: bool) -> bool {
        let mut conceals = self.facts.conceals.iter().filter(|conceal| conceal.entirely || !entirely);
        conceals.any(|conceal| self.is_at(&conceal.rooms.items) && !self.is_at(&conceal.rooms.except))
    }

    /// An allow applies when all of it is true, a deny unless some of it is false.
    pub(crate) fn applies(&self, candidate: &Candidate<'_>, person: Option<&Person>) -> bool {
        match candidate.rule.effect {
            Effect::Allow => self.truth(candidate, person) == TRUE,
            Effect::Deny => self.truth(candidate, person) != FALSE,
        }
    }

    fn truth(&self, candidate: &Candidate<'_>, person: Option<&Person>) -> Truth {
        let rule = candidate.rule;
        if !self.concerns(&rule.subjects, person) {
            return FALSE;
        }
        let when = rule.when.as_ref().map_or(TRUE, |expr| self.expr(expr, candidate, person));
        let unless = rule.unless.as_ref().map_or(FALSE, |expr| self.expr(expr, candidate, person));
        candidate.origin.min(self.strength(rule.strength.as_deref(), person)).min(when).min(-unless)
    }

    pub(crate) fn concerns(&self, subjects: &Subjects, person: Option<&Person>) -> bool {
        let is = |person: &Person, name: &Name| match self.facts.groups.contains_key(&*name.text) {
            true => self.facts.is_member(&person.name, &person.claims, &name.text),
            false => name.text == person.name,
        };
        let listed = |names: &[Name]| person.is_some_and(|person| names.iter().any(|name| is(person, name)));
        let who = match &subjects.who {
            Who::Anyone => true,
            Who::Authenticated => person.is_some(),
            Who::Listed(names) => listed(names),
        };
        who && !listed(&subjects.except)
    }

    pub(crate) fn strength(&self, strength: Option<&Strength>, person: Option<&Person>) -> Truth {
        let Some(strength) = strength else { return TRUE };
        let with = person.map_or(FALSE, |person| {
            let least =
                strength.level.as_ref().and_then(|name| self.facts.levels.iter().position(|of| *of == name.text));
            let age = strength
                .within
                .as_ref()
                .map_or(TRUE, |within| person.age.map_or(UNKNOWN, |age| truth(age <= nanoseconds(within.seconds))));
            truth(person.level >= least.unwrap_or(0)).min(age)
        });
        if strength.negated { -with } else { with }
    }

    pub(crate) fn expr(&self, expr: &Expr, candidate: &Candidate<'_>, person: Option<&Person>) -> Truth {
        let part = |part: &Expr| self.expr(part, candidate, person);
        let value = |operand| self.value(operand, candidate, person);
        let holds = match &expr.kind {
            ExprKind::And(parts) => return parts.iter().map(part).min().unwrap_or(TRUE),
            ExprKind::Or(parts) => return parts.iter().map(part).max().unwrap_or(FALSE),
            ExprKind::Not(inner) => return -part(inner),
            ExprKind::Paren(inner) => return part(inner),
            ExprKind::Compare { left, op, right } => {
                value(left).zip(value(right)).map(|(left, right)| compare(&left, *op, &right))
            }
            ExprKind::Has { base, attribute } => Some(self.attribute(base, attribute, candidate, person).is_some()),
            ExprKind::In { left, right } => self.is_in(left, right, candidate, person),
            ExprKind::Like { left, pattern } => {
                value(left).map(|left| matches!(left, Value::Text(text) if like(&pattern.value, &text)))
            }
            ExprKind::Test(operand) => value(operand).map(|value| value == Value::Bool(true)),
            ExprKind::TimeSince { since, op, duration } => match (self.time, value(since)) {
                (Some(now), Some(Value::Time(since))) if since <= now => {
                    Some(compare(&(now - since), *op, &nanoseconds(duration.seconds)))
                }
                _ => None,
            },
        };
        holds.map_or(UNKNOWN, truth)
    }

    /// `left in right`; `None` if a side is missing.
    fn is_in(&self, left: &Operand, right: &Operand, of: &Candidate<'_>, person: Option<&Person>) -> Option<bool> {
        let value = |operand| self.value(operand, of, person);
        match (&left.kind, &right.kind) {
            (OperandKind::Day, OperandKind::Literal(days)) => Some(is_on(days, self.local?)),
            (_, OperandKind::Literal(Literal { kind: LiteralKind::Window(window), .. })) => {
                Some(is_within(window, self.local?))
            }
            (OperandKind::Identity, _) => {
                let (person, groups) = (person?, self.may_hold_groups(right, of));
                let is = |item: &Value| match item {
                    Value::Text(name) if groups && self.facts.groups.contains_key(&**name) => {
                        self.facts.is_member(&person.name, &person.claims, name)
                    }
                    item => *item == Value::Text(person.name.clone()),
                };
                Some(elements(value(right)?).iter().any(is))
            }
            _ => match (value(left)?, &right.kind) {
                (Value::Address(address), OperandKind::Literal(networks)) => {
                    Some(texts(networks).into_iter().any(|origin| self.facts.holds(origin, address)))
                }
                (item, _) => Some(elements(value(right)?).contains(&item)),
            },
        }
    }

    /// Whether names there can be those of groups: in a literal, or in an attribute that is declared so.
    fn may_hold_groups(&self, operand: &Operand, candidate: &Candidate<'_>) -> bool {
        let OperandKind::Attribute { base, attribute } = &operand.kind else { return true };
        let schema = if base.text == "room" { candidate.room.0 } else { &self.facts.context_schema };
        schema.iter().any(|of| of.name.text == attribute.text && of.ty.scalar == ScalarType::Group)
    }

    /// The value of an operand; `None` if it is missing.
    pub(crate) fn value(&self, operand: &Operand, of: &Candidate<'_>, person: Option<&Person>) -> Option<Value> {
        match &operand.kind {
            OperandKind::Address => self.address.map(Value::Address),
            OperandKind::Attribute { base, attribute } => self.attribute(base, attribute, of, person),
            OperandKind::Day => None,
            OperandKind::Identity => person.map(|person| Value::Text(person.name.clone())),
            OperandKind::Literal(text) => literal(text),
            OperandKind::Time => self.time.map(Value::Time),
        }
    }

    fn attribute(&self, base: &Name, name: &Name, of: &Candidate<'_>, person: Option<&Person>) -> Option<Value> {
        match (&*base.text, &*name.text) {
            ("room", name) => of.room.1.get(name).cloned(),
            ("context", name) => self.context.get(name).cloned(),
            (_, "name") => person.map(|person| Value::Text(person.name.clone())),
            (_, name) => person?.attributes.get(name).cloned(),
        }
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

fn is_within(window: &Bound<u16>, local: DateTime) -> bool {
    let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
    let (after_start, before_end) = (window.start <= minute, minute < window.end);
    if window.start < window.end { after_start && before_end } else { after_start || before_end }
}

fn is_on(days: &Literal, local: DateTime) -> bool {
    let number =
        |name: &Name| ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().position(|day| *day == name.text);
    let today = Some(usize::from(local.weekday().to_monday_zero_offset().unsigned_abs()));
    match &days.kind {
        LiteralKind::Days(Bound { start, end }) => {
            let (after_start, before_end) = (number(start) <= today, today <= number(end));
            if number(start) <= number(end) { after_start && before_end } else { after_start || before_end }
        }
        LiteralKind::Name(name) => number(name) == today,
        LiteralKind::Set(items) => items.iter().any(|item| is_on(item, local)),
        _ => false,
    }
}
