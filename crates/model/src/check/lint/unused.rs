//! Names that are declared and then never used.

use std::collections::HashSet;

use doorward_syntax::ast::ScalarType;
use doorward_syntax::{Diagnostic, Span};

use crate::check::Checker;
use crate::check::report::tick;
use crate::ids::ActionId;

/// How many unused names of one kind are told.
const SHOWN: usize = 5;

impl<'a> Checker<'a> {
    /// Warns of identities, groups, networks, rooms and actions that nothing uses.
    ///
    /// Attributes and levels may be declared for requests to have, and a group may be the value of one.
    pub(super) fn unused(&mut self) {
        let policy = &self.policy;
        let mut all = Vec::new();
        let identities = policy.identities.iter().enumerate();
        let identities = identities.filter(|(index, _)| !self.used.identities.has(*index));
        let identities = identities.map(|(_, identity)| (&*identity.name, identity.span)).collect::<Vec<_>>();
        all.push(("unused-identity", "identity", "is in no group, no rule and no test", identities));

        let mut attributes = policy.identity_attributes.iter().chain(&policy.context_attributes);
        let mut room_attributes = policy.rooms.iter().flat_map(|room| &room.attributes);
        let is_group = |attribute: &crate::policy::Attribute| attribute.ty.scalar() == ScalarType::Group;
        if !attributes.any(is_group) && !room_attributes.any(is_group) {
            let groups = policy.groups.iter().enumerate();
            let groups = groups.filter(|(index, _)| !self.used.groups.has(*index));
            let groups = groups.map(|(_, group)| (&*group.name, group.span)).collect::<Vec<_>>();
            all.push(("unused-group", "group", "is in no group, no rule and no test", groups));
        }
        let networks = self.declared.networks.iter().enumerate();
        let networks = networks.filter(|(index, _)| !self.used.networks.has(*index));
        let networks = networks.map(|(_, decl)| (decl.name.text.as_str(), decl.name.span)).collect::<Vec<_>>();
        all.push(("unused-network", "network", "is in no network and no rule", networks));

        let rooms = policy.rooms.iter().enumerate();
        let rooms = rooms.filter(|(index, _)| !self.used.rooms.has(*index));
        let rooms = rooms.map(|(_, room)| (&*room.name, room.span)).collect::<Vec<_>>();
        all.push(("unused-room", "room", "is in no rule", rooms));

        // What is asked for by an action's name may be allowed by `use`, or by the action's methods.
        let mut covered = HashSet::new();
        for rule in &policy.rules {
            match &rule.actions {
                Some(actions) => covered.extend(actions.iter().copied()),
                None => covered.extend((0..policy.actions.len()).map(ActionId::from_index)),
            }
            if covered.len() == policy.actions.len() {
                break;
            }
        }
        let actions =
            policy.actions.iter().enumerate().filter(|(index, _)| {
                !self.used.actions.has(*index) && !covered.contains(&ActionId::from_index(*index))
            });
        let actions: Vec<(&str, Span)> =
            actions.filter_map(|(_, action)| Some((&*action.name, action.span?))).collect();
        all.push(("unused-action", "action", "is in no action, no rule and no test", actions));

        for (code, kind, what, names) in all {
            for (name, span) in names.iter().take(SHOWN) {
                let message = format!("{kind} {} {what}", tick(name));
                self.report.add(Diagnostic::warning(code, *span, message).with_help("use it or remove it"));
            }
            if let (Some(more @ 1..), Some((_, span))) = (names.len().checked_sub(SHOWN), names.get(SHOWN)) {
                let message = format!("{more} more of kind {kind} are declared and never used, this one and others");
                self.report.add(Diagnostic::warning(code, *span, message));
            }
        }
    }
}
