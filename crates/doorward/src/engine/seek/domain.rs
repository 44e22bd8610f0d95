//! The values of an unrecorded attribute that the tests before one request can tell apart.

use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use doorward_model::expr::{Operand, Reference, Set, Test, TestKind};
use doorward_model::ids::{AttributeId, GroupId};
use doorward_model::types::Type;
use doorward_model::{Instant, Policy};
use doorward_syntax::ast::ScalarType;

use crate::engine::eval::{Clauses, nanoseconds};
use crate::engine::truth::Truth;
use crate::engine::value::{Many, Slot, Typed, written};
use crate::engine::visitor::{Candidate, Choice, Somebody};

/// Texts that nothing in sight mentions.
pub(super) struct Arena {
    name: String,
    text: String,
}

impl Arena {
    /// Texts other than the declared and mentioned names, and other than all texts that the tests compare with.
    pub(super) fn new<'a>(policy: &Policy, tests: &[(Clauses<'a>, &'a Test)], named: &BTreeSet<&str>) -> Self {
        let mut texts: HashSet<&str> = HashSet::new();
        for (clauses, test) in tests.iter().filter(|(_, test)| test.kind.identity_attribute().is_some()) {
            points(*clauses, test, &mut |value| {
                if let Typed::Identity(text) | Typed::String(text) = value {
                    texts.insert(text);
                }
            });
        }
        Self {
            name: fresh("someone", |name| policy.identity(name).is_some() || named.contains(name)),
            text: fresh("other", |text| texts.contains(text)),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

fn fresh(stem: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut text = stem.to_owned();
    let mut number = 1u64;
    while taken(&text) {
        number += 1;
        text = format!("{stem}-{number}");
    }
    text
}

/// One value of each class that the tests of an attribute tell apart, absence included where it is possible.
pub(super) struct Domain<'a> {
    pub(super) attribute: AttributeId,
    pub(super) choices: Vec<Choice<'a>>,
}

impl<'a> Domain<'a> {
    pub(super) fn new(
        policy: &'a Policy,
        attribute: AttributeId,
        tests: &[(Clauses<'a>, &'a Test)],
        arena: &'a Arena,
    ) -> Self {
        let mut domain = Self { attribute, choices: Vec::new() };
        let Some(declared) = policy.identity_attributes.get(attribute.index()) else { return domain };
        let tests: Vec<(Clauses<'a>, &'a Test)> =
            tests.iter().copied().filter(|(_, test)| test.kind.identity_attribute() == Some(attribute)).collect();
        let mut seen: HashSet<Vec<Answer>> = HashSet::new();
        let mut offer = |choice: Choice<'a>| {
            if seen.insert(
                tests.iter().map(|(clauses, test)| answer(policy, attribute, *clauses, test, &choice)).collect(),
            ) {
                domain.choices.push(choice);
            }
        };
        if declared.optional {
            offer(Choice::Missing);
        }
        match declared.ty {
            Type::Scalar(scalar) => scalars(policy, scalar, &tests, arena, |value| offer(Choice::One(value))),
            Type::Set(_) => subsets(&tests, |values| offer(Choice::Many(values))),
        }
        domain
    }
}

/// A truth value that can be compared and hashed.
type Answer = (bool, bool);

fn answer<'a>(
    policy: &'a Policy,
    attribute: AttributeId,
    clauses: Clauses<'a>,
    test: &'a Test,
    choice: &Choice<'a>,
) -> Answer {
    let candidate = Candidate {
        policy,
        name: std::borrow::Cow::Borrowed(""),
        identity: None,
        groups: Vec::new(),
        open_groups: Vec::new(),
        attributes: vec![(attribute, choice.clone())],
    };
    let truth: Truth = clauses.test(test, &candidate);
    (truth.can_be_true(), truth.can_be_false())
}

/// Every value that a test names for the attribute that it reads.
fn points<'a>(clauses: Clauses<'a>, test: &'a Test, add: &mut dyn FnMut(Typed<'a>)) {
    let mut operand = |operand: &'a Operand| {
        if !matches!(operand, Operand::Reference(Reference::Identity(_)))
            && let Slot::One(value) = clauses.operand(operand, &Somebody)
        {
            add(value);
        }
    };
    match &test.kind {
        TestKind::Equal(left, right) | TestKind::Order(left, _, right) => {
            operand(left);
            operand(right);
        }
        // The attribute is the set, and what is sought in it is the point; or it is the other way round.
        TestKind::InSet(value, Set::Reference(Reference::Identity(_))) => operand(value),
        TestKind::InSet(_, Set::Values(values)) => values.iter().filter_map(written).for_each(add),
        TestKind::InSet(_, Set::Reference(reference)) => {
            if let Slot::Many(values) = clauses.reference(*reference, &Somebody) {
                Many::iter(values).for_each(add);
            }
        }
        TestKind::InNetwork(_, prefixes) => {
            for (first, last) in prefixes.ranges_v4() {
                add(Typed::Address(IpAddr::V4(Ipv4Addr::from_bits(*first))));
                add(Typed::Address(IpAddr::V4(Ipv4Addr::from_bits(*last))));
            }
            for (first, last) in prefixes.ranges_v6() {
                add(Typed::Address(IpAddr::V6(Ipv6Addr::from_bits(*first))));
                add(Typed::Address(IpAddr::V6(Ipv6Addr::from_bits(*last))));
            }
        }
        TestKind::Since(_, _, seconds) => {
            if let Some(time) = *clauses.scene.time {
                add(Typed::Time(time));
                let earlier = i128::try_from(nanoseconds(*seconds))
                    .ok()
                    .and_then(|length| time.as_nanoseconds().checked_sub(length))
                    .and_then(Instant::from_nanoseconds);
                if let Some(earlier) = earlier {
                    add(Typed::Time(earlier));
                }
            }
        }
        _ => {}
    }
}

/// Offers the values of a scalar attribute that could differ: each point, its neighbours, and one beyond them.
fn scalars<'a>(
    policy: &'a Policy,
    scalar: ScalarType,
    tests: &[(Clauses<'a>, &'a Test)],
    arena: &'a Arena,
    mut offer: impl FnMut(Typed<'a>),
) {
    let mut named: Vec<Typed<'a>> = Vec::new();
    for (clauses, test) in tests {
        points(*clauses, test, &mut |value| named.push(value));
    }
    match scalar {
        ScalarType::Bool => [true, false].into_iter().for_each(|value| offer(Typed::Bool(value))),
        ScalarType::Group => {
            // A group that nothing names is as good as another, but it must be declared.
            let unnamed = (0..policy.groups.len()).map(GroupId::from_index);
            let unnamed = unnamed.map(Typed::Group).find(|group| !named.contains(group));
            named.into_iter().chain(unnamed).for_each(&mut offer);
        }
        ScalarType::Identity => {
            named.into_iter().for_each(&mut offer);
            offer(Typed::Identity(&arena.text));
        }
        ScalarType::String => {
            named.into_iter().for_each(&mut offer);
            offer(Typed::String(&arena.text));
        }
        ScalarType::Int => {
            offer(Typed::Int(0));
            for value in named {
                if let Typed::Int(value) = value {
                    [value.checked_sub(1), Some(value), value.checked_add(1)]
                        .into_iter()
                        .flatten()
                        .for_each(|value| offer(Typed::Int(value)));
                }
            }
        }
        ScalarType::Time => {
            Instant::from_nanoseconds(0).into_iter().for_each(|epoch| offer(Typed::Time(epoch)));
            for value in named {
                if let Typed::Time(instant) = value {
                    [-1, 0, 1]
                        .into_iter()
                        .filter_map(|step| Instant::from_nanoseconds(instant.as_nanoseconds().checked_add(step)?))
                        .for_each(|instant| offer(Typed::Time(instant)));
                }
            }
        }
        ScalarType::Address => {
            offer(Typed::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
            offer(Typed::Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
            for value in named {
                if let Typed::Address(address) = value {
                    neighbours(address).into_iter().flatten().for_each(|address| offer(Typed::Address(address)));
                }
            }
        }
    }
}

fn neighbours(address: IpAddr) -> [Option<IpAddr>; 3] {
    let around = match address {
        IpAddr::V4(v4) => {
            let bits = v4.to_bits();
            [bits.checked_sub(1), bits.checked_add(1)]
                .map(|bits| bits.map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))))
        }
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            [bits.checked_sub(1), bits.checked_add(1)]
                .map(|bits| bits.map(|bits| doorward_model::address::canonical(IpAddr::V6(Ipv6Addr::from_bits(bits)))))
        }
    };
    let [before, after] = around;
    [before, Some(address), after]
}

/// Offers every set of the values that tests seek in a set.
fn subsets<'a>(tests: &[(Clauses<'a>, &'a Test)], mut offer: impl FnMut(Vec<Typed<'a>>)) {
    let mut sought: Vec<Typed<'a>> = Vec::new();
    for (clauses, test) in tests {
        points(*clauses, test, &mut |value| {
            if !sought.contains(&value) {
                sought.push(value);
            }
        });
    }
    // The policy's limits keep the number of tests, and so of values, below 27.
    let count = u32::try_from(sought.len()).ok().and_then(|count| 1u64.checked_shl(count)).unwrap_or(0);
    for chosen in 0..count {
        offer(sought.iter().zip(0u32..).filter(|(_, bit)| chosen >> bit & 1 == 1).map(|(value, _)| *value).collect());
    }
}
