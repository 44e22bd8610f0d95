//! Which declared identities the rules of one slice can tell apart.

use std::collections::HashMap;

use doorward_model::Policy;
use doorward_model::expr::{self, Expr, TestKind};
use doorward_model::ids::{AttributeId, GroupId, IdentityId};
use doorward_model::rule::{Members, Rule, Who};

/// Declared identities that the rules of one slice can tell from an undeclared one, those together that they cannot tell
/// apart from each other. No class is empty.
pub(crate) type Names = Box<[Box<[IdentityId]>]>;

/// All that tells declared names apart.
#[derive(Default)]
struct Tests {
    groups: Vec<GroupId>,
    // Whether a group that only the request names may be tested.
    every_group: bool,
    identities: Vec<IdentityId>,
    attributes: Vec<AttributeId>,
}

/// The classes of declared identities that these rules tell apart. In time proportional to the policy.
pub(crate) fn names<'a>(policy: &Policy, rules: impl Iterator<Item = &'a Rule>) -> Names {
    let mut tests = Tests::default();
    for rule in rules {
        if let Who::Listed(members) = &rule.subjects.who {
            tests.members(members);
        }
        tests.members(&rule.subjects.except);
        for expr in [&rule.when, &rule.unless].into_iter().flatten() {
            tests.expr(expr);
        }
    }
    tests.groups.sort_unstable();
    tests.identities.sort_unstable();
    tests.attributes.sort_unstable();
    tests.attributes.dedup();
    let mut numbers: HashMap<Signature<'_>, usize> = HashMap::new();
    let mut classes: Vec<Vec<IdentityId>> = Vec::new();
    for id in (0..policy.identities.len()).map(IdentityId::from_index) {
        let Some(signature) = Signature::of(policy, id, &tests) else { continue };
        let fresh = classes.len();
        let class = *numbers.entry(signature).or_insert(fresh);
        if class == fresh {
            classes.push(Vec::new());
        }
        if let Some(class) = classes.get_mut(class) {
            class.push(id);
        }
    }
    classes.into_iter().map(Vec::into_boxed_slice).collect()
}

impl Tests {
    fn members(&mut self, members: &Members) {
        self.groups.extend_from_slice(&members.groups);
        self.identities.extend_from_slice(&members.identities);
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| self.expr(part)),
            Expr::Not(inner) => self.expr(inner),
            Expr::Test(test) => {
                match &test.kind {
                    TestKind::InGroups(groups) => self.groups.extend_from_slice(groups),
                    TestKind::InGroupOf(_) => self.every_group = true,
                    _ => {}
                }
                self.attributes.extend(test.kind.identity_attribute());
            }
        }
    }
}

/// What the tests of a slice can tell about a declared identity.
#[derive(PartialEq, Eq, Hash)]
struct Signature<'a> {
    name: Option<IdentityId>,
    groups: Vec<GroupId>,
    recorded: Vec<(AttributeId, &'a expr::Value)>,
}

impl<'a> Signature<'a> {
    /// `None` for an identity like any undeclared one, which may claim what is recorded of this one.
    fn of(policy: &'a Policy, id: IdentityId, tests: &Tests) -> Option<Self> {
        let identity = policy.identities.get(id.index())?;
        let groups: Vec<GroupId> = identity
            .groups
            .iter()
            .copied()
            .filter(|group| tests.every_group || tests.groups.binary_search(group).is_ok())
            .collect();
        let recorded: Vec<_> = tests
            .attributes
            .iter()
            .filter_map(|&attribute| identity.attribute(attribute).map(|value| (attribute, value)))
            .collect();
        let name = tests.identities.binary_search(&id).is_ok().then_some(id);
        (name.is_some() || !groups.is_empty()).then_some(Self { name, groups, recorded })
    }
}
