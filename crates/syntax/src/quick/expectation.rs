//! The expectations of tests.

use super::{Reader, is_instant, place};
use crate::ast::{Binding, BindingScope, Expectation, ExpectedSubject, Name, OperandKind, TestLevel, Text};
use crate::lex::{Token, TokenKind};

/// What an expectation says after its path.
#[derive(Default)]
struct Clauses {
    from: Option<Text>,
    with: Option<TestLevel>,
    groups: Option<Vec<Name>>,
    at: Option<Text>,
    bindings: Option<Vec<Binding>>,
}

impl Reader<'_> {
    pub(super) fn expectation(&mut self) -> Option<Expectation> {
        let start = self.next?.start;
        if !self.take_if("expect") {
            return None;
        }
        let status_token = self.take().filter(|token| token.kind == TokenKind::Number && !self.is_cut(token.end))?;
        let status = match status_token.text(self.text) {
            "200" => 200,
            "401" => 401,
            "403" => 403,
            _ => return None,
        };
        let status_span = self.span(status_token.start);
        let subject_start = self.next?.start;
        let subject = if self.take_if("anonymous") {
            ExpectedSubject::Anonymous
        } else if self.take_if("rejected") {
            ExpectedSubject::Rejected
        } else {
            ExpectedSubject::Known(self.name()?)
        };
        let subject_span = self.span(subject_start);
        let action = self.name()?;
        let path = self.path()?;
        let mut clauses = Clauses::default();
        while self.next.is_some() {
            self.expect_clause(&mut clauses)?;
        }
        let Clauses { from, with, groups, at, bindings } = clauses;
        Some(Expectation {
            status,
            status_span,
            subject,
            subject_span,
            action,
            path,
            from,
            with,
            groups: groups.unwrap_or_default(),
            at,
            bindings: bindings.unwrap_or_default(),
            span: self.span(start),
        })
    }

    /// Reads a clause that the expectation does not have yet.
    fn expect_clause(&mut self, clauses: &mut Clauses) -> Option<()> {
        let word = self.word()?;
        self.take();
        match word {
            "from" => {
                let token = self.take()?;
                self.address(token)?;
                place(&mut clauses.from, self.raw(token))
            }
            "with" => {
                let level = self.name()?;
                let old = self.next.is_some_and(|token| token.kind == TokenKind::Number);
                let age = if old { Some(self.duration()?) } else { None };
                if old && !self.take_if("old") {
                    return None;
                }
                place(&mut clauses.with, TestLevel { level, age })
            }
            "in" => {
                let names = self.list(Self::name)?;
                place(&mut clauses.groups, names)
            }
            "at" => {
                let token = self.instant()?;
                place(&mut clauses.at, self.raw(token))
            }
            "where" => {
                let bindings = self.list(Self::binding)?;
                place(&mut clauses.bindings, bindings)
            }
            _ => None,
        }
    }

    fn binding(&mut self) -> Option<Binding> {
        let start = self.next?.start;
        let OperandKind::Attribute { base, attribute } = self.operand()?.kind else { return None };
        let scope = match base.text.as_str() {
            "context" => BindingScope::Context,
            "identity" => BindingScope::Identity,
            _ => BindingScope::Room,
        };
        if !self.take_if("=") {
            return None;
        }
        let value = self.literal()?;
        Some(Binding { scope, attribute, value, span: self.span(start) })
    }

    fn instant(&mut self) -> Option<Token> {
        let token = self.take().filter(|token| token.kind == TokenKind::Number && !self.is_cut(token.end))?;
        is_instant(token.text(self.text)).then_some(token)
    }
}
