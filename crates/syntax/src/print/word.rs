//! The smallest parts: names, texts, lengths of time.

use std::fmt::Write as _;

use crate::ast::{self, Name};
use crate::words::{is_bare_name, is_bare_operand};

/// Words that mean something in one place only. A name in quotes that is one of them keeps its quotes everywhere.
const PLACED: [&str; 6] = ["always", "entirely", "never", "old", "only", "realm"];

/// A name as a policy writes it: in double quotes unless it is a bare name and no reserved word.
#[must_use]
pub fn name(text: &str) -> String {
    if is_bare_name(text) { text.to_owned() } else { string(text) }
}

/// A text in double quotes, escaped as in JSON.
#[must_use]
pub fn string(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                // Writing to a string cannot fail, and control characters have at most four hexadecimal digits.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A length of time in the greatest unit that divides it: `90s`, `15m`, `2h`, `7d`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// A name where only a name can stand: its quotes go if it needs none.
pub(super) fn placed_name(name: &Name) -> String {
    let text = name.text.as_str();
    let bare = is_bare_name(text) && !(name.quoted && PLACED.contains(&text));
    // `use` is the one reserved word that stands in a list, where it means any action.
    if bare || (text == "use" && !name.quoted) { text.to_owned() } else { string(text) }
}

/// A name in an expression, where one in quotes may be a text.
pub(super) fn operand_name(name: &Name) -> String {
    if name.quoted || !is_bare_operand(&name.text) { string(&name.text) } else { name.text.to_string() }
}

/// A zone's name, which has slashes when it is bare.
pub(super) fn zone(name: &Name) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/');
    let bare = name.text.starts_with(|c: char| c.is_ascii_alphabetic()) && name.text.chars().all(plain);
    if name.quoted || !bare { string(&name.text) } else { name.text.to_string() }
}

/// Whether an address or a prefix needs no quotes.
pub(super) fn is_plain_address(text: &str) -> bool {
    let number = text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(['.', '/']);
    (number || text.matches(':').nth(1).is_some())
        && text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '/'))
}

/// Whether an instant needs no quotes.
pub(super) fn is_plain_instant(text: &str) -> bool {
    let start = text.bytes().take(5).enumerate().filter(|(index, byte)| match index {
        4 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    start.count() == 5 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | ':' | '.'))
}

/// The sign of a comparison.
pub(super) fn comparison(op: ast::Comparison) -> &'static str {
    match op {
        ast::Comparison::Equal => "==",
        ast::Comparison::Greater => ">",
        ast::Comparison::GreaterEqual => ">=",
        ast::Comparison::Less => "<",
        ast::Comparison::LessEqual => "<=",
        ast::Comparison::NotEqual => "!=",
    }
}

/// The word for a type.
pub(super) fn scalar(ty: ast::ScalarType) -> &'static str {
    match ty {
        ast::ScalarType::Address => "address",
        ast::ScalarType::Bool => "bool",
        ast::ScalarType::Group => "group",
        ast::ScalarType::Identity => "identity",
        ast::ScalarType::Int => "int",
        ast::ScalarType::String => "string",
        ast::ScalarType::Time => "time",
    }
}
