//! What a question names and the policy does not: no mistake, since there may be such visitors, but often a slip of the pen.

use doorward::Attributes;
use doorward_analysis::{Facts, WhatQuestion, WhoQuestion};
use doorward_model::Policy;
use doorward_model::policy::Attribute;

/// A question that may name what a policy does not declare.
pub(crate) trait Undeclared {
    /// All such things, each as ``no action `GETT` ``.
    fn undeclared(&self, policy: &Policy) -> Vec<String>;
}

impl Undeclared for WhoQuestion<'_> {
    fn undeclared(&self, policy: &Policy) -> Vec<String> {
        let known = self.action == "HEAD" || policy.action(&self.action).is_some();
        let action = (!known).then(|| no("action", &self.action));
        action.into_iter().chain(facts(&self.facts, policy)).collect()
    }
}

impl Undeclared for WhatQuestion<'_> {
    fn undeclared(&self, policy: &Policy) -> Vec<String> {
        let identity = self.identity.as_deref().filter(|name| policy.identity(name).is_none());
        identity.map(|name| no("identity", name)).into_iter().chain(facts(&self.facts, policy)).collect()
    }
}

fn facts(facts: &Facts<'_>, policy: &Policy) -> Vec<String> {
    let level = |name: &&str| !policy.levels.iter().any(|level| *level.name == **name);
    let mut undeclared: Vec<String> =
        facts.assurance.as_deref().filter(level).map(|name| no("level", name)).into_iter().collect();
    let claimable = |name: &str| policy.groups.iter().any(|group| group.claimed && *group.name == *name);
    let groups = facts.groups.iter().flatten().filter(|name| !claimable(name));
    undeclared.extend(groups.map(|name| no("claimed group", name)));
    let has = |list: &[Attribute], name: &str| list.iter().any(|attribute| *attribute.name == *name);
    let of_rooms = |name: &str| policy.rooms.iter().any(|room| has(&room.attributes, name));
    undeclared.extend(attributes("identity", &facts.attributes, |name| has(&policy.identity_attributes, name)));
    undeclared.extend(attributes("context", &facts.context, |name| has(&policy.context_attributes, name)));
    undeclared.extend(attributes("room", &facts.room_attributes, of_rooms));
    undeclared
}

fn attributes(base: &str, stated: &Attributes<'_>, is_declared: impl Fn(&str) -> bool) -> Vec<String> {
    let names = stated.iter().map(|(name, _)| name).filter(|name| !is_declared(name));
    names.map(|name| no("attribute", &format!("{base}.{name}"))).collect()
}

fn no(what: &str, name: &str) -> String {
    format!("no {what} `{}`", name.escape_debug())
}
