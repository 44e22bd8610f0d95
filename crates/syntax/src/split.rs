//! A file to its statements, each to be parsed on its own.
//!
//! One walk over the tokens finds where each statement begins, so that every mistake of a file is reported in one go
//! and the grammar never sees more than one statement. The walk also keeps the comments, counts how deep brackets and
//! `not` nest before anything recurses, and reports what is wrong with single tokens. It is a loop with a list of open
//! brackets, so no text makes it recurse, and it looks at most three tokens ahead, so it is linear.

use crate::ast::Comment;
use crate::diagnostic::Diagnostic;
use crate::findings::Findings;
use crate::lex::{Lexer, Token, TokenKind};
use crate::source::{FileId, Span};
use crate::text::{self, span};
use crate::{limits, words};

/// A piece of a file: the bytes `start..end`, from a first token to a last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// The first byte.
    pub(crate) start: usize,
    /// The byte after the last.
    pub(crate) end: usize,
    /// Whether something in it has been reported already, so that the grammar need not be asked.
    pub(crate) faulty: bool,
}

/// One statement's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Any statement but a test.
    Statement(Slice),
    /// A test: from its word to its opening brace, each expectation, and the end of all.
    Test {
        /// `test "…" {`
        head: Slice,
        /// What stands inside the braces.
        expectations: Vec<Slice>,
        /// The byte after the closing brace.
        end: usize,
    },
}

/// The pieces of one file, in the order of the text.
pub(crate) struct Splitter<'a> {
    text: &'a str,
    file: FileId,
    lexer: Lexer<'a>,
    next: Option<Token>,
    /// Every comment so far.
    pub(crate) comments: Vec<Comment>,
    /// What has been reported so far and not yet taken.
    pub(crate) diagnostics: Findings,
}

impl<'a> Splitter<'a> {
    /// The pieces of `text`, which is file number `file`, from byte `at` on, where a statement begins.
    pub(crate) fn new(text: &'a str, file: FileId, at: usize) -> Self {
        let lexer = Lexer::new(text, at);
        let mut splitter =
            Self { text, file, lexer, next: None, comments: Vec::new(), diagnostics: Findings::default() };
        splitter.advance();
        splitter
    }

    /// Where the statement begins that is next, or the text ends.
    pub(crate) fn at(&self) -> usize {
        self.next.map_or(self.text.len(), |token| token.start)
    }

    fn advance(&mut self) {
        self.next = loop {
            match self.lexer.next() {
                Some(token) if token.kind == TokenKind::Comment => {
                    let text = token.text(self.text).trim_end();
                    let span = span(self.file, token.start, token.start + text.len());
                    self.comments.push(Comment { text: text.to_owned(), span });
                }
                next => break next,
            }
        };
    }

    fn span(&self, token: Token) -> Span {
        span(self.file, token.start, token.end)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// Whether the token is a name or a text with a colon directly behind it.
    fn is_label(&self, token: Token) -> bool {
        matches!(token.kind, TokenKind::Word | TokenKind::Text) && self.byte(token.end) == Some(b':')
    }

    /// Whether a statement begins with `token`, which stands outside brackets.
    fn begins(&self, token: Token, walk: &Walk) -> bool {
        if self.is_label(token) {
            // Elsewhere than at the beginning of a line, only a good label is taken for one.
            return token.first_on_line || self.is_label_of_rule();
        }
        let word = token.text(self.text);
        token.kind == TokenKind::Word
            && words::begins_statement(word)
            && !walk.is_after_label(self.text)
            && !self.is_operand(token, word, walk)
            && !self.is_name_missing(token, walk)
    }

    /// Whether the colon behind the next token is followed by a rule.
    fn is_label_of_rule(&self) -> bool {
        let mut ahead = self.lexer.clone();
        ahead.significant();
        ahead.significant().is_some_and(|after| matches!(after.text(self.text), "allow" | "deny"))
    }

    /// Whether a reserved word stands on the line of a word or a comma that a name must follow, so that it is a name
    /// without its quotes rather than a statement.
    fn is_name_missing(&self, token: Token, walk: &Walk) -> bool {
        let before = walk.previous.map_or("", |previous| previous.text(self.text));
        let begins = words::begins_statement(before) && (walk.count == 1 || matches!(before, "allow" | "deny"));
        // `never`, `only` and `always` are words only here.
        let asserts = walk.count == 2 && walk.first.is_some_and(|first| first.text(self.text) == "assert");
        let needs_name = begins
            || asserts
            || matches!(before, "," | "=" | "is" | "to" | "from" | "except" | "at" | "with" | "without");
        needs_name && !token.first_on_line
    }

    /// Whether a word that may begin a statement is meant as part of an expression instead.
    fn is_operand(&self, token: Token, word: &str, walk: &Walk) -> bool {
        let mut ahead = self.lexer.clone();
        let mut ahead = || ahead.significant();
        let after_operator = walk.previous.is_some_and(|previous| is_before_operand(previous.text(self.text)));
        match word {
            "identity" => match ahead() {
                Some(next) if is_operator(next.text(self.text)) => true,
                // A name after it makes it a statement, if a line begins with it.
                Some(next) => {
                    let declares = matches!(next.kind, TokenKind::Word | TokenKind::Text)
                        && !is_after_expression(next.text(self.text))
                        && !self.is_label(next);
                    after_operator && !(token.first_on_line && declares)
                }
                None => after_operator,
            },
            "context" | "room" => {
                let has = ahead().is_some_and(|next| next.text(self.text) == "has");
                has && ahead().is_some_and(|next| next.text(self.text) != "{")
            }
            _ => false,
        }
    }

    /// Whether a statement surely begins with `token` although a bracket is open: it is the first on its line, and
    /// what it is has no place inside brackets.
    fn interrupts(&self, token: Token, walk: &Walk) -> bool {
        if !token.first_on_line {
            return false;
        }
        if self.is_label(token) {
            return self.is_label_of_rule();
        }
        let next = self.lexer.clone().significant();
        let word = token.text(self.text);
        let is_attribute = next.is_some_and(|next| matches!(next.text(self.text), ":" | "?"));
        let is_type = walk.previous.is_some_and(|previous| matches!(previous.text(self.text), ":" | "of"));
        token.kind == TokenKind::Word
            && words::begins_statement(word)
            && !is_attribute
            && !is_type
            && !self.is_operand(token, word, walk)
    }

    /// Reports what is wrong with a token by itself. Whether there is something.
    fn report_token(&mut self, token: Token, reported: bool) -> bool {
        let raw = token.text(self.text);
        let span = self.span(token);
        let diagnostic = match token.kind {
            TokenKind::Text => match text::check_quoted(raw, self.file, token.start) {
                None => return false,
                Some(diagnostic) => diagnostic,
            },
            TokenKind::UnclosedText => {
                let start = Span::new(self.file, span.start, span.start + 1);
                Diagnostic::error("unclosed-text", start, "this text has no closing quote on its line")
                    .with_help("put a `\"` at its end; a text cannot go on in the next line")
            }
            TokenKind::TextInSingleQuotes => Diagnostic::error("single-quotes", span, "a text stands in double quotes")
                .with_help(format!("write `\"{}\"`", raw.trim_matches('\'')))
                .with_replacement(format!("\"{}\"", raw.trim_matches('\''))),
            TokenKind::Unknown if reported => return true,
            // The scan of the whole file has reported it.
            TokenKind::Unknown if raw.chars().any(|character| text::forbidden(character).is_some()) => return true,
            TokenKind::Unknown => unknown_character(span, raw),
            _ => return false,
        };
        self.diagnostics.push(diagnostic);
        true
    }

    /// Reports the innermost open bracket, if there is one. Whether there is.
    fn report_unclosed(&mut self, walk: &mut Walk) -> bool {
        let Some(open) = walk.open.last() else { return false };
        if !walk.unbalanced {
            let mark = open.token.text(self.text);
            let close = if mark == "{" { "}" } else { ")" };
            let diagnostic =
                Diagnostic::error("unclosed-bracket", self.span(open.token), format!("this `{mark}` is never closed"))
                    .with_help(format!("put a `{close}` where it ends"));
            self.diagnostics.push(diagnostic);
            walk.unbalanced = true;
        }
        true
    }

    /// Takes note of a closing bracket. Whether there is something wrong with it.
    fn close(&mut self, token: Token, walk: &mut Walk) -> bool {
        let mark = token.text(self.text);
        let partner = if mark == "}" { "{" } else { "(" };
        let partners = if mark == "}" { walk.braces } else { walk.open.len() - walk.braces };
        walk.nots = 0;
        if partners == 0 {
            if !walk.unbalanced {
                let diagnostic =
                    Diagnostic::error("unopened-bracket", self.span(token), format!("this `{mark}` closes nothing"))
                        .with_help(format!("remove it, or put a `{partner}` before it"));
                self.diagnostics.push(diagnostic);
            }
            walk.unbalanced = true;
            return true;
        }
        let crossed = walk.open.last().is_some_and(|open| open.token.text(self.text) != partner);
        if crossed {
            self.report_unclosed(walk);
        }
        while let Some(open) = walk.open.pop() {
            let mark = open.token.text(self.text);
            walk.depth = open.depth;
            walk.braces -= usize::from(mark == "{");
            if mark == partner {
                break;
            }
        }
        crossed
    }

    /// Whether the conditions have become too long.
    fn check_length(&mut self, token: Token, walk: &Walk) -> bool {
        if walk.joints == limits::TESTS {
            let message = format!("the conditions of this statement have more than {} tests", limits::TESTS);
            let diagnostic = Diagnostic::error("condition-limit", self.span(token), message)
                .with_help("name what is listed here as a group, a network or a set");
            self.diagnostics.push(diagnostic);
        }
        walk.joints >= limits::TESTS
    }

    /// Takes note of a token's part in the nesting. Whether there is something wrong with it.
    fn nest(&mut self, token: Token, walk: &mut Walk) -> bool {
        match (token.kind, token.text(self.text)) {
            (TokenKind::Open, mark) => {
                walk.open.push(Open { token, depth: walk.depth });
                walk.depth += walk.nots + 1;
                walk.nots = 0;
                walk.braces += usize::from(mark == "{");
            }
            (TokenKind::Close, _) => return self.close(token, walk),
            (TokenKind::Word, "not") => walk.nots += 1,
            (TokenKind::Word, "and" | "or") => {
                walk.nots = 0;
                walk.joints += 1;
                return self.check_length(token, walk);
            }
            _ => walk.nots = 0,
        }
        if walk.depth + walk.nots <= limits::NESTING {
            return false;
        }
        if !walk.too_deep {
            let message = format!("brackets and `not` nest deeper than {}", limits::NESTING);
            let diagnostic = Diagnostic::error("nesting-limit", self.span(token), message)
                .with_label("this one is too deep")
                .with_help("take it apart, for example into several rules");
            self.diagnostics.push(diagnostic);
            walk.too_deep = true;
        }
        true
    }
}

impl Iterator for Splitter<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let first = self.next?;
        let is_test = first.text(self.text) == "test" && !self.is_label(first);
        let mut walk = Walk::default();
        let mut slice: Option<Slice> = None;
        let mut head: Option<Slice> = None;
        let mut expectations = Vec::new();
        while let Some(token) = self.next {
            let is_outside = walk.open.is_empty();
            let ends = if is_outside { self.begins(token, &walk) } else { self.interrupts(token, &walk) };
            if walk.count > 0 && ends {
                break;
            }
            if head.is_some() && token.text(self.text) == "expect" && (walk.open.len() == 1 || token.first_on_line) {
                let cut = walk.open.len() > 1 && self.report_unclosed(&mut walk);
                walk.next_expectation();
                expectations.extend(slice.take().map(|slice| Slice { faulty: slice.faulty || cut, ..slice }));
            }
            self.advance();
            if walk.count == 0 {
                walk.first = Some(token);
            }
            walk.previous = Some(token);
            walk.count += 1;
            if head.is_some() && walk.open.len() == 1 && token.text(self.text) == "}" {
                walk.open.clear();
                break;
            }
            let slice_so_far = slice.get_or_insert(Slice { start: token.start, end: token.end, faulty: false });
            slice_so_far.end = token.end;
            slice_so_far.faulty |= self.report_token(token, slice_so_far.faulty);
            slice_so_far.faulty |= self.nest(token, &mut walk);
            if is_test && head.is_none() && is_outside && walk.open.len() == 1 {
                head = slice.take();
            }
        }
        let is_cut = walk.open.len() > usize::from(head.is_some());
        self.report_unclosed(&mut walk);
        if let Some(slice) = &mut slice {
            slice.faulty |= is_cut;
        }
        match (head, slice) {
            (None, slice) => slice.map(Piece::Statement),
            (Some(head), last) => {
                expectations.extend(last);
                let end = walk.previous.map_or(head.end, |token| token.end);
                Some(Piece::Test { head, expectations, end })
            }
        }
    }
}

/// What is known of the statement that is being read.
#[derive(Default)]
struct Walk {
    /// How many tokens it has so far.
    count: usize,
    /// The first of them.
    first: Option<Token>,
    /// The last of them.
    previous: Option<Token>,
    /// The brackets that are open.
    open: Vec<Open>,
    /// How many of those are braces.
    braces: usize,
    /// How deep the open brackets nest, with every `not` before one of them.
    depth: usize,
    /// How many `not` stand directly before the next token.
    nots: usize,
    /// How many `and` and `or` there are.
    joints: usize,
    /// Whether its depth has been reported.
    too_deep: bool,
    /// Whether a bracket of it has been reported.
    unbalanced: bool,
}

impl Walk {
    /// Whether its only tokens are a name and a colon.
    fn is_after_label(&self, text: &str) -> bool {
        self.count == 2 && self.previous.is_some_and(|previous| previous.text(text) == ":")
    }

    /// Forgets what an expectation left open; the brace of the test stays.
    fn next_expectation(&mut self) {
        self.open.truncate(1);
        self.braces = self.open.len();
        self.depth = self.open.len();
        self.nots = 0;
        self.too_deep = false;
        self.unbalanced = false;
    }
}

/// An open bracket, and the depth outside it.
struct Open {
    token: Token,
    depth: usize,
}

/// Whether an operand must follow that.
fn is_before_operand(word: &str) -> bool {
    matches!(
        word,
        "when" | "unless" | "and" | "or" | "not" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "like" | "-" | "("
    )
}

/// Whether only an expression can go on with that.
pub(crate) fn is_operator(word: &str) -> bool {
    matches!(word, "in" | "has" | "like" | "==" | "!=" | "<" | "<=" | ">" | ">=")
}

/// Whether an expression can be followed by that word.
fn is_after_expression(word: &str) -> bool {
    words::begins_statement(word)
        || matches!(word, "and" | "or" | "when" | "unless" | "because" | "to" | "from" | "with" | "without")
}

fn unknown_character(span: Span, raw: &str) -> Diagnostic {
    let first = raw.chars().next().unwrap_or_default();
    if first.is_whitespace() {
        let place = Span::new(span.file, span.start, span.start + u32::try_from(first.len_utf8()).unwrap_or(1));
        let message = format!("white space of an unusual kind, U+{:04X}", u32::from(first));
        return Diagnostic::error("unexpected-character", place, message).with_help("put a plain space");
    }
    let diagnostic = Diagnostic::error("unexpected-character", span, format!("unexpected `{raw}`"));
    match raw {
        "[" | "]" => diagnostic.with_help("a set stands in braces: `{ \"a\", \"b\" }`"),
        ";" => diagnostic.with_help("remove it; a statement ends where the next begins"),
        "\\" => diagnostic.with_help("escapes stand in texts only"),
        _ if raw.starts_with(['`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{ab}', '\u{bb}']) => {
            diagnostic.with_help("a text stands in plain double quotes: `\"`")
        }
        _ if !raw.is_ascii() => {
            diagnostic.with_help("a name with other letters than those of ASCII stands in double quotes")
        }
        _ => diagnostic.with_help("remove it, or put the name it belongs to in double quotes"),
    }
}

#[cfg(test)]
mod tests;
