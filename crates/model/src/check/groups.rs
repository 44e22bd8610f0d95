//! Groups: members resolved, nesting closed.

use std::borrow::Cow;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use doorward_syntax::ast::{GroupDecl, GroupKind, Name, SmolStr};
use doorward_syntax::{Diagnostic, Span};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::Checker;
use super::declare::Listing;
use super::first::First;
use super::graph::layers;
use super::report::{repeated, tick, tick_name};
use crate::ids::{GroupId, IdentityId};
use crate::policy::{GroupList, Policy};
use crate::rule::{Member, Members};

/// How many groups that are met again while nesting is closed count as one entry.
const LOOKED_AT_PER_ENTRY: usize = 8;

/// Which groups have been met in this turn.
struct Seen {
    /// For each group, the last turn in which it was met, from 1.
    turns: Vec<usize>,
    turn: usize,
}

impl Seen {
    /// Takes note of a group. Whether it is met for the first time in this turn.
    fn is_new(&mut self, id: GroupId) -> bool {
        self.turns.get_mut(id.index()).is_some_and(|turn| std::mem::replace(turn, self.turn) != self.turn)
    }
}

/// The groups that list each identity, sorted.
struct Listings {
    groups: Vec<GroupId>,
    /// By identity, where its groups end; they begin where those of the identity before it end.
    ends: Vec<u32>,
}

impl Listings {
    fn new(policy: &Policy) -> Self {
        let listed = || {
            let groups = policy.groups.iter().enumerate();
            groups.flat_map(|(group, listing)| listing.members.identities.iter().map(move |id| (id.index(), group)))
        };
        let mut ends = vec![0_u32; policy.identities.len()];
        for (identity, _) in listed() {
            ends.get_mut(identity).into_iter().for_each(|count| *count += 1);
        }
        // First where each begins, which is moved on with each group.
        let mut sum = 0;
        for end in &mut ends {
            sum += std::mem::replace(end, sum);
        }
        let mut groups = vec![GroupId(0); sum as usize];
        for (identity, group) in listed() {
            let Some(end) = ends.get_mut(identity) else { continue };
            if let Some(slot) = groups.get_mut(*end as usize) {
                *slot = GroupId::from_index(group);
                *end += 1;
            }
        }
        Self { groups, ends }
    }

    fn of(&self, identity: usize) -> &[GroupId] {
        let start = identity.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(identity).copied().unwrap_or_default();
        self.groups.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl<'a> Checker<'a> {
    pub(super) fn groups(&mut self) {
        let again = std::mem::take(&mut self.declared.again.groups);
        for listing in again {
            self.members_of(listing);
        }
        let listings = std::mem::take(&mut self.declared.groups);
        let mut edges: Vec<Vec<usize>> = Vec::with_capacity(listings.len());
        for (index, listing) in listings.iter().enumerate() {
            let members = self.members_of(*listing);
            let groups = members.iter().filter_map(|(member, _)| match member {
                Member::Group(id) => Some(id.index()),
                Member::Identity(_) => None,
            });
            edges.push(groups.collect());
            if let Some(group) = self.policy.groups.get_mut(index) {
                group.members = members.into_iter().map(|(member, _)| member).collect();
            }
        }
        let layers = layers(&edges);
        for cycle in &layers.cycles {
            let members: Vec<(SmolStr, Span)> = cycle
                .iter()
                .zip(cycle.iter().cycle().skip(1))
                .filter_map(|(index, next)| {
                    let span = self.place_of(GroupId::from_index(*next), *listings.get(*index)?)?;
                    Some((self.policy.groups.get(*index)?.name.clone(), span))
                })
                .collect();
            let members: Vec<(&str, Span)> = members.iter().map(|(name, span)| (&**name, *span)).collect();
            self.cycle("groups", &members);
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
        let mut seen = Seen { turns: vec![0; edges.len()], turn: 0 };
        for index in order.iter().rev() {
            let span = self.policy.groups.get(*index).map_or(Span::default(), |group| group.span);
            let holders = holders.get(*index).map_or(&[][..], Vec::as_slice);
            let mut within = Vec::new();
            let own = Some(GroupId::from_index(*index));
            let Some(()) = self.closed(holders, own, span, &mut seen, &mut within) else { return };
            if let Some(group) = self.policy.groups.get_mut(*index) {
                group.within = within.into();
            }
        }
        let listings = Listings::new(&self.policy);
        // Many identities are in the same groups; they share one list, which counts once.
        let mut all: Vec<GroupId> = Vec::new();
        // By the groups that list them: the first identity that is listed so.
        let (mut known, hasher): (HashTable<u32>, _) = (HashTable::new(), RandomState::default());
        let hash = |direct: &[GroupId]| hasher.hash_one(direct);
        let mut places: Vec<(u32, u32)> = Vec::with_capacity(self.policy.identities.len());
        for index in 0..self.policy.identities.len() {
            let span = self.policy.identities.get(index).map_or(Span::default(), |identity| identity.span);
            let direct = listings.of(index);
            let first = known.find(hash(direct), |first| listings.of(*first as usize) == direct);
            let place = match first.and_then(|first| places.get(*first as usize)) {
                _ if direct.is_empty() => (0, 0),
                Some(place) => *place,
                None => {
                    let start = number(all.len());
                    match direct {
                        // Who is in one group is in just what that group is within.
                        [one] => {
                            all.extend(self.policy.groups.get(one.index()).iter().flat_map(|group| &*group.within))
                        }
                        _ => {
                            let Some(()) = self.closed(direct, None, span, &mut seen, &mut all) else { return };
                        }
                    }
                    known.insert_unique(hash(direct), number(index), |first| hash(listings.of(*first as usize)));
                    (start, number(all.len()))
                }
            };
            places.push(place);
        }
        drop(known);
        all.shrink_to_fit();
        let all = Arc::new(all);
        for (index, (start, end)) in places.into_iter().enumerate() {
            if let Some(identity) = self.policy.identities.get_mut(index) {
                identity.groups = GroupList::new(&all, start, end);
            }
        }
    }

    /// Adds what those groups are within, themselves included, and one group more; sorted. Nothing once there is too much.
    fn closed(
        &mut self,
        groups: &[GroupId],
        own: Option<GroupId>,
        span: Span,
        seen: &mut Seen,
        all: &mut Vec<GroupId>,
    ) -> Option<()> {
        seen.turn += 1;
        let start = all.len();
        let mut looked_at = 0;
        for group in groups {
            let within = self.policy.groups.get(group.index()).map_or(&[][..], |group| &*group.within);
            looked_at += within.len();
            all.extend(within.iter().filter(|group| seen.is_new(**group)));
        }
        all.extend(own.filter(|own| seen.is_new(*own)));
        // What is met again costs less than what is kept, and still something.
        if !self.spend(all.len() - start + looked_at / LOOKED_AT_PER_ENTRY, span) {
            return None;
        }
        all.get_mut(start..).unwrap_or_default().sort_unstable();
        Some(())
    }

    /// The members of a group, each once.
    fn members_of(&mut self, listing: Listing<'_>) -> Vec<(Member, Span)> {
        match listing {
            Listing::Read(decl) => self.group_members(decl),
            Listing::Unread(list) => match list.names(self.sources) {
                Some(names) => self.listed_members(&names),
                None => {
                    self.all_lists = false;
                    Vec::new()
                }
            },
        }
    }

    /// Where a group is first listed as a member.
    fn place_of(&self, group: GroupId, listing: Listing<'_>) -> Option<Span> {
        let names = match listing {
            Listing::Read(GroupDecl { kind: GroupKind::Listed(names), .. }) => Cow::Borrowed(names),
            Listing::Read(_) => return None,
            Listing::Unread(list) => Cow::Owned(list.names(self.sources)?),
        };
        names.iter().find(|name| self.policy.group(&name.text) == Some(group)).map(|name| name.span)
    }

    fn group_members(&mut self, decl: &GroupDecl) -> Vec<(Member, Span)> {
        match &decl.kind {
            GroupKind::Claimed => Vec::new(),
            GroupKind::From { members: names, .. } => {
                let mut members = Vec::with_capacity(names.len());
                members.extend(names.iter().filter_map(|name| Some((self.member_of_file(name)?, name.span))));
                self.each_once(members)
            }
            GroupKind::Listed(names) => self.listed_members(names),
        }
    }

    fn listed_members(&mut self, names: &[Name]) -> Vec<(Member, Span)> {
        let mut members = Vec::with_capacity(names.len());
        members.extend(names.iter().filter_map(|name| Some((self.member(name)?, name.span))));
        self.each_once(members)
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
        let mut sorted: Vec<Member> = members.iter().map(|(member, _)| *member).collect();
        sorted.sort_unstable();
        if sorted.is_sorted_by(|left, right| left < right) {
            return members;
        }
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

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl FromIterator<Member> for Members {
    fn from_iter<I: IntoIterator<Item = Member>>(members: I) -> Self {
        let members = members.into_iter();
        let mut identities: Vec<IdentityId> = Vec::with_capacity(members.size_hint().0);
        let mut groups: Vec<GroupId> = Vec::new();
        for member in members {
            match member {
                Member::Group(id) => groups.push(id),
                Member::Identity(id) => identities.push(id),
            }
        }
        identities.sort_unstable();
        identities.dedup();
        identities.shrink_to_fit();
        groups.sort_unstable();
        groups.dedup();
        groups.shrink_to_fit();
        Self { identities, groups }
    }
}
