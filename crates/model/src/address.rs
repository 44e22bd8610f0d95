//! Addresses, prefixes, and sets of addresses.
//!
//! Comes in: text from requests and policies. Goes out: addresses in one form each, and networks as sorted ranges. An
//! IPv4-mapped IPv6 address is its IPv4 address everywhere; no other IPv6 address stands for one.

pub mod classes;
mod error;
mod interval_map;
mod prefix;
mod set;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use self::classes::{AddressClass, AddressClasses, TooManyClasses};
pub use self::error::{AddressFlaw, PrefixError};
pub use self::interval_map::{GREATEST_VALUE, IntervalMap, IntervalsError, MOST_INTERVALS};
pub use self::prefix::{Prefix, Redundancy, redundant};
use self::set::Bits;
pub use self::set::PrefixSet;

/// The one form of an address: IPv4 for an IPv4-mapped IPv6 address, else itself.
#[must_use]
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Reads an address, or a socket's address of which the port is ignored; the answer is [`canonical`].
///
/// `192.0.2.1`, `2001:db8::1`, `192.0.2.1:80`, `[2001:db8::1]:443` and `[2001:db8::1]` are read; leading zeros, short
/// forms such as `127.1`, zones and white space are not, because others read them in other ways or not at all.
///
/// ```
/// use doorward_model::address::parse_address;
///
/// assert_eq!(parse_address("::ffff:192.0.2.1"), parse_address("192.0.2.1:80"));
/// assert_eq!(parse_address("127.1"), None);
/// assert_eq!(parse_address("010.0.0.1"), None);
/// ```
#[must_use]
pub fn parse_address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(canonical(address));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        let address: Ipv6Addr = address.parse().ok()?;
        return port_fits.then_some(canonical(address.into()));
    }
    let (address, port) = text.split_once(':')?;
    let address: Ipv4Addr = address.parse().ok()?;
    is_port(port).then_some(address.into())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests;
