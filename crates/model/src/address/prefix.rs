//! Prefixes: the addresses that begin with the same bits.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{AddressFlaw, PrefixError, canonical};

/// All addresses that begin with the same bits, such as `10.0.0.0/8`; a single address has all its bits fixed.
///
/// Ordered by family, IPv4 first, then by address, then the wider first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(
    // INVARIANT: no host bits are set, and no IPv6 prefix lies inside `::ffff:0:0/96`: that is an IPv4 prefix.
    IpNet,
);

impl Prefix {
    /// Reads a prefix such as `10.0.0.0/8` or `2001:db8::/32`, or a single address.
    ///
    /// A prefix inside `::ffff:0:0/96` is its IPv4 prefix.
    ///
    /// ```
    /// use doorward_model::address::{Prefix, PrefixError};
    ///
    /// assert_eq!(Prefix::parse("::ffff:192.0.2.0/120")?, Prefix::parse("192.0.2.0/24")?);
    /// assert_eq!(Prefix::parse("10.0.0.1/8").unwrap_err().mend().as_deref(), Some("10.0.0.0/8"));
    /// # Ok::<(), PrefixError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If bits beyond the length are set, the length is no number or too great or has a leading zero, or the address is
    /// none.
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        let (address_text, length_text) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let Ok(address) = address_text.parse::<IpAddr>() else {
            return Err(PrefixError::BadAddress { text: text.into(), flaw: AddressFlaw::of(address_text) });
        };
        let Some(length_text) = length_text else {
            return Ok(Self::from(address));
        };
        let greatest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = parse_length(length_text).and_then(|length| Some((length, Self::around(address, length)?)));
        let Some((length, prefix)) = prefix else {
            return Err(PrefixError::BadLength { text: text.into(), greatest });
        };
        if prefix.0.network() == canonical(address) || prefix.0.network() == address {
            return Ok(prefix);
        }
        // Someone who writes `::ffff:10.0.0.0/8` counts the bits of the IPv4 address.
        let meant = if length <= 32 { Self::around(canonical(address), length) } else { None };
        Err(PrefixError::HostBits { text: text.into(), corrected: meant.unwrap_or(prefix) })
    }

    /// The prefix of that many bits that holds the address; `None` if the address has fewer bits.
    ///
    /// The length counts the bits of the address as it is given, so that of an IPv4-mapped address goes up to 128.
    #[must_use]
    pub fn around(address: IpAddr, length: u8) -> Option<Self> {
        let net = match address {
            IpAddr::V4(address) => IpNet::V4(Ipv4Net::new(address, length).ok()?.trunc()),
            IpAddr::V6(address) => match (address.to_ipv4_mapped(), length.checked_sub(96)) {
                (Some(mapped), Some(length)) => IpNet::V4(Ipv4Net::new(mapped, length).ok()?.trunc()),
                _ => IpNet::V6(Ipv6Net::new(address, length).ok()?.trunc()),
            },
        };
        Some(Self(net))
    }

    /// Its first address.
    #[must_use]
    pub fn network(self) -> IpAddr {
        self.0.network()
    }

    /// How many bits are fixed: 0 to 32 for IPv4, 0 to 128 for IPv6.
    #[must_use]
    pub fn length(self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether it holds the address. An IPv4-mapped address is its IPv4 address, and an IPv6 prefix holds none of them.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&canonical(address))
    }

    /// Whether it holds every address that `other` holds.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// The prefix that is exactly this one and `other` together, if they are the two halves of one.
    #[must_use]
    pub fn joined(self, other: Self) -> Option<Self> {
        (self != other && self.0.is_sibling(&other.0)).then(|| self.0.supernet().map(Self)).flatten()
    }

    /// Its first and last address as numbers, if it is an IPv4 prefix.
    pub(super) fn range_v4(self) -> Option<(u32, u32)> {
        match self.0 {
            IpNet::V4(net) => Some((Ipv4Addr::to_bits(net.network()), Ipv4Addr::to_bits(net.broadcast()))),
            IpNet::V6(_) => None,
        }
    }

    /// Its first and last address as numbers, if it is an IPv6 prefix.
    pub(super) fn range_v6(self) -> Option<(u128, u128)> {
        match self.0 {
            IpNet::V4(_) => None,
            IpNet::V6(net) => Some((Ipv6Addr::to_bits(net.network()), Ipv6Addr::to_bits(net.broadcast()))),
        }
    }
}

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        Self(IpNet::from(canonical(address)))
    }
}

/// As policies write it; a single address without its length.
impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            fmt::Display::fmt(&self.0.addr(), formatter)
        } else {
            fmt::Display::fmt(&self.0, formatter)
        }
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A list of prefixes that could be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redundancy {
    /// One prefix holds another, or they are equal.
    Covered {
        /// The index of the prefix that adds nothing; of two equal ones the later.
        inner: usize,
        /// The index of the narrowest prefix that holds it; of several equal ones the first.
        outer: usize,
    },
    /// Two prefixes, neither of them covered, are the halves of one.
    Halves {
        /// The index of the lower half.
        lower: usize,
        /// The index of the upper half.
        upper: usize,
        /// Both together.
        joined: Prefix,
    },
}

/// What is superfluous in a list of prefixes, in the order of the addresses; each prefix is covered at most once.
///
/// Takes time proportional to *n* log *n*.
#[must_use]
pub fn redundant(prefixes: &[Prefix]) -> Vec<Redundancy> {
    let mut sorted: Vec<(Prefix, usize)> = prefixes.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    let mut found = Vec::new();
    // Prefixes nest or are disjoint, so those that can still hold the next one form a stack.
    let mut open: Vec<(Prefix, usize)> = Vec::new();
    let mut last_outermost: Option<(Prefix, usize)> = None;
    for (prefix, index) in sorted {
        while open.pop_if(|(outer, _)| !outer.covers(prefix)).is_some() {}
        if let Some((wider, outer)) = open.last() {
            found.push(Redundancy::Covered { inner: index, outer: *outer });
            if *wider == prefix {
                continue;
            }
        } else {
            if let Some((lower, lower_index)) = last_outermost
                && let Some(joined) = lower.joined(prefix)
            {
                found.push(Redundancy::Halves { lower: lower_index, upper: index, joined });
            }
            last_outermost = Some((prefix, index));
        }
        open.push((prefix, index));
    }
    found
}

/// The number of bits that the text after the `/` says, if it says it plainly.
fn parse_length(text: &str) -> Option<u8> {
    let plain = text == "0" || !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
