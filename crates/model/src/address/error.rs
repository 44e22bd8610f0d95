//! What can be wrong with a prefix, and how to mend it.

use super::{Prefix, parse_address};

/// Why a text is no prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrefixError {
    /// What stands before the `/` is no address.
    #[error("`{text}` {flaw}")]
    BadAddress {
        /// The whole text.
        text: Box<str>,
        /// What is wrong with it.
        flaw: AddressFlaw,
    },
    /// What stands after the `/` is no length: a number of bits without leading zeros.
    #[error("`{text}` has no valid length, which is a number from 0 to {greatest}")]
    BadLength {
        /// The whole text.
        text: Box<str>,
        /// 32 for IPv4, 128 for IPv6.
        greatest: u8,
    },
    /// Bits beyond the length are set.
    #[error("`{text}` has host bits set, its network is `{corrected}`")]
    HostBits {
        /// The whole text.
        text: Box<str>,
        /// The prefix that was surely meant.
        corrected: Prefix,
    },
}

impl PrefixError {
    /// The prefix that was probably meant, to put in place of the text.
    #[must_use]
    pub fn mend(&self) -> Option<String> {
        match self {
            Self::BadAddress { text, flaw } => mend_address(text, *flaw),
            Self::BadLength { text, .. } => mend_length(text),
            Self::HostBits { corrected, .. } => Some(corrected.to_string()),
        }
    }
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressFlaw {
    /// One of its numbers has a leading zero.
    #[error("has a leading zero, which some systems read as octal")]
    LeadingZero,
    /// It comes with a port or in brackets.
    #[error("has a port or brackets, but a network is made of addresses alone")]
    Port,
    /// It is a range with a dash.
    #[error("is a range, but a network is made of prefixes such as `192.0.2.0/24`")]
    Range,
    /// It has fewer than four numbers.
    #[error("has fewer than the four numbers of an IPv4 address")]
    Short,
    /// It is nothing like an address; where names may stand too, it is one.
    #[error("is no address and no prefix")]
    Unlike,
    /// It has stars for numbers.
    #[error("has a wildcard, but a network is made of prefixes such as `192.0.2.0/24`")]
    Wildcard,
    /// It has a zone, such as `%eth0`.
    #[error("has a zone, which means nothing outside one machine")]
    Zone,
}

impl AddressFlaw {
    /// What is wrong with a text that is no address, a prefix's length aside.
    pub(super) fn of(address: &str) -> Self {
        let is_address = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
        if parse_address(address).is_some() {
            return Self::Port;
        }
        if address.split_once('%').is_some_and(|(before, _)| is_address(before)) {
            return Self::Zone;
        }
        if address.split_once('-').is_some_and(|(first, last)| is_address(first) && !last.is_empty()) {
            return Self::Range;
        }
        let numbers: Vec<&str> = address.splitn(5, '.').collect();
        let decimal = |text: &str| matches!(text.len(), 1..=4) && text.bytes().all(|byte| byte.is_ascii_digit());
        if numbers.contains(&"*") && numbers.iter().all(|number| *number == "*" || decimal(number)) {
            return Self::Wildcard;
        }
        if !numbers.iter().all(|number| decimal(number)) {
            return Self::Unlike;
        }
        match numbers.len() {
            1..=3 => Self::Short,
            4 if numbers.iter().any(|number| number.len() > 1 && number.starts_with('0')) => Self::LeadingZero,
            _ => Self::Unlike,
        }
    }
}

fn mend_address(text: &str, flaw: AddressFlaw) -> Option<String> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let with_length = |address: &str| length.map_or_else(|| address.to_owned(), |length| format!("{address}/{length}"));
    let numbers: Vec<&str> = address.split('.').collect();
    let candidate = match flaw {
        AddressFlaw::LeadingZero => {
            let decimal: Option<Vec<String>> =
                numbers.iter().map(|number| Some(number.parse::<u8>().ok()?.to_string())).collect();
            with_length(&decimal?.join("."))
        }
        AddressFlaw::Port => with_length(&parse_address(address)?.to_string()),
        // Without a length the missing numbers could be anywhere: `127.1` is read as 127.0.0.1.
        AddressFlaw::Short => padded(&numbers, length?.parse().ok()?),
        AddressFlaw::Wildcard if length.is_none() => {
            let known = numbers.iter().position(|number| *number == "*")?;
            let (known_numbers, stars) = numbers.split_at_checked(known)?;
            if !stars.iter().all(|number| *number == "*") || numbers.len() > 4 {
                return None;
            }
            padded(known_numbers, 8 * u8::try_from(known).ok()?)
        }
        AddressFlaw::Zone => with_length(address.split('%').next()?),
        AddressFlaw::Range | AddressFlaw::Unlike | AddressFlaw::Wildcard => return None,
    };
    settled(&candidate)
}

fn mend_length(text: &str) -> Option<String> {
    let (address, length) = text.split_once('/')?;
    if length.is_empty() {
        return settled(address);
    }
    if let Ok(mask) = length.parse::<std::net::Ipv4Addr>() {
        let bits = mask.to_bits();
        return (bits.leading_ones() == bits.count_ones())
            .then(|| settled(&format!("{address}/{}", bits.leading_ones())))
            .flatten();
    }
    let digits = length.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| settled(&format!("{address}/{digits}"))).flatten()
}

/// Those numbers and zeros for the rest, with that length.
fn padded(numbers: &[&str], length: u8) -> String {
    let numbers: Vec<&str> = numbers.iter().copied().chain(std::iter::repeat("0")).take(4).collect();
    format!("{}/{length}", numbers.join("."))
}

/// The candidate if it is a prefix, and the network around it if only host bits are in the way.
fn settled(candidate: &str) -> Option<String> {
    match Prefix::parse(candidate) {
        Ok(_) => Some(candidate.to_owned()),
        Err(PrefixError::HostBits { corrected, .. }) => Some(corrected.to_string()),
        Err(_) => None,
    }
}
