//! Instants of requests that tests of the clock and of attributes can tell apart.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use doorward_model::Instant;
use doorward_model::zone::Zone;

/// What tests ask about the time of a request, and how closely.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct TimeKey {
    /// By zone.
    pub(crate) clocks: BTreeMap<String, ClockTests>,
    /// Instants that the time, or what is compared with it, is compared with.
    pub(crate) constants: Vec<Instant>,
    /// Seconds in `time - X`.
    pub(crate) since: Vec<u64>,
    /// How many attributes and times are compared with each other.
    pub(crate) linked: usize,
}

/// What tests ask of the clock of one zone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct ClockTests {
    /// In minutes from midnight, half-open.
    pub(crate) windows: BTreeSet<(u16, u16)>,
    /// Sets of days, bit 0 being Monday.
    pub(crate) days: BTreeSet<u8>,
}

/// A Monday morning, of which nothing is known to anybody.
pub(crate) fn reference() -> Instant {
    // 2026-11-23T10:00Z.
    Instant::from_nanoseconds(1_795_428_000 * 1_000_000_000).unwrap_or(Instant::MIN)
}

const MINUTE: i128 = 60 * 1_000_000_000;

/// Fifteen days hold every window of every day twice at least, so that one which a change of clocks skips is there.
const MINUTES: i128 = 15 * 24 * 60;

/// One instant of each kind, the reference first where nothing tells it from others.
pub(crate) fn instants(key: &TimeKey) -> Vec<Instant> {
    let zones: Vec<(Zone, &ClockTests)> =
        key.clocks.iter().map(|(zone, tests)| (Zone::named(zone).unwrap_or_default(), tests)).collect();
    // Where the time passes an instant, or is so many seconds after it.
    let mut edges: BTreeSet<i128> = BTreeSet::new();
    for constant in &key.constants {
        let constant = constant.as_nanoseconds();
        edges.insert(constant);
        edges.extend(key.since.iter().map(|seconds| constant.saturating_add(i128::from(*seconds) * 1_000_000_000)));
    }
    let near = i128::try_from(key.linked).unwrap_or(i128::MAX / 4).saturating_add(1);
    let mut candidates: Vec<i128> = vec![reference().as_nanoseconds()];
    for edge in &edges {
        candidates.extend((-near..=near).map(|step| edge.saturating_add(step)));
    }
    let starts = edges.iter().map(|edge| edge.saturating_add(near + 1));
    let before = edges.first().map(|edge| edge.saturating_sub(near + 1 + MINUTES * MINUTE));
    for start in starts.chain(before).chain([reference().as_nanoseconds()]) {
        candidates.push(start);
        if !zones.is_empty() {
            let first = start.div_euclid(MINUTE).saturating_add(1).saturating_mul(MINUTE);
            candidates.extend((0..MINUTES).map(|minute| first.saturating_add(minute * MINUTE)));
        }
    }
    let mut seen: HashSet<(Vec<bool>, Vec<i128>)> = HashSet::new();
    let mut found = Vec::new();
    for at in candidates {
        let Some(instant) = Instant::from_nanoseconds(at) else { continue };
        let mut clock = Vec::new();
        for (zone, tests) in &zones {
            let local = zone.local(instant);
            clock.extend(tests.windows.iter().map(|(start, end)| in_window(local.minute, *start, *end)));
            clock.extend(tests.days.iter().map(|days| days.checked_shr(local.weekday.into()).unwrap_or(0) & 1 == 1));
        }
        let distances = edges.iter().map(|edge| at.saturating_sub(*edge).clamp(-near - 1, near + 1)).collect();
        if seen.insert((clock, distances)) {
            found.push(instant);
        }
    }
    found
}

/// Whether a minute of the day is in a half-open window, which wraps if it ends before it begins.
pub(crate) fn in_window(minute: u16, start: u16, end: u16) -> bool {
    if start < end { (start..end).contains(&minute) } else { minute >= start || minute < end }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use doorward_model::Instant;

    use super::{ClockTests, TimeKey, instants, reference};

    #[test]
    fn one_instant_of_each_kind() {
        assert_eq!(instants(&TimeKey::default()), [reference()]);
        let days = 0b0001_1111;
        let tests = ClockTests { windows: BTreeSet::from([(8 * 60, 18 * 60)]), days: BTreeSet::from([days]) };
        let clocks = BTreeMap::from([("Europe/Berlin".to_owned(), tests)]);
        assert_eq!(instants(&TimeKey { clocks, ..TimeKey::default() }).len(), 4);
    }

    #[test]
    fn instants_are_told_apart_by_what_passes() {
        let constants = vec![Instant::parse("2027-01-01T00:00Z").unwrap()];
        let key = TimeKey { constants, since: vec![60], linked: 0, ..TimeKey::default() };
        // Before, near and after the instant, and a minute later.
        assert_eq!(instants(&key).len(), 9);
    }
}
