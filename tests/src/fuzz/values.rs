//! Addresses, prefixes, instants and `like`: what is read is read the same again once it is written out.

use std::net::IpAddr;

use doorward::Instant;
use doorward_model::address::{Prefix, PrefixError, PrefixSet, canonical, parse_address, redundant};
use doorward_model::expr::Like;
use doorward_model::zone::Zone;

/// So many lines are looked at, since some checks compare each with each.
const LINES: usize = 32;

/// The body of the target `values`: each line is taken for everything that it could be.
pub(super) fn values(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.lines().take(LINES).collect();
    for line in &lines {
        address(line);
        prefix(line);
        instant(line);
    }
    sets(&lines);
    for pair in lines.windows(2) {
        if let [pattern, text] = pair {
            assert_eq!(Like::new(pattern).matches(text), naive_like(pattern, text), "{text:?} like {pattern:?}");
        }
    }
}

fn address(text: &str) {
    let read = parse_address(text);
    if let Ok(plain) = text.parse::<IpAddr>() {
        assert_eq!(read, Some(canonical(plain)), "{text:?}");
    }
    let Some(address) = read else { return };
    assert_eq!(canonical(address), address, "{text:?}");
    assert_eq!(parse_address(&address.to_string()), Some(address), "{text:?}");
    let with_port = std::net::SocketAddr::new(address, 443).to_string();
    assert_eq!(parse_address(&with_port), Some(address), "{with_port:?}");
    if let IpAddr::V4(address) = address {
        assert_eq!(parse_address(&address.to_ipv6_mapped().to_string()), Some(address.into()), "{text:?}");
    }
    assert_eq!(Prefix::parse(&address.to_string()), Ok(Prefix::from(address)), "{text:?}");
}

fn prefix(text: &str) {
    let prefix = match Prefix::parse(text) {
        Ok(prefix) => prefix,
        Err(error) => {
            if let PrefixError::HostBits { corrected, .. } = &error {
                assert_eq!(Prefix::parse(&corrected.to_string()), Ok(*corrected), "{text:?}");
            }
            if let Some(mend) = error.mend() {
                assert!(Prefix::parse(&mend).is_ok(), "{text:?} is mended to {mend:?}");
            }
            return assert!(!error.to_string().contains('\n'));
        }
    };
    let network = prefix.network();
    assert_eq!(Prefix::parse(&prefix.to_string()), Ok(prefix), "{text:?}");
    assert_eq!(Prefix::around(network, prefix.length()), Some(prefix), "{text:?}");
    assert!(prefix.covers(prefix) && prefix.joined(prefix).is_none(), "{text:?}");
    let mapped = matches!(canonical(network), IpAddr::V4(_)) && network.is_ipv6();
    assert_eq!(prefix.contains(network), !mapped, "{text:?}");
}

/// Compares the set of all lines that are prefixes with asking the prefixes one by one.
fn sets(lines: &[&str]) {
    let prefixes: Vec<Prefix> = lines.iter().filter_map(|line| Prefix::parse(line).ok()).collect();
    let mut asked: Vec<IpAddr> = lines.iter().filter_map(|line| parse_address(line)).collect();
    asked.extend(prefixes.iter().flat_map(|prefix| edges(*prefix)));
    asked.truncate(256);
    let (left, right) = prefixes.split_at(prefixes.len() / 2);
    let (left_set, right_set) = (PrefixSet::new(left.iter().copied()), PrefixSet::new(right.iter().copied()));
    let (union, both) = (left_set.union(&right_set), left_set.intersection(&right_set));
    let only_left = left_set.difference(&right_set);
    for address in asked {
        let in_left = left.iter().any(|prefix| prefix.contains(address));
        let in_right = right.iter().any(|prefix| prefix.contains(address));
        assert_eq!(left_set.contains(address), in_left, "{address} in {left:?}");
        assert_eq!(union.contains(address), in_left || in_right, "{address} in {prefixes:?}");
        assert_eq!(both.contains(address), in_left && in_right, "{address} in {left:?} and {right:?}");
        assert_eq!(only_left.contains(address), in_left && !in_right, "{address} in {left:?}, not in {right:?}");
    }
    assert!(union.covers(&left_set) && union.covers(&right_set));
    assert_eq!(left_set.overlaps(&right_set), !both.is_empty());
    assert!(redundant(&prefixes).len() <= prefixes.len() * 2);
}

/// The first address of a prefix and the last, and those beside them.
fn edges(prefix: Prefix) -> Vec<IpAddr> {
    let bits = |whole: u32| whole.saturating_sub(u32::from(prefix.length()));
    let found = match prefix.network() {
        IpAddr::V4(first) => {
            let first = first.to_bits();
            let last = first | u32::MAX.checked_shr(32 - bits(32)).unwrap_or(0);
            [first.wrapping_sub(1), first, last, last.wrapping_add(1)].map(|bits| IpAddr::V4(bits.into()))
        }
        IpAddr::V6(first) => {
            let first = first.to_bits();
            let last = first | u128::MAX.checked_shr(128 - bits(128)).unwrap_or(0);
            [first.wrapping_sub(1), first, last, last.wrapping_add(1)].map(|bits| IpAddr::V6(bits.into()))
        }
    };
    found.map(canonical).to_vec()
}

fn instant(text: &str) {
    let instant = match Instant::parse(text) {
        Ok(instant) => instant,
        Err(error) => return assert!(!error.to_string().contains('\n')),
    };
    assert_eq!(Instant::parse(&instant.to_string()), Ok(instant), "{text:?}");
    assert_eq!(Instant::from_nanoseconds(instant.as_nanoseconds()), Some(instant), "{text:?}");
    for seconds in [0, 1, 86_400, u64::MAX] {
        if let Some(later) = instant.plus_seconds(seconds) {
            assert_eq!(later.minus_seconds(seconds), Some(instant), "{text:?}");
            assert_eq!(later.nanoseconds_since(instant), Some(u128::from(seconds) * 1_000_000_000), "{text:?}");
        }
    }
    for zone in ["Europe/Berlin", "Pacific/Apia", "UTC"] {
        let clock = Zone::named(zone).unwrap_or_default().local(instant);
        assert!(clock.minute < 1440 && clock.weekday < 7, "{text:?} in {zone}: {clock:?}");
    }
}

/// `like` as the reference says it: the places in `text` that each beginning of the pattern can lead to.
fn naive_like(pattern: &str, text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let mut reached = vec![false; characters.len() + 1];
    reached.iter_mut().take(1).for_each(|first| *first = true);
    for piece in pattern.chars() {
        if piece == '*' {
            let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
            reached.iter_mut().skip(first).for_each(|place| *place = true);
        } else {
            let moved = reached.iter().zip(&characters).map(|(reached, character)| *reached && *character == piece);
            reached = std::iter::once(false).chain(moved).collect();
        }
    }
    reached.last().copied().unwrap_or(false)
}
