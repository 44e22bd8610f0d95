//! Plain statements that are a line by themselves, found without the splitter.
//!
//! Large policies are made of such lines, and to look at each of their tokens twice takes longer than to read them. A line
//! is taken for a statement if it begins like one and what comes after it surely begins another. Whether it is one, its
//! reader shows: what [`quick`](crate::quick) reads in a line, the splitter would have cut there, as a test of generated
//! statements shows.

use crate::ast::Comment;
use crate::lex::{Lexer, TokenKind};
use crate::source::FileId;
use crate::split::{Slice, is_operator};
use crate::text::{BYTE_ORDER_MARK, span};
use crate::{limits, words};

/// A line that may be a plain statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// From its first byte to its last that is not white space.
    pub(crate) slice: Slice,
    /// What it is, if anything.
    pub(crate) kind: Kind,
}

/// What a line may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A list of identities.
    Identities,
    /// A list of a group's members.
    Members,
    /// Any other declaration.
    Other,
    /// A rule.
    Rule,
}

/// Where the first token begins at or after a byte that lies between statements. Keeps the comments before it.
pub(crate) fn skip(text: &str, file: FileId, at: usize, comments: &mut Vec<Comment>) -> usize {
    let bytes = text.as_bytes();
    let mut at = if at == 0 && text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { at };
    loop {
        at += bytes.get(at..).unwrap_or_default().iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
        if bytes.get(at) != Some(&b'#') {
            return at;
        }
        let Some(token) = Lexer::new(text, at).next() else { return at };
        let comment = token.text(text).trim_end();
        let span = span(file, token.start, token.start + comment.len());
        comments.push(Comment { text: comment.to_owned(), span });
        at = token.end;
    }
}

/// The line from a byte on, where a statement begins, if it may be a plain statement by itself.
pub(crate) fn plain(text: &str, at: usize) -> Option<Line> {
    let bytes = text.as_bytes().get(at..)?;
    let word = bytes.get(..words::word_length(bytes))?;
    let is_label = bytes.get(word.len()) == Some(&b':');
    let is_rule = is_label || matches!(word, b"allow" | b"deny");
    // Most lines begin with one of a few words.
    let is_statement = is_rule
        || matches!(word, b"group" | b"identity" | b"network" | b"room")
        || word != b"test" && std::str::from_utf8(word).is_ok_and(words::begins_statement);
    if !is_statement {
        return None;
    }
    let length = bytes.iter().take_while(|byte| words::is_plain_byte(**byte)).count();
    let rest = bytes.get(length..)?;
    let ends = matches!(rest, [] | [b'\n', ..] | [b'\r', b'\n', ..]);
    // So long a condition may have more tests than there may be.
    if !ends || (is_rule || word == b"assert") && length > limits::TESTS {
        return None;
    }
    begins_statement(text, at + length).then(|| {
        let line = bytes.get(..length).unwrap_or_default().trim_ascii_end();
        let kind = match word {
            _ if is_rule => Kind::Rule,
            b"group" if line.contains(&b'=') && is_bare(line) => Kind::Members,
            b"identity" if is_bare(line) => Kind::Identities,
            _ => Kind::Other,
        };
        Line { slice: Slice { start: at, end: at + line.len(), faulty: false }, kind }
    })
}

/// Whether nothing on a line is in quotes or braces.
fn is_bare(line: &[u8]) -> bool {
    !line.iter().any(|byte| matches!(byte, b'"' | b'{'))
}

/// Whether a statement begins with the first token after the end of a line, whatever plain statement stands on it; or
/// nothing more comes.
fn begins_statement(text: &str, line_end: usize) -> bool {
    let mut ahead = Lexer::new(text, line_end);
    let Some(token) = ahead.significant() else { return true };
    if !matches!(token.kind, TokenKind::Text | TokenKind::Word) {
        return false;
    }
    if text.as_bytes().get(token.end) == Some(&b':') {
        return true;
    }
    // An expression may go on with these.
    match token.text(text) {
        "context" | "room" => ahead.significant().is_none_or(|next| next.text(text) != "has"),
        "identity" => !ahead.significant().is_some_and(|next| is_operator(next.text(text))),
        word => token.kind == TokenKind::Word && words::begins_statement(word),
    }
}

#[cfg(test)]
mod tests;
