//! Rules and assertions, their clauses, and the lists of rooms and origins that other statements have too.

use super::{Reader, is_text, place};
use crate::ast::{
    Assertion, AssertionKind, Effect, Expr, Name, OriginItem, OriginItemKind, Origins, RoomItem, RoomItemKind, Rooms,
    Rule, SmolStr, Strength, Subjects, Target, Text, Who,
};
use crate::lex::TokenKind;
use crate::words;

/// What a rule or an assertion says after its subjects.
#[derive(Default)]
struct Clauses {
    with: Option<Box<Strength>>,
    without: Option<Box<Strength>>,
    target: Option<Target>,
    origins: Option<Origins>,
    when: Option<Box<Expr>>,
    unless: Option<Box<Expr>>,
    because: Option<Box<Text>>,
}

impl Reader<'_> {
    pub(super) fn rule(&mut self) -> Option<Rule> {
        let label = match self.next.filter(|token| self.behind(*token) == Some(b':')) {
            Some(_) => Some(self.label()?),
            None => None,
        };
        let effect = match self.word()? {
            "allow" => Effect::Allow,
            "deny" => Effect::Deny,
            _ => return None,
        };
        let effect_token = self.take()?;
        let effect_span = self.span(effect_token.start);
        let subjects = self.subjects()?;
        let Clauses { with, without, target, origins, when, unless, because } = self.clauses()?;
        // A rule has one of them.
        let strength = if with.is_some() && without.is_some() { return None } else { with.or(without) };
        Some(Rule { label, effect, effect_span, subjects, strength, target, origins, when, unless, because })
    }

    /// What a label says, with the colon directly behind it.
    fn label(&mut self) -> Option<Name> {
        let token = self.take()?;
        let text = match token.kind {
            TokenKind::Word => Some(token.text(self.text)).filter(|word| !words::is_reserved(word)),
            _ => self.inner(token).filter(|inner| !inner.is_empty()),
        };
        let label = Name { text: text?.into(), quoted: is_text(token), span: self.span(token.start) };
        self.take_if(":").then_some(label)
    }

    /// An assertion, its first word read.
    pub(super) fn assertion(&mut self, start: usize) -> Option<Assertion> {
        let kind = match self.word()? {
            "always" => AssertionKind::Always,
            "never" => AssertionKind::Never,
            "only" => AssertionKind::Only,
            _ => return None,
        };
        self.take();
        let subjects = self.subjects()?;
        let Clauses { with, without, target, origins, when, unless, because } = self.clauses()?;
        let span = self.span(start);
        because.is_none().then_some(Assertion { kind, subjects, with, without, target, origins, when, unless, span })
    }

    fn clauses(&mut self) -> Option<Clauses> {
        let mut clauses = Clauses::default();
        while self.next.is_some() {
            self.clause(&mut clauses)?;
        }
        Some(clauses)
    }

    /// Reads a clause that there is not yet.
    fn clause(&mut self, clauses: &mut Clauses) -> Option<()> {
        let word = self.word()?;
        let start = self.take()?.start;
        match word {
            "with" | "without" => {
                let level = if self.take_if("any") { None } else { Some(self.name()?) };
                let within = if self.take_if("within") { Some(self.duration()?) } else { None };
                if level.is_none() && within.is_none() {
                    return None;
                }
                let negated = word == "without";
                let strength = Strength { negated, level, within, span: self.span(start) };
                place(if negated { &mut clauses.without } else { &mut clauses.with }, Box::new(strength))
            }
            "to" => {
                let actions = self.list(Self::verb)?;
                let has_rooms = match self.next.map(|token| token.kind) {
                    Some(TokenKind::Path | TokenKind::Text) => true,
                    Some(TokenKind::Word) => !self.word().is_some_and(words::is_reserved),
                    _ => false,
                };
                let rooms = if has_rooms { Some(self.rooms()?) } else { None };
                let target = Target { actions, rooms, span: self.span(start) };
                place(&mut clauses.target, target)
            }
            "from" => {
                let items = self.list(Self::origin)?;
                let except = self.except(Self::origin)?;
                let origins = Origins { items, except, span: self.span(start) };
                place(&mut clauses.origins, origins)
            }
            "when" => {
                let expr = self.expr()?;
                place(&mut clauses.when, Box::new(expr))
            }
            "unless" => {
                let expr = self.expr()?;
                place(&mut clauses.unless, Box::new(expr))
            }
            "because" => {
                let because = self.quoted()?;
                place(&mut clauses.because, Box::new(because))
            }
            _ => None,
        }
    }

    fn subjects(&mut self) -> Option<Subjects> {
        let start = self.next?.start;
        let who = if self.take_if("anyone") {
            Who::Anyone
        } else if self.take_if("authenticated") {
            Who::Authenticated
        } else {
            Who::Listed(self.list(Self::name)?)
        };
        let except = self.except(Self::name)?;
        Some(Subjects { who, except, span: self.span(start) })
    }

    pub(super) fn rooms(&mut self) -> Option<Rooms> {
        let start = self.next?.start;
        let items = self.list(Self::room)?;
        let except = self.except(Self::room)?;
        Some(Rooms { items, except, span: self.span(start) })
    }

    /// What stands after `except`; nothing if the word is not next.
    fn except<T>(&mut self, item: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        if self.take_if("except") { self.list(item) } else { Some(Vec::new()) }
    }

    /// A name of an action, or `use`.
    fn verb(&mut self) -> Option<Name> {
        match self.next {
            Some(token) if token.text(self.text) == "use" => {
                self.take();
                Some(Name { text: SmolStr::new_static("use"), quoted: false, span: self.span(token.start) })
            }
            _ => self.name(),
        }
    }

    fn room(&mut self) -> Option<RoomItem> {
        let token = self.next?;
        if token.kind == TokenKind::Path || is_text(token) && token.text(self.text).starts_with("\"/") {
            return self.pattern();
        }
        let name = self.name()?;
        let span = name.span;
        Some(RoomItem { kind: RoomItemKind::Name(name), span })
    }

    pub(super) fn pattern(&mut self) -> Option<RoomItem> {
        let text = self.path()?;
        Some(RoomItem { kind: RoomItemKind::Pattern(text.value.into()), span: text.span })
    }

    pub(super) fn origin(&mut self) -> Option<OriginItem> {
        if self.next?.kind == TokenKind::Word {
            let name = self.name()?;
            let span = name.span;
            return Some(OriginItem { kind: OriginItemKind::Name(name), span });
        }
        let token = self.take()?;
        let text = self.address(token)?;
        Some(OriginItem { kind: OriginItemKind::Address(text.into()), span: self.span(token.start) })
    }
}
