//! Pairs of the grammar to nodes of the syntax tree.
//!
//! Comes in: what pest matched of one statement. Goes out: its node, or nothing after a finding. What the grammar
//! leaves open is checked here: ranges of numbers, clauses that stand twice, names that are empty. Every loss of a
//! node is reported, since a `deny` that vanished in silence would open a door.

mod expr;
mod literal;
mod rule;
mod statement;
mod test;

use doorward_grammar::Rule;
use pest::iterators::{Pair, Pairs};

use crate::ast::{Name, SmolStr, Text};
use crate::diagnostic::Diagnostic;
use crate::findings::Findings;
use crate::source::{FileId, Span};
use crate::text;

pub(crate) use self::expr::{comparison, join, single_day};
pub(crate) use self::literal::{clocks, seconds};
pub(crate) use self::statement::scalar_type;

/// Makes nodes of pairs that were matched in one slice of a file.
pub(crate) struct Builder<'d> {
    file: FileId,
    base: usize,
    diagnostics: &'d mut Findings,
}

impl<'d> Builder<'d> {
    /// For a slice of `file` that begins at byte `base`.
    pub(crate) fn new(file: FileId, base: usize, diagnostics: &'d mut Findings) -> Self {
        Self { file, base, diagnostics }
    }

    /// Where a pair stands, from its first token to its last. Pest counts the white space behind a rule to it where an
    /// optional part is left out, so the end is that of the last token.
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let start = pair.as_span().start();
        let mut last = pair.clone();
        while let Some(inner) = last.clone().into_inner().next_back() {
            last = inner;
        }
        // Quoted or not, a label's colon belongs to it; it is a token without a rule.
        let end = if pair.as_rule() == Rule::label { pair.as_span().end() } else { last.as_span().end() };
        text::span(self.file, self.base + start, self.base + end)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A name, bare or quoted.
    fn name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        let span = self.span(pair);
        let quoted = matches!(pair.as_rule(), Rule::quoted | Rule::quoted_key);
        let text: SmolStr = if quoted { text::unescape(pair.as_str()).into() } else { pair.as_str().into() };
        if text.is_empty() {
            self.report(Diagnostic::error("empty-name", span, "a name is not empty"));
        }
        Name { text, quoted, span }
    }

    /// The name of an attribute.
    fn attribute_name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        let name = self.name(pair);
        self.check_attribute(&name);
        name
    }

    fn check_attribute(&mut self, name: &Name) {
        if name.text.contains(['.', '@']) {
            let message = format!("the attribute name `{}` has a `.` or an `@`", name.text);
            let better = name.text.replace(['.', '@'], "-");
            let diagnostic = Diagnostic::error("attribute-name", name.span, message);
            self.report(diagnostic.with_help(format!("call it, for example, `{better}`")));
        }
    }

    /// A text in quotes.
    fn text(&self, pair: &Pair<'_, Rule>) -> Text {
        Text { value: text::unescape(pair.as_str()), span: self.span(pair) }
    }

    /// A token as it is written, or unquoted if it is quoted.
    fn raw(&self, pair: &Pair<'_, Rule>) -> Text {
        match pair.as_rule() {
            Rule::quoted => self.text(pair),
            _ => Text { value: pair.as_str().to_owned(), span: self.span(pair) },
        }
    }

    /// The names among pairs, up to one that is neither a name nor a comma.
    fn names(&mut self, pairs: &mut Pairs<'_, Rule>) -> Vec<Name> {
        let mut names = Vec::new();
        while let Some(pair) = next_if(pairs, &[Rule::bare, Rule::quoted, Rule::comma]) {
            if pair.as_rule() != Rule::comma {
                names.push(self.name(&pair));
            }
        }
        names
    }

    /// Puts a clause of a whole in its place, or reports that the place is taken.
    fn place<T>(&mut self, place: &mut Place<T>, whole: Whole, name: &str, span: Span, value: T) {
        if let Some((first, _)) = place {
            let whole = match whole {
                Whole::Assertion => "assertion",
                Whole::Expectation => "expectation",
                Whole::Rule => "rule",
            };
            let diagnostic = Diagnostic::error("repeated-clause", span, format!("a second `{name}` clause"))
                .with_label("each clause stands at most once")
                .with_related(*first, "the first one")
                .with_help(format!("join them, or write a second {whole}"));
            self.report(diagnostic);
            return;
        }
        *place = Some((span, value));
    }
}

/// The place of a clause that stands at most once: where it stands, and what it says.
type Place<T> = Option<(Span, T)>;

/// What a clause says, if it stands anywhere.
fn said<T>(place: Place<T>) -> Option<T> {
    place.map(|(_, value)| value)
}

/// What clauses are part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Assertion,
    Expectation,
    Rule,
}

/// The next pair, if it is of one of those rules.
fn next_if<'i>(pairs: &mut Pairs<'i, Rule>, rules: &[Rule]) -> Option<Pair<'i, Rule>> {
    let pair = pairs.peek()?;
    if rules.contains(&pair.as_rule()) { pairs.next() } else { None }
}
