//! The words of the language: which are reserved, and which texts need no quotes.
//!
//! The parser, the printer and the messages share these lists, so that what one writes another can read.

/// Every reserved word, in alphabetical order: a name that is one of them stands in double quotes.
pub const RESERVED: [&str; 49] = [
    "action",
    "address",
    "allow",
    "and",
    "anonymous",
    "answer",
    "any",
    "anyone",
    "assert",
    "assurance",
    "at",
    "authenticated",
    "because",
    "challenge",
    "claimed",
    "conceal",
    "context",
    "day",
    "deny",
    "except",
    "expect",
    "false",
    "from",
    "group",
    "has",
    "have",
    "identities",
    "identity",
    "in",
    "include",
    "is",
    "like",
    "network",
    "not",
    "or",
    "rejected",
    "room",
    "test",
    "time",
    "timezone",
    "to",
    "true",
    "unless",
    "use",
    "when",
    "where",
    "with",
    "within",
    "without",
];

/// The words that begin a statement, in alphabetical order.
pub const STATEMENTS: [&str; 17] = [
    "action",
    "allow",
    "answer",
    "assert",
    "assurance",
    "challenge",
    "conceal",
    "context",
    "deny",
    "group",
    "identities",
    "identity",
    "include",
    "network",
    "room",
    "test",
    "timezone",
];

/// Whether that is a reserved word; words are compared exactly, so `Room` is none.
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    may_be(word, &RESERVED_LENGTHS) && RESERVED.binary_search(&word).is_ok()
}

/// Whether a statement begins with that word.
#[must_use]
pub fn begins_statement(word: &str) -> bool {
    may_be(word, &STATEMENT_LENGTHS) && STATEMENTS.binary_search(&word).is_ok()
}

/// For each letter from `a`, the lengths of the words of a list that begin with it, as bits. Every word of a policy is
/// looked up, and most names are told from all words by their first letter and their length.
type Lengths = [u32; 26];

const RESERVED_LENGTHS: Lengths = lengths(&RESERVED);
const STATEMENT_LENGTHS: Lengths = lengths(&STATEMENTS);

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled, where a wrong index is an error")]
const fn lengths(words: &[&str]) -> Lengths {
    let mut lengths = [0; 26];
    let mut index = 0;
    while index < words.len() {
        let word = words[index].as_bytes();
        lengths[(word[0] - b'a') as usize] |= 1 << word.len();
        index += 1;
    }
    lengths
}

/// Whether a word of the list has that first letter and that length.
fn may_be(word: &str, lengths: &Lengths) -> bool {
    let letter = word.bytes().next().and_then(|first| first.checked_sub(b'a'));
    let lengths = letter.and_then(|letter| lengths.get(usize::from(letter)));
    // Names often end with a number.
    let last = word.as_bytes().last().is_some_and(u8::is_ascii_lowercase);
    last && word.len() < 32 && lengths.is_some_and(|lengths| lengths >> word.len() & 1 == 1)
}

/// Whether a name can be written without quotes: an ASCII letter, then letters, digits, `-`, `_`, `.` and `@`, without
/// `..` and without a dot at its end, and no reserved word.
///
/// # Example
/// ```
/// use doorward_syntax::words::is_bare_name;
///
/// assert!(is_bare_name("alice@example.org"));
/// assert!(!is_bare_name("alice."));
/// assert!(!is_bare_name("room"));
/// ```
#[must_use]
pub fn is_bare_name(name: &str) -> bool {
    is_word(name) && !is_reserved(name)
}

/// Whether a name can stand without quotes in an expression: a bare name that no reference, such as `room.owner`,
/// looks like.
#[must_use]
pub fn is_bare_operand(name: &str) -> bool {
    is_bare_name(name) && !["identity.", "room.", "context."].iter().any(|base| name.starts_with(base))
}

/// Whether a path or a pattern can be written without quotes: a `/`, then letters, digits and `-._~/*`, and braces in
/// pairs.
#[must_use]
pub fn is_bare_path(path: &str) -> bool {
    path.starts_with('/') && path_length(path.as_bytes()) == path.len()
}

/// How many of the first bytes are a path without quotes; 0 if they do not begin with `/`.
pub(crate) fn path_length(bytes: &[u8]) -> usize {
    if bytes.first() != Some(&b'/') {
        return 0;
    }
    let mut end = 1;
    while let Some(&byte) = bytes.get(end) {
        if is_path_byte(byte) {
            end += 1;
        } else if byte == b'{' {
            let inner = bytes.iter().skip(end + 1).take_while(|&&byte| is_path_byte(byte)).count();
            if bytes.get(end + 1 + inner) != Some(&b'}') {
                return end;
            }
            end += inner + 2;
        } else {
            return end;
        }
    }
    end
}

/// How many of the first bytes are one word, reserved or not; 0 if they do not begin with a letter.
pub(crate) fn word_length(bytes: &[u8]) -> usize {
    if !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        return 0;
    }
    let mut end = 1;
    while let Some(&byte) = bytes.get(end) {
        let dot = byte == b'.' && bytes.get(end + 1).is_some_and(|&next| is_word_byte(next));
        if !is_word_byte(byte) && !dot {
            break;
        }
        end += 1;
    }
    end
}

/// Letters, digits, `-`, `_` and `@`: what may stand in a word, after a dot too.
pub(crate) fn is_word_byte(byte: u8) -> bool {
    is(byte, WORD)
}

/// What stands on a line that is a plain statement: no comment, no escape, and nothing that the language does not have.
pub(crate) fn is_plain_byte(byte: u8) -> bool {
    is(byte, PLAIN)
}

const WORD: u8 = 1;
const PATH: u8 = 2;
const PLAIN: u8 = 4;

/// For each byte, the bits of what it may stand in. Most bytes of a policy are looked at several times.
const BYTES: [u8; 256] = bytes();

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled, where a wrong index is an error")]
const fn bytes() -> [u8; 256] {
    let mut bytes = [0; 256];
    let mut byte = 0_u8;
    loop {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'@') {
            bytes[byte as usize] |= WORD;
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'*' | b'/') {
            bytes[byte as usize] |= PATH;
        }
        if matches!(byte, b' '..=b'~' | b'\t') && !matches!(byte, b'#' | b'\'' | b'\\') {
            bytes[byte as usize] |= PLAIN;
        }
        if byte == u8::MAX {
            return bytes;
        }
        byte += 1;
    }
}

fn is(byte: u8, kind: u8) -> bool {
    BYTES.get(usize::from(byte)).is_some_and(|kinds| kinds & kind != 0)
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && word_length(name.as_bytes()) == name.len()
}

fn is_path_byte(byte: u8) -> bool {
    is(byte, PATH)
}

#[cfg(test)]
mod tests {
    use doorward_grammar::{DoorwardParser, Rule};
    use pest::Parser;

    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(RESERVED.is_sorted());
        assert!(STATEMENTS.is_sorted());
    }

    #[test]
    fn the_grammar_reserves_the_same_words() {
        for word in RESERVED {
            assert!(DoorwardParser::parse(Rule::any_word, word).is_err(), "{word} is no bare name");
            assert!(DoorwardParser::parse(Rule::any_word, &format!("{word}s1")).is_ok(), "{word}s1 is a bare name");
        }
        for word in ["alice", "never", "only", "always", "realm", "old", "set", "step-up", "entirely", "Room"] {
            assert!(DoorwardParser::parse(Rule::any_word, word).is_ok(), "{word} is a bare name");
            assert!(is_bare_name(word));
        }
    }

    #[test]
    fn bare_names() {
        for name in ["a", "a.b", "a-", "a_b", "bob@example.org", "a1"] {
            assert!(is_bare_name(name), "{name}");
        }
        for name in ["", "1a", "a.", "a..b", ".a", "-a", "a b", "é", "time", "a:b"] {
            assert!(!is_bare_name(name), "{name}");
        }
        assert!(!is_bare_operand("room.owner"));
        assert!(is_bare_operand("rooms.owner"));
    }

    #[test]
    fn bare_paths() {
        for path in ["/", "/wiki/**", "/docs/{id}/x", "/a~b/*.png"] {
            assert!(is_bare_path(path), "{path}");
        }
        for path in ["", "wiki", "/a b", "/{", "/}", "/a%20b", "/é"] {
            assert!(!is_bare_path(path), "{path}");
        }
    }
}
