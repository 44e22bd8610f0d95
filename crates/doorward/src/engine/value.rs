//! Values at decision time: what a request or a policy says, read by the declared type.

use std::net::IpAddr;

use doorward_model::address::canonical;
use doorward_model::expr;
use doorward_model::ids::GroupId;
use doorward_model::limits;
use doorward_model::request::is_identity;
use doorward_model::types::Type;
use doorward_model::{Instant, Policy, Value};
use doorward_syntax::ast::ScalarType;

/// A scalar of a declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Typed<'a> {
    Address(IpAddr),
    Bool(bool),
    Group(GroupId),
    Identity(&'a str),
    Int(i64),
    String(&'a str),
    Time(Instant),
}

/// What an operand is, as far as it is decided.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot<'a> {
    /// Absent, or not of its declared type.
    Missing,
    /// A set.
    Many(Many<'a>),
    /// A scalar.
    One(Typed<'a>),
    /// Not decided yet.
    Open,
}

/// A set, its elements known to be of the declared type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Many<'a> {
    /// Chosen while a stronger visitor is sought.
    Chosen(&'a [Typed<'a>]),
    /// Recorded or written in the policy.
    Policy(&'a [expr::Value]),
    /// From a request, elements of this type.
    Request(&'a [Value<'a>], ScalarType, &'a Policy),
}

impl<'a> Many<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = Typed<'a>> {
        let (chosen, policy, request) = match self {
            Self::Chosen(values) => (Some(values), None, None),
            Self::Policy(values) => (None, Some(values), None),
            Self::Request(values, scalar, policy) => (None, None, Some((values, scalar, policy))),
        };
        let chosen = chosen.into_iter().flatten().copied();
        let policy = policy.into_iter().flatten().filter_map(written);
        let request = request
            .into_iter()
            .flat_map(|(values, scalar, policy)| values.iter().filter_map(move |value| read(value, scalar, policy)));
        chosen.chain(policy).chain(request)
    }

    pub(crate) fn contains(self, value: Typed<'_>) -> bool {
        self.iter().any(|element| element == value)
    }
}

/// A scalar written in the policy; `None` for a set.
pub(crate) fn written(value: &expr::Value) -> Option<Typed<'_>> {
    Some(match value {
        expr::Value::Address(address) => Typed::Address(*address),
        expr::Value::Bool(value) => Typed::Bool(*value),
        expr::Value::Group(group) => Typed::Group(*group),
        expr::Value::Identity(name) => Typed::Identity(name),
        expr::Value::Int(value) => Typed::Int(*value),
        expr::Value::String(text) => Typed::String(text),
        expr::Value::Time(instant) => Typed::Time(*instant),
        expr::Value::Set(_) => return None,
    })
}

/// A value recorded in the policy.
pub(crate) fn recorded(value: &expr::Value) -> Slot<'_> {
    match value {
        expr::Value::Set(values) => Slot::Many(Many::Policy(values)),
        scalar => written(scalar).map_or(Slot::Missing, Slot::One),
    }
}

/// What a request's value is when read by a declared type: missing if it does not fit.
pub(crate) fn claimed<'a>(value: &'a Value<'a>, ty: Type, policy: &'a Policy) -> Slot<'a> {
    match (ty, value) {
        (Type::Scalar(scalar), value) => read(value, scalar, policy).map_or(Slot::Missing, Slot::One),
        (Type::Set(scalar), Value::Set(values))
            if values.len() <= limits::SET_ELEMENTS
                && values.iter().all(|value| read(value, scalar, policy).is_some()) =>
        {
            Slot::Many(Many::Request(values, scalar, policy))
        }
        (Type::Set(_), _) => Slot::Missing,
    }
}

fn read<'a>(value: &'a Value<'a>, scalar: ScalarType, policy: &Policy) -> Option<Typed<'a>> {
    Some(match (scalar, value) {
        (ScalarType::Address, Value::Address(address)) => Typed::Address(canonical(*address)),
        (ScalarType::Address, Value::String(text)) => Typed::Address(canonical(text.parse().ok()?)),
        (ScalarType::Bool, Value::Bool(value)) => Typed::Bool(*value),
        (ScalarType::Group, Value::String(name)) => Typed::Group(policy.group(name)?),
        (ScalarType::Identity, Value::String(name)) if is_identity(name) => Typed::Identity(name),
        (ScalarType::Int, Value::Int(value)) => Typed::Int(*value),
        (ScalarType::String, Value::String(text)) => Typed::String(text),
        (ScalarType::Time, Value::Time(instant)) => Typed::Time(*instant),
        (ScalarType::Time, Value::String(text)) => Typed::Time(Instant::parse(text).ok()?),
        _ => return None,
    })
}
