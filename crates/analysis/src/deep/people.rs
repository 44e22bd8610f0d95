//! Rooms that nobody can enter, identities that can enter nothing, groups that are the same, and promises to strangers.

use std::collections::{BTreeMap, BTreeSet};

use doorward_model::Policy;
use doorward_model::ids::{GroupId, IdentityId, PatternId};
use doorward_model::rule::Who;
use doorward_syntax::Diagnostic;
use doorward_syntax::ast::Effect;

use super::Look;
use crate::diagram::Diagram;
use crate::encode::Encoder;
use crate::site::Site;
use crate::space::{Choice, Key};

/// Who enters what, as far as it was looked at.
pub(super) struct People {
    // By pattern: whether somebody enters.
    entered: Vec<bool>,
    // By number: declared people who have entered nothing so far; sorted.
    outside: Vec<u32>,
    // Rules that let in only whom the policy does not declare, where the anonymous are told to log in.
    strangers: BTreeSet<usize>,
    // Rules that keep such a promise to somebody declared, somewhere.
    declared: BTreeSet<usize>,
}

impl People {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            entered: vec![false; policy.patterns.len()],
            outside: (0..u32::try_from(policy.identities.len()).unwrap_or(u32::MAX)).collect(),
            strangers: BTreeSet::new(),
            declared: BTreeSet::new(),
        }
    }

    pub(super) fn look(&mut self, encoder: &mut Encoder<'_>, look: &Look<'_, '_>) {
        if look.permits != Diagram::FALSE {
            for (place, _) in &look.group.at {
                let Some(place) = look.survey.places.get(*place) else { continue };
                let matched: Vec<PatternId> = look.survey.site.matched(place, 0).collect();
                for pattern in matched {
                    self.entered.get_mut(pattern.index()).into_iter().for_each(|entered| *entered = true);
                }
            }
            if !self.outside.is_empty() {
                self.people(encoder, look);
            }
        }
        self.promise(encoder, look);
    }

    fn people(&mut self, encoder: &Encoder<'_>, look: &Look<'_, '_>) {
        let crowd = &encoder.space.crowd;
        let entering = encoder.visitors(look.permits).into_iter().filter_map(|choice| match choice {
            Choice::Known(index) => crowd.visitors.get(*index),
            _ => None,
        });
        let mut enters = vec![false; crowd.sizes.len()];
        for visitor in entering.filter(|visitor| visitor.person.is_some()) {
            enters.get_mut(visitor.class as usize).into_iter().for_each(|enters| *enters = true);
        }
        self.outside.retain(|person| enters.get(crowd.class_of(*person) as usize) != Some(&true));
    }

    /// Notes rules by which only somebody whom the policy does not declare could redeem an anonymous 401.
    fn promise(&mut self, encoder: &mut Encoder<'_>, look: &Look<'_, '_>) {
        if look.survey.site.people.is_empty() {
            return;
        }
        let space = encoder.space;
        let known = encoder.known();
        let best = encoder.strongest(0, look.permits);
        let best = encoder.diagrams.and(known, best);
        let is_declared = |choice: &Choice| match choice {
            Choice::Known(index) => space.crowd.visitors.get(*index).is_some_and(|visitor| visitor.person.is_some()),
            _ => false,
        };
        let declared = encoder.of_choices(&Key::Visitor, is_declared);
        let by_declared = encoder.diagrams.and(best, declared);
        // Where the anonymous are let in, nobody is told to log in.
        let by_strangers = encoder.diagrams.minus(best, declared);
        let let_in = let_in_anonymously(encoder, look.permits);
        let by_strangers = encoder.diagrams.minus(by_strangers, let_in);
        if by_strangers == Diagram::FALSE && by_declared == Diagram::FALSE {
            return;
        }
        for (entry, applies) in &look.rulings.allows {
            let strongest = encoder.strongest(0, *applies);
            if encoder.diagrams.and(strongest, by_declared) != Diagram::FALSE {
                self.declared.insert(entry.part);
            } else if encoder.diagrams.and(strongest, by_strangers) != Diagram::FALSE {
                self.strangers.insert(entry.part);
            }
        }
    }

    pub(super) fn findings(&self, site: &Site<'_>) -> Vec<Diagnostic> {
        let Some(policy) = site.policy(0) else { return Vec::new() };
        let mut found = Vec::new();
        for room in &policy.rooms {
            let entered = |id: &PatternId| self.entered.get(id.index()).copied().unwrap_or(false);
            if !room.patterns.iter().any(entered) {
                let message = format!("nobody can enter the room `{}`", room.name);
                let diagnostic = Diagnostic::warning("closed-room", room.span, message);
                found.push(diagnostic.with_help("allow somebody, or drop the room"));
            }
        }
        found.extend(self.idle_identities(site));
        found.extend(equal_groups(policy));
        for index in self.strangers.difference(&self.declared) {
            let Some(rule) = policy.rules.get(*index) else { continue };
            let message = "only visitors whom the policy does not declare are let in by this rule";
            let diagnostic = Diagnostic::warning("strangers-only", policy.clauses(rule).subjects, message);
            found.push(
                diagnostic.with_help("a 401 here asks everybody declared to log in for nothing; name who is meant"),
            );
        }
        found
    }

    /// One finding for all of them, since they may be many.
    fn idle_identities(&self, site: &Site<'_>) -> Option<Diagnostic> {
        let policy = site.policy(0)?;
        let idle: Vec<_> = self
            .outside
            .iter()
            .filter_map(|person| site.people.get(*person as usize)?.id(0))
            .filter(|id| !kept_out(policy, *id))
            .filter_map(|id| policy.identities.get(id.index()))
            .collect();
        let (first, others) = idle.split_first()?;
        let message = match others.len() {
            0 => format!("`{}` can enter nothing", first.name),
            more => format!("`{}` and {more} more can enter nothing", first.name),
        };
        let mut diagnostic = Diagnostic::warning("idle-identity", first.span, message)
            .with_help("put them into a group that is allowed something, or drop them");
        for identity in others.iter().take(8) {
            diagnostic = diagnostic.with_related(identity.span, format!("nor can `{}`", identity.name));
        }
        Some(diagnostic)
    }
}

/// Where the anonymous are let in, whoever the visitor is.
fn let_in_anonymously(encoder: &Encoder<'_>, permits: Diagram) -> Diagram {
    let Some(visitor) = encoder.space.variable(&Key::Visitor) else { return permits };
    let anonymous = encoder.space.choices(visitor).iter().position(|choice| *choice == Choice::Anonymous);
    anonymous.map_or(Diagram::FALSE, |anonymous| encoder.diagrams.child(permits, visitor, anonymous))
}

/// Whether a policy keeps somebody out on purpose: a deny names them, or one that is about everything names a group of theirs.
fn kept_out(policy: &Policy, id: IdentityId) -> bool {
    let groups = policy.identities.get(id.index()).map_or(&[][..], |identity| &*identity.groups);
    policy.rules.iter().filter(|rule| rule.effect == Effect::Deny).any(|rule| {
        let Who::Listed(members) = &rule.subjects.who else { return false };
        let everywhere = rule.targets.iter().any(|target| target.pattern.is_none()) && rule.except_rooms.is_empty();
        let about_everything = everywhere
            && rule.actions.is_none()
            && rule.origins.is_none()
            && rule.strength.is_none()
            && rule.when.is_none()
            && rule.unless.is_none();
        members.identities.binary_search(&id).is_ok()
            || about_everything && groups.iter().any(|group| members.groups.binary_search(group).is_ok())
    })
}

/// Listed groups with the same members, directly and through others.
fn equal_groups(policy: &Policy) -> Vec<Diagnostic> {
    let mut members: Vec<(Vec<usize>, Vec<usize>)> = vec![(Vec::new(), Vec::new()); policy.groups.len()];
    for (index, identity) in policy.identities.iter().enumerate() {
        for group in identity.groups.iter() {
            members.get_mut(group.index()).into_iter().for_each(|(identities, _)| identities.push(index));
        }
    }
    for (index, group) in policy.groups.iter().enumerate().filter(|(_, group)| group.claimed) {
        for holder in group.within.iter().filter(|holder| **holder != GroupId::from_index(index)) {
            members.get_mut(holder.index()).into_iter().for_each(|(_, claimed)| claimed.push(index));
        }
    }
    let mut first: BTreeMap<&(Vec<usize>, Vec<usize>), usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (index, (group, members)) in policy.groups.iter().zip(&members).enumerate() {
        if group.claimed || *members == (Vec::new(), Vec::new()) {
            continue;
        }
        let same = *first.entry(members).or_insert(index);
        if same == index {
            continue;
        }
        let Some(other) = policy.groups.get(same) else { continue };
        let message = format!("`{}` and `{}` have the same members", group.name, other.name);
        let diagnostic = Diagnostic::warning("equal-groups", group.span, message);
        found.push(
            diagnostic
                .with_related(other.span, format!("`{}` is declared here", other.name))
                .with_help("use one of them, unless they are to part one day"),
        );
    }
    found
}
