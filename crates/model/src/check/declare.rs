//! What a policy declares, and how its names are looked up.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use doorward_syntax::ast::{
    ActionDecl, GroupDecl, GroupKind, IdentityDecl, IdentityKind, Name, NetworkDecl, RoomDecl, StatementKind,
};
use doorward_syntax::{Diagnostic, OutlinedList, Span};
use foldhash::fast::RandomState;

use super::Checker;
use super::report::{DidYouMean, repeated, tick_name};
use crate::ids::{GroupId, IdentityId};
use crate::limits;
use crate::method::is_method;
use crate::policy::{Group, Identity, RecordedList};
use crate::request::is_identity;
use crate::rule::{Member, Members};

/// How many names of the kind that is meant are compared with a mistyped one before those of the other kind.
const SAME_KIND: usize = 2048;

/// The declarations, each table in the order of the text.
#[derive(Default)]
pub(super) struct Declared<'a> {
    /// By [`GroupId`].
    pub(super) groups: Vec<Listing<'a>>,
    pub(super) networks: Vec<&'a NetworkDecl>,
    pub(super) network_names: HashMap<&'a str, usize, RandomState>,
    pub(super) rooms: Vec<&'a RoomDecl>,
    pub(super) room_names: HashMap<&'a str, usize, RandomState>,
    pub(super) actions: Vec<&'a ActionDecl>,
    /// The statements that give identities attributes, each with the identities that it declares.
    pub(super) recorded: Vec<(&'a IdentityDecl, Vec<IdentityId>)>,
    /// Second declarations of a name: what they say is checked, and then not used.
    pub(super) again: Again<'a>,
}

/// Second declarations.
#[derive(Default)]
pub(super) struct Again<'a> {
    pub(super) groups: Vec<Listing<'a>>,
    pub(super) networks: Vec<&'a NetworkDecl>,
    pub(super) rooms: Vec<&'a RoomDecl>,
}

/// Where the members of a group are listed.
#[derive(Clone, Copy)]
pub(super) enum Listing<'a> {
    Read(&'a GroupDecl),
    Unread(OutlinedList),
}

impl<'a> Checker<'a> {
    /// Collects every declaration of a name, so that the order of statements never matters.
    pub(super) fn declare(&mut self) {
        let names = self.ast.statements().map(|statement| match &statement.kind {
            StatementKind::Identity(decl) => names_of(decl).len(),
            _ => 0,
        });
        let unread = self.unread.iter().map(|list| list.identities_at_most(self.sources));
        self.policy.identities.reserve(names.chain(unread).sum());
        let groups =
            self.ast.statements().filter(|statement| matches!(statement.kind, StatementKind::Group(_))).count()
                + self.unread.iter().filter(|list| list.is_of_group()).count();
        self.policy.groups.reserve_exact(groups);
        self.declared.groups.reserve_exact(groups);
        self.policy.group_names.reserve(groups);
        let mut lists = self.unread;
        for statement in self.ast.statements() {
            let before = lists.partition_point(|list| list.span() < statement.span);
            let (earlier, later) = lists.split_at_checked(before).unwrap_or((lists, &[]));
            earlier.iter().for_each(|list| self.declare_list(*list));
            lists = later;
            match &statement.kind {
                StatementKind::Action(decl) => self.declared.actions.push(decl),
                StatementKind::Group(decl) => {
                    let claimed = matches!(decl.kind, GroupKind::Claimed);
                    self.declare_group(&decl.name, claimed, Listing::Read(decl));
                }
                StatementKind::Identity(decl) => {
                    let ids = self.declare_identities(names_of(decl), matches!(decl.kind, IdentityKind::Listed(_)));
                    if !decl.attributes.is_empty() {
                        self.declared.recorded.push((decl, ids));
                    }
                }
                StatementKind::Network(decl) => self.declare_network(decl),
                StatementKind::Room(decl) => self.declare_room(decl),
                _ => {}
            }
        }
        lists.iter().for_each(|list| self.declare_list(*list));
    }

    fn declare_list(&mut self, list: OutlinedList) {
        if let Some(name) = list.group(self.sources) {
            self.declare_group(&name, false, Listing::Unread(list));
        } else if let Some(names) = list.names(self.sources) {
            self.declare_identities(&names, true);
        } else {
            self.all_lists = false;
        }
    }

    /// The new ones among identities that are declared together, in the policy or by a list from elsewhere.
    fn declare_identities(&mut self, names: &[Name], listed: bool) -> Vec<IdentityId> {
        let first_new = self.policy.identities.len();
        let mut ids = Vec::new();
        for name in names {
            if let Some(id) = self.policy.identity(&name.text) {
                let first = self.policy.identities.get(id.index()).map(|identity| identity.span);
                if id.index() >= first_new {
                    self.report.add(repeated(&tick_name(name), name.span, first));
                } else {
                    self.declared_twice("identity", name, first);
                }
            } else if let Some(group) = self.policy.group(&name.text) {
                let first = self.policy.groups.get(group.index()).map(|group| group.span);
                self.declared_as_both(name, "group", first);
            } else if let Some(id) = self.new_identity(name) {
                ids.push(id);
                if !listed {
                    // A list from elsewhere may well hold more people than the policy speaks of.
                    self.used.identity(id);
                }
            }
        }
        ids
    }

    /// Enters an identity that is not declared yet, if its name can be one's.
    pub(super) fn new_identity(&mut self, name: &Name) -> Option<IdentityId> {
        if !is_identity(&name.text) {
            let help = format!(
                "a name has 1 to {} bytes, no control characters and no outer white space",
                limits::IDENTITY_BYTES
            );
            self.report.add(
                Diagnostic::error("bad-identity", name.span, format!("{} can be nobody's name", self.quote(name.span)))
                    .with_help(help),
            );
            return None;
        }
        Some(self.policy.identities.push(Identity {
            name: name.text.clone(),
            groups: self.no_list.clone(),
            attributes: RecordedList::default(),
            span: name.span,
        }))
    }

    fn declare_group(&mut self, name: &Name, claimed: bool, listing: Listing<'a>) {
        if let Some(id) = self.policy.group(&name.text) {
            let first = self.policy.groups.get(id.index()).map(|group| group.span);
            self.declared_twice("group", name, first);
            self.declared.again.groups.push(listing);
            return;
        }
        if let Some(id) = self.policy.identity(&name.text) {
            let first = self.policy.identities.get(id.index()).map(|identity| identity.span);
            self.declared_as_both(name, "identity", first);
            self.declared.again.groups.push(listing);
            return;
        }
        let id = GroupId::from_index(self.policy.groups.len());
        self.policy.group_names.insert(name.text.as_str().into(), id);
        self.policy.groups.push(Group {
            name: name.text.as_str().into(),
            claimed,
            members: Members::default(),
            within: Arc::clone(&self.no_groups),
            span: name.span,
        });
        self.declared.groups.push(listing);
    }

    fn declare_network(&mut self, decl: &'a NetworkDecl) {
        match self.declared.network_names.entry(&decl.name.text) {
            Entry::Occupied(first) => {
                let first = self.declared.networks.get(*first.get()).map(|decl| decl.name.span);
                self.declared_twice("network", &decl.name, first);
                self.declared.again.networks.push(decl);
            }
            Entry::Vacant(entry) => {
                entry.insert(self.declared.networks.len());
                self.declared.networks.push(decl);
            }
        }
    }

    fn declare_room(&mut self, decl: &'a RoomDecl) {
        match self.declared.room_names.entry(&decl.name.text) {
            Entry::Occupied(first) => {
                let first = self.declared.rooms.get(*first.get()).map(|decl| decl.name.span);
                self.declared_twice("room", &decl.name, first);
                self.declared.again.rooms.push(decl);
            }
            Entry::Vacant(entry) => {
                entry.insert(self.declared.rooms.len());
                self.declared.rooms.push(decl);
            }
        }
    }

    pub(super) fn declared_twice(&mut self, kind: &str, name: &Name, first: Option<Span>) {
        let message = format!("{kind} {} is declared twice", tick_name(name));
        self.report.add(with_first(Diagnostic::error("duplicate-declaration", name.span, message), first));
    }

    fn declared_as_both(&mut self, name: &Name, other: &str, first: Option<Span>) {
        let message = format!("{} is already the name of {}", tick_name(name), with_article(other));
        let diagnostic = Diagnostic::error("duplicate-declaration", name.span, message)
            .with_help("identities and groups share one name space; rename one of the two");
        self.report.add(with_first(diagnostic, first));
    }

    /// What an item of SUBJECTS or of a group stands for; an error if it is nothing that is declared.
    pub(super) fn member(&mut self, name: &Name) -> Option<Member> {
        if let Some(id) = self.policy.group(&name.text) {
            self.used.group(id);
            return Some(Member::Group(id));
        }
        if let Some(id) = self.policy.identity(&name.text) {
            self.used.identity(id);
            return Some(Member::Identity(id));
        }
        self.unknown_member(name.span, &name.text);
        None
    }

    fn unknown_member(&mut self, span: Span, text: &str) {
        if let Some(diagnostic) = self.of_another_kind(span, text, "an identity or a group") {
            self.report.add(diagnostic);
            return;
        }
        let groups = self.policy.groups.iter().map(|group| &*group.name);
        let identities = self.policy.identities.iter().map(|identity| &*identity.name);
        let word = match text {
            "all" | "any" | "everybody" | "everyone" | "public" => Some("anyone"),
            "known" | "logged-in" | "users" => Some("authenticated"),
            _ => None,
        };
        let nearest = self.report.nearest(text, groups.take(SAME_KIND).chain(identities));
        let diagnostic = Diagnostic::error("unknown-name", span, format!("unknown identity or group `{text}`"));
        self.report.add(match (nearest, word) {
            (Some(_), _) => diagnostic.did_you_mean(nearest),
            (None, Some(word)) => diagnostic.with_help(format!("did you mean `{word}`?")).with_replacement(word),
            (None, None) => diagnostic.with_help("declare it: `identity …`, `group … = …` or `group … claimed`"),
        });
    }

    /// The identity of that name; an error if none is declared.
    pub(super) fn identity_named(&mut self, span: Span, text: &str) -> Option<IdentityId> {
        if let Some(id) = self.policy.identity(text) {
            self.used.identity(id);
            return Some(id);
        }
        let diagnostic = if self.policy.group(text).is_some() {
            Diagnostic::error("wrong-kind", span, format!("`{text}` is a group, not an identity"))
        } else if let Some(diagnostic) = self.of_another_kind(span, text, "an identity") {
            diagnostic
        } else {
            let groups = self.policy.groups.iter().map(|group| &*group.name);
            let names = self.policy.identities.iter().map(|identity| &*identity.name);
            let nearest = self.report.nearest(text, names.take(SAME_KIND).chain(groups));
            Diagnostic::error("unknown-name", span, format!("unknown identity `{text}`")).did_you_mean(nearest)
        };
        self.report.add(diagnostic);
        None
    }

    /// The group of that name; an error if none is declared.
    pub(super) fn group_named(&mut self, span: Span, text: &str) -> Option<GroupId> {
        if let Some(id) = self.policy.group(text) {
            self.used.group(id);
            return Some(id);
        }
        let diagnostic = if self.policy.identity(text).is_some() {
            Diagnostic::error("wrong-kind", span, format!("`{text}` is an identity, not a group"))
        } else if let Some(diagnostic) = self.of_another_kind(span, text, "a group") {
            diagnostic
        } else {
            let identities = self.policy.identities.iter().map(|identity| &*identity.name);
            let names = self.policy.groups.iter().map(|group| &*group.name);
            let nearest = self.report.nearest(text, names.take(SAME_KIND).chain(identities));
            Diagnostic::error("unknown-group", span, format!("unknown group `{text}`")).did_you_mean(nearest)
        };
        self.report.add(diagnostic);
        None
    }

    /// The index of the network of that name; an error if none is declared.
    pub(super) fn network_named(&mut self, span: Span, text: &str) -> Option<usize> {
        if let Some(index) = self.declared.network_names.get(text).copied() {
            self.used.network(index);
            return Some(index);
        }
        let diagnostic = self.of_another_kind(span, text, "a network").unwrap_or_else(|| {
            let names = self.declared.networks.iter().map(|decl| decl.name.text.as_str());
            let nearest = self.report.nearest(text, names);
            let diagnostic = Diagnostic::error("unknown-network", span, format!("unknown network `{text}`"));
            match nearest {
                Some(_) => diagnostic.did_you_mean(nearest),
                None => diagnostic.with_help("declare it with `network … = …`, or write an address or a prefix"),
            }
        });
        self.report.add(diagnostic);
        None
    }

    /// The error that a name stands where `wanted` is meant and is that of something else; `None` if it is no name.
    pub(super) fn of_another_kind(&self, span: Span, text: &str, wanted: &str) -> Option<Diagnostic> {
        let kind = if self.policy.group(text).is_some() {
            "a group"
        } else if self.policy.identity(text).is_some() {
            "an identity"
        } else if self.declared.network_names.contains_key(text) {
            "a network"
        } else if self.declared.room_names.contains_key(text) {
            "a room"
        } else if is_method(text) {
            "a method"
        } else if self.policy.action_names.contains_key(text) {
            "an action"
        } else if self.policy.level_names.contains_key(text) {
            "an assurance level"
        } else {
            return None;
        };
        Some(Diagnostic::error("wrong-kind", span, format!("`{text}` is {kind}, not {wanted}")))
    }
}

fn names_of(decl: &IdentityDecl) -> &[Name] {
    match &decl.kind {
        IdentityKind::From { names, .. } | IdentityKind::Listed(names) => names,
    }
}

fn with_first(diagnostic: Diagnostic, first: Option<Span>) -> Diagnostic {
    let diagnostic = diagnostic.with_label("declared again");
    match first {
        Some(first) => diagnostic.with_related(first, "first declared here"),
        None => diagnostic,
    }
}

pub(super) fn with_article(noun: &str) -> String {
    format!("{} {noun}", if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}
