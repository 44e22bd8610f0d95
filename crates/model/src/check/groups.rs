//! Groups: members resolved, nesting closed.

use std::collections::HashMap;
use std::sync::Arc;

use doorward_syntax::ast::{GroupDecl, GroupKind, Name};
use doorward_syntax::{Diagnostic, Span};
use foldhash::fast::RandomState;

use super::Checker;
use super::declare::Member;
use super::first::First;
use super::graph::layers;
use super::report::{repeated, tick, tick_name};
use crate::ids::{GroupId, IdentityId};
use crate::rule::Members;

impl<'a> Checker<'a> {
    pub(super) fn groups(&mut self) {
        let again = std::mem::take(&mut self.declared.again.groups);
        for decl in again {
            self.group_members(decl);
        }
        let decls = self.declared.groups.clone();
        let listed: Vec<Vec<(Member, Span)>> = decls.iter().map(|decl| self.group_members(decl)).collect();
        let edges: Vec<Vec<usize>> = listed
            .iter()
            .map(|members| {
                let groups = members.iter().filter_map(|(member, _)| match member {
                    Member::Group(id) => Some(id.index()),
                    Member::Identity(_) => None,
                });
                groups.collect()
            })
            .collect();
        let layers = layers(&edges);
        for cycle in &layers.cycles {
            let members: Vec<(&str, Span)> = cycle
                .iter()
                .zip(cycle.iter().cycle().skip(1))
                .filter_map(|(index, next)| {
                    let next = Member::Group(GroupId::from_index(*next));
                    let (_, span) = listed.get(*index)?.iter().find(|(member, _)| *member == next)?;
                    Some((decls.get(*index)?.name.text.as_str(), *span))
                })
                .collect();
            self.cycle("groups", &members);
        }
        for (group, members) in self.policy.groups.iter_mut().zip(&listed) {
            group.members = members.iter().map(|(member, _)| *member).collect();
        }
        if layers.cycles.is_empty() {
            self.close_groups(&edges, &layers.order);
        }
    }

    /// Fills [`Group::within`](crate::policy::Group::within) and
    /// [`Identity::groups`](crate::policy::Identity::groups), given an order in which members come before what holds
    /// them.
    fn close_groups(&mut self, edges: &[Vec<usize>], order: &[usize]) {
        let mut holders: Vec<Vec<GroupId>> = vec![Vec::new(); edges.len()];
        for (holder, members) in edges.iter().enumerate() {
            for member in members {
                if let Some(holders) = holders.get_mut(*member) {
                    holders.push(GroupId::from_index(holder));
                }
            }
        }
        for index in order.iter().rev() {
            let within = self.closed(holders.get(*index).map_or(&[], Vec::as_slice), Some(GroupId::from_index(*index)));
            let Some(group) = self.policy.groups.get_mut(*index) else { continue };
            let span = group.span;
            let size = within.len();
            group.within = within.into();
            if !self.spend(size, span) {
                return;
            }
        }
        let groups = self.policy.groups.iter().enumerate();
        let mut direct: Vec<(IdentityId, GroupId)> = groups
            .flat_map(|(index, group)| group.members.identities.iter().map(move |id| (*id, GroupId::from_index(index))))
            .collect();
        direct.sort_unstable();
        // Many identities are in the same groups; they share one list, which counts once.
        let mut known: HashMap<Vec<GroupId>, Arc<[GroupId]>, RandomState> = HashMap::default();
        for chunk in direct.chunk_by(|(left, _), (right, _)| left == right) {
            let Some((id, first)) = chunk.first().copied() else { continue };
            let (groups, entries) = if chunk.len() == 1 {
                // Who is in one group is in just what that group is within.
                (self.policy.groups.get(first.index()).map_or_else(Arc::default, |group| Arc::clone(&group.within)), 1)
            } else {
                let direct: Vec<GroupId> = chunk.iter().map(|(_, group)| *group).collect();
                match known.get(&direct) {
                    Some(groups) => (Arc::clone(groups), 1),
                    None => {
                        let groups: Arc<[GroupId]> = self.closed(&direct, None).into();
                        known.insert(direct, Arc::clone(&groups));
                        let entries = groups.len();
                        (groups, entries)
                    }
                }
            };
            let Some(identity) = self.policy.identities.get_mut(id.index()) else { continue };
            let span = identity.span;
            identity.groups = groups;
            if !self.spend(entries, span) {
                return;
            }
        }
    }

    /// What those groups are within, themselves included, and one group more; sorted.
    fn closed(&self, groups: &[GroupId], own: Option<GroupId>) -> Vec<GroupId> {
        let mut all: Vec<GroupId> = own.into_iter().collect();
        for group in groups {
            all.extend(self.policy.groups.get(group.index()).into_iter().flat_map(|group| &*group.within));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The members that a group lists, each once.
    fn group_members(&mut self, decl: &GroupDecl) -> Vec<(Member, Span)> {
        match &decl.kind {
            GroupKind::Claimed => Vec::new(),
            GroupKind::From { members, .. } => {
                let members: Vec<(Member, Span)> =
                    members.iter().filter_map(|name| Some((self.member_of_file(name)?, name.span))).collect();
                self.each_once(members)
            }
            GroupKind::Listed(names) => {
                let members: Vec<(Member, Span)> =
                    names.iter().filter_map(|name| Some((self.member(name)?, name.span))).collect();
                self.each_once(members)
            }
        }
    }

    /// The identity that a line of a group's file names; one that is not declared is thereby.
    fn member_of_file(&mut self, name: &Name) -> Option<Member> {
        if self.policy.group(&name.text).is_some() {
            let message = format!("{} is a group, and a group's file lists identities", tick_name(name));
            let help = format!("list the group in the policy: `group … = {}`", name.text);
            self.report.add(Diagnostic::error("wrong-kind", name.span, message).with_help(help));
            return None;
        }
        let id = match self.policy.identity(&name.text) {
            Some(id) => id,
            None => self.new_identity(name)?,
        };
        self.used.identity(id);
        Some(Member::Identity(id))
    }

    /// The members without repetitions, which are warned of.
    pub(super) fn each_once(&mut self, members: Vec<(Member, Span)>) -> Vec<(Member, Span)> {
        let mut first = First::new();
        let mut once = Vec::with_capacity(members.len());
        for (member, span) in members {
            match first.insert(member, span) {
                Some(first) => self.report.add(repeated(&tick(self.member_name(member)), span, Some(first))),
                None => once.push((member, span)),
            }
        }
        once
    }

    pub(super) fn member_name(&self, member: Member) -> &str {
        let name = match member {
            Member::Group(id) => self.policy.groups.get(id.index()).map(|group| &*group.name),
            Member::Identity(id) => self.policy.identities.get(id.index()).map(|identity| &*identity.name),
        };
        name.unwrap_or("")
    }

    /// Reports a cycle: its members by name, each with the place where it names the next, the last the first.
    pub(super) fn cycle(&mut self, what: &str, members: &[(&str, Span)]) {
        const SHOWN: usize = 8;
        let Some((first, place)) = members.first() else { return };
        let mut path: Vec<String> = members.iter().take(SHOWN).map(|(name, _)| tick(name)).collect();
        if let Some(more @ 1..) = members.len().checked_sub(SHOWN) {
            path.push(format!("({more} more)"));
        }
        path.push(tick(first));
        let message = match members {
            [(name, _)] => format!("{} holds itself", tick(name)),
            _ => format!("{what} hold one another: {}", path.join(" > ")),
        };
        let holds = |(holder, _): &(&str, Span), (held, _): &(&str, Span)| {
            format!("{} holds {} here", tick(holder), tick(held))
        };
        let mut next = members.iter().cycle().skip(1);
        let mut diagnostic = Diagnostic::error("cycle", *place, message).with_help("take one of these items out");
        for (member, next) in members.iter().zip(&mut next).take(SHOWN) {
            if member.1 == *place {
                diagnostic = diagnostic.with_label(holds(member, next));
            } else {
                diagnostic = diagnostic.with_related(member.1, holds(member, next));
            }
        }
        self.report.add(diagnostic);
    }
}

impl FromIterator<Member> for Members {
    fn from_iter<I: IntoIterator<Item = Member>>(members: I) -> Self {
        let (mut identities, mut groups): (Vec<IdentityId>, Vec<GroupId>) = (Vec::new(), Vec::new());
        for member in members {
            match member {
                Member::Group(id) => groups.push(id),
                Member::Identity(id) => identities.push(id),
            }
        }
        identities.sort_unstable();
        identities.dedup();
        groups.sort_unstable();
        groups.dedup();
        Self { identities, groups }
    }
}
