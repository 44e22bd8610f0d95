//! Syntax trees to canonical text.
//!
//! Comes in: a [`File`] that was read without an error, and the text that it was read from. Goes out: the text as
//! `doorward fmt` writes it. The tree is turned into a run of pieces, each of which knows where it stood; comments are
//! attached to pieces by position; only then are clauses put in order and lines broken, so that a comment goes where
//! its piece goes. The smaller printers write one line and know no comments.
//!
//! # Example
//!
//! ```
//! use doorward_syntax::print;
//!
//! assert_eq!(print::name("alice"), "alice");
//! assert_eq!(print::name("room"), "\"room\"");
//! assert_eq!(print::name("Alice Liddell"), "\"Alice Liddell\"");
//! assert_eq!(print::string("a\tb"), "\"a\\tb\"");
//! ```

mod piece;

mod statement;

mod rule;

mod expectation;

mod expr;

mod word;

mod comments;

mod layout;

use crate::ast::{Assertion, Expr, File, Rule, Statement};

use self::piece::Builder;

pub use self::word::{duration, name, string};

/// The canonical text of `file`, which was read from `source` without an error.
///
/// Statements and list items keep their order, a rule's clauses come in the order of the reference, at most one blank
/// line between statements stays, and every comment stays beside what it stood beside. Lines end in `\n` and take at
/// most 100 characters where a break can achieve it. The result reads as the same tree, quotes around names that need
/// none aside, and formatting it again changes nothing.
#[must_use]
pub fn format(file: &File, source: &str) -> String {
    let mut builder = Builder::new(file.id, source);
    for statement in &file.statements {
        builder.statement(statement);
    }
    let mut pieces = builder.finish();
    comments::attach(&mut pieces.all, &file.comments, source);
    layout::render(&pieces.in_order())
}

/// A statement without its comments: `test` blocks as several lines, anything else as one, with no line end.
#[must_use]
pub fn statement(statement: &Statement) -> String {
    detached(|builder| builder.statement(statement))
}

/// A rule without its comments on one line, its clauses in canonical order.
#[must_use]
pub fn rule_line(rule: &Rule) -> String {
    detached(|builder| builder.rule(rule))
}

/// An assertion without its comments on one line, its clauses in canonical order.
///
/// `source` is the text of the file that it was read from: what may be written in several ways stands as it does there.
#[must_use]
pub fn assertion_line(assertion: &Assertion, source: &str) -> String {
    let mut builder = Builder::new(assertion.span.file, source);
    builder.seek(assertion.span);
    line(builder, |builder| builder.assertion(assertion))
}

/// An expression on one line.
///
/// Parentheses are those of the tree, and those without which a tree that no text gives would read as another.
#[must_use]
pub fn expr(expr: &Expr) -> String {
    detached(|builder| builder.expr(expr, 0))
}

fn detached(build: impl FnOnce(&mut Builder<'_>)) -> String {
    line(Builder::detached(), build)
}

fn line<'a>(mut builder: Builder<'a>, build: impl FnOnce(&mut Builder<'a>)) -> String {
    build(&mut builder);
    let pieces = builder.finish();
    match pieces.in_order().as_slice() {
        [own @ .., _end] => layout::render_unwrapped(own),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests;
