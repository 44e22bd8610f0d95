//! Rooms: patterns, and the attributes that each room carries.

use std::hash::BuildHasher as _;

use doorward_syntax::ast::{RoomDecl, RoomItem, RoomItemKind, StatementKind};
use doorward_syntax::{Diagnostic, Span, print, words};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::Checker;
use super::first::First;
use super::report::{DidYouMean, repeated, tick_name};
use super::scope::LoneTargets;
use crate::ids::{AttributeId, PatternId};
use crate::pattern::Pattern;
use crate::policy::{Conceal, Names, Room};

/// What is known of rooms beside [`Policy::rooms`](crate::Policy::rooms).
#[derive(Default)]
pub(super) struct Rooms {
    /// The patterns by their hashes, without copies of them.
    patterns: HashTable<PatternId>,
    hasher: RandomState,
    /// The attributes of each room by name, in the order of the rooms.
    pub(super) attributes: Vec<Names<AttributeId>>,
    pub(super) lone_targets: LoneTargets,
}

/// One pattern of a rule's rooms, and the room that it is named by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) pattern: PatternId,
    /// The index of the room; `None` for a pattern in the rule itself.
    pub(super) room: Option<usize>,
}

impl<'a> Checker<'a> {
    pub(super) fn rooms(&mut self) {
        for decl in std::mem::take(&mut self.declared.again.rooms) {
            self.room(decl);
        }
        self.policy.rooms.reserve_exact(self.declared.rooms.len());
        self.rooms.attributes.reserve_exact(self.declared.rooms.len());
        for decl in self.declared.rooms.clone() {
            let (room, attributes) = self.room(decl);
            self.policy.rooms.push(room);
            self.rooms.attributes.push(attributes);
        }
    }

    fn room(&mut self, decl: &RoomDecl) -> (Room, Names<AttributeId>) {
        let mut patterns = Vec::with_capacity(decl.patterns.len());
        let mut first = First::new();
        for item in &decl.patterns {
            let (RoomItemKind::Pattern(text) | RoomItemKind::Name(doorward_syntax::ast::Name { text, .. })) =
                &item.kind;
            let Some(pattern) = self.pattern(item.span, text) else { continue };
            match first.insert(pattern, item.span) {
                Some(first) => self.report.add(repeated(&self.quote(item.span), item.span, Some(first))),
                None => patterns.push(pattern),
            }
        }
        let (attributes, names) = match &*decl.attributes {
            [] => Default::default(),
            attributes => self.schema(attributes, &format!("room {}", tick_name(&decl.name))),
        };
        if !names.is_empty() {
            self.parameters_that_are_attributes(decl, &names);
        }
        let room = Room { name: decl.name.text.as_str().into(), patterns, attributes, span: decl.name.span };
        (room, names)
    }

    fn parameters_that_are_attributes(&mut self, decl: &RoomDecl, attributes: &Names<AttributeId>) {
        for item in &decl.patterns {
            let RoomItemKind::Pattern(text) = &item.kind else { continue };
            let Ok(pattern) = Pattern::parse(text) else { continue };
            for (_, parameter) in pattern.parameters().filter(|(_, parameter)| attributes.contains_key(*parameter)) {
                let place = decl.attributes.iter().find(|attribute| attribute.name.text == *parameter);
                let Some(place) = place.map(|attribute| attribute.name.span) else { continue };
                let message = format!("`{parameter}` is both a parameter and an attribute of the room");
                self.report.add(
                    Diagnostic::error("duplicate-declaration", place, message)
                        .with_label("declared as an attribute")
                        .with_related(item.span, "a parameter here")
                        .with_help("a parameter is an attribute already; remove this one, or name it otherwise"),
                );
            }
        }
    }

    /// Reads a pattern; an error if it is none.
    fn pattern(&mut self, span: Span, text: &str) -> Option<PatternId> {
        match Pattern::parse(text) {
            Ok(pattern) => Some(self.intern(pattern)),
            Err(error) => {
                let mut diagnostic = Diagnostic::error("bad-pattern", span, error.to_string());
                let advice = error.advice();
                if let Some(mend) = error.mend() {
                    let mend = written(&mend);
                    let help = advice.unwrap_or_else(|| format!("write `{mend}`"));
                    diagnostic = diagnostic.with_help(help).with_replacement(mend);
                } else if let Some(advice) = advice {
                    diagnostic = diagnostic.with_help(advice);
                }
                self.report.add(diagnostic);
                None
            }
        }
    }

    fn intern(&mut self, pattern: Pattern) -> PatternId {
        let (hasher, patterns) = (&self.rooms.hasher, &self.policy.patterns);
        let hash = hasher.hash_one(&pattern);
        let known = self.rooms.patterns.find(hash, |id| patterns.get(id.index()) == Some(&pattern));
        if let Some(id) = known {
            return *id;
        }
        let id = PatternId::from_index(patterns.len());
        let rehash = |id: &PatternId| hasher.hash_one(patterns.get(id.index()).unwrap_or(&pattern));
        self.rooms.patterns.insert_unique(hash, id, rehash);
        self.policy.patterns.push(pattern);
        id
    }

    /// The places that a list of ROOMS names, each once; none for what is not known.
    pub(super) fn places(&mut self, items: &[RoomItem]) -> Vec<Place> {
        let mut places = Vec::with_capacity(items.len());
        let mut first = First::new();
        for item in items {
            let (mut one, mut many, mut room) = (None, Vec::new(), None);
            match &item.kind {
                RoomItemKind::Pattern(text) => one = self.pattern(item.span, text),
                RoomItemKind::Name(name) => {
                    room = self.room_named(item.span, &name.text);
                    match room.and_then(|index| self.policy.rooms.get(index)).map(|room| &*room.patterns) {
                        Some([single]) => one = Some(*single),
                        Some(patterns) => many = patterns.to_vec(),
                        None => {}
                    }
                }
            }
            let named = if many.is_empty() { one.as_slice() } else { &many };
            // A target takes as much room as several numbers.
            if !self.spend(4 * named.len(), item.span) {
                return Vec::new();
            }
            let mut repeats = None;
            for &pattern in named {
                let place = Place { pattern, room };
                match first.insert(place, item.span) {
                    Some(first) => repeats = Some(first),
                    None => places.push(place),
                }
            }
            if let Some(first) = repeats {
                self.report.add(repeated(&self.quote(item.span), item.span, Some(first)));
            }
        }
        places
    }

    /// The index of the room of that name; an error if none is declared.
    fn room_named(&mut self, span: Span, text: &str) -> Option<usize> {
        if let Some(index) = self.declared.room_names.get(text).copied() {
            self.used.room(index);
            return Some(index);
        }
        let diagnostic = self.of_another_kind(span, text, "a room").unwrap_or_else(|| {
            let names = self.declared.rooms.iter().map(|decl| decl.name.text.as_str());
            let nearest = self.report.nearest(text, names);
            let diagnostic = Diagnostic::error("unknown-room", span, format!("unknown room `{text}`"));
            match nearest {
                Some(_) => diagnostic.did_you_mean(nearest),
                None => diagnostic.with_help("declare it with `room … at /…`, or write a path pattern"),
            }
        });
        self.report.add(diagnostic);
        None
    }

    pub(super) fn conceals(&mut self) {
        for statement in self.ast.statements() {
            let StatementKind::Conceal(conceal) = &statement.kind else { continue };
            let patterns = |places: Vec<Place>| -> Vec<PatternId> {
                let mut patterns: Vec<PatternId> = places.into_iter().map(|place| place.pattern).collect();
                patterns.sort_unstable();
                patterns.dedup();
                patterns
            };
            let rooms = self.places(&conceal.rooms.items);
            let except = self.places(&conceal.rooms.except);
            self.policy.conceals.push(Conceal {
                patterns: patterns(rooms),
                except: patterns(except),
                entirely: conceal.entirely,
            });
        }
    }
}

/// A pattern as a policy writes it.
fn written(pattern: &str) -> String {
    if words::is_bare_path(pattern) { pattern.to_owned() } else { print::string(pattern) }
}
