//! Paths, patterns and addresses, from their text alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::facts::{Value, Values};

/// The decoded segments of a path as it was sent; `None` if it is ambiguous. A trailing slash leaves no segment.
pub(crate) fn segments(raw: &str) -> Option<Vec<String>> {
    let path = raw.split('?').next().filter(|path| path.len() <= 8 * 1024)?;
    let mut parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    parts.pop_if(|part| part.is_empty());
    if parts.len() <= 256 { parts.into_iter().map(segment).collect() } else { None }
}

fn segment(raw: &str) -> Option<String> {
    let text = decoded(raw)?;
    // A plain `/`, `?` or `%` cannot be left by now, so these were encoded.
    let forbidden = |character: char| character.is_control() || "/?%\\;#".contains(character);
    let ascii_in_disguise = |character: char| !character.is_ascii() && character.nfkc().any(|part| part.is_ascii());
    let ambiguous = text.is_empty()
        || text.ends_with('.')
        || text.trim() != text
        || text.contains(forbidden)
        || text.contains(ascii_in_disguise)
        || !is_nfc(&text);
    (!ambiguous).then_some(text)
}

fn decoded(raw: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The parameters that a path gives a pattern; `None` if the pattern does not hold the path.
pub(crate) fn parameters(pattern: &str, path: &[String]) -> Option<Values> {
    let mut found = Values::new();
    let mut segments = path.iter();
    for wanted in pattern.split('/').filter(|wanted| !wanted.is_empty()) {
        if wanted == "**" {
            return Some(found);
        }
        let segment = segments.next()?;
        match wanted.strip_prefix('{').and_then(|wanted| wanted.strip_suffix('}')) {
            Some(name) => drop(found.insert(name.to_owned(), Value::Text(segment.clone()))),
            None if wanted == "*" || wanted == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(found)
}

/// The first and the last address of a prefix, both of one family: no address of the other lies between them.
pub(crate) type Prefix = (IpAddr, IpAddr);

/// Reads an address, which is the prefix of itself alone, or a prefix. One inside `::ffff:0:0/96` is its IPv4 prefix.
pub(crate) fn prefix(text: &str) -> Option<Prefix> {
    let (base, length) = text.split_once('/').unwrap_or((text, "128"));
    let length: u32 = length.parse().ok()?;
    Some(match base.parse().ok()? {
        IpAddr::V4(base) => {
            let host = u32::MAX.checked_shr(length).unwrap_or(0);
            (base.into(), Ipv4Addr::from_bits(base.to_bits() | host).into())
        }
        IpAddr::V6(base) => {
            let host = u128::MAX.checked_shr(length).unwrap_or(0);
            let (first, last) = (IpAddr::from(base), IpAddr::from(Ipv6Addr::from_bits(base.to_bits() | host)));
            if length >= 96 { (first.to_canonical(), last.to_canonical()) } else { (first, last) }
        }
    })
}

/// The address so many places further on, if there is one.
pub(crate) fn beside(address: IpAddr, places: i8) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits().checked_add_signed(places.into())?).into(),
        IpAddr::V6(address) => {
            IpAddr::from(Ipv6Addr::from_bits(address.to_bits().checked_add_signed(places.into())?)).to_canonical()
        }
    })
}
