//! Tests and their expectations.

use doorward_grammar::Rule;
use pest::iterators::Pair;

use super::{Builder, Whole, next_if, said};
use crate::ast::{Binding, BindingScope, Expectation, ExpectedSubject, TestLevel, Text};
use crate::diagnostic::Diagnostic;

impl Builder<'_> {
    /// The name of a test, from a pair of the rule `test_head`.
    pub(crate) fn test_name(&mut self, pair: Pair<'_, Rule>) -> Option<Text> {
        Some(self.text(&pair.into_inner().nth(1)?))
    }

    /// An expectation, from a pair of the rule `expectation`; nothing after a finding.
    pub(crate) fn expectation(&mut self, pair: Pair<'_, Rule>) -> Option<Expectation> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner().skip(1);
        let status = pairs.next()?;
        let subject = pairs.next()?;
        let action = self.name(&pairs.next()?);
        let path = self.raw(&pairs.next()?);
        let number = self.status(&status)?;
        let who = match subject.as_rule() {
            Rule::kw_anonymous => ExpectedSubject::Anonymous,
            Rule::kw_rejected => ExpectedSubject::Rejected,
            _ => ExpectedSubject::Known(self.name(&subject)),
        };
        let (mut from, mut with, mut groups, mut at, mut bindings) = (None, None, None, None, None);
        for pair in pairs {
            let span = self.span(&pair);
            let rule = pair.as_rule();
            let mut inner = pair.into_inner();
            inner.next()?;
            match rule {
                Rule::x_from => {
                    let value = self.raw(&inner.next()?);
                    self.place(&mut from, Whole::Expectation, "from", span, value);
                }
                Rule::x_with => {
                    let level = self.name(&inner.next()?);
                    let age = match next_if(&mut inner, &[Rule::duration]) {
                        Some(age) => Some(self.duration(&age)?),
                        None => None,
                    };
                    self.place(&mut with, Whole::Expectation, "with", span, TestLevel { level, age });
                }
                Rule::x_in => {
                    let value = self.names(&mut inner);
                    self.place(&mut groups, Whole::Expectation, "in", span, value);
                }
                Rule::x_at => {
                    let value = self.raw(&inner.next()?);
                    self.place(&mut at, Whole::Expectation, "at", span, value);
                }
                Rule::x_where => {
                    let mut value = Vec::new();
                    for pair in inner.filter(|pair| pair.as_rule() == Rule::binding) {
                        value.push(self.binding(pair)?);
                    }
                    self.place(&mut bindings, Whole::Expectation, "where", span, value);
                }
                _ => return None,
            }
        }
        Some(Expectation {
            status: number,
            status_span: self.span(&status),
            subject: who,
            subject_span: self.span(&subject),
            action,
            path,
            from: said(from),
            with: said(with),
            groups: said(groups).unwrap_or_default(),
            at: said(at),
            bindings: said(bindings).unwrap_or_default(),
            span,
        })
    }

    fn status(&mut self, pair: &Pair<'_, Rule>) -> Option<u16> {
        match pair.as_str() {
            "200" => Some(200),
            "401" => Some(401),
            "403" => Some(403),
            other => {
                let shown: String = other.chars().take(12).collect();
                let message = format!("no verdict has the status `{shown}`");
                let diagnostic = Diagnostic::error("unknown-status", self.span(pair), message);
                self.report(diagnostic.with_help("expect `200`, `401` or `403`"));
                None
            }
        }
    }

    fn binding(&mut self, pair: Pair<'_, Rule>) -> Option<Binding> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let (base, attribute) = self.reference(&inner.next()?)?;
        let scope = match base.text.as_str() {
            "context" => BindingScope::Context,
            "identity" => BindingScope::Identity,
            _ => BindingScope::Room,
        };
        let value = self.literal(&inner.nth(1)?)?;
        Some(Binding { scope, attribute, value, span })
    }
}
