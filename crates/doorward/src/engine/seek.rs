//! Could anybody enter? The search for a known visitor whom the rules of one slice let in.
//!
//! The request fixes the room, the action, the address, the context and the time. Open are the visitor's name, the groups
//! that they claim and the attributes that are not recorded; strength is not, since the strongest authentication is as
//! good as any. The search is exact: it tries one name of every class that the rules tell apart and, for each, every
//! combination of what else can matter, leaving out whole branches as soon as they are decided. It chooses next where a
//! deny leaves least to choose, so that what a deny forces is found at once, and forgets the rules that are decided.

mod domain;

use std::borrow::Cow;
use std::collections::BTreeSet;

use doorward_model::expr::{Expr, Operand, Set, Test, TestKind};
use doorward_model::ids::{AttributeId, GroupId, RuleId};
use doorward_model::request::is_identity;
use doorward_model::{Policy, Value};
use doorward_syntax::ast::Effect;

use self::domain::{Arena, Domain};
use super::eval::{Clauses, Scene, Strength};
use super::free::{Choices, Free};
use super::names::Names;
use super::value::{Slot, Typed};
use super::visitor::{Candidate, Choice, Somebody, Visitor};

/// A known visitor who would be let in with the greatest strength.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) attributes: Vec<(AttributeId, Value<'static>)>,
}

/// What a search works on.
pub(crate) struct Search<'a> {
    scene: &'a Scene<'a>,
    free: &'a Free,
    names: &'a Names,
    // Rules that may still apply to somebody.
    allows: Vec<(RuleId, Clauses<'a>)>,
    denies: Vec<Clauses<'a>>,
}

impl<'a> Search<'a> {
    /// What is left of the rules when the request alone has been looked at; `None` if a deny applies to everybody, or
    /// no allow can apply to anybody.
    pub(crate) fn new(
        scene: &'a Scene<'a>,
        free: &'a Free,
        names: &'a Names,
        rules: impl Iterator<Item = (RuleId, Clauses<'a>)>,
    ) -> Option<Self> {
        let strength = Strength::greatest(scene);
        let mut search = Self { scene, free, names, allows: Vec::new(), denies: Vec::new() };
        for (id, clauses) in rules {
            let truth = clauses.all(&Somebody, strength);
            match clauses.rule.effect {
                Effect::Allow if truth.can_be_true() => search.allows.push((id, clauses)),
                Effect::Deny if !truth.can_be_false() => return None,
                Effect::Deny if !truth.is_false() => search.denies.push(clauses),
                Effect::Allow | Effect::Deny => {}
            }
        }
        (!search.allows.is_empty()).then_some(search)
    }

    /// The rules by which somebody might be let in, each once, in order.
    pub(crate) fn allows(&self) -> Vec<RuleId> {
        let mut ids: Vec<RuleId> = self.allows.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Somebody who would be let in; by that rule, if one is given.
    pub(crate) fn find(&self, through: Option<RuleId>) -> Option<Found> {
        let allows: Vec<Clauses<'_>> = self
            .allows
            .iter()
            .filter(|(id, _)| through.is_none_or(|rule| rule == *id))
            .map(|(_, clauses)| *clauses)
            .collect();
        let tests = self.tests(&allows);
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for (clauses, test) in &tests {
            names_in(*clauses, test, &mut named);
        }
        let arena = Arena::new(self.scene.policy, &tests, &named);
        let domains: Vec<Domain<'_>> = self
            .free
            .attributes
            .iter()
            .map(|&attribute| Domain::new(self.scene.policy, attribute, &tests, &arena))
            .collect();
        let bind = |clauses: &Clauses<'a>| Bound {
            clauses: *clauses,
            choices: Choices::of(self.scene.policy, clauses.rule, &self.free.contested),
        };
        let bound_allows: Vec<Bound<'a>> = allows.iter().map(bind).collect();
        let bound_denies: Vec<Bound<'a>> = self.denies.iter().map(bind).collect();
        let (bound_allows, bound_denies): (Vec<_>, Vec<_>) =
            (bound_allows.iter().collect(), bound_denies.iter().collect());
        self.names(&named, &arena).find_map(|name| {
            let identity = self
                .scene
                .policy
                .identity(&name)
                .and_then(|id| self.scene.policy.identities.get(id.index()).map(|identity| (id, identity)));
            let mut candidate = Candidate {
                policy: self.scene.policy,
                name,
                identity,
                groups: self.free.helpful.to_vec(),
                open_groups: self.free.contested.to_vec(),
                attributes: Vec::new(),
            };
            self.descend(&bound_allows, &bound_denies, &domains, &mut candidate)
                .then(|| self.found(&allows, &domains, candidate))
        })
    }

    /// Every test of the identity in the rules that matter.
    fn tests(&self, allows: &[Clauses<'a>]) -> Vec<(Clauses<'a>, &'a Test)> {
        let mut tests = Vec::new();
        for clauses in allows.iter().chain(&self.denies) {
            for expr in [&clauses.rule.when, &clauses.rule.unless].into_iter().flatten() {
                collect(*clauses, expr, &mut tests);
            }
        }
        tests
    }

    /// One name of every class: an undeclared one, those that the request or the rules mention, and of each class of
    /// declared identities one that is not among these.
    fn names<'n>(&'n self, named: &'n BTreeSet<&'n str>, arena: &'n Arena) -> impl Iterator<Item = Cow<'n, str>> {
        let fresh = std::iter::once(arena.name());
        let mentioned = named.iter().copied().filter(|name| is_identity(name));
        let declared = self.names.iter().filter_map(|class| {
            class
                .iter()
                .filter_map(|id| self.scene.policy.identities.get(id.index()))
                .map(|identity| &*identity.name)
                .find(|name| !named.contains(name))
        });
        fresh.chain(mentioned).chain(declared).map(Cow::Borrowed)
    }

    /// Decides what is open until the visitor is let in, or goes back. As deep as there are choices, which a policy's
    /// limits keep below 64.
    fn descend<'c>(
        &self,
        allows: &[&Bound<'a>],
        denies: &[&Bound<'a>],
        domains: &'c [Domain<'c>],
        candidate: &mut Candidate<'c>,
    ) -> bool {
        let strength = Strength::greatest(self.scene);
        let mut open_allows: Vec<&Bound<'a>> = Vec::new();
        let mut allowed = false;
        for bound in allows {
            let truth = bound.clauses.all(candidate, strength);
            if truth.is_true() {
                // What is true stays true, so that no other allow is needed.
                open_allows = vec![*bound];
                allowed = true;
                break;
            }
            if truth.can_be_true() {
                open_allows.push(*bound);
            }
        }
        if open_allows.is_empty() {
            return false;
        }
        let mut open_denies: Vec<&Bound<'a>> = Vec::new();
        for bound in denies {
            let truth = bound.clauses.all(candidate, strength);
            if !truth.can_be_false() {
                return false;
            }
            if !truth.is_false() {
                open_denies.push(*bound);
            }
        }
        if allowed && open_denies.is_empty() {
            return true;
        }
        let undecided = if open_denies.is_empty() { &open_allows } else { &open_denies };
        let next = undecided
            .iter()
            .map(|bound| bound.open(candidate))
            .filter(|(count, _)| *count > 0)
            .min_by_key(|(count, _)| *count)
            .and_then(|(_, next)| next);
        match next {
            Some(Choosable::Group(group)) => {
                candidate.open_groups.retain(|open| *open != group);
                candidate.groups.push(group);
                if self.descend(&open_allows, &open_denies, domains, candidate) {
                    return true;
                }
                candidate.groups.retain(|claimed| *claimed != group);
                if self.descend(&open_allows, &open_denies, domains, candidate) {
                    return true;
                }
                candidate.open_groups.push(group);
                false
            }
            Some(Choosable::Attribute(attribute)) => {
                let choices = domains.iter().filter(|domain| domain.attribute == attribute).flat_map(|it| &it.choices);
                for choice in choices {
                    candidate.attributes.push((attribute, choice.clone()));
                    if self.descend(&open_allows, &open_denies, domains, candidate) {
                        return true;
                    }
                    candidate.attributes.pop();
                }
                false
            }
            None => false,
        }
    }

    /// Whether a visitor of whom nothing is open is let in.
    fn enters(&self, allows: &[Clauses<'a>], visitor: &impl Visitor) -> bool {
        let strength = Strength::greatest(self.scene);
        allows.iter().any(|clauses| clauses.all(visitor, strength).is_true())
            && self.denies.iter().all(|clauses| clauses.all(visitor, strength).is_false())
    }

    /// The visitor that was found, without what they need not claim.
    fn found<'c>(&self, allows: &[Clauses<'a>], domains: &'c [Domain<'c>], mut candidate: Candidate<'c>) -> Found {
        // What is still open does not matter; a required attribute must have some value all the same.
        candidate.open_groups.clear();
        for domain in domains {
            if !candidate.attributes.iter().any(|(chosen, _)| *chosen == domain.attribute)
                && let Some(choice) = domain.choices.first()
            {
                candidate.attributes.push((domain.attribute, choice.clone()));
            }
        }
        for group in candidate.groups.clone() {
            let before = candidate.groups.clone();
            candidate.groups.retain(|claimed| *claimed != group);
            if !self.enters(allows, &candidate) {
                candidate.groups = before;
            }
        }
        let policy = self.scene.policy;
        let recorded = |attribute: AttributeId| {
            candidate.identity.is_some_and(|(_, identity)| identity.attribute(attribute).is_some())
        };
        let attributes = candidate
            .attributes
            .iter()
            .filter(|(attribute, _)| !recorded(*attribute))
            .filter_map(|(attribute, choice)| owned(policy, choice).map(|value| (*attribute, value)))
            .collect();
        Found { name: candidate.name.into_owned(), groups: candidate.groups, attributes }
    }
}

/// A rule, and what it depends on of the choices.
struct Bound<'a> {
    clauses: Clauses<'a>,
    choices: Choices,
}

/// Something that can be chosen.
#[derive(Clone, Copy)]
enum Choosable {
    Attribute(AttributeId),
    Group(GroupId),
}

impl Bound<'_> {
    /// How many of the choices that the rule depends on are still open, and one of them.
    fn open(&self, candidate: &Candidate<'_>) -> (usize, Option<Choosable>) {
        let recorded = |attribute: AttributeId| {
            candidate.identity.is_some_and(|(_, identity)| identity.attribute(attribute).is_some())
        };
        let chosen = |attribute: AttributeId| candidate.attributes.iter().any(|(chosen, _)| *chosen == attribute);
        let groups = self.choices.groups.iter().filter(|group| candidate.open_groups.contains(group));
        let attributes =
            self.choices.attributes.iter().filter(|attribute| !recorded(**attribute) && !chosen(**attribute));
        let mut open = groups
            .map(|group| Choosable::Group(*group))
            .chain(attributes.map(|attribute| Choosable::Attribute(*attribute)));
        let first = open.next();
        (open.count() + usize::from(first.is_some()), first)
    }
}

/// The names that a test compares the visitor with.
fn names_in<'a>(clauses: Clauses<'a>, test: &'a Test, names: &mut BTreeSet<&'a str>) {
    let mut add = |value: Typed<'a>| {
        if let Typed::Identity(name) | Typed::String(name) = value {
            names.insert(name);
        }
    };
    let visitor = |operand: &Operand| matches!(operand, Operand::Identity | Operand::IdentityName);
    match &test.kind {
        TestKind::Equal(left, right) => {
            let other = match (visitor(left), visitor(right)) {
                (true, false) => right,
                (false, true) => left,
                _ => return,
            };
            if let Slot::One(value) = clauses.operand(other, &Somebody) {
                add(value);
            }
        }
        TestKind::InSet(operand, set) if visitor(operand) => match set {
            Set::Values(values) => values.iter().filter_map(super::value::written).for_each(add),
            Set::Reference(reference) => {
                if let Slot::Many(values) = clauses.reference(*reference, &Somebody) {
                    values.iter().for_each(add);
                }
            }
        },
        _ => {}
    }
}

fn collect<'a>(clauses: Clauses<'a>, expr: &'a Expr, tests: &mut Vec<(Clauses<'a>, &'a Test)>) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => {
            for part in parts {
                collect(clauses, part, tests);
            }
        }
        Expr::Not(inner) => collect(clauses, inner, tests),
        Expr::Test(test) => tests.push((clauses, test)),
    }
}

/// A choice as a request would claim it; `None` for absence.
fn owned(policy: &Policy, choice: &Choice<'_>) -> Option<Value<'static>> {
    let scalar = |value: &Typed<'_>| match value {
        Typed::Address(address) => Value::Address(*address),
        Typed::Bool(value) => Value::Bool(*value),
        Typed::Group(group) => policy
            .groups
            .get(group.index())
            .map_or(Value::Unfit, |group| Value::String(Cow::Owned(group.name.to_string()))),
        Typed::Identity(text) | Typed::String(text) => Value::String(Cow::Owned((*text).to_owned())),
        Typed::Int(value) => Value::Int(*value),
        Typed::Time(instant) => Value::Time(*instant),
    };
    match choice {
        Choice::Missing => None,
        Choice::One(value) => Some(scalar(value)),
        Choice::Many(values) => Some(Value::Set(values.iter().map(scalar).collect())),
    }
}
