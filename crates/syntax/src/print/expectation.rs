//! `test` blocks and their expectations to pieces.

use crate::ast::{Binding, BindingScope, Expectation, ExpectedSubject, TestBlock, TestLevel, Text};

use crate::source::Span;
use crate::words::is_bare_path;

use super::piece::{Builder, Clauses, FILL, HARD};
use super::word;

/// The column of an expectation.
const EXPECT_INDENT: usize = 4;
/// The column of what goes on within an expectation.
const INNER_INDENT: usize = 8;

impl Builder<'_> {
    /// A test, each expectation in its own line.
    pub(super) fn test(&mut self, test: &TestBlock) {
        self.keyword("test");
        self.text(&test.name);
        self.indent = 0;
        self.word("{");
        for expectation in &test.expectations {
            self.seek(expectation.span);
            self.break_at(HARD, EXPECT_INDENT);
            self.expectation(expectation);
        }
        if test.expectations.is_empty() {
            self.tight();
        } else {
            self.break_at(HARD, 0);
        }
        self.close(EXPECT_INDENT);
    }

    fn expectation(&mut self, expectation: &Expectation) {
        self.word("expect");
        self.indent = INNER_INDENT;
        self.node(expectation.status.to_string(), expectation.status_span);
        match &expectation.subject {
            ExpectedSubject::Anonymous => self.node("anonymous".to_owned(), expectation.subject_span),
            ExpectedSubject::Known(name) => self.node(word::placed_name(name), name.span),
            ExpectedSubject::Rejected => self.node("rejected".to_owned(), expectation.subject_span),
        }
        self.node(word::placed_name(&expectation.action), expectation.action.span);
        let path = self.as_written(&expectation.path.value, expectation.path.span, is_bare_path);
        self.node(path, expectation.path.span);

        let mut clauses = Clauses::default();
        if let Some(from) = &expectation.from {
            clauses.add(from.span.start, |builder| builder.plain("from", from, word::is_plain_address));
        }
        if let Some(with) = &expectation.with {
            clauses.add(with.level.span.start, |builder| builder.level(with));
        }
        if let Some(first) = expectation.groups.first() {
            clauses.add(first.span.start, |builder| {
                builder.part("in");
                builder.names(&expectation.groups);
            });
        }
        if let Some(at) = &expectation.at {
            clauses.add(at.span.start, |builder| builder.plain("at", at, word::is_plain_instant));
        }
        if let Some(first) = expectation.bindings.first() {
            clauses.add(first.span.start, |builder| builder.bindings(&expectation.bindings));
        }
        self.clauses(clauses);
    }

    fn level(&mut self, with: &TestLevel) {
        self.part("with");
        self.node(word::placed_name(&with.level), with.level.span);
        if let Some(age) = &with.age {
            self.duration(age);
            self.word("old");
        }
    }

    fn plain(&mut self, keyword: &str, text: &Text, is_plain: fn(&str) -> bool) {
        self.part(keyword);
        let written = self.as_written(&text.value, text.span, is_plain);
        self.node(written, text.span);
    }

    fn bindings(&mut self, bindings: &[Binding]) {
        self.part("where");
        self.list(bindings, |builder, binding| {
            let scope = match binding.scope {
                BindingScope::Context => "context",
                BindingScope::Identity => "identity",
                BindingScope::Room => "room",
            };
            let attribute = format!("{scope}.{}", binding.attribute.text);
            let start = binding.span.start;
            builder.node(attribute, Span { start, ..binding.attribute.span });
            builder.word("=");
            builder.literal(&binding.value);
        });
    }

    fn part(&mut self, keyword: &str) {
        self.break_at(FILL, INNER_INDENT).word(keyword);
        self.indent = INNER_INDENT;
    }
}
