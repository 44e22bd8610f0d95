//! Visitors whom the rules of one place tell apart.

use std::collections::BTreeSet;

use doorward_model::Policy;
use doorward_model::expr::TestKind;
use doorward_model::ids::{GroupId, IdentityId};
use doorward_model::request::is_identity;
use doorward_model::rule::{Members, Rule, Who};

use super::TooMany;
use super::axis::{Axis, subsets};
use crate::mentions::{Mentions, Node};
use crate::values::Pool;

/// Names of visitors, and the groups that matter.
pub(super) struct Crowd {
    /// One of each kind of declared identity, the names that tests mention, and one that nothing does.
    pub(super) names: Vec<Box<str>>,
    /// Groups that the rules ask for.
    groups: BTreeSet<GroupId>,
}

impl Crowd {
    pub(super) fn new(policy: &Policy, mentions: &Mentions<'_>, rules: &[&Rule]) -> Self {
        let (mut groups, mut listed) = (BTreeSet::new(), BTreeSet::new());
        let mut add = |members: &Members| {
            groups.extend(&members.groups);
            listed.extend(&members.identities);
        };
        for rule in rules {
            add(&rule.subjects.except);
            if let Who::Listed(members) = &rule.subjects.who {
                add(members);
            }
        }
        for asked in &mentions.tests {
            if let TestKind::InGroups(asked) = &asked.test.kind {
                groups.extend(asked);
            }
        }
        if mentions.any_group {
            groups.extend((0..policy.groups.len()).map(GroupId::from_index));
        }
        let mut crowd = Self { names: Vec::new(), groups };
        crowd.names = crowd.named(policy, mentions, &listed);
        crowd
    }

    fn named(&self, policy: &Policy, mentions: &Mentions<'_>, listed: &BTreeSet<IdentityId>) -> Vec<Box<str>> {
        let component = mentions.get(&Node::Name);
        let mut names: Vec<Box<str>> = Vec::new();
        let mut seen = Vec::new();
        for (index, identity) in policy.identities.iter().enumerate() {
            let own = listed.contains(&IdentityId::from_index(index))
                || component.is_some_and(|component| component.points.texts.contains(identity.name.as_str()));
            let groups: Vec<GroupId> =
                identity.groups.iter().copied().filter(|group| self.groups.contains(group)).collect();
            let recorded: Vec<_> =
                identity.attributes.iter().filter(|(id, _)| mentions.get(&Node::Identity(*id)).is_some()).collect();
            let kind = (own.then_some(index), groups, recorded);
            // An identity of which nothing is asked is like any that is not declared.
            if kind != (None, Vec::new(), Vec::new()) && !seen.contains(&kind) {
                seen.push(kind);
                names.push(identity.name.as_str().into());
            }
        }
        let pool = Pool { policy, mentions, names: &names };
        let mut all: Vec<Box<str>> = names.clone();
        match component {
            Some(component) => {
                let texts =
                    pool.texts(component).into_iter().filter(|text| is_identity(text)).map(String::into_boxed_str);
                all.extend(texts.filter(|text| !names.contains(text)));
            }
            None => all.extend(pool.fresh(&BTreeSet::new()).take(1).map(String::into_boxed_str)),
        }
        all
    }

    /// Every set of claims that the rules tell apart.
    pub(super) fn claims(&self, policy: &Policy) -> Result<Axis, TooMany> {
        let matters = |within: &[GroupId]| within.iter().any(|group| self.groups.contains(group));
        let claimed: Vec<_> = policy.groups.iter().filter(|group| group.claimed && matters(&group.within)).collect();
        let mut seen: BTreeSet<BTreeSet<GroupId>> = BTreeSet::new();
        let mut ways: Vec<Vec<Box<str>>> = Vec::new();
        for set in subsets(&claimed)? {
            let reached = set.iter().flat_map(|group| group.within.iter()).copied();
            if seen.insert(reached.filter(|group| self.groups.contains(group)).collect()) {
                ways.push(set.iter().map(|group| group.name.as_str().into()).collect());
            }
        }
        Ok(Axis::Claims(ways))
    }
}
