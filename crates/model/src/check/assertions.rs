//! Assertions: every clause resolved, as those of rules are.

use std::sync::Arc;

use doorward_syntax::ast::{self, AssertionKind, Effect, StatementKind};
use doorward_syntax::print;

use super::Checker;
use super::rules::Written;
use super::scope::{Anonymous, Whole};
use crate::assertion::{Assertion, ScopeSpans};

impl<'a> Checker<'a> {
    pub(super) fn assertions(&mut self) {
        for statement in self.ast.statements() {
            let StatementKind::Assertion(assertion) = &statement.kind else { continue };
            if self.is_spent() {
                return;
            }
            let assertion = self.assertion(assertion);
            self.policy.assertions.push(assertion);
        }
    }

    fn assertion(&mut self, assertion: &ast::Assertion) -> Assertion {
        let subjects = self.subjects(&assertion.subjects);
        let with = assertion.with.as_ref().and_then(|strength| self.strength(strength));
        let without = assertion.without.as_ref().and_then(|strength| self.strength(strength));
        let resolved = self.resolve(&Written {
            whole: Whole::Assertion,
            // A named action is in a scope as an `allow` covers it.
            effect: Effect::Allow,
            anonymous: anonymous(assertion),
            target: assertion.target.as_ref(),
            origins: assertion.origins.as_ref(),
            when: assertion.when.as_deref(),
            unless: assertion.unless.as_deref(),
        });
        Assertion {
            kind: assertion.kind,
            text: print::assertion_line(assertion, self.sources.text(assertion.span.file)).into(),
            subjects: Arc::unwrap_or_clone(subjects),
            with,
            without,
            actions: resolved.actions,
            targets: resolved.targets,
            except_rooms: resolved.except_rooms,
            origins: resolved.origins,
            when: resolved.when,
            unless: resolved.unless,
            room_attributes: resolved.room_attributes,
            span: assertion.span,
            clauses: ScopeSpans {
                subjects: assertion.subjects.span,
                with: assertion.with.as_ref().map(|strength| strength.span),
                without: assertion.without.as_ref().map(|strength| strength.span),
                target: assertion.target.as_ref().map(|target| target.span),
                origins: assertion.origins.as_ref().map(|origins| origins.span),
                when: assertion.when.as_ref().map(|when| when.span),
                unless: assertion.unless.as_ref().map(|unless| unless.span),
            },
        }
    }
}

/// By what an assertion concerns the anonymous, if it does.
///
/// What an `only` claims, it claims of those who are not its subjects. A condition on the visitor would be unknown of the
/// anonymous: the assertion would hold, having said nothing of them.
fn anonymous(assertion: &ast::Assertion) -> Option<Anonymous> {
    let span = assertion.subjects.span;
    match (assertion.kind, &assertion.subjects.who) {
        (AssertionKind::Only, ast::Who::Anyone) => None,
        (AssertionKind::Only, _) => Some(Anonymous {
            span,
            label: "the anonymous are among the others",
            help: "write `assert only authenticated …` without it, and `assert never authenticated except …` with it",
        }),
        (_, ast::Who::Anyone) => Some(Anonymous::in_anyone(span)),
        _ => None,
    }
}
