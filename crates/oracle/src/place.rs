//! Paths, patterns and addresses, from their text alone.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The decoded segments of a path as it was sent; `None` if it is ambiguous. A trailing slash leaves no segment,
/// unless it is said to be significant: then it leaves an empty one.
pub(crate) fn segments(raw: &str, slash_significant: bool) -> Option<Vec<String>> {
    let path = raw.split('?').next().filter(|path| path.len() <= 8 * 1024)?;
    let mut parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let trailing = parts.pop_if(|part| part.is_empty()).is_some();
    if parts.len() > 256 {
        return None;
    }
    let mut segments = parts.into_iter().map(segment).collect::<Option<Vec<_>>>()?;
    if slash_significant && trailing && !segments.is_empty() {
        segments.push(String::new());
    }
    Some(segments)
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
pub(crate) fn parameters(pattern: &str, path: &[String], slash_significant: bool) -> Option<BTreeMap<String, String>> {
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
    let mut wanted: Vec<&str> = pattern.split('/').collect();
    if wanted.last() == Some(&"") && (!slash_significant || wanted.len() == 1) {
        wanted.pop();
    }
    let mut found = BTreeMap::new();
    let mut segments = path.iter();
    for want in wanted {
        if want == "**" {
            return Some(found);
        }
        let segment = segments.next()?;
        match want.strip_prefix('{').and_then(|want| want.strip_suffix('}')) {
            Some(name) => drop(found.insert(name.to_owned(), segment.clone())),
            None if want == "*" || want == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(found)
}

/// The IPv4 address that an IPv4-mapped IPv6 address is, or the address itself.
pub(crate) fn folded(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The first and the last address of a prefix.
pub(crate) type Prefix = (IpAddr, IpAddr);

/// Reads an address, which is the prefix of itself alone, or a prefix. One inside `::ffff:0:0/96` is its IPv4 prefix.
pub(crate) fn prefix(text: &str) -> Option<Prefix> {
    let (base, length) = match text.split_once('/') {
        Some((base, length)) => (base.parse().ok()?, Some(length.parse::<u32>().ok()?)),
        None => (text.parse().ok()?, None),
    };
    match base {
        IpAddr::V4(base) => {
            let host = u32::MAX.checked_shr(length.unwrap_or(32)).unwrap_or(0);
            let last = Ipv4Addr::from_bits(base.to_bits() | host);
            Some((base.into(), last.into()))
        }
        IpAddr::V6(base) => {
            let host = u128::MAX.checked_shr(length.unwrap_or(128)).unwrap_or(0);
            let last = Ipv6Addr::from_bits(base.to_bits() | host);
            let mapped = length.is_none_or(|length| length >= 96);
            Some(if mapped { (folded(base.into()), folded(last.into())) } else { (base.into(), last.into()) })
        }
    }
}

/// Whether a prefix holds an address. Addresses of the two families never lie between each other.
pub(crate) fn holds(prefix: Prefix, address: IpAddr) -> bool {
    prefix.0 <= address && address <= prefix.1
}

/// The addresses at which being in a prefix begins and ends: its outermost two and their neighbours outside.
pub(crate) fn edges((first, last): Prefix) -> Vec<IpAddr> {
    let beside = |address: IpAddr, up: bool| match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            let bits = if up { bits.checked_add(1) } else { bits.checked_sub(1) };
            bits.map(|bits| Ipv4Addr::from_bits(bits).into())
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let bits = if up { bits.checked_add(1) } else { bits.checked_sub(1) };
            bits.map(|bits| folded(Ipv6Addr::from_bits(bits).into()))
        }
    };
    [Some(first), Some(last), beside(first, false), beside(last, true)].into_iter().flatten().collect()
}
