//! Plain statements, of which nearly all of every policy is made, read without the grammar.
//!
//! Matching a statement with pest takes about ten times as long as reading its tokens, so that what is plain is read here,
//! the expectations of tests included. Whatever is not — an escape, a text where an address stands, a clause that stands
//! twice, brackets deeper than [`DEPTH`] — and whatever is wrong is left to the grammar, which alone says what an error is.
//! What is read here the grammar reads alike, spans included, as a test of generated statements shows.

mod declaration;
mod expectation;
mod expr;
mod rule;

use crate::ast::{Duration, Expectation, Name, Statement, StatementKind, Text};
use crate::build::seconds;
use crate::lex::{Lexer, Token, TokenKind};
use crate::source::{FileId, Span};
use crate::split::Slice;
use crate::text::span;
use crate::words;

/// How deep brackets and `not` may nest in what is read here. Far below what the splitter lets pass, since a line is read
/// without it.
const DEPTH: usize = 8;

/// The statement in a slice of `text`, which is file number `file` and free of forbidden characters; `None` if the
/// grammar has to be asked.
pub(crate) fn statement(text: &str, file: FileId, slice: Slice) -> Option<Statement> {
    let mut reader = Reader::new(text, file, slice);
    let kind = reader.kind(slice.start)?;
    let whole = reader.next.is_none().then(|| reader.span(slice.start))?;
    Some(Statement { kind, span: whole })
}

/// The same of an expectation of a test.
pub(crate) fn expectation(text: &str, file: FileId, slice: Slice) -> Option<Expectation> {
    Reader::new(text, file, slice).expectation()
}

/// The same of the name of a test, up to the brace.
pub(crate) fn test_name(text: &str, file: FileId, slice: Slice) -> Option<Text> {
    let mut reader = Reader::new(text, file, slice);
    let name = reader.take_if("test").then(|| reader.quoted())??;
    (reader.take_if("{") && reader.next.is_none()).then_some(name)
}

/// Reads the tokens of one statement, one ahead.
struct Reader<'a> {
    text: &'a str,
    file: FileId,
    lexer: Lexer<'a>,
    /// The byte after the statement.
    end: usize,
    /// The token that is next; `None` at the end of the statement.
    next: Option<Token>,
    /// The byte after the last token that was read.
    last: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, file: FileId, slice: Slice) -> Self {
        let lexer = Lexer::new(text, slice.start);
        let mut reader = Self { text, file, lexer, end: slice.end, next: None, last: 0 };
        reader.advance();
        reader
    }

    fn advance(&mut self) {
        self.next = self.lexer.significant().filter(|token| token.start < self.end);
    }

    /// Reads the next token.
    fn take(&mut self) -> Option<Token> {
        let token = self.next?;
        self.last = token.end;
        self.advance();
        Some(token)
    }

    /// Reads the next token if it is a word, an operator or a mark with that text.
    fn take_if(&mut self, text: &str) -> bool {
        let found = self.next.is_some_and(|token| token.text(self.text) == text);
        if found {
            self.take();
        }
        found
    }

    /// The next token's text, if it is a word.
    fn word(&self) -> Option<&'a str> {
        self.next.filter(|token| token.kind == TokenKind::Word).map(|token| token.text(self.text))
    }

    /// The byte directly behind a token.
    fn behind(&self, token: Token) -> Option<u8> {
        self.text.as_bytes().get(token.end).copied()
    }

    /// From a byte to the end of the last token that was read.
    fn span(&self, start: usize) -> Span {
        span(self.file, start, self.last)
    }

    /// A statement that begins at a byte.
    fn kind(&mut self, start: usize) -> Option<StatementKind> {
        let first = self.next?;
        let is_rule = matches!(first.text(self.text), "allow" | "deny") || self.behind(first) == Some(b':');
        if is_rule {
            return self.rule().map(|rule| StatementKind::Rule(Box::new(rule)));
        }
        let word = self.word()?;
        self.take();
        if word == "assert" {
            return self.assertion(start).map(|assertion| StatementKind::Assertion(Box::new(assertion)));
        }
        self.declaration(word)
    }

    /// One or more items with commas between them.
    fn list<T>(&mut self, item: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        // Lists of more than one item seldom have only two, and are cut to size once.
        let mut items = vec![item(self)?];
        while self.take_if(",") {
            if items.len() == 1 {
                items.reserve(15);
            }
            items.push(item(self)?);
        }
        // Lists are kept as long as the tree is, and most are short.
        items.shrink_to_fit();
        Some(items)
    }

    /// Items with commas between them, or none, in braces.
    fn braced<T>(&mut self, item: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        if !self.take_if("{") {
            return None;
        }
        let is_empty = self.next.is_some_and(|token| token.text(self.text) == "}");
        let items = if is_empty { Vec::new() } else { self.list(item)? };
        self.take_if("}").then_some(items)
    }

    /// A name, bare or quoted.
    fn name(&mut self) -> Option<Name> {
        if self.next.is_some_and(is_text) {
            let text = self.quoted().filter(|text| !text.value.is_empty())?;
            return Some(Name { text: text.value.into(), quoted: true, span: text.span });
        }
        let word = self.word().filter(|word| !words::is_reserved(word))?;
        let token = self.take().filter(|token| self.behind(*token) != Some(b':'))?;
        Some(Name { text: word.into(), quoted: false, span: self.span(token.start) })
    }

    /// The bare name of an attribute, which a colon may follow.
    fn attribute(&mut self) -> Option<Name> {
        let word = self.word().filter(|word| !words::is_reserved(word) && !word.contains(['.', '@']))?;
        let token = self.take()?;
        Some(Name { text: word.into(), quoted: false, span: self.span(token.start) })
    }

    /// A path or a pattern, bare or quoted.
    fn path(&mut self) -> Option<Text> {
        if self.next.is_some_and(is_text) {
            return self.quoted();
        }
        let token = self.take().filter(|token| token.kind == TokenKind::Path)?;
        Some(self.raw(token))
    }

    /// The text of a token that is an address or a prefix.
    fn address(&self, token: Token) -> Option<&'a str> {
        let text = token.text(self.text);
        let plain = match token.kind {
            TokenKind::Address => !text.contains('%'),
            TokenKind::Number => is_ipv4(text),
            _ => false,
        };
        (plain && !self.is_cut(token.end)).then_some(text)
    }

    /// Whether a token ends there where the grammar would go on reading it.
    fn is_cut(&self, end: usize) -> bool {
        let behind = self.text.as_bytes().get(end);
        behind.is_some_and(|byte| words::is_word_byte(*byte) || b".:+/%".contains(byte))
    }

    fn duration(&mut self) -> Option<Duration> {
        let token = self.take().filter(|token| token.kind == TokenKind::Number)?;
        let raw = token.text(self.text);
        let digits = raw.strip_suffix(['s', 'm', 'h', 'd'])?;
        let seconds = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| seconds(raw))??;
        Some(Duration { seconds, span: self.span(token.start) })
    }

    /// A text in quotes without escapes.
    fn quoted(&mut self) -> Option<Text> {
        let token = self.take().filter(|token| self.behind(*token) != Some(b':'))?;
        let inner = self.inner(token)?;
        Some(Text { value: inner.to_owned(), span: self.span(token.start) })
    }

    /// What stands between the quotes of a text without escapes, and without tabs, which a line may have.
    fn inner(&self, token: Token) -> Option<&'a str> {
        let text = Some(token).filter(|token| is_text(*token))?.text(self.text);
        let inner = text.strip_prefix('"')?.strip_suffix('"')?;
        (!inner.contains(['\\', '"', '\r', '\t'])).then_some(inner)
    }

    /// The last token that was read, as it stands.
    fn raw(&self, token: Token) -> Text {
        Text { value: token.text(self.text).to_owned(), span: self.span(token.start) }
    }
}

fn is_text(token: Token) -> bool {
    token.kind == TokenKind::Text
}

/// Puts a clause in its place; nothing if the place is taken.
fn place<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// Whether a run that begins with a digit or a minus has the shape of an IPv4 address or prefix, good or bad.
fn is_ipv4(text: &str) -> bool {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    address.starts_with(|first: char| first.is_ascii_digit())
        && address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && length.is_none_or(digits)
        && (length.is_some() || address.contains('.'))
}

/// Whether a run that begins with a digit has the shape of an instant, good or bad.
fn is_instant(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut digits = |from, to| {
        parts
            .next()
            .is_some_and(|part| (from..=to).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    digits(4, 4) && digits(1, 2) && parts.next().is_some()
}

#[cfg(test)]
mod tests;
