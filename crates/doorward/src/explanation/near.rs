//! Which allows came near, and what they missed by.

use std::borrow::Cow;
use std::cell::LazyCell;

use doorward_model::Policy;
use doorward_model::expr::{Expr, Operand, Reference, Set, Test, TestKind};
use doorward_model::ids::ActionId;
use doorward_model::rule::{ClauseSpans, Rule, Target, Who};
use doorward_syntax::Span;
use doorward_syntax::ast::Effect;

use super::text_of;
use crate::engine::Engine;
use crate::engine::case::{Anonymous, Case, Clauses, Many, Place, Slot, Stand, Strength, Truth, Typed, Visitor};

/// At most how many near misses an explanation lists.
const MOST: usize = 16;

/// An allow of the same room that does not apply, and every clause that keeps it from applying.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NearMiss<'p> {
    /// The rule's label, else `file:line`.
    pub rule: Cow<'p, str>,
    /// Its text on one line, label aside.
    pub text: String,
    /// The clauses that are not true; never empty.
    pub failures: Vec<Failure>,
}

/// A clause that is not true, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Failure {
    /// Which clause.
    pub clause: Clause,
    /// What was written: the clause, or the part of its expression that failed.
    pub text: String,
    /// Whether it is unknown rather than false.
    pub unknown: bool,
    /// The value on which it failed.
    pub reason: String,
}

/// A clause of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Clause {
    /// `to ACTIONS`
    Action,
    /// `from ORIGINS`
    Origins,
    /// `with LEVEL within AGE`
    Strength,
    /// SUBJECTS
    Subjects,
    /// `unless EXPR`
    Unless,
    /// `when EXPR`
    When,
}

/// The allows that hold the path and miss by the fewest clauses; none if one applies and only a deny refuses.
pub(super) fn near_misses<'p>(policy: &'p Policy, case: &Case<'_>, engine: &Engine) -> Vec<NearMiss<'p>> {
    let Ok(place) = &case.place else { return Vec::new() };
    match &case.stand {
        Stand::Known(visitor, strength) => nearest(policy, case, place, engine, visitor, *strength),
        Stand::Anonymous | Stand::Rejected => nearest(policy, case, place, engine, &Anonymous, Strength::NONE),
    }
}

fn nearest<'p>(
    policy: &'p Policy,
    case: &Case<'_>,
    place: &Place<'_>,
    engine: &Engine,
    visitor: &impl Visitor,
    strength: Strength,
) -> Vec<NearMiss<'p>> {
    let action = policy.action(&case.request.action);
    let class = case.patterns(engine);
    let mut nearest: Vec<NearMiss<'p>> = Vec::new();
    for rule in policy.rules.iter().filter(|rule| rule.effect == Effect::Allow) {
        if rule.except_rooms.iter().any(|except| class.binary_search(except).is_ok()) {
            continue;
        }
        let here = |target: &&Target| target.pattern.is_none_or(|pattern| class.binary_search(&pattern).is_ok());
        let best = rule
            .targets
            .iter()
            .filter(here)
            .map(|target| {
                let clauses = Clauses { scene: &place.scene, rule, target };
                Look { policy, clauses, visitor, strength }.failures(action, &case.request.action)
            })
            .min_by_key(Vec::len);
        let Some(failures) = best else { continue };
        if failures.is_empty() {
            return Vec::new();
        }
        let least = nearest.first().map_or(usize::MAX, |miss| miss.failures.len());
        if failures.len() < least {
            nearest.clear();
        }
        if failures.len() <= least && nearest.len() < MOST {
            nearest.push(NearMiss { rule: policy.rule_name(rule), text: text_of(policy, rule), failures });
        }
    }
    nearest
}

/// Why denies apply that are not plainly true: for each rule, what is not known.
pub(super) fn doubts(policy: &Policy, case: &Case<'_>, rule: &Rule) -> Vec<Failure> {
    let Ok(place) = &case.place else { return Vec::new() };
    match &case.stand {
        Stand::Known(visitor, strength) => doubtful(policy, case, place, rule, visitor, *strength),
        Stand::Anonymous | Stand::Rejected => doubtful(policy, case, place, rule, &Anonymous, Strength::NONE),
    }
}

fn doubtful(
    policy: &Policy,
    case: &Case<'_>,
    place: &Place<'_>,
    rule: &Rule,
    visitor: &impl Visitor,
    strength: Strength,
) -> Vec<Failure> {
    let action = policy.action(&case.request.action);
    place
        .rules()
        .filter(|(_, clauses)| std::ptr::eq(clauses.rule, rule))
        .filter(|(_, clauses)| !clauses.all(visitor, strength).is_false())
        .map(|(_, clauses)| Look { policy, clauses, visitor, strength }.failures(action, &case.request.action))
        .min_by_key(Vec::len)
        .unwrap_or_default()
}

/// The part of an expression that is to blame, and the values that it has.
struct Blame {
    text: String,
    unknown: bool,
    reasons: Vec<String>,
}

impl Blame {
    fn failure(self, clause: Clause) -> Failure {
        Failure { clause, text: self.text, unknown: self.unknown, reason: self.reasons.join(", ") }
    }
}

/// A visitor in front of one rule.
struct Look<'a, V> {
    policy: &'a Policy,
    clauses: Clauses<'a>,
    visitor: &'a V,
    strength: Strength,
}

impl<V: Visitor> Look<'_, V> {
    fn failures(&self, action: Option<ActionId>, given: &str) -> Vec<Failure> {
        let Self { clauses, visitor, strength, .. } = self;
        let rule = clauses.rule;
        let spans = LazyCell::new(|| self.policy.clauses(rule));
        let mut failures = Vec::new();
        let mut fail = |clause, span: fn(&ClauseSpans) -> Option<Span>, truth: Truth, reason: String| {
            let text = span(&spans).map_or_else(String::new, |span| self.policy.sources.one_line(span));
            failures.push(Failure { clause, text, unknown: truth.is_unknown(), reason });
        };
        let subjects = clauses.subjects(*visitor);
        if !subjects.is_true() {
            fail(Clause::Subjects, |spans| Some(spans.subjects), subjects, self.who(rule));
        }
        let reached = clauses.strength(*strength);
        if !reached.is_true() {
            fail(Clause::Strength, |spans| spans.strength, reached, self.how_strong(rule));
        }
        let covered =
            rule.actions.as_ref().is_none_or(|actions| action.is_some_and(|action| actions.contains(&action)));
        if !covered {
            fail(
                Clause::Action,
                |spans| spans.target,
                Truth::FALSE,
                format!("the action is `{}`", given.escape_debug()),
            );
        }
        let origins = clauses.origins();
        if !origins.is_true() {
            let reason = clauses
                .scene
                .address()
                .map_or_else(|| "the address is unknown".to_owned(), |address| format!("the address is {address}"));
            fail(Clause::Origins, |spans| spans.origins, origins, reason);
        }
        let when = rule.when.as_ref().and_then(|when| self.blame(when, true));
        let unless = rule.unless.as_ref().and_then(|unless| self.blame(unless, false));
        failures.extend(when.map(|blame| blame.failure(Clause::When)));
        failures.extend(unless.map(|blame| blame.failure(Clause::Unless)));
        failures
    }

    fn who(&self, rule: &Rule) -> String {
        let name = match self.visitor.name() {
            Slot::One(Typed::Identity(name)) => name,
            _ => return "the visitor is anonymous".to_owned(),
        };
        let name = name.escape_debug();
        let excepted = rule.subjects.except.groups.iter().find(|group| self.visitor.is_in(**group).is_true());
        let listed = match &rule.subjects.who {
            Who::Anyone | Who::Authenticated => true,
            Who::Listed(members) => self.visitor.is_among(members).is_true(),
        };
        match excepted.and_then(|group| self.policy.groups.get(group.index())) {
            Some(group) if listed => format!("`{name}` is in `{}`, which is excepted", group.name),
            _ if listed => format!("`{name}` is excepted"),
            _ => format!("`{name}` is not among them"),
        }
    }

    fn how_strong(&self, rule: &Rule) -> String {
        let Some(level) = self.strength.level else { return "the visitor is anonymous".to_owned() };
        let needed = rule.strength.map_or(level, |needed| needed.level);
        if level < needed {
            let name = self.policy.levels.get(level.index()).map_or("", |level| &*level.name);
            return format!("the visitor's assurance is `{name}`");
        }
        self.strength.age.map_or_else(
            || "the authentication's age is unknown".to_owned(),
            |age| format!("the authentication is {} old", length(age / 1_000_000_000)),
        )
    }

    /// The part of an expression that is not as it should be: the first such conjunct, down to a single test if there is
    /// one to blame.
    fn blame(&self, expr: &Expr, wanted: bool) -> Option<Blame> {
        let truth = self.clauses.expr(expr, self.visitor);
        if if wanted { truth.is_true() } else { truth.is_false() } {
            return None;
        }
        match (expr, wanted) {
            (Expr::Not(inner), wanted) => self.blame(inner, !wanted),
            (Expr::All(parts), true) | (Expr::Any(parts), false) => {
                parts.iter().find_map(|part| self.blame(part, wanted))
            }
            // Any one of these would have done: the reasons are told together.
            (Expr::Any(parts), true) | (Expr::All(parts), false) => {
                let mut texts: Vec<String> = Vec::new();
                let mut reasons: Vec<String> = Vec::new();
                for part in parts.iter().filter_map(|part| self.blame(part, wanted)) {
                    texts.push(part.text);
                    for reason in part.reasons {
                        if !reasons.contains(&reason) {
                            reasons.push(reason);
                        }
                    }
                }
                let text = texts.join(if wanted { " or " } else { " and " });
                Some(Blame { text, unknown: truth.is_unknown(), reasons })
            }
            (Expr::Test(test), _) => {
                let mut reasons = self.values(test);
                if reasons.is_empty() {
                    reasons.push(format!("it is {}", if wanted { "false" } else { "true" }));
                }
                let text = self.policy.sources.one_line(test.span);
                Some(Blame { text, unknown: truth.is_unknown(), reasons })
            }
        }
    }

    /// What the operands of a test are, as far as the policy's text does not show it.
    fn values(&self, test: &Test) -> Vec<String> {
        let mut told: Vec<String> = Vec::new();
        let mut tell = |name: String, slot: Slot<'_>| told.push(format!("{name} is {}", show(self.policy, slot)));
        let mut operand = |operand: &Operand| {
            let name = match operand {
                Operand::Value(_) => return,
                Operand::Address => "the address".to_owned(),
                Operand::Identity => "the visitor".to_owned(),
                Operand::IdentityName => "identity.name".to_owned(),
                Operand::Time => "the time".to_owned(),
                Operand::Reference(reference) => self.name(*reference),
            };
            tell(name, self.clauses.operand(operand, self.visitor));
        };
        match &test.kind {
            TestKind::Equal(left, right) | TestKind::Order(left, _, right) => {
                operand(left);
                operand(right);
            }
            TestKind::InSet(left, set) => {
                operand(left);
                if let Set::Reference(reference) = set {
                    tell(self.name(*reference), self.clauses.reference(*reference, self.visitor));
                }
            }
            TestKind::InNetwork(left, _) | TestKind::Like(left, _) => operand(left),
            TestKind::Since(since, _, _) => {
                operand(&Operand::Time);
                operand(since);
            }
            TestKind::Flag(reference) | TestKind::Has(reference) => {
                tell(self.name(*reference), self.clauses.reference(*reference, self.visitor));
            }
            TestKind::InGroupOf(reference) => {
                tell("the visitor".to_owned(), self.visitor.name());
                tell(self.name(*reference), self.clauses.reference(*reference, self.visitor));
            }
            TestKind::InGroups(_) => tell("the visitor".to_owned(), self.visitor.name()),
            TestKind::InWindow { .. } | TestKind::OnDay(_) => told.push(self.clock()),
            TestKind::Constant(_) => {}
        }
        told
    }

    fn clock(&self) -> String {
        let Some(time) = self.clauses.scene.time else { return "the time is unknown".to_owned() };
        let clock = self.policy.zone.local(*time);
        let day = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
            .get(usize::from(clock.weekday))
            .copied()
            .unwrap_or_default();
        format!("it is {day}, {:02}:{:02} in {}", clock.minute / 60, clock.minute % 60, self.policy.zone.name())
    }

    fn name(&self, reference: Reference) -> String {
        let (base, name) = match reference {
            Reference::Context(id) => ("context", self.policy.context_attributes.get(id.index()).map(|it| &it.name)),
            Reference::Identity(id) => ("identity", self.policy.identity_attributes.get(id.index()).map(|it| &it.name)),
            Reference::Room(id) => ("room", self.clauses.rule.room_attributes.get(id.index()).map(|it| &it.name)),
        };
        format!("{base}.{}", name.map_or("", |name| name))
    }
}

fn show(policy: &Policy, slot: Slot<'_>) -> String {
    match slot {
        Slot::Missing => "missing".to_owned(),
        Slot::Open => "open".to_owned(),
        Slot::One(value) => scalar(policy, value),
        Slot::Many(values) => {
            let shown: Vec<String> = Many::iter(values).take(8).map(|value| scalar(policy, value)).collect();
            let more = if Many::iter(values).nth(8).is_some() { ", …" } else { "" };
            format!("{{ {}{more} }}", shown.join(", "))
        }
    }
}

fn scalar(policy: &Policy, value: Typed<'_>) -> String {
    match value {
        Typed::Address(address) => address.to_string(),
        Typed::Bool(value) => value.to_string(),
        Typed::Group(group) => {
            policy.groups.get(group.index()).map_or_else(String::new, |group| format!("`{}`", group.name))
        }
        Typed::Identity(name) => format!("`{}`", name.escape_debug()),
        Typed::Int(value) => value.to_string(),
        Typed::String(text) => format!("{text:?}"),
        Typed::Time(instant) => instant.to_string(),
    }
}

/// A length of time in the largest unit that keeps it whole to a person: `14m`, `3h 20m`, `9d`.
pub(super) fn length(seconds: u128) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    match (days, hours, minutes, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds}s"),
        (0, 0, minutes, 0) => format!("{minutes}m"),
        (0, 0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (0, hours, 0, _) => format!("{hours}h"),
        (0, hours, minutes, _) => format!("{hours}h {minutes}m"),
        (days, 0, _, _) => format!("{days}d"),
        (days, hours, _, _) => format!("{days}d {hours}h"),
    }
}
