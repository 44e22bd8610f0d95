//! Values of attributes: those that tests can tell apart, and some that fit no test.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use doorward_model::ids::GroupId;
use doorward_model::request::is_identity;
use doorward_model::types::Type;
use doorward_model::{Instant, Policy, Value};
use doorward_syntax::ast::ScalarType;

use crate::edges::shifted;
use crate::mentions::{Component, Mentions, Node};

/// A value, perhaps one that depends on the time of the request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Proto {
    /// So many seconds before the request, or after it if negative.
    Ago(i64),
    Fixed(Value<'static>),
    Set(Vec<Proto>),
}

impl Proto {
    /// The value in a request of that time.
    pub(crate) fn at(&self, now: Instant) -> Value<'static> {
        match self {
            Self::Ago(seconds) => shifted(now, seconds.saturating_neg()).map_or(Value::Unfit, Value::Time),
            Self::Fixed(value) => value.clone(),
            Self::Set(values) => Value::Set(values.iter().map(|value| value.at(now)).collect()),
        }
    }
}

/// A text as a value.
pub(crate) fn text(text: impl Into<String>) -> Proto {
    Proto::Fixed(Value::from(text.into()))
}

/// Where values come from: a policy, what some of its rules test, and the names that stand for its visitors.
#[derive(Clone, Copy)]
pub(crate) struct Pool<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) mentions: &'a Mentions<'a>,
    pub(crate) names: &'a [Box<str>],
}

impl Pool<'_> {
    /// The scalars of a part of a request that its tests could tell apart, each once, the plainest first.
    pub(crate) fn scalars(&self, node: &Node, scalar: ScalarType) -> Vec<Proto> {
        let nothing = Component::default();
        let component = self.mentions.get(node).unwrap_or(&nothing);
        match scalar {
            ScalarType::Address => self.addresses(component),
            ScalarType::Bool => [true, false].map(|value| Proto::Fixed(Value::Bool(value))).into(),
            ScalarType::Group => self.groups(component),
            ScalarType::Identity => {
                self.texts(component).into_iter().filter(|name| is_identity(name)).map(text).collect()
            }
            ScalarType::Int => ints(component),
            ScalarType::String => self.texts(component).into_iter().map(text).collect(),
            ScalarType::Time => times(component),
        }
    }

    /// The texts that tests of these parts could tell apart: those that they name, names of visitors where one of the
    /// parts is the visitor's name, and for each part one that nothing names.
    pub(crate) fn texts(&self, component: &Component) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        let mut add = |text: String| {
            if !texts.contains(&text) {
                texts.push(text);
            }
        };
        component.points.texts.iter().for_each(|text| add(text.to_string()));
        if component.nodes.contains(&Node::Name) {
            self.names.iter().for_each(|name| add(name.to_string()));
        }
        let likes = &component.points.likes;
        for like in likes {
            let pieces = like.pieces();
            add(pieces.join(""));
            add(pieces.join("x"));
            // A text that two patterns fit, where there is one that begins as the first and ends as the second.
            for other in likes.iter().filter(|other| *other != like) {
                add(pieces.concat() + &other.pieces().concat());
            }
        }
        for fresh in self.fresh(&component.points.texts).take(component.nodes.len().max(1)) {
            add(fresh);
        }
        texts
    }

    /// Texts that neither these nor the names of identities are.
    pub(crate) fn fresh<'s>(&'s self, texts: &'s BTreeSet<Box<str>>) -> impl Iterator<Item = String> + 's {
        let numbered = (2u32..).map(|number| format!("other-{number}"));
        let all = std::iter::once("other".to_owned()).chain(numbered);
        all.filter(|text| !texts.contains(text.as_str()) && self.policy.identity(text).is_none())
    }

    fn groups(&self, component: &Component) -> Vec<Proto> {
        let all = (0..self.policy.groups.len()).map(GroupId::from_index);
        let mentioned = |group: &GroupId| component.points.groups.contains(group);
        let mut groups: Vec<GroupId> = all.clone().filter(mentioned).collect();
        if self.mentions.any_group {
            groups.extend(all.filter(|group| !mentioned(group)));
        } else {
            groups.extend(all.filter(|group| !mentioned(group)).take(component.nodes.len().max(1)));
        }
        let names = groups.into_iter().filter_map(|group| self.policy.groups.get(group.index()));
        names.map(|group| text(group.name.to_string())).collect()
    }

    fn addresses(&self, component: &Component) -> Vec<Proto> {
        let others = (1..=component.nodes.len().clamp(1, 200)).filter_map(|last| u8::try_from(last).ok());
        let others = others.map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let addresses: BTreeSet<IpAddr> = component.points.addresses.iter().copied().chain(others).collect();
        addresses.into_iter().map(|address| Proto::Fixed(Value::Address(address))).collect()
    }
}

/// Each number that is mentioned and those beside it, as many as there are numbers to compare.
fn ints(component: &Component) -> Vec<Proto> {
    let reach = i64::try_from(component.nodes.len().max(1)).unwrap_or(1);
    let mut ints: BTreeSet<i64> = BTreeSet::new();
    for point in &component.points.ints {
        ints.extend((-reach..=reach).filter_map(|step| point.checked_add(step)));
    }
    if ints.is_empty() {
        ints.extend(0..reach);
    }
    ints.into_iter().map(|value| Proto::Fixed(Value::Int(value))).collect()
}

fn times(component: &Component) -> Vec<Proto> {
    let points = &component.points;
    let reach = i64::try_from(component.nodes.len().max(1)).unwrap_or(1);
    let mut agos: BTreeSet<i64> = BTreeSet::new();
    for span in points.spans.iter().filter_map(|span| i64::try_from(*span).ok()) {
        agos.extend([span.saturating_sub(1), span, span.saturating_add(1), 0, -1]);
    }
    if component.nodes.contains(&Node::Time) || agos.is_empty() && points.times.is_empty() {
        agos.extend(-reach..=reach);
    }
    let fixed: BTreeSet<Instant> =
        points.times.iter().flat_map(|point| (-reach..=reach).filter_map(|step| shifted(*point, step))).collect();
    let fixed = fixed.into_iter().map(|instant| Proto::Fixed(Value::Time(instant)));
    agos.into_iter().map(Proto::Ago).chain(fixed).collect()
}

/// Values that do not fit the type, and so count as missing.
pub(crate) fn unfit(ty: Type) -> Vec<Proto> {
    let wrong = match ty.scalar() {
        ScalarType::Bool => text("true"),
        ScalarType::Int => text("3"),
        ScalarType::Address | ScalarType::Group | ScalarType::Identity | ScalarType::String | ScalarType::Time => {
            Proto::Fixed(Value::Int(3))
        }
    };
    match ty {
        Type::Scalar(_) => vec![wrong],
        Type::Set(_) => vec![wrong.clone(), Proto::Set(vec![wrong, Proto::Fixed(Value::Unfit)])],
    }
}
