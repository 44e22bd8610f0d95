//! Statements that begin with no word that the language knows.

use super::{Failure, brief};
use crate::diagnostic::Diagnostic;
use crate::lex::{Lexer, Token, TokenKind};
use crate::source::Span;
use crate::split::Slice;
use crate::{suggest, words};

impl Failure<'_> {
    /// The finding about a slice that begins with something else than a statement does.
    pub(super) fn no_statement(&self, first: Token) -> Option<Diagnostic> {
        let word = first.text(self.text);
        let place = self.span(first);
        let is_label = self.text.as_bytes().get(first.end) == Some(&b':');
        if is_label && first.kind == TokenKind::Word && words::is_reserved(word) {
            return Some(reserved_word(place, word));
        }
        if self.at != self.slice.start || word == "expect" || self.expects(doorward_grammar::Rule::kw_expect) {
            return None;
        }
        Some(unknown_statement(place, word))
    }
}

/// The finding about a statement that begins with an unknown word.
pub(crate) fn unknown_statement(place: Span, word: &str) -> Diagnostic {
    if word == "expect" {
        let message = "an `expect` stands outside of a test";
        return Diagnostic::error("unknown-statement", place, message).with_help("put it in `test \"…\" { }`");
    }
    let diagnostic = Diagnostic::error("unknown-statement", place, format!("unknown statement `{}`", brief(word)));
    match likely(word) {
        Some(likely) => diagnostic.with_help(format!("did you mean `{likely}`?")).with_replacement(likely),
        None => diagnostic.with_help("a statement begins with its word, such as `allow`, or with a rule's label"),
    }
}

/// The words at which misspelt statements begin in a slice that could not be parsed further than to byte `at`: each is
/// the first on its line, where no list goes on, and like a word that begins a statement.
pub(crate) fn misspelt_statements(text: &str, slice: Slice, at: usize) -> Vec<Token> {
    let mut tokens = Lexer::new(text, slice.start)
        .take_while(|token| token.start < slice.end)
        .filter(|token| token.kind != TokenKind::Comment)
        .peekable();
    let mut found: Vec<Token> = Vec::new();
    let mut depth = 0_usize;
    while let Some(token) = tokens.next() {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            TokenKind::Word if token.first_on_line && depth == 0 && token.start > slice.start => {
                let next = tokens.peek();
                let goes_on = next.is_some_and(|next| matches!(next.text(text), "," | "==" | "in" | "and" | "or"));
                // What pest passed over is no statement of its own, but for the very last token.
                let is_passed = token.start < at && next.is_some_and(|next| next.start < at);
                let word = token.text(text);
                let is_known = words::is_reserved(word) && word != "expect";
                if !goes_on && !is_passed && !is_known && (word == "expect" || likely(word).is_some()) {
                    found.push(token);
                }
            }
            _ => {}
        }
    }
    found
}

/// The word that was meant, perhaps in the words of another language.
fn likely(word: &str) -> Option<&'static str> {
    Some(match word {
        "permit" | "grant" => "allow",
        "forbid" | "block" | "reject" | "refuse" => "deny",
        "user" | "users" | "subject" | "principal" => "identity",
        "role" | "team" => "group",
        "net" | "cidr" | "subnet" => "network",
        "resource" => "room",
        "import" | "use" => "include",
        "tz" => "timezone",
        _ => return suggest::nearest(word, words::STATEMENTS.into_iter()),
    })
}

pub(super) fn reserved_word(place: Span, word: &str) -> Diagnostic {
    Diagnostic::error("reserved-word", place, format!("`{word}` is a reserved word"))
        .with_help(format!("as a name it stands in double quotes: `\"{word}\"`"))
        .with_replacement(format!("\"{word}\""))
}
