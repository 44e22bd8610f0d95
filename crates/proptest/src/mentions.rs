//! What the rules of a policy compare a request with: the values at whose edges verdicts change.
//!
//! Comes in: rules. Goes out: for each part of a request that they test, the values that it is compared with, and which
//! other parts it is compared with; parts that are compared share their values.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use doorward_model::address::PrefixSet;
use doorward_model::expr::{Expr, Like, Operand, Reference, Set, Test, TestKind, Value};
use doorward_model::ids::{AttributeId, GroupId};
use doorward_model::rule::Rule;
use doorward_model::{Instant, Policy};

use crate::edges;

/// A part of a request that a test can read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Node {
    Address,
    Context(AttributeId),
    Identity(AttributeId),
    Name,
    /// By name: a parameter too.
    Room(Box<str>),
    Time,
}

/// One test, with the rule whose room attributes it means.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'p> {
    pub(crate) rule: &'p Rule,
    pub(crate) test: &'p Test,
}

impl Asked<'_> {
    pub(crate) fn node(&self, operand: &Operand) -> Option<Node> {
        Some(match operand {
            Operand::Address => Node::Address,
            Operand::Identity | Operand::IdentityName => Node::Name,
            Operand::Reference(reference) => self.reference(*reference)?,
            Operand::Time => Node::Time,
            Operand::Value(_) => return None,
        })
    }

    pub(crate) fn reference(&self, reference: Reference) -> Option<Node> {
        Some(match reference {
            Reference::Context(id) => Node::Context(id),
            Reference::Identity(id) => Node::Identity(id),
            Reference::Room(id) => Node::Room(self.rule.room_attributes.get(id.index())?.name.clone()),
        })
    }
}

/// Values that parts of a request are compared with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Points {
    /// Addresses written, and those at and just beside the ends of networks.
    pub(crate) addresses: BTreeSet<IpAddr>,
    pub(crate) groups: BTreeSet<GroupId>,
    pub(crate) ints: BTreeSet<i64>,
    pub(crate) likes: Vec<Like>,
    /// Seconds before the request's time.
    pub(crate) spans: BTreeSet<u64>,
    /// Texts and names.
    pub(crate) texts: BTreeSet<Box<str>>,
    pub(crate) times: BTreeSet<Instant>,
}

impl Points {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Address(address) => self.addresses.extend(edges::beside(*address)),
            Value::Bool(_) => {}
            Value::Group(group) => _ = self.groups.insert(*group),
            Value::Identity(text) | Value::String(text) => _ = self.texts.insert(text.clone()),
            Value::Int(value) => _ = self.ints.insert(*value),
            Value::Set(values) => values.iter().for_each(|value| self.add(value)),
            Value::Time(instant) => _ = self.times.insert(*instant),
        }
    }

    fn absorb(&mut self, other: Self) {
        self.addresses.extend(other.addresses);
        self.groups.extend(other.groups);
        self.ints.extend(other.ints);
        self.likes.extend(other.likes);
        self.spans.extend(other.spans);
        self.texts.extend(other.texts);
        self.times.extend(other.times);
    }
}

/// Parts of a request that are compared with each other, or one that is compared with none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Component {
    pub(crate) points: Points,
    pub(crate) nodes: BTreeSet<Node>,
}

/// What some rules test.
pub(crate) struct Mentions<'p> {
    pub(crate) tests: Vec<Asked<'p>>,
    pub(crate) rules: Vec<&'p Rule>,
    /// Whether some test asks for membership in a group that only the request names.
    pub(crate) any_group: bool,
    by_node: BTreeMap<Node, usize>,
    // By the number that the first of its nodes got.
    components: BTreeMap<usize, Component>,
}

impl<'p> Mentions<'p> {
    pub(crate) fn of(policy: &'p Policy, rules: impl IntoIterator<Item = &'p Rule>) -> Self {
        let mut mentions = Self {
            tests: Vec::new(),
            rules: Vec::new(),
            any_group: false,
            by_node: BTreeMap::new(),
            components: BTreeMap::new(),
        };
        for rule in rules {
            mentions.rules.push(rule);
            for expr in rule.when.iter().chain(&rule.unless) {
                mentions.collect(rule, expr);
            }
            if let Some(origins) = &rule.origins {
                let addresses = edges::of_set(origins);
                mentions.component(Node::Address).points.addresses.extend(addresses);
            }
        }
        for asked in mentions.tests.clone() {
            mentions.read(asked);
        }
        mentions.records(policy);
        mentions.tie_times();
        mentions
    }

    /// What a part of a request is compared with; `None` if nothing tests it.
    pub(crate) fn get(&self, node: &Node) -> Option<&Component> {
        self.by_node.get(node).and_then(|index| self.components.get(index))
    }

    /// Every part that some test reads.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.by_node.keys()
    }

    fn collect(&mut self, rule: &'p Rule, expr: &'p Expr) {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| self.collect(rule, part)),
            Expr::Not(inner) => self.collect(rule, inner),
            Expr::Test(test) => self.tests.push(Asked { rule, test }),
        }
    }

    fn read(&mut self, asked: Asked<'p>) {
        let node = |operand: &Operand| asked.node(operand);
        match &asked.test.kind {
            TestKind::Constant(_) => {}
            TestKind::Equal(left, right) | TestKind::Order(left, _, right) => self.pair(asked, left, right),
            TestKind::Flag(reference) | TestKind::Has(reference) => self.touch(asked.reference(*reference)),
            TestKind::InGroups(_) => self.touch(Some(Node::Name)),
            TestKind::InGroupOf(reference) => {
                self.any_group = true;
                self.touch(Some(Node::Name));
                self.touch(asked.reference(*reference));
            }
            TestKind::InNetwork(operand, set) => self.network(node(operand), set),
            TestKind::InSet(operand, Set::Values(values)) => {
                if let Some(node) = node(operand) {
                    let points = &mut self.component(node).points;
                    values.iter().for_each(|value| points.add(value));
                }
            }
            TestKind::InSet(operand, Set::Reference(set)) => {
                self.pair(asked, operand, &Operand::Reference(*set));
            }
            TestKind::InWindow { .. } | TestKind::OnDay(_) => self.touch(Some(Node::Time)),
            TestKind::Like(operand, like) => {
                if let Some(node) = node(operand) {
                    self.component(node).points.likes.push(like.clone());
                }
            }
            TestKind::Since(operand, _, seconds) => {
                self.touch(Some(Node::Time));
                if let Some(node) = node(operand) {
                    self.component(node).points.spans.insert(*seconds);
                }
            }
        }
    }

    fn pair(&mut self, asked: Asked<'p>, left: &Operand, right: &Operand) {
        let value = |operand: &Operand| if let Operand::Value(value) = operand { Some(value.clone()) } else { None };
        match (asked.node(left), asked.node(right)) {
            (Some(left), Some(right)) => self.join(left, right),
            (Some(node), None) => {
                let points = &mut self.component(node).points;
                value(right).iter().for_each(|value| points.add(value));
            }
            (None, Some(node)) => {
                let points = &mut self.component(node).points;
                value(left).iter().for_each(|value| points.add(value));
            }
            (None, None) => {}
        }
    }

    fn network(&mut self, node: Option<Node>, set: &PrefixSet) {
        if let Some(node) = node {
            self.component(node).points.addresses.extend(edges::of_set(set));
        }
    }

    fn touch(&mut self, node: Option<Node>) {
        if let Some(node) = node {
            self.component(node);
        }
    }

    /// What is recorded of identities is beside what they may claim.
    fn records(&mut self, policy: &Policy) {
        for (attribute, value) in policy.identities.iter().flat_map(|identity| &identity.attributes) {
            if let Some(index) = self.by_node.get(&Node::Identity(*attribute))
                && let Some(component) = self.components.get_mut(index)
            {
                component.points.add(value);
            }
        }
    }

    /// A time that is compared both with the clock and with other times ties these to the clock.
    fn tie_times(&mut self) {
        let tied = |component: &&Component| {
            let points = &component.points;
            !points.spans.is_empty() && (component.nodes.len() > 1 || !points.times.is_empty())
        };
        let nodes: Vec<Node> =
            self.components.values().filter(tied).filter_map(|component| component.nodes.first().cloned()).collect();
        for node in nodes {
            self.join(node, Node::Time);
        }
    }

    fn component(&mut self, node: Node) -> &mut Component {
        let fresh = self.by_node.len();
        let index = *self.by_node.entry(node.clone()).or_insert(fresh);
        let alone = || Component { points: Points::default(), nodes: BTreeSet::from([node]) };
        self.components.entry(index).or_insert_with(alone)
    }

    fn join(&mut self, left: Node, right: Node) {
        self.component(left.clone());
        self.component(right.clone());
        let (Some(&into), Some(&from)) = (self.by_node.get(&left), self.by_node.get(&right)) else { return };
        if into == from {
            return;
        }
        let moved = self.components.remove(&from).unwrap_or_default();
        for node in &moved.nodes {
            self.by_node.insert(node.clone(), into);
        }
        if let Some(component) = self.components.get_mut(&into) {
            component.nodes.extend(moved.nodes);
            component.points.absorb(moved.points);
        }
    }
}
