//! What may stand in the text of a policy, and what the escapes of a quoted text mean.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The mark with which some editors begin a file.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// Why a character may stand nowhere in a policy, or nothing if it may.
#[must_use]
pub fn forbidden(character: char) -> Option<&'static str> {
    match character {
        '\n' | '\t' => None,
        '\r' => Some("carriage return"),
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("bidirectional control character")
        }
        '\u{2028}' | '\u{2029}' => Some("line separator"),
        // The characters that Unicode lets a display leave out (`Default_Ignorable_Code_Point`), and the marks of
        // interlinear annotation.
        '\u{00ad}'
        | '\u{034f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Some("invisible character"),
        character if character.is_control() => Some("control character"),
        _ => None,
    }
}

/// Every run of equal characters of `text` that may not stand there, with the offset of its first byte and its length
/// in bytes. A carriage return may stand before a line feed, and a byte order mark at the very start.
pub(crate) fn forbidden_runs(text: &str) -> impl Iterator<Item = (usize, usize, char)> {
    let mut at = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    std::iter::from_fn(move || {
        let (start, character) = next_forbidden(text, at)?;
        at = start + character.len_utf8();
        while text.get(at..).is_some_and(|rest| rest.starts_with(character)) && character != '\r' {
            at += character.len_utf8();
        }
        Some((start, at - start, character))
    })
}

/// Whether a piece of text, not the start of a file, has a character that may not stand there.
pub(crate) fn has_forbidden(text: &str) -> bool {
    next_forbidden(text, 0).is_some()
}

fn next_forbidden(text: &str, from: usize) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        // Most text is plain ASCII, which needs no decoding, and is looked at a block at a time.
        let rest = bytes.get(at..)?;
        let blocks =
            rest.chunks_exact(32).take_while(|block| block.iter().fold(true, |all, byte| all & is_plain(*byte)));
        let rest = rest.get(blocks.count() * 32..)?;
        at = bytes.len() - rest.len();
        at += rest.iter().take_while(|byte| is_plain(**byte)).count();
        let character = text.get(at..)?.chars().next()?;
        let line_end = character == '\r' && bytes.get(at + 1) == Some(&b'\n');
        if forbidden(character).is_some() && !line_end {
            return Some((at, character));
        }
        at += character.len_utf8();
    }
}

/// Whether a byte is a character that may stand anywhere.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
}

/// The finding about a forbidden character at that place.
pub(crate) fn forbidden_character(span: Span, character: char) -> Diagnostic {
    let what = forbidden(character).unwrap_or("character");
    let code_point = format!("U+{:04X}", u32::from(character));
    let diagnostic = Diagnostic::error("forbidden-character", span, format!("{what} {code_point}"));
    match character {
        '\r' => diagnostic.with_help("end lines with a line feed, or with a carriage return and a line feed"),
        BYTE_ORDER_MARK => diagnostic.with_help("a byte order mark may stand at the start of a file only"),
        _ => diagnostic.with_help("such characters may stand nowhere in a policy, comments included; remove it"),
    }
}

/// What is wrong with a quoted text, quotes included, that begins at byte `offset` of `file`: its escapes, what they
/// stand for, or its normalization form. Characters that stand there as themselves are the business of the whole
/// file's scan, tabs excepted.
pub(crate) fn check_quoted(raw: &str, file: FileId, offset: usize) -> Option<Diagnostic> {
    if raw.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        return None;
    }
    let span = |start: usize, end: usize| span(file, offset + start, offset + end);
    let mut value = String::with_capacity(raw.len());
    let inner_end = raw.len().saturating_sub(1);
    let mut at = 1;
    while at < inner_end {
        let Some(character) = raw.get(at..).and_then(|rest| rest.chars().next()) else { break };
        if character != '\\' {
            if character == '\t' {
                return Some(
                    Diagnostic::error("forbidden-character", span(at, at + 1), "control character U+0009 in a text")
                        .with_help("a text has no tabs; put a space"),
                );
            }
            value.push(character);
            at += character.len_utf8();
            continue;
        }
        match escape(raw, at) {
            Some((character, length)) => {
                if let Some(what) = forbidden(character).or((character.is_control()).then_some("control character")) {
                    let code_point = format!("U+{:04X}", u32::from(character));
                    let message = format!("an escape stands for the {what} {code_point}");
                    return Some(
                        Diagnostic::error("forbidden-character", span(at, at + length), message)
                            .with_help("such characters may stand nowhere in a policy, escaped or not"),
                    );
                }
                value.push(character);
                at += length;
            }
            None => {
                let end = at + 1 + raw.get(at + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
                return Some(
                    Diagnostic::error("invalid-escape", span(at, end.min(raw.len())), "invalid escape in a text")
                        .with_help("the escapes are those of JSON: `\\\"`, `\\\\`, `\\/` and `\\uXXXX`"),
                );
            }
        }
    }
    (!is_normalized(&value)).then(|| not_normalized(span(0, raw.len()), &value))
}

/// The finding about a text that is not in normalization form C.
pub(crate) fn not_normalized(span: Span, value: &str) -> Diagnostic {
    let normal: String = value.nfc().take(64).collect();
    Diagnostic::error("not-normalized", span, "text is not in Unicode normalization form C")
        .with_help(format!("write it composed: `{normal}`{}", if normal.chars().count() < 64 { "" } else { "…" }))
}

/// Whether text is in normalization form C.
#[must_use]
pub fn is_normalized(text: &str) -> bool {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => true,
        IsNormalized::No => false,
        IsNormalized::Maybe => text.nfc().eq(text.chars()),
    }
}

/// What a quoted text, quotes included, says; an escape that is none stands for itself.
#[must_use]
pub fn unescape(raw: &str) -> String {
    let inner = raw.strip_prefix('"').unwrap_or(raw);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return inner.to_owned();
    }
    let mut value = String::with_capacity(inner.len());
    let mut at = 0;
    while let Some(character) = inner.get(at..).and_then(|rest| rest.chars().next()) {
        let (character, length) =
            if character == '\\' { escape(inner, at) } else { None }.unwrap_or((character, character.len_utf8()));
        value.push(character);
        at += length;
    }
    value
}

/// The character that the escape at byte `at` stands for, and how many bytes it takes.
fn escape(text: &str, at: usize) -> Option<(char, usize)> {
    let character = match text.as_bytes().get(at + 1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = unit(text, at)?;
            if !(0xd800..0xdc00).contains(&first) {
                return Some((char::from_u32(first)?, 6));
            }
            let second = unit(text, at + 6).filter(|second| (0xdc00..0xe000).contains(second))?;
            let code_point = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Some((char::from_u32(code_point)?, 12));
        }
        _ => return None,
    };
    Some((character, 2))
}

/// The number in the `\uXXXX` at byte `at`.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// A span from offsets of the machine's size; files are shorter than [`limits::POLICY_BYTES`](crate::limits).
pub(crate) fn span(file: FileId, start: usize, end: usize) -> Span {
    Span::new(file, u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: Result<&str, &str>) {
        let actual = check_quoted(raw, FileId(0), 0).map_or_else(|| Ok(unescape(raw)), |finding| Err(finding.message));
        assert_eq!(actual, expected.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn escapes_are_those_of_json() {
        check(r#""""#, Ok(""));
        check(r#""a\"b\\c\/d""#, Ok(r#"a"b\c/d"#));
        check(r#""\u00e9\ud83d\ude00""#, Ok("é😀"));
        check(r#""\q""#, Err("invalid escape in a text"));
        check(r#""\u12""#, Err("invalid escape in a text"));
        check(r#""\ud83d""#, Err("invalid escape in a text"));
        check(r#""\ude00""#, Err("invalid escape in a text"));
        check(r#""\u+123""#, Err("invalid escape in a text"));
        check("\"\\é\"", Err("invalid escape in a text"));
    }

    #[test]
    fn escapes_smuggle_nothing_in() {
        check(r#""\n""#, Err("an escape stands for the control character U+000A"));
        check(r#""\u0000""#, Err("an escape stands for the control character U+0000"));
        check(r#""\u202e""#, Err("an escape stands for the bidirectional control character U+202E"));
        check(r#""\u200b""#, Err("an escape stands for the invisible character U+200B"));
        check(r#""e\u0301""#, Err("text is not in Unicode normalization form C"));
        check("\"e\u{301}\"", Err("text is not in Unicode normalization form C"));
        check("\"a\tb\"", Err("control character U+0009 in a text"));
    }

    #[test]
    fn forbidden_characters_are_found_once_a_run() {
        let found: Vec<_> = forbidden_runs("\u{feff}a\u{feff}\r\n\rb\u{7}\u{7}\u{202e}").collect();
        assert_eq!(found, [(4, 3, '\u{feff}'), (9, 1, '\r'), (11, 2, '\u{7}'), (13, 3, '\u{202e}')]);
        assert!(!has_forbidden("é 😀\r\n\t"));
    }
}
