//! When: one instant of each kind that the rules tell apart, a Monday at ten in the morning first.

use std::collections::BTreeSet;

use doorward::Instant;
use doorward_model::Policy;
use doorward_model::expr::TestKind;
use doorward_model::zone::Zone;

use super::{Choice, Moment};
use crate::report::asks;

/// At most how many instants can be chosen.
const MOST: usize = 10;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Ten o'clock in minutes.
const TEN: u16 = 600;

pub(super) fn moments(policy: &Policy, limits: &mut Vec<String>) -> Vec<Moment> {
    let asked = Asked::of(policy);
    let mut seen: BTreeSet<Vec<bool>> = BTreeSet::new();
    let mut choices: Vec<Moment> = Vec::new();
    for monday in asked.weeks(&policy.zone) {
        for day in 0..7 {
            for minute in asked.minutes() {
                let Some(instant) = monday.plus_seconds(day * DAY + u64::from(minute) * MINUTE) else { continue };
                let clock = policy.zone.local(instant);
                // A change of clocks moves what comes after it.
                if clock.minute == minute
                    && (asked.any() || choices.is_empty())
                    && seen.insert(asked.told(&policy.zone, instant))
                {
                    let name = DAYS.get(usize::from(clock.weekday)).copied().unwrap_or_default();
                    let local = local(&policy.zone, instant);
                    let time = format!("{:02}:{:02}", minute / 60, minute % 60);
                    let label = match local.split('T').next() {
                        Some(date) if !asked.instants.is_empty() => {
                            format!("{} {date} {time}", name.get(..3).unwrap_or(name))
                        }
                        _ => format!("{name} {time}"),
                    };
                    choices.push(Choice::new(label, format!("at {local}"), Some(instant)));
                }
            }
        }
    }
    if choices.len() > MOST {
        limits.push(format!("Of {} kinds of times {MOST} can be chosen.", choices.len()));
        choices.truncate(MOST);
    }
    if asked.reads {
        choices.push(Choice { label: "unknown time".to_owned(), clause: None, value: None });
    }
    choices
}

/// What the rules ask about the time.
struct Asked {
    windows: BTreeSet<(u16, u16)>,
    days: BTreeSet<u8>,
    instants: BTreeSet<Instant>,
    /// Whether a rule reads the time at all, be it for the age of an authentication.
    reads: bool,
}

impl Asked {
    fn of(policy: &Policy) -> Self {
        let mut asked =
            Self { windows: BTreeSet::new(), days: BTreeSet::new(), instants: BTreeSet::new(), reads: false };
        for rule in &policy.rules {
            asked.reads |= asks::time(rule) || asks::age(rule);
            asked.instants.extend(asks::instants(rule));
            for test in asks::tests(rule) {
                match test.kind {
                    TestKind::InWindow { start, end } => {
                        asked.windows.insert((start, end));
                    }
                    TestKind::OnDay(days) => {
                        asked.days.insert(days);
                    }
                    _ => {}
                }
            }
        }
        asked
    }

    /// Whether there is anything to tell apart.
    fn any(&self) -> bool {
        !(self.windows.is_empty() && self.days.is_empty() && self.instants.is_empty())
    }

    /// A minute of the day between any two edges of windows: ten o'clock where it is, else the middle, rounded.
    fn minutes(&self) -> Vec<u16> {
        let mut edges: BTreeSet<u16> = self.windows.iter().flat_map(|(start, end)| [*start, *end % 1440]).collect();
        edges.insert(0);
        let ends = edges.iter().skip(1).copied().chain([1440]);
        let mut minutes: Vec<u16> = Vec::new();
        for (start, end) in edges.iter().copied().zip(ends) {
            let middle = start.midpoint(end);
            let round = middle - middle % 60;
            minutes.push(if (start..end).contains(&TEN) {
                TEN
            } else if round > start {
                round
            } else {
                start
            });
        }
        minutes.sort_by_key(|minute| (*minute != TEN, *minute));
        minutes
    }

    /// The Mondays, midnight, of the weeks to look at: a fixed one, and those around the instants that rules name.
    fn weeks(&self, zone: &Zone) -> Vec<Instant> {
        const WEEK: u64 = 7 * DAY;
        // 2026-11-23T00:00Z is a Monday.
        let fixed = Instant::from_unix_seconds(1_795_392_000).unwrap_or(Instant::MIN);
        let around = self
            .instants
            .iter()
            .take(8)
            .flat_map(|instant| [instant.minus_seconds(WEEK), instant.plus_seconds(WEEK)].into_iter().flatten());
        std::iter::once(fixed).chain(around).filter_map(|near| monday(zone, near)).collect()
    }

    /// What every test of the clock and the calendar says.
    fn told(&self, zone: &Zone, instant: Instant) -> Vec<bool> {
        let clock = zone.local(instant);
        let within = |(start, end): &(u16, u16)| match start < end {
            true => (*start..*end).contains(&clock.minute),
            false => clock.minute >= *start || clock.minute < *end,
        };
        let on = |days: &u8| days & (1 << clock.weekday) != 0;
        let mut told: Vec<bool> = self.windows.iter().map(within).collect();
        told.extend(self.days.iter().map(on));
        told.extend(self.instants.iter().map(|edge| instant < *edge));
        told
    }
}

/// The local midnight that begins the Monday of a week, or the next Monday.
fn monday(zone: &Zone, near: Instant) -> Option<Instant> {
    const QUARTER: u64 = 15 * MINUTE;
    let nanoseconds = near.as_nanoseconds();
    let start = Instant::from_nanoseconds(nanoseconds - nanoseconds.rem_euclid(900_000_000_000))?.minus_seconds(DAY)?;
    (0..9 * 96).filter_map(|step| start.plus_seconds(step * QUARTER)).find(|instant| {
        let clock = zone.local(*instant);
        (clock.weekday, clock.minute) == (0, 0)
    })
}

/// An instant as the local clock and calendar show it, to the minute: `2026-11-23T10:00+01:00`.
fn local(zone: &Zone, instant: Instant) -> String {
    let clock = zone.local(instant);
    let minutes = instant.as_nanoseconds().div_euclid(60_000_000_000);
    let ahead = i128::from(clock.minute) - minutes.rem_euclid(1440);
    // The local day is that of UTC, the one before or the one after: no zone is more than 14 hours from UTC.
    let ahead = match ahead {
        ..-840 => ahead + 1440,
        841.. => ahead - 1440,
        _ => ahead,
    };
    let shown = Instant::from_nanoseconds((minutes + ahead) * 60_000_000_000).unwrap_or(instant).to_string();
    let shown = shown.strip_suffix(":00Z").unwrap_or(&shown);
    match ahead {
        0 => format!("{shown}Z"),
        _ => {
            let (sign, size) = (if ahead < 0 { '-' } else { '+' }, ahead.abs());
            format!("{shown}{sign}{:02}:{:02}", size / 60, size % 60)
        }
    }
}
