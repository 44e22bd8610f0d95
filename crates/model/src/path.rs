//! Paths of requests, as they will be served or not at all.
//!
//! Comes in: a path as sent. Goes out: its decoded segments, or the reason why two systems could read it in two ways.
//! Nothing is ever normalized, because whoever serves the request reads the same bytes again.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::limits;

/// The segments of an unambiguous path, decoded.
///
/// ```
/// use doorward_model::path::{Ambiguity, Path};
///
/// assert_eq!(Path::parse("/caf%C3%A9/menu?day=1").unwrap().segments(), ["café", "menu"]);
/// assert_eq!(Path::parse("/wiki/"), Path::parse("/wiki"));
/// assert_eq!(Path::parse("/wiki/%2e%2e/vault"), Err(Ambiguity::DotSegment));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path<'a> {
    // INVARIANT: at most `limits::PATH_SEGMENTS`, each of which passes `check_segment`.
    segments: Vec<Cow<'a, str>>,
}

impl<'a> Path<'a> {
    /// Reads a path, raw, as it was sent; the first `?` ends it, and one trailing slash means nothing.
    ///
    /// Takes time proportional to the length, and looks at no more than the limits allow. Segments without escapes are
    /// borrowed.
    ///
    /// # Errors
    ///
    /// If the path is ambiguous. Of several reasons, which one is told is not specified.
    pub fn parse(raw: &'a str) -> Result<Self, Ambiguity> {
        let path = match raw.as_bytes().iter().take(limits::PATH_BYTES + 1).position(|byte| *byte == b'?') {
            Some(end) => raw.get(..end).unwrap_or(raw),
            None => raw,
        };
        if path.len() > limits::PATH_BYTES {
            return Err(Ambiguity::TooLong);
        }
        let inner = path.strip_prefix('/').ok_or(Ambiguity::NoSlash)?;
        if inner.is_empty() {
            return Ok(Self { segments: Vec::new() });
        }
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let count = 1 + inner.bytes().filter(|byte| *byte == b'/').count();
        if count > limits::PATH_SEGMENTS {
            return Err(Ambiguity::TooManySegments);
        }
        let mut segments = Vec::with_capacity(count);
        for segment in inner.split('/') {
            segments.push(decode_segment(segment)?);
        }
        Ok(Self { segments })
    }

    /// The segments between the slashes; none for `/`.
    #[must_use]
    pub fn segments(&self) -> &[Cow<'a, str>] {
        &self.segments
    }
}

/// Why a path can be read in more than one way, and so matches no `allow`.
///
/// Its text continues "the path is ambiguous: ".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ambiguity {
    /// A character that compatibility normalization turns into something with an ASCII character in it.
    Compatible(char),
    /// A control character, plain or encoded.
    Control(char),
    /// A segment `.` or `..`, plain or encoded.
    DotSegment,
    /// An empty segment, one trailing slash aside.
    EmptySegment,
    /// An encoded `/`, `?` or `%`.
    Encoded(char),
    /// A `%` without two hexadecimal digits.
    Escape,
    /// A segment that ends with a dot.
    LastDot,
    /// No `/` at the start.
    NoSlash,
    /// Text that is not in normalization form C.
    NotNormal,
    /// Escapes that decode to something other than UTF-8.
    NotUtf8,
    /// A segment that starts or ends with white space.
    OuterSpace,
    /// A `\`, `;` or `#`, plain or encoded.
    Reserved(char),
    /// More than [`limits::PATH_BYTES`].
    TooLong,
    /// More than [`limits::PATH_SEGMENTS`].
    TooManySegments,
}

impl fmt::Display for Ambiguity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Compatible(character) => {
                let code = u32::from(character);
                let plain: String = std::iter::once(character).nfkc().collect();
                write!(formatter, "it has the character U+{code:04X}, which some systems read as `{plain}`")
            }
            Self::Control(character) => {
                write!(formatter, "it has the control character U+{:04X}", u32::from(character))
            }
            Self::DotSegment => formatter.write_str("it has a segment `.` or `..`"),
            Self::EmptySegment => formatter.write_str("it has an empty segment"),
            Self::Encoded(character) => write!(formatter, "it has an encoded `{character}`"),
            Self::Escape => formatter.write_str("it has a `%` that no two hexadecimal digits follow"),
            Self::LastDot => formatter.write_str("it has a segment that ends with a dot"),
            Self::NoSlash => formatter.write_str("it does not start with `/`"),
            Self::NotNormal => formatter.write_str("it is not in normalization form C"),
            Self::NotUtf8 => formatter.write_str("it is not UTF-8 once decoded"),
            Self::OuterSpace => formatter.write_str("it has a segment that starts or ends with white space"),
            Self::Reserved(character) => write!(formatter, "it has a `{character}`"),
            Self::TooLong => write!(formatter, "it has more than {} bytes", limits::PATH_BYTES),
            Self::TooManySegments => write!(formatter, "it has more than {} segments", limits::PATH_SEGMENTS),
        }
    }
}

impl std::error::Error for Ambiguity {}

/// Whether an unambiguous path can have that segment, given decoded.
///
/// # Errors
///
/// If it cannot, for a reason that is the segment's own.
pub(crate) fn check_segment(segment: &str) -> Result<(), Ambiguity> {
    match segment {
        "" => return Err(Ambiguity::EmptySegment),
        "." | ".." => return Err(Ambiguity::DotSegment),
        _ => {}
    }
    for character in segment.chars() {
        check_character(character)?;
    }
    if segment.starts_with(char::is_whitespace) || segment.ends_with(char::is_whitespace) {
        return Err(Ambiguity::OuterSpace);
    }
    if segment.ends_with('.') {
        return Err(Ambiguity::LastDot);
    }
    if !segment.is_ascii() && !is_nfc(segment) {
        return Err(Ambiguity::NotNormal);
    }
    Ok(())
}

fn check_character(character: char) -> Result<(), Ambiguity> {
    match character {
        '/' | '?' | '%' => Err(Ambiguity::Encoded(character)),
        '\\' | ';' | '#' => Err(Ambiguity::Reserved(character)),
        _ if character.is_control() => Err(Ambiguity::Control(character)),
        _ if !character.is_ascii() && std::iter::once(character).nfkc().any(|plain| plain.is_ascii()) => {
            Err(Ambiguity::Compatible(character))
        }
        _ => Ok(()),
    }
}

/// Decodes and checks what stands between two slashes.
fn decode_segment(raw: &str) -> Result<Cow<'_, str>, Ambiguity> {
    if is_plain(raw.as_bytes()) {
        return Ok(Cow::Borrowed(raw));
    }
    let decoded = decode(raw)?;
    check_segment(&decoded)?;
    Ok(decoded)
}

/// Whether a segment is one of those that nearly all are: printable ASCII that means itself, and no dot at the end.
fn is_plain(segment: &[u8]) -> bool {
    let plain = |byte: &u8| matches!(byte, b'!'..=b'~') && !matches!(byte, b'%' | b';' | b'#' | b'\\');
    segment.last().is_some_and(|last| *last != b'.') && segment.iter().all(plain)
}

/// Undoes percent-encoding, once.
pub(crate) fn decode(raw: &str) -> Result<Cow<'_, str>, Ambiguity> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        let ([high, low], after) = rest.split_first_chunk().ok_or(Ambiguity::Escape)?;
        decoded.push(hexadecimal(*high)? << 4 | hexadecimal(*low)?);
        rest = after;
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| Ambiguity::NotUtf8)
}

fn hexadecimal(digit: u8) -> Result<u8, Ambiguity> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(Ambiguity::Escape),
    }
}

#[cfg(test)]
mod tests;
