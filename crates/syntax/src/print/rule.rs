//! Rules and assertions, and the lists that they share with other statements, to pieces.

use crate::ast::{
    Assertion, AssertionKind, Effect, Expr, Name, OriginItem, OriginItemKind, Origins, RoomItem, RoomItemKind, Rooms,
    Rule, Strength, Subjects, Target, Who,
};

use crate::words::is_bare_path;

use super::piece::{Builder, CLAUSE, Clauses, FILL, HARD, TAIL};
use super::word;

/// The column of a clause that begins a line.
const CLAUSE_INDENT: usize = 4;
/// The column of what goes on within a clause.
const INNER_INDENT: usize = 8;

impl Builder<'_> {
    /// A rule, its clauses in canonical order.
    pub(super) fn rule(&mut self, rule: &Rule) {
        self.break_at(HARD, 0);
        if let Some(label) = &rule.label {
            self.node(word::placed_name(label), label.span);
            self.glue(":");
        }
        self.indent = if rule.label.is_some() { CLAUSE_INDENT } else { 0 };
        let effect = match rule.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        };
        self.node(effect.to_owned(), rule.effect_span);
        self.indent = INNER_INDENT;
        self.subjects(&rule.subjects);
        let mut clauses = Clauses::default();
        if let Some(strength) = &rule.strength {
            clauses.add(strength.span.start, |builder| builder.strength(strength));
        }
        add(&mut clauses, rule.target.as_ref(), rule.origins.as_ref(), rule.when.as_deref(), rule.unless.as_deref());
        if let Some(because) = &rule.because {
            clauses.add(because.span.start, |builder| {
                builder.break_at(TAIL, CLAUSE_INDENT).word("because");
                builder.indent = INNER_INDENT;
                builder.text(because);
            });
        }
        self.clauses(clauses);
    }

    /// An assertion, its clauses in canonical order.
    pub(super) fn assertion(&mut self, assertion: &Assertion) {
        self.break_at(HARD, 0).word("assert");
        self.indent = INNER_INDENT;
        self.word(match assertion.kind {
            AssertionKind::Always => "always",
            AssertionKind::Never => "never",
            AssertionKind::Only => "only",
        });
        self.subjects(&assertion.subjects);
        let mut clauses = Clauses::default();
        for strength in assertion.with.iter().chain(&assertion.without) {
            clauses.add(strength.span.start, |builder| builder.strength(strength));
        }
        let Assertion { target, origins, when, unless, .. } = assertion;
        add(&mut clauses, target.as_ref(), origins.as_ref(), when.as_deref(), unless.as_deref());
        self.clauses(clauses);
    }

    /// ROOMS, within the present clause.
    pub(super) fn rooms(&mut self, rooms: &Rooms) {
        self.room_items(&rooms.items);
        if !rooms.except.is_empty() {
            self.except().room_items(&rooms.except);
        }
    }

    /// Names where only names can stand.
    pub(super) fn names(&mut self, names: &[Name]) {
        self.list(names, |builder, name| builder.node(word::placed_name(name), name.span));
    }

    /// Room names and patterns.
    pub(super) fn room_items(&mut self, items: &[RoomItem]) {
        self.list(items, |builder, item| {
            let text = match &item.kind {
                RoomItemKind::Name(name) => word::placed_name(name),
                RoomItemKind::Pattern(pattern) => builder.as_written(pattern, item.span, is_bare_path),
            };
            builder.node(text, item.span);
        });
    }

    /// Networks, prefixes and addresses.
    pub(super) fn origin_items(&mut self, items: &[OriginItem]) {
        self.list(items, |builder, item| {
            let text = match &item.kind {
                OriginItemKind::Address(address) => builder.as_written(address, item.span, word::is_plain_address),
                OriginItemKind::Name(name) => word::placed_name(name),
            };
            builder.node(text, item.span);
        });
    }

    /// Items with commas between them, at which the present clause may go on with a new line.
    pub(super) fn list<T>(&mut self, items: &[T], mut build: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.glue(",");
                let indent = self.indent;
                self.break_at(FILL, indent);
            }
            build(self, item);
        }
    }

    fn subjects(&mut self, subjects: &Subjects) {
        match &subjects.who {
            Who::Anyone => self.word("anyone"),
            Who::Authenticated => self.word("authenticated"),
            Who::Listed(names) => self.names(names),
        }
        if !subjects.except.is_empty() {
            self.except().names(&subjects.except);
        }
    }

    fn strength(&mut self, strength: &Strength) {
        self.clause(if strength.negated { "without" } else { "with" });
        match &strength.level {
            Some(level) => self.node(word::placed_name(level), level.span),
            None => self.word("any"),
        }
        if let Some(within) = &strength.within {
            self.word("within");
            self.duration(within);
        }
    }

    fn target(&mut self, target: &Target) {
        self.clause("to");
        self.names(&target.actions);
        if let Some(rooms) = &target.rooms {
            self.break_at(FILL, INNER_INDENT).rooms(rooms);
        }
    }

    fn origins(&mut self, origins: &Origins) {
        self.clause("from");
        self.origin_items(&origins.items);
        if !origins.except.is_empty() {
            self.except().origin_items(&origins.except);
        }
    }

    fn condition(&mut self, keyword: &str, expr: &Expr) {
        self.break_at(TAIL, CLAUSE_INDENT).word(keyword);
        self.indent = INNER_INDENT;
        self.expr(expr, 0);
    }

    fn clause(&mut self, keyword: &str) {
        self.break_at(CLAUSE, CLAUSE_INDENT).word(keyword);
        self.indent = INNER_INDENT;
    }

    fn except(&mut self) -> &mut Self {
        let indent = self.indent;
        self.break_at(FILL, indent).word("except");
        self
    }
}

/// Adds the clauses that rules and assertions have alike.
fn add<'c>(
    clauses: &mut Clauses<'_, 'c>,
    target: Option<&'c Target>,
    origins: Option<&'c Origins>,
    when: Option<&'c Expr>,
    unless: Option<&'c Expr>,
) {
    if let Some(target) = target {
        clauses.add(target.span.start, |builder| builder.target(target));
    }
    if let Some(origins) = origins {
        clauses.add(origins.span.start, |builder| builder.origins(origins));
    }
    if let Some(expr) = when {
        clauses.add(expr.span.start, |builder| builder.condition("when", expr));
    }
    if let Some(expr) = unless {
        clauses.add(expr.span.start, |builder| builder.condition("unless", expr));
    }
}
