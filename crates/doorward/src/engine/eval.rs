//! Whether a rule applies: three-valued evaluation of its clauses for one visitor.

use std::cell::OnceCell;
use std::net::IpAddr;
use std::ops::Deref;

use doorward_model::address::canonical;
use doorward_model::expr::{Expr, Operand, Order, Reference, Set, Test, TestKind};
use doorward_model::ids::{AttributeId, LevelId, RoomAttributeId};
use doorward_model::request::Attributes;
use doorward_model::rule::{self, RoomBinding, Rule, Target, Who};
use doorward_model::zone::Clock;
use doorward_model::{Instant, Policy, Value};
use doorward_syntax::ast::Effect;

use super::locate::Segments;
use super::origins::Origin;
use super::truth::Truth;
use super::value::{Many, Slot, Typed, claimed, recorded, written};
use super::visitor::Visitor;

/// What a request fixes, whoever asks: looked up, but not yet read by any rule. Most rules read none of the larger parts,
/// so these stay where they are.
#[derive(Clone, Copy)]
pub(crate) struct Circumstances<'a> {
    pub(crate) segments: Segments<'a>,
    /// The address as it was sent.
    pub(crate) sent_from: &'a Option<IpAddr>,
    /// Where that is.
    pub(crate) from: Option<Origin>,
    pub(crate) time: &'a Option<Instant>,
    pub(crate) room_attributes: &'a Attributes<'a>,
    pub(crate) context: &'a Attributes<'a>,
}

/// What a request fixes, before the policy that is to read it.
pub(crate) struct Scene<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) circumstances: &'a Circumstances<'a>,
    /// What the policy's clock shows at the time, once it has been asked.
    pub(crate) clock: OnceCell<Clock>,
}

impl<'a> Deref for Scene<'a> {
    type Target = Circumstances<'a>;

    fn deref(&self) -> &Circumstances<'a> {
        self.circumstances
    }
}

impl Scene<'_> {
    /// The address, canonical.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.sent_from.map(canonical)
    }

    /// An attribute of the context as the request has it.
    pub(crate) fn context_value(&self, attribute: AttributeId) -> Option<&Value<'_>> {
        find(self.context, &self.policy.context_attributes.get(attribute.index())?.name)
    }

    /// What the policy's clock shows at the time of the request.
    pub(crate) fn clock(&self) -> Option<Clock> {
        self.time.map(|time| *self.clock.get_or_init(|| self.policy.zone.local(time)))
    }
}

/// How strongly a visitor is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strength {
    /// The level; `None` for the anonymous, who have none.
    pub(crate) level: Option<LevelId>,
    /// The authentication's age in nanoseconds, if it is known.
    pub(crate) age: Option<u128>,
}

impl Strength {
    pub(crate) const NONE: Self = Self { level: None, age: None };

    /// The strongest there is: the highest level, of this moment if the request's moment is known.
    pub(crate) fn greatest(scene: &Scene<'_>) -> Self {
        Self { level: Some(highest(scene.policy)), age: scene.time.map(|_| 0) }
    }
}

pub(crate) fn highest(policy: &Policy) -> LevelId {
    LevelId::from_index(policy.levels.len().saturating_sub(1))
}

/// One rule at one of its targets, before one scene.
#[derive(Clone, Copy)]
pub(crate) struct Clauses<'a> {
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) rule: &'a Rule,
    pub(crate) target: &'a Target,
}

impl<'a> Clauses<'a> {
    /// Whether all clauses hold, action and room aside.
    pub(crate) fn all(self, visitor: &impl Visitor, strength: Strength) -> Truth {
        let mut truth = self.subjects(visitor);
        if truth.is_false() {
            return truth;
        }
        truth = truth.and(self.strength(strength));
        if truth.is_false() {
            return truth;
        }
        truth = truth.and(self.origins());
        if truth.is_false() {
            return truth;
        }
        truth = truth.and(self.when(visitor));
        if truth.is_false() {
            return truth;
        }
        truth.and(self.unless(visitor))
    }

    pub(crate) fn subjects(self, visitor: &impl Visitor) -> Truth {
        let who = match &self.rule.subjects.who {
            Who::Anyone => Truth::TRUE,
            Who::Authenticated => Truth::of(visitor.is_known()),
            Who::Listed(members) => visitor.is_among(members),
        };
        who.and(!visitor.is_among(&self.rule.subjects.except))
    }

    pub(crate) fn strength(self, strength: Strength) -> Truth {
        match (self.rule.strength, self.rule.effect) {
            (None, _) => Truth::TRUE,
            (Some(needed), Effect::Allow) => reached(needed, strength),
            (Some(needed), Effect::Deny) => !reached(needed, strength),
        }
    }

    pub(crate) fn origins(self) -> Truth {
        match (&self.rule.origins, self.scene.address()) {
            (None, _) => Truth::TRUE,
            (Some(_), None) => Truth::UNKNOWN,
            (Some(origins), Some(address)) => Truth::of(origins.contains(address)),
        }
    }

    pub(crate) fn when(self, visitor: &impl Visitor) -> Truth {
        self.rule.when.as_ref().map_or(Truth::TRUE, |expr| self.expr(expr, visitor))
    }

    pub(crate) fn unless(self, visitor: &impl Visitor) -> Truth {
        self.rule.unless.as_ref().map_or(Truth::TRUE, |expr| !self.expr(expr, visitor))
    }

    /// Recursion is as deep as the expression, which the parser limits.
    pub(crate) fn expr(self, expr: &Expr, visitor: &impl Visitor) -> Truth {
        match expr {
            Expr::All(parts) => {
                let mut truth = Truth::TRUE;
                for part in parts {
                    truth = truth.and(self.expr(part, visitor));
                    if truth.is_false() {
                        break;
                    }
                }
                truth
            }
            Expr::Any(parts) => {
                let mut truth = Truth::FALSE;
                for part in parts {
                    truth = truth.or(self.expr(part, visitor));
                    if truth.is_true() {
                        break;
                    }
                }
                truth
            }
            Expr::Not(inner) => !self.expr(inner, visitor),
            Expr::Test(test) => self.test(test, visitor),
        }
    }

    pub(crate) fn test(self, test: &Test, visitor: &impl Visitor) -> Truth {
        match &test.kind {
            TestKind::Constant(value) => Truth::of(*value),
            TestKind::Equal(left, right) => {
                both(self.operand(left, visitor), self.operand(right, visitor), |left, right| left == right)
            }
            TestKind::Flag(reference) => one(self.reference(*reference, visitor), |value| value == Typed::Bool(true)),
            TestKind::Has(reference) => match self.reference(*reference, visitor) {
                Slot::Open => Truth::EITHER,
                Slot::Missing => Truth::FALSE,
                Slot::One(_) | Slot::Many(_) => Truth::TRUE,
            },
            TestKind::InGroups(groups) => {
                groups.iter().fold(Truth::FALSE, |truth, &group| truth.or(visitor.is_in(group)))
            }
            TestKind::InGroupOf(reference) => match self.reference(*reference, visitor) {
                Slot::One(Typed::Group(group)) => visitor.is_in(group),
                Slot::Many(groups) => groups.iter().fold(Truth::FALSE, |truth, group| match group {
                    Typed::Group(group) => truth.or(visitor.is_in(group)),
                    _ => truth,
                }),
                Slot::Open => Truth::OPEN,
                Slot::Missing | Slot::One(_) => Truth::UNKNOWN,
            },
            TestKind::InNetwork(operand, prefixes) => one(self.operand(operand, visitor), |value| match value {
                Typed::Address(address) => prefixes.contains(address),
                _ => false,
            }),
            TestKind::InSet(operand, set) => self.in_set(operand, set, visitor),
            TestKind::InWindow { start, end } => self
                .scene
                .clock()
                .map_or(Truth::UNKNOWN, |Clock { minute, .. }| Truth::of(within(*start, *end, minute))),
            TestKind::Like(operand, pattern) => one(self.operand(operand, visitor), |value| match value {
                Typed::String(text) => pattern.matches(text),
                _ => false,
            }),
            TestKind::OnDay(days) => self.scene.clock().map_or(Truth::UNKNOWN, |Clock { weekday, .. }| {
                Truth::of(days.checked_shr(weekday.into()).unwrap_or(0) & 1 == 1)
            }),
            TestKind::Order(left, order, right) => {
                both(self.operand(left, visitor), self.operand(right, visitor), |left, right| match (left, right) {
                    (Typed::Int(left), Typed::Int(right)) => order.holds(&left, &right),
                    (Typed::Time(left), Typed::Time(right)) => order.holds(&left, &right),
                    _ => false,
                })
            }
            TestKind::Since(since, order, seconds) => self.since(since, *order, *seconds, visitor),
        }
    }

    fn in_set(self, operand: &Operand, set: &Set, visitor: &impl Visitor) -> Truth {
        let set = match set {
            Set::Values(values) => Slot::Many(Many::Policy(values)),
            Set::Reference(reference) => self.reference(*reference, visitor),
        };
        match (self.operand(operand, visitor), set) {
            (Slot::One(value), Slot::Many(set)) => Truth::of(set.contains(value)),
            (Slot::Missing, _) | (_, Slot::Missing) => Truth::UNKNOWN,
            (Slot::Open, _) | (_, Slot::Open) => Truth::OPEN,
            _ => Truth::UNKNOWN,
        }
    }

    fn since(self, since: &Operand, order: Order, seconds: u64, visitor: &impl Visitor) -> Truth {
        let Some(time) = self.scene.time else { return Truth::UNKNOWN };
        match self.operand(since, visitor) {
            Slot::One(Typed::Time(since)) => time
                .nanoseconds_since(since)
                .map_or(Truth::UNKNOWN, |passed| Truth::of(order.holds(&passed, &nanoseconds(seconds)))),
            Slot::Open => Truth::OPEN,
            _ => Truth::UNKNOWN,
        }
    }

    /// The value of a scalar operand.
    pub(crate) fn operand<'v>(self, operand: &'v Operand, visitor: &'v impl Visitor) -> Slot<'v>
    where
        'a: 'v,
    {
        match operand {
            Operand::Address => {
                self.scene.address().map_or(Slot::Missing, |address| Slot::One(Typed::Address(address)))
            }
            Operand::Identity => visitor.name(),
            Operand::IdentityName => match visitor.name() {
                Slot::One(Typed::Identity(name)) => Slot::One(Typed::String(name)),
                slot => slot,
            },
            Operand::Reference(reference) => self.reference(*reference, visitor),
            Operand::Time => self.scene.time.map_or(Slot::Missing, |time| Slot::One(Typed::Time(time))),
            Operand::Value(value) => written(value).map_or_else(|| recorded(value), Slot::One),
        }
    }

    /// The value of an attribute.
    pub(crate) fn reference<'v>(self, reference: Reference, visitor: &'v impl Visitor) -> Slot<'v>
    where
        'a: 'v,
    {
        match reference {
            Reference::Identity(attribute) => visitor.attribute(attribute),
            Reference::Context(attribute) => {
                let Some(declared) = self.scene.policy.context_attributes.get(attribute.index()) else {
                    return Slot::Missing;
                };
                find(self.scene.context, &declared.name)
                    .map_or(Slot::Missing, |value| claimed(value, declared.ty, self.scene.policy))
            }
            Reference::Room(attribute) => self.room_attribute(attribute),
        }
    }

    fn room_attribute(self, attribute: RoomAttributeId) -> Slot<'a> {
        let binding = self.target.bindings.get(attribute.index());
        let (Some(binding), Some(declared)) = (binding, self.rule.room_attributes.get(attribute.index())) else {
            return Slot::Missing;
        };
        match binding {
            RoomBinding::Parameter(segment) => {
                self.scene.segments.get(*segment).map_or(Slot::Missing, |segment| Slot::One(Typed::String(segment)))
            }
            RoomBinding::Attribute { .. } => find(self.scene.room_attributes, &declared.name)
                .map_or(Slot::Missing, |value| claimed(value, declared.ty, self.scene.policy)),
        }
    }
}

/// Whether a minute of the day is in a window, which wraps if it ends before it starts.
pub(crate) fn within(start: u16, end: u16, minute: u16) -> bool {
    if start < end { (start..end).contains(&minute) } else { minute >= start || minute < end }
}

fn find<'a>(attributes: &'a Attributes<'a>, name: &str) -> Option<&'a Value<'a>> {
    attributes.iter().find(|(given, _)| given == name).map(|(_, value)| value)
}

fn one(slot: Slot<'_>, test: impl Fn(Typed<'_>) -> bool) -> Truth {
    match slot {
        Slot::One(value) => Truth::of(test(value)),
        Slot::Open => Truth::OPEN,
        Slot::Missing | Slot::Many(_) => Truth::UNKNOWN,
    }
}

fn both(left: Slot<'_>, right: Slot<'_>, test: impl Fn(Typed<'_>, Typed<'_>) -> bool) -> Truth {
    match (left, right) {
        (Slot::One(left), Slot::One(right)) => Truth::of(test(left, right)),
        (Slot::Missing | Slot::Many(_), _) | (_, Slot::Missing | Slot::Many(_)) => Truth::UNKNOWN,
        (Slot::Open, _) | (_, Slot::Open) => Truth::OPEN,
    }
}

/// Whether a strength is at least what is needed.
pub(crate) fn reached(needed: rule::Strength, strength: Strength) -> Truth {
    match strength.level {
        Some(level) if level >= needed.level => match (needed.within, strength.age) {
            (None, _) => Truth::TRUE,
            (Some(_), None) => Truth::UNKNOWN,
            (Some(seconds), Some(age)) => Truth::of(age <= nanoseconds(seconds)),
        },
        _ => Truth::FALSE,
    }
}

pub(crate) fn nanoseconds(seconds: u64) -> u128 {
    u128::from(seconds) * 1_000_000_000
}
