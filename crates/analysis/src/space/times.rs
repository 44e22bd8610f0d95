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

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 24 * 60 * 60 * SECOND;

/// A week holds every minute of every day, and a day more holds those that a change of clocks moves.
const WEEK: i128 = 8 * DAY;

/// One instant of each kind, the reference first where nothing tells it from others.
///
/// Complete: what clocks show at an instant depends on how far each is ahead of UTC then and on what part of the week it is,
/// and what else is asked, on which edges have passed. Between two edges, each combination of offsets is looked at in its
/// first whole week, or wherever it stands where it has none; there nothing changes but where a clock comes to the beginning
/// of a day or to an end of a window.
pub(crate) fn instants(key: &TimeKey) -> Vec<Instant> {
    let clocks = Clocks::new(key);
    // Where the time passes an instant, or is so many seconds after it.
    let mut edges: BTreeSet<i128> = BTreeSet::new();
    for constant in &key.constants {
        let constant = constant.as_nanoseconds();
        edges.insert(constant);
        edges.extend(key.since.iter().map(|seconds| constant.saturating_add(i128::from(*seconds) * SECOND)));
    }
    let near = i128::try_from(key.linked).unwrap_or(i128::MAX / 4).saturating_add(1);
    let reference = reference().as_nanoseconds();
    let mut candidates: Vec<i128> = vec![reference];
    for edge in &edges {
        candidates.extend((-near..=near).map(|step| edge.saturating_add(step)));
    }
    let (first, last) = (Instant::MIN.as_nanoseconds(), Instant::MAX.as_nanoseconds().saturating_add(1));
    let starts = edges.iter().map(|edge| edge.saturating_add(near + 1)).chain([first]);
    for start in starts {
        let end = edges.range(start..).next().map_or(last, |edge| edge.saturating_sub(near));
        // Instants that people know are the best examples, and those beside an edge.
        let before = (start == first && end < last).then(|| end.saturating_sub(2 * WEEK));
        let known = (start..end).contains(&reference).then_some(reference);
        let mut seen = BTreeSet::new();
        for start in known.into_iter().chain(before).chain([start]).filter(|start| *start < end) {
            clocks.look(start.max(first), end, &mut seen, &mut candidates);
        }
    }
    let mut seen: HashSet<(Vec<bool>, Vec<i128>)> = HashSet::new();
    let mut found = Vec::new();
    for at in candidates {
        let Some(instant) = Instant::from_nanoseconds(at) else { continue };
        let distances = edges.iter().map(|edge| at.saturating_sub(*edge).clamp(-near - 1, near + 1)).collect();
        if seen.insert((clocks.shown(instant), distances)) {
            found.push(instant);
        }
    }
    found
}

/// The clocks that are asked.
struct Clocks<'k> {
    zones: Vec<(Zone, &'k ClockTests)>,
}

impl<'k> Clocks<'k> {
    fn new(key: &'k TimeKey) -> Self {
        let zones = key.clocks.iter().map(|(zone, tests)| (Zone::named(zone).unwrap_or_default(), tests));
        Self { zones: zones.collect() }
    }

    /// Every answer at that instant.
    fn shown(&self, instant: Instant) -> Vec<bool> {
        let mut shown = Vec::new();
        for (zone, tests) in &self.zones {
            let local = zone.local(instant);
            shown.extend(tests.windows.iter().map(|(start, end)| in_window(local.minute, *start, *end)));
            shown.extend(tests.days.iter().map(|days| days.checked_shr(local.weekday.into()).unwrap_or(0) & 1 == 1));
        }
        shown
    }

    /// Adds an instant of each kind from `start` on, before `end`; what is in `seen` has been looked at.
    fn look(&self, start: i128, end: i128, seen: &mut BTreeSet<Vec<i32>>, candidates: &mut Vec<i128>) {
        candidates.push(start);
        // After 400 years every combination of offsets comes back on the same days of the week.
        let last = end.min(start.max(LAST_RULE) + 401 * 366 * DAY);
        let mut at = start;
        while let Some(instant) = Instant::from_nanoseconds(at).filter(|_| at < last && !self.zones.is_empty()) {
            let next = self.zones.iter().filter_map(|(zone, _)| zone.next_change(instant)).min();
            let next = next.map_or(last, |next| next.as_nanoseconds().min(last));
            // One clock alone shows the same in every week, however far it is ahead.
            let offsets: Vec<i32> = match self.zones.as_slice() {
                [_] => Vec::new(),
                zones => zones.iter().map(|(zone, _)| zone.offset(instant)).collect(),
            };
            if !seen.contains(&offsets) {
                self.edges(instant, next.min(at + WEEK), candidates);
                if next - at >= WEEK {
                    seen.insert(offsets);
                }
            } else if self.zones.len() < 2 {
                return;
            }
            at = next;
        }
    }

    /// Adds the instants at which an answer may change, from one on while no clock is changed.
    fn edges(&self, from: Instant, end: i128, candidates: &mut Vec<i128>) {
        let start = from.as_nanoseconds();
        let mut found: BTreeSet<i128> = BTreeSet::from([start]);
        for (zone, tests) in &self.zones {
            let ahead = i128::from(zone.offset(from)) * SECOND;
            let minutes: BTreeSet<u16> =
                tests.windows.iter().flat_map(|(start, end)| [*start, *end, 0]).chain([0]).collect();
            let days = (start + ahead).div_euclid(DAY)..=(end + ahead).div_euclid(DAY);
            for day in days {
                let at = minutes.iter().map(|minute| day * DAY + i128::from(*minute) * 60 * SECOND - ahead);
                found.extend(at.filter(|at| (start..end).contains(at)));
            }
        }
        candidates.extend(found);
    }
}

/// The rules that zones have for single years end before: 2200-01-01T00:00Z.
const LAST_RULE: i128 = 7_258_118_400 * SECOND;

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
    fn clocks_are_told_apart_by_their_summer_times() {
        let tests =
            |start: u16| ClockTests { windows: BTreeSet::from([(start * 60, start * 60 + 60)]), days: BTreeSet::new() };
        let count = |zones: [(&str, u16); 2]| {
            let clocks = zones.into_iter().map(|(zone, start)| (zone.to_owned(), tests(start))).collect();
            instants(&TimeKey { clocks, ..TimeKey::default() }).len()
        };
        // Both, none, one, the other.
        assert_eq!(count([("Europe/Berlin", 12), ("UTC", 11)]), 4);
        // None, one, the other.
        assert_eq!(count([("Europe/Berlin", 12), ("Asia/Kathmandu", 3)]), 3);
        // New York is five hours behind London, but for some weeks.
        assert_eq!(count([("Europe/London", 12), ("America/New_York", 7)]), 4);
        // Of two fixed clocks only one side is ever reached.
        assert_eq!(count([("Etc/GMT-1", 12), ("UTC", 11)]), 2);
    }

    #[test]
    fn instants_are_told_apart_by_what_passes() {
        let constants = vec![Instant::parse("2027-01-01T00:00Z").unwrap()];
        let key = TimeKey { constants, since: vec![60], linked: 0, ..TimeKey::default() };
        // Before, near and after the instant, and a minute later.
        assert_eq!(instants(&key).len(), 9);
    }
}
