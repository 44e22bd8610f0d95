//! Rules and assertions, their clauses, and the lists of rooms and origins that other statements have too.

use std::net::IpAddr;

use doorward_grammar::Rule as Pest;
use pest::iterators::{Pair, Pairs};

use super::{Builder, Place, Whole, next_if, said};
use crate::ast::{
    Assertion, AssertionKind, Effect, Expr, OriginItem, OriginItemKind, Origins, RoomItem, RoomItemKind, Rooms, Rule,
    Strength, Subjects, Target, Text, Who,
};
use crate::text;

/// The clauses of a rule or of an assertion, while they are read.
#[derive(Default)]
struct Clauses {
    /// `with`, and of a rule, which has one of the two, also `without`.
    strength: Place<Box<Strength>>,
    /// `without` of an assertion.
    without: Place<Box<Strength>>,
    target: Place<Target>,
    origins: Place<Origins>,
    when: Place<Box<Expr>>,
    unless: Place<Box<Expr>>,
    because: Place<Box<Text>>,
}

impl Builder<'_> {
    /// A rule, from a pair of the rule `rule_decl`.
    pub(super) fn rule(&mut self, pair: Pair<'_, Pest>) -> Option<Rule> {
        let mut pairs = pair.into_inner();
        let label = match next_if(&mut pairs, &[Pest::label]) {
            Some(label) => Some(self.name(&label.into_inner().next()?)),
            None => None,
        };
        let effect = pairs.next()?;
        let subjects = self.subjects(pairs.next()?)?;
        let clauses = self.clauses(pairs, Whole::Rule)?;
        Some(Rule {
            label,
            effect: if effect.as_rule() == Pest::kw_allow { Effect::Allow } else { Effect::Deny },
            effect_span: self.span(&effect),
            subjects,
            strength: said(clauses.strength),
            target: said(clauses.target),
            origins: said(clauses.origins),
            when: said(clauses.when),
            unless: said(clauses.unless),
            because: said(clauses.because),
        })
    }

    /// An assertion, from a pair of the rule `assertion`.
    pub(super) fn assertion(&mut self, pair: Pair<'_, Pest>) -> Option<Assertion> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner().skip(1);
        let kind = match pairs.next()?.as_rule() {
            Pest::kw_always => AssertionKind::Always,
            Pest::kw_never => AssertionKind::Never,
            Pest::kw_only => AssertionKind::Only,
            _ => return None,
        };
        let subjects = self.subjects(pairs.next()?)?;
        let clauses = self.clauses(pairs, Whole::Assertion)?;
        Some(Assertion {
            kind,
            subjects,
            with: said(clauses.strength),
            without: said(clauses.without),
            target: said(clauses.target),
            origins: said(clauses.origins),
            when: said(clauses.when),
            unless: said(clauses.unless),
            span,
        })
    }

    fn clauses<'i>(&mut self, pairs: impl Iterator<Item = Pair<'i, Pest>>, whole: Whole) -> Option<Clauses> {
        let mut clauses = Clauses::default();
        for pair in pairs {
            let span = self.span(&pair);
            match pair.as_rule() {
                Pest::strength => {
                    let value = Box::new(self.strength(pair)?);
                    let (place, name) = match (whole, value.negated) {
                        (Whole::Assertion, true) => (&mut clauses.without, "without"),
                        (_, true) => (&mut clauses.strength, "without"),
                        (_, false) => (&mut clauses.strength, "with"),
                    };
                    self.place(place, whole, name, span, value);
                }
                Pest::target => {
                    let value = self.target(pair)?;
                    self.place(&mut clauses.target, whole, "to", span, value);
                }
                Pest::origins => {
                    let value = self.origins(pair)?;
                    self.place(&mut clauses.origins, whole, "from", span, value);
                }
                Pest::when => {
                    let value = Box::new(self.expr(pair.into_inner().nth(1)?)?);
                    self.place(&mut clauses.when, whole, "when", span, value);
                }
                Pest::unless => {
                    let value = Box::new(self.expr(pair.into_inner().nth(1)?)?);
                    self.place(&mut clauses.unless, whole, "unless", span, value);
                }
                Pest::because => {
                    let value = Box::new(self.text(&pair.into_inner().nth(1)?));
                    self.place(&mut clauses.because, whole, "because", span, value);
                }
                _ => return None,
            }
        }
        Some(clauses)
    }

    fn subjects(&mut self, pair: Pair<'_, Pest>) -> Option<Subjects> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner();
        let who = match pairs.peek()?.as_rule() {
            Pest::kw_anyone => Who::Anyone,
            Pest::kw_authenticated => Who::Authenticated,
            _ => Who::Listed(self.names(&mut pairs)),
        };
        next_if(&mut pairs, &[Pest::kw_anyone, Pest::kw_authenticated]);
        next_if(&mut pairs, &[Pest::kw_except]);
        Some(Subjects { who, except: self.names(&mut pairs), span })
    }

    fn strength(&mut self, pair: Pair<'_, Pest>) -> Option<Strength> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner();
        let negated = pairs.next()?.as_rule() == Pest::kw_without;
        let level = pairs.next()?;
        let level = if level.as_rule() == Pest::kw_any { None } else { Some(self.name(&level)) };
        let within = match pairs.nth(1) {
            Some(duration) => Some(self.duration(&duration)?),
            None => None,
        };
        Some(Strength { negated, level, within, span })
    }

    fn target(&mut self, pair: Pair<'_, Pest>) -> Option<Target> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner().skip(1);
        let mut actions = Vec::new();
        for action in pairs.next()?.into_inner() {
            if action.as_rule() != Pest::comma {
                actions.push(self.name(&action));
            }
        }
        let rooms = pairs.next().map(|rooms| self.rooms(rooms));
        Some(Target { actions, rooms, span })
    }

    /// ROOMS, from a pair of the rule `rooms`.
    pub(super) fn rooms(&mut self, pair: Pair<'_, Pest>) -> Rooms {
        let span = self.span(&pair);
        let (mut items, mut except) = (Vec::new(), Vec::new());
        let mut excepted = false;
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Pest::comma => {}
                Pest::kw_except => excepted = true,
                _ => if excepted { &mut except } else { &mut items }.push(self.room(&pair)),
            }
        }
        Rooms { items, except, span }
    }

    fn room(&mut self, pair: &Pair<'_, Pest>) -> RoomItem {
        let is_pattern = match pair.as_rule() {
            Pest::path => true,
            Pest::quoted => pair.as_str().starts_with("\"/") || text::unescape(pair.as_str()).starts_with('/'),
            _ => false,
        };
        if is_pattern { self.pattern(pair) } else { self.room_name(pair) }
    }

    fn room_name(&mut self, pair: &Pair<'_, Pest>) -> RoomItem {
        let name = self.name(pair);
        let span = name.span;
        RoomItem { kind: RoomItemKind::Name(name), span }
    }

    /// A pattern, bare or quoted.
    pub(super) fn pattern(&self, pair: &Pair<'_, Pest>) -> RoomItem {
        let text = self.raw(pair);
        RoomItem { kind: RoomItemKind::Pattern(text.value.into()), span: text.span }
    }

    fn origins(&mut self, pair: Pair<'_, Pest>) -> Option<Origins> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner();
        pairs.next()?;
        let items = self.origin_items(&mut pairs);
        next_if(&mut pairs, &[Pest::kw_except]);
        Some(Origins { items, except: self.origin_items(&mut pairs), span })
    }

    /// The networks, prefixes and addresses among pairs, up to a pair that is none.
    pub(super) fn origin_items(&mut self, pairs: &mut Pairs<'_, Pest>) -> Vec<OriginItem> {
        let mut items = Vec::new();
        while let Some(pair) = next_if(pairs, &[Pest::address, Pest::bare, Pest::quoted, Pest::comma]) {
            if pair.as_rule() != Pest::comma {
                items.push(self.origin(&pair));
            }
        }
        items
    }

    fn origin(&mut self, pair: &Pair<'_, Pest>) -> OriginItem {
        let span = self.span(pair);
        let text = self.raw(pair).value;
        let kind = match pair.as_rule() {
            Pest::address => OriginItemKind::Address(text.into()),
            Pest::quoted if is_address(&text) => OriginItemKind::Address(text.into()),
            _ => OriginItemKind::Name(self.name(pair)),
        };
        OriginItem { kind, span }
    }
}

/// Whether a quoted origin is an address or a prefix rather than a name.
fn is_address(text: &str) -> bool {
    let (address, length) = text.split_once('/').unwrap_or((text, "0"));
    address.parse::<IpAddr>().is_ok() && !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit())
}
