//! Time zones: which minute of which day an instant is, somewhere.
//!
//! The rules of all zones are part of the program, so that a policy means the same on every machine; a system's own time
//! zone database is never read.

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::instant::Instant;

/// A time zone, by its IANA name, with its rules. The default is UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(
    // INVARIANT: UTC or from the bundled database, so it has a name.
    TimeZone,
);

impl Zone {
    /// The zone of exactly that IANA name, such as `Europe/Berlin`; `None` if there is none, or only by another case.
    ///
    /// ```
    /// use doorward_model::zone::Zone;
    ///
    /// assert_eq!(Zone::named("Europe/Berlin").map(|zone| zone.name().to_owned()).as_deref(), Some("Europe/Berlin"));
    /// assert_eq!(Zone::named("europe/berlin"), None);
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        // The lookup ignores case and knows `Etc/Unknown`, which is no zone: the list of names decides.
        let database = TimeZoneDatabase::bundled();
        let known = database.available().any(|known| known.as_str() == name);
        known.then(|| database.get(name).ok().map(Self)).flatten()
    }

    /// Every name there is, in ASCII order but for case.
    #[must_use]
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect()
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What the local clock and calendar show at that instant.
    ///
    /// An hour that a change of clocks repeats is shown twice, one that it skips never.
    #[must_use]
    pub fn local(&self, instant: Instant) -> Clock {
        match instant.unix_minutes() {
            Some(minutes) if self.0 == TimeZone::UTC => Clock::of_minutes(minutes),
            _ => Clock::of(self.0.to_datetime(instant.timestamp())),
        }
    }

    /// How many seconds its clock is ahead of UTC at that instant.
    #[must_use]
    pub fn offset(&self, instant: Instant) -> i32 {
        self.0.to_offset(instant.timestamp()).seconds()
    }

    /// The first instant after that one from which the rules of the zone have its clock show something else; `None` if there
    /// is none. It need not differ in what [`offset`](Self::offset) says.
    #[must_use]
    pub fn next_change(&self, instant: Instant) -> Option<Instant> {
        let change = self.0.following(instant.timestamp()).next()?;
        Instant::from_unix_seconds(change.timestamp().as_second())
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

/// What a local clock and calendar show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Clock {
    /// Whole minutes since midnight as the clock shows them, 0 to 1439.
    pub minute: u16,
    /// The day of the week, 0 being Monday and 6 Sunday.
    pub weekday: u8,
}

impl Clock {
    /// The clock of UTC, so many minutes after the Unix epoch, which was on a Thursday.
    fn of_minutes(minutes: i64) -> Self {
        let (day, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
        Self { minute: u16::try_from(minute).unwrap_or(0), weekday: u8::try_from((day + 3).rem_euclid(7)).unwrap_or(0) }
    }

    fn of(date_time: DateTime) -> Self {
        // Hours, minutes and weekdays are small and never negative.
        let small = |value: i8| u8::try_from(value).unwrap_or(0);
        Self {
            minute: u16::from(small(date_time.hour())) * 60 + u16::from(small(date_time.minute())),
            weekday: small(date_time.weekday().to_monday_zero_offset()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{Clock, Zone};
    use crate::instant::Instant;

    #[track_caller]
    fn check(zone: &str, instant: &str, hour: u16, minute: u16, weekday: u8) {
        let zone = Zone::named(zone).unwrap();
        let clock = zone.local(Instant::parse(instant).unwrap());
        assert_eq!(clock, Clock { minute: hour * 60 + minute, weekday });
    }

    #[test]
    fn only_exact_names_are_zones() {
        for name in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "US/Eastern"] {
            assert_eq!(Zone::named(name).unwrap().name(), name);
        }
        for name in
            ["", "utc", "europe/berlin", "Europe/berlin", "Mars/Base", "Etc/Unknown", "+01:00", "Europe", "/etc"]
        {
            assert_eq!(Zone::named(name), None, "{name}");
        }
    }

    #[test]
    fn every_name_names_a_zone() {
        let names = Zone::names();
        assert!(names.len() > 400);
        assert!(names.iter().all(|name| Zone::named(name).is_some_and(|zone| zone.name() == name)));
    }

    #[test]
    fn the_default_is_utc() {
        assert_eq!(Zone::default(), Zone::named("UTC").unwrap());
    }

    #[test]
    fn the_local_clock_follows_the_zone() {
        check("UTC", "2026-11-23T10:00Z", 10, 0, 0);
        check("UTC", "1970-01-01T00:00Z", 0, 0, 3);
        check("UTC", "1969-12-31T23:59:59.999999999Z", 23, 59, 2);
        check("Europe/Berlin", "2026-11-23T23:30Z", 0, 30, 1);
        check("Asia/Kathmandu", "2026-11-22T18:15Z", 0, 0, 0);
        check("Pacific/Kiritimati", "2026-11-22T10:00Z", 0, 0, 0);
    }

    #[test]
    fn the_clock_of_utc_is_that_of_the_calendar() {
        let mut seconds = -377_705_023_201_i64;
        while let Some(instant) = Instant::from_unix_seconds(seconds) {
            let calendar = Clock::of(TimeZone::UTC.to_datetime(instant.timestamp()));
            assert_eq!(Zone::default().local(instant), calendar, "{instant}");
            seconds += 86_400 * 97 + 3_599;
        }
    }

    #[test]
    fn changes_of_clocks_follow_each_other() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let at = |text: &str| Instant::parse(text).unwrap();
        let spring = berlin.next_change(at("2026-11-23T10:00Z")).unwrap();
        assert_eq!(spring, at("2027-03-28T01:00Z"));
        assert_eq!((berlin.offset(at("2027-03-28T00:59:59Z")), berlin.offset(spring)), (3_600, 7_200));
        assert_eq!(berlin.next_change(spring), Some(at("2027-10-31T01:00Z")));
        assert_eq!(Zone::default().next_change(spring), None);
        assert_eq!(Zone::named("Asia/Kathmandu").unwrap().next_change(spring), None);
    }

    #[test]
    fn a_change_of_clocks_skips_and_repeats_an_hour() {
        check("Europe/Berlin", "2026-03-29T00:59:59Z", 1, 59, 6);
        check("Europe/Berlin", "2026-03-29T01:00Z", 3, 0, 6);
        check("Europe/Berlin", "2026-10-25T00:30Z", 2, 30, 6);
        check("Europe/Berlin", "2026-10-25T01:30Z", 2, 30, 6);
        // Far beyond the tables, by the rule that ends them.
        check("Europe/Berlin", "2999-07-01T10:00Z", 12, 0, 0);
    }

    #[test]
    fn the_ends_of_time_have_a_local_clock() {
        for zone in ["UTC", "Europe/Berlin", "America/New_York"].map(|name| Zone::named(name).unwrap()) {
            assert!(zone.local(Instant::MIN).minute < 1440);
            assert!(zone.local(Instant::MAX).minute < 1440);
        }
    }
}
