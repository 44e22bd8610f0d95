//! Text to tokens, for what must be known before the grammar is asked: where statements begin, how deep brackets nest,
//! where comments stand, and what the word at the place of an error is.
//!
//! The tokens agree with those of the grammar wherever a policy is well formed. They are made one at a time and never
//! kept, so a file costs no memory here.

use crate::text::BYTE_ORDER_MARK;
use crate::words::{is_word_byte, path_length, word_length};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An address, a prefix or a window: at least two colons among hexadecimal digits and dots.
    Address,
    /// `)`, or `}`
    Close,
    /// From `#` to the end of the line.
    Comment,
    /// A run that begins with a digit: a number, a duration, an instant, an IPv4 address.
    Number,
    /// `(`, or `{`
    Open,
    /// A path or a pattern without quotes.
    Path,
    /// An operator or a mark: one that the language uses, or that people write for one.
    Punctuation,
    /// A text in double quotes.
    Text,
    /// A text in single quotes, which the language does not have.
    TextInSingleQuotes,
    /// A double quote without its partner, and the rest of its line.
    UnclosedText,
    /// Characters that nothing in the language begins with.
    Unknown,
    /// A letter and what follows it: a name or a word of the language.
    Word,
}

/// One token: the bytes `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
    /// Whether nothing but white space stands before it on its line.
    pub(crate) first_on_line: bool,
}

impl Token {
    /// Its text.
    pub(crate) fn text<'a>(&self, whole: &'a str) -> &'a str {
        whole.get(self.start..self.end).unwrap_or("")
    }
}

/// The tokens of a text, comments among them.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line_start: bool,
}

impl<'a> Lexer<'a> {
    /// The tokens from byte `at` on. A byte order mark at the very start is skipped.
    pub(crate) fn new(text: &'a str, at: usize) -> Self {
        let skipped = if at == 0 && text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { at };
        let before = text.get(..skipped).unwrap_or("").trim_end_matches([' ', '\t']);
        let line_start = before.is_empty() || before.ends_with(['\n', BYTE_ORDER_MARK]);
        Self { text, at: skipped, line_start }
    }

    /// The next token that is no comment.
    pub(crate) fn significant(&mut self) -> Option<Token> {
        self.find(|token| token.kind != TokenKind::Comment)
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or(&[])
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            match self.bytes().first()? {
                b'\n' => self.line_start = true,
                b' ' | b'\t' | b'\r' => {}
                _ => break,
            }
            self.at += 1;
        }
        let (kind, length) = token(self.bytes())?;
        let mut end = (self.at + length).min(self.text.len());
        // Only runs of unknown characters can end within a character, and they do not, being made of whole ones.
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        let token = Token { kind, start: self.at, end, first_on_line: self.line_start };
        self.at = end;
        self.line_start = false;
        Some(token)
    }
}

/// The kind and the length in bytes, at least 1, of the token that the bytes begin with.
fn token(bytes: &[u8]) -> Option<(TokenKind, usize)> {
    // Nearly all tokens are told from addresses by their first bytes.
    if matches!(bytes, [b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b':', ..]) {
        let address = address_length(bytes);
        if address > 0 {
            return Some((TokenKind::Address, address));
        }
    }
    let second = bytes.get(1);
    Some(match bytes.first()? {
        b'#' => (TokenKind::Comment, line_length(bytes)),
        b'"' => match quoted_length(bytes, b'"') {
            Some(length) => (TokenKind::Text, length),
            None => (TokenKind::UnclosedText, line_length(bytes)),
        },
        b'\'' => (TokenKind::TextInSingleQuotes, quoted_length(bytes, b'\'').unwrap_or_else(|| line_length(bytes))),
        b'(' | b'{' => (TokenKind::Open, 1),
        b')' | b'}' => (TokenKind::Close, 1),
        b'/' => (TokenKind::Path, path_length(bytes)),
        b'a'..=b'z' | b'A'..=b'Z' => (TokenKind::Word, word_length(bytes)),
        b'0'..=b'9' => (TokenKind::Number, number_length(bytes)),
        b'-' if second.is_some_and(u8::is_ascii_digit) => {
            (TokenKind::Number, 1 + number_length(bytes.get(1..).unwrap_or(&[])))
        }
        b'=' | b'!' | b'<' | b'>' if second == Some(&b'=') => (TokenKind::Punctuation, 2),
        b'&' if second == Some(&b'&') => (TokenKind::Punctuation, 2),
        b'|' if second == Some(&b'|') => (TokenKind::Punctuation, 2),
        b'.' if second == Some(&b'.') => (TokenKind::Punctuation, 2),
        b'=' | b'!' | b'<' | b'>' | b'&' | b'|' | b'.' | b',' | b':' | b'?' | b'-' | b'+' | b'*' | b'_' | b'@' => {
            (TokenKind::Punctuation, 1)
        }
        byte if byte.is_ascii() => (TokenKind::Unknown, 1),
        // What is not ASCII is taken together with the rest of its word, for one message.
        _ => (TokenKind::Unknown, bytes.iter().take_while(|&&byte| !byte.is_ascii() || is_word_byte(byte)).count()),
    })
}

/// Up to the line feed, or a carriage return before it.
fn line_length(bytes: &[u8]) -> usize {
    let length = bytes.iter().take_while(|&&byte| byte != b'\n').count();
    if bytes.get(length) == Some(&b'\n') && length > 0 && bytes.get(length - 1) == Some(&b'\r') {
        length - 1
    } else {
        length
    }
}

/// Up to the closing quote, on the same line; nothing if there is none.
fn quoted_length(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'\n' => return None,
            b'\\' if bytes.get(at + 1).is_some_and(|&next| next != b'\n') => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The longest run that is taken for an address; without a bound, a run that is none would be read again and again.
const LONGEST_ADDRESS: usize = 64;

/// A run of hexadecimal digits, dots and colons with at least two colons, with what may follow it; 0 if there is none.
fn address_length(bytes: &[u8]) -> usize {
    let longest = bytes.get(..LONGEST_ADDRESS).unwrap_or(bytes);
    let run = longest.iter().take_while(|&&byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')).count();
    let colons = longest.iter().take(run).filter(|&&byte| byte == b':').count();
    let mut end = run;
    if colons < 2 || run == LONGEST_ADDRESS || bytes.first() == Some(&b'.') {
        return 0;
    }
    if bytes.get(end) == Some(&b'%') {
        end += 1 + bytes.iter().skip(end + 1).take_while(|&&byte| is_word_byte(byte)).count();
    }
    if bytes.get(end) == Some(&b'/') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1 + bytes.iter().skip(end + 1).take_while(|&&byte| byte.is_ascii_digit()).count();
    }
    if bytes.get(end).is_some_and(|&byte| is_word_byte(byte)) { 0 } else { end }
}

/// Everything that instants, durations, addresses and malformed ones are written with.
fn number_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&byte| is_word_byte(byte) || matches!(byte, b'.' | b':' | b'+' | b'/' | b'%')).count()
}

#[cfg(test)]
mod tests {
    use super::TokenKind::*;
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(TokenKind, &str)]) {
        let tokens: Vec<_> = Lexer::new(text, 0).map(|token| (token.kind, token.text(text))).collect();
        assert_eq!(tokens, expected);
    }

    #[test]
    fn names_and_what_follows_them() {
        check("a.b@c-d_e. x", &[(Word, "a.b@c-d_e"), (Punctuation, "."), (Word, "x")]);
        check("mon..fri", &[(Word, "mon"), (Punctuation, ".."), (Word, "fri")]);
        check("label:", &[(Word, "label"), (Punctuation, ":")]);
        check("a:b", &[(Word, "a"), (Punctuation, ":"), (Word, "b")]);
        check("secret?:", &[(Word, "secret"), (Punctuation, "?"), (Punctuation, ":")]);
    }

    #[test]
    fn addresses_are_no_labels() {
        for address in
            ["::", "::1", "fe80::/10", "2001:db8::/32", "face:b00c::1", "::ffff:10.0.0.1/120", "fe80::1%eth0"]
        {
            check(address, &[(Address, address)]);
        }
        check("10.0.0.0/8,", &[(Number, "10.0.0.0/8"), (Punctuation, ",")]);
        check("08:00..18:00)", &[(Address, "08:00..18:00"), (Close, ")")]);
    }

    #[test]
    fn paths_keep_their_braces() {
        check("/a/{b}/** {", &[(Path, "/a/{b}/**"), (Open, "{")]);
        check("/a}", &[(Path, "/a"), (Close, "}")]);
        check("/a{ b}", &[(Path, "/a"), (Open, "{"), (Word, "b"), (Close, "}")]);
    }

    #[test]
    fn texts_end_on_their_line() {
        check(r#""a\"b" c"#, &[(Text, r#""a\"b""#), (Word, "c")]);
        check("\"a\nb\"", &[(UnclosedText, "\"a"), (Word, "b"), (UnclosedText, "\"")]);
        check("\"a\\\nb", &[(UnclosedText, "\"a\\"), (Word, "b")]);
        check("'a b'", &[(TextInSingleQuotes, "'a b'")]);
        check("# a \"b\r\nc", &[(Comment, "# a \"b"), (Word, "c")]);
    }

    #[test]
    fn what_nothing_begins_with() {
        check("née;", &[(Word, "n"), (Unknown, "ée"), (Unknown, ";")]);
        check("-5 - 5", &[(Number, "-5"), (Punctuation, "-"), (Number, "5")]);
    }

    #[test]
    fn lines_begin_after_white_space() {
        let text = "\u{feff}a b\n  c";
        let first: Vec<_> = Lexer::new(text, 0).map(|token| token.first_on_line).collect();
        assert_eq!(first, [true, false, true]);
        assert!(Lexer::new(text, 9).next().is_some_and(|token| token.first_on_line));
    }
}
