//! What the expressions of one rule or assertion can read: the attributes of its rooms, and whether there is an identity.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use doorward_syntax::ast::{Name, ScalarType};
use doorward_syntax::{Diagnostic, Span};

use super::Checker;
use super::declare::with_article;
use super::report::{DidYouMean, tick};
use super::rooms::Place;
use crate::ids::{PatternId, RoomAttributeId};
use crate::rule::{RoomAttribute, RoomBinding, Target};
use crate::types::Type;

/// The scope of the expressions of a rule or an assertion; it collects the room attributes that they use.
pub(super) struct Scope {
    whole: Whole,
    /// By what the anonymous are concerned, if they are.
    anonymous: Option<Anonymous>,
    rooms: RoomsInScope,
    attributes: Vec<RoomAttribute>,
    /// For each attribute, where its value comes from at each place.
    bindings: Vec<Vec<RoomBinding>>,
    /// The names that were looked up; `None` for one that does not fit, which is told once.
    names: HashMap<Box<str>, Option<RoomAttributeId>>,
}

/// What an expression is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Assertion,
    Rule,
}

impl Whole {
    /// What messages call it.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Assertion => "assertion",
            Self::Rule => "rule",
        }
    }
}

/// By what the anonymous are concerned, and what to write so that they are not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anonymous {
    pub(super) span: Span,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
}

impl Anonymous {
    /// By SUBJECTS that are `anyone`.
    pub(super) fn in_anyone(span: Span) -> Self {
        Self { span, label: "this includes the anonymous", help: "write `authenticated` in place of `anyone`" }
    }
}

/// The targets of rules with one pattern, or with none, and without attributes of the room: nearly all rules.
#[derive(Default)]
pub(super) struct LoneTargets {
    everywhere: Option<Arc<[Target]>>,
    /// By pattern.
    somewhere: Vec<Option<Arc<[Target]>>>,
}

impl LoneTargets {
    /// The targets of a rule with that pattern alone.
    fn at(&mut self, pattern: Option<PatternId>) -> Arc<[Target]> {
        let make = || Arc::from([Target { pattern, bindings: Box::default() }]);
        let slot = match pattern {
            None => Some(&mut self.everywhere),
            Some(id) => {
                if self.somewhere.len() <= id.index() {
                    self.somewhere.resize(id.index() + 1, None);
                }
                self.somewhere.get_mut(id.index())
            }
        };
        slot.map_or_else(make, |slot| Arc::clone(slot.get_or_insert_with(make)))
    }
}

/// The rooms of a rule or an assertion.
pub(super) enum RoomsInScope {
    /// It has no ROOMS.
    Everywhere,
    /// It has these, as far as they are known.
    Places(Vec<Place>),
}

impl Scope {
    pub(super) fn new(whole: Whole, anonymous: Option<Anonymous>, rooms: RoomsInScope) -> Self {
        Self { whole, anonymous, rooms, attributes: Vec::new(), bindings: Vec::new(), names: HashMap::new() }
    }

    /// The targets and the room attributes that are used; `lone` has the targets of others.
    pub(super) fn finish(self, lone: &mut LoneTargets) -> (Arc<[Target]>, Box<[RoomAttribute]>) {
        let places = match self.rooms {
            RoomsInScope::Everywhere => return (lone.at(None), Box::default()),
            RoomsInScope::Places(places) => places,
        };
        if let ([place], true) = (&*places, self.bindings.is_empty()) {
            return (lone.at(Some(place.pattern)), self.attributes.into());
        }
        let mut targets = Vec::with_capacity(places.len());
        let mut seen: HashSet<(PatternId, Box<[RoomBinding]>)> = HashSet::new();
        for (index, place) in places.into_iter().enumerate() {
            let bindings: Box<[RoomBinding]> =
                self.bindings.iter().filter_map(|bindings| bindings.get(index)).copied().collect();
            if seen.insert((place.pattern, bindings.clone())) {
                targets.push(Target { pattern: Some(place.pattern), bindings });
            }
        }
        (targets.into(), self.attributes.into())
    }

    /// Whether an attribute is a parameter of every pattern.
    pub(super) fn is_parameter(&self, id: RoomAttributeId) -> bool {
        let bindings = self.bindings.get(id.index());
        bindings.is_some_and(|bindings| bindings.iter().all(|binding| matches!(binding, RoomBinding::Parameter(_))))
    }
}

impl<'a> Checker<'a> {
    /// The attribute of that name of every room of the rule, and its type; an error if there is none.
    pub(super) fn room_attribute(&mut self, scope: &mut Scope, name: &Name) -> Option<(RoomAttributeId, Type)> {
        let known = scope.names.get(name.text.as_str()).copied();
        let id = match known {
            Some(known) => known?,
            None => {
                let id = self.new_room_attribute(scope, name);
                scope.names.insert(name.text.as_str().into(), id);
                id?
            }
        };
        scope.attributes.get(id.index()).map(|attribute| (id, attribute.ty))
    }

    fn new_room_attribute(&mut self, scope: &mut Scope, name: &Name) -> Option<RoomAttributeId> {
        let places = match &scope.rooms {
            RoomsInScope::Everywhere => {
                let message = format!("{} without rooms has no `room.{}`", with_article(scope.whole.noun()), name.text);
                let help = "name the rooms: `to use ROOM`, or `to use /**` for the parameters of a pattern";
                self.report.add(Diagnostic::error("no-rooms", name.span, message).with_help(help));
                return None;
            }
            RoomsInScope::Places(places) => places,
        };
        // A binding takes as much room as four numbers.
        if !self.spend(4 * places.len(), name.span) {
            return None;
        }
        let mut bindings = Vec::with_capacity(places.len());
        let mut lacking: Option<Place> = None;
        let mut typed: Option<(Type, Place)> = None;
        for place in places {
            let Some((binding, ty)) = self.bind(*place, &name.text) else {
                lacking = lacking.or(Some(*place));
                continue;
            };
            bindings.push(binding);
            match typed {
                None => typed = Some((ty, *place)),
                Some((first, at)) if first != ty => {
                    let message = format!(
                        "`room.{}` has type `{first}` in {} and `{ty}` in {}",
                        name.text,
                        self.place(at),
                        self.place(*place)
                    );
                    let help = "an attribute that a rule uses has one type in all its rooms; write one rule for each";
                    self.report.add(Diagnostic::error("type-mismatch", name.span, message).with_help(help));
                    return None;
                }
                Some(_) => {}
            }
        }
        if let Some(lacking) = lacking {
            self.lacking_attribute(scope.whole, lacking, name, typed.map(|(_, place)| place));
            return None;
        }
        let (ty, _) = typed?;
        let id = RoomAttributeId::from_index(scope.attributes.len());
        scope.attributes.push(RoomAttribute { name: name.text.as_str().into(), ty });
        scope.bindings.push(bindings);
        Some(id)
    }

    /// Where an attribute comes from at a place, and its type.
    fn bind(&self, place: Place, name: &str) -> Option<(RoomBinding, Type)> {
        let pattern = self.policy.patterns.get(place.pattern.index())?;
        if let Some(segment) = pattern.parameter(name) {
            return Some((RoomBinding::Parameter(segment), Type::Scalar(ScalarType::String)));
        }
        let room = place.room?;
        let id = self.rooms.attributes.get(room)?.get(name)?;
        let attribute = self.policy.rooms.get(room)?.attributes.get(id.index())?;
        Some((RoomBinding::Attribute { optional: attribute.optional }, attribute.ty))
    }

    fn lacking_attribute(&mut self, whole: Whole, lacking: Place, name: &Name, having: Option<Place>) {
        let message = match having {
            Some(having) => {
                format!("{} has `{}`, but {} has no such attribute", self.place(having), name.text, self.place(lacking))
            }
            None => format!("unknown attribute `{}` of {}", name.text, self.place(lacking)),
        };
        let diagnostic = Diagnostic::error("unknown-attribute", name.span, message);
        if having.is_some() {
            let (noun, whole) = (whole.noun(), with_article(whole.noun()));
            let help = format!(
                "each pattern of {whole} provides every attribute that the {noun} uses; write one {noun} for each"
            );
            self.report.add(diagnostic.with_help(help));
            return;
        }
        let declared = lacking.room.and_then(|room| self.policy.rooms.get(room));
        let attributes = declared.into_iter().flat_map(|room| &room.attributes).map(|attribute| &*attribute.name);
        let pattern = self.policy.patterns.get(lacking.pattern.index());
        let parameters = pattern.into_iter().flat_map(|pattern| pattern.parameters()).map(|(_, name)| name);
        let nearest = self.report.nearest(&name.text, attributes.chain(parameters));
        self.report.add(match (nearest, declared) {
            (Some(_), _) => diagnostic.did_you_mean(nearest),
            (None, Some(room)) => {
                let help = format!("declare it: `room {} at … has {{ {}: … }}`", room.name, name.text);
                diagnostic.with_help(help)
            }
            (None, None) => {
                let whole = with_article(whole.noun());
                let help = format!("a pattern in {whole} has parameters only; declare a room to give it attributes");
                diagnostic.with_help(help)
            }
        });
    }

    /// A place in words: the room's name, or the pattern.
    fn place(&self, place: Place) -> String {
        let pattern = self.policy.patterns.get(place.pattern.index()).map(ToString::to_string).unwrap_or_default();
        match place.room.and_then(|room| self.policy.rooms.get(room)) {
            Some(room) if room.patterns.len() > 1 => format!("room {} at `{pattern}`", tick(&room.name)),
            Some(room) => format!("room {}", tick(&room.name)),
            None => format!("`{pattern}`"),
        }
    }

    /// Reports, once for each rule or assertion, that an expression uses the identity where there may be none.
    pub(super) fn uses_identity(&mut self, scope: &mut Scope, span: Span) {
        let Some(anonymous) = scope.anonymous.take() else { return };
        let whole = scope.whole.noun();
        let message = format!("the {whole} also concerns the anonymous, who have no {}", self.quote(span));
        self.report.add(
            Diagnostic::error("anonymous-identity", span, message)
                .with_related(anonymous.span, anonymous.label)
                .with_help(anonymous.help),
        );
    }
}
