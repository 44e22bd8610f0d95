//! Edges: the first and last of a range, and what lies just beside them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use doorward_model::Instant;
use doorward_model::address::{PrefixSet, canonical};
use doorward_model::zone::Zone;

const DAY: u64 = 86_400;

/// An address with those just before and after it.
pub(crate) fn beside(address: IpAddr) -> impl Iterator<Item = IpAddr> {
    let around = match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            [bits.checked_sub(1), bits.checked_add(1)]
                .map(|bits| bits.map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))))
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            [bits.checked_sub(1), bits.checked_add(1)]
                .map(|bits| bits.map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))))
        }
    };
    std::iter::once(address).chain(around.into_iter().flatten()).map(canonical)
}

/// For each range of a set, the addresses before it, at its ends and after it.
pub(crate) fn of_set(set: &PrefixSet) -> BTreeSet<IpAddr> {
    let v4 = set
        .ranges_v4()
        .iter()
        .flat_map(|(first, last)| [*first, *last])
        .map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
    let v6 = set
        .ranges_v6()
        .iter()
        .flat_map(|(first, last)| [*first, *last])
        .map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)));
    v4.chain(v6).flat_map(beside).collect()
}

/// The same instant some seconds later, or earlier if `seconds` is negative; `None` beyond the ends of time.
pub(crate) fn shifted(instant: Instant, seconds: i64) -> Option<Instant> {
    if seconds < 0 {
        instant.minus_seconds(seconds.unsigned_abs())
    } else {
        instant.plus_seconds(seconds.unsigned_abs())
    }
}

/// Instants of the days from `first` on at which a local clock shows one of those minutes, for as many days as are
/// asked for. A minute that a change of clocks skips is not shown that day.
pub(crate) fn minutes(zone: &Zone, minutes: &BTreeSet<u16>, first: Instant, days: u64) -> Vec<Instant> {
    let mut found = Vec::new();
    for day in 0..days {
        let Some(start) = first.plus_seconds(day * DAY) else { break };
        for minute in minutes {
            // The local clock turns to this minute so many minutes later, unless the clock is changed on the way.
            let ahead = i64::from(*minute) - i64::from(zone.local(start).minute);
            for ahead in [ahead, ahead - 60, ahead + 60] {
                let at = shifted(start, ahead.rem_euclid(1440) * 60);
                found.extend(at.filter(|at| zone.local(*at).minute == *minute));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The instants of about a year from `first` on, to the minute, at which the zone's offset from UTC changes.
pub(crate) fn transitions(zone: &Zone, first: Instant) -> Vec<Instant> {
    let ahead = |at: Instant| {
        let minutes = at.as_nanoseconds().div_euclid(60_000_000_000);
        (i128::from(zone.local(at).minute) - minutes).rem_euclid(1440)
    };
    let mut found = Vec::new();
    for week in 0..54 {
        let (Some(start), Some(end)) = (first.plus_seconds(week * 7 * DAY), first.plus_seconds((week + 1) * 7 * DAY))
        else {
            break;
        };
        if ahead(start) == ahead(end) {
            continue;
        }
        let (mut before, mut after) = (0, 7 * DAY / 60);
        while after - before > 1 {
            let middle = before.midpoint(after);
            match start.plus_seconds(middle * 60) {
                Some(at) if ahead(at) == ahead(start) => before = middle,
                _ => after = middle,
            }
        }
        found.extend(start.plus_seconds(after * 60));
    }
    found
}
