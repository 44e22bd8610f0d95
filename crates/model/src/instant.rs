//! Instants: points on the time line, without a zone and without a clock.
//!
//! Comes in: RFC 3339 text, Unix time or the system's time. Which local time an instant is, [`Zone`](crate::zone::Zone)
//! knows; what time it is *now*, only the caller does.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::DateTime;

const NANOSECONDS: i128 = 1_000_000_000;

/// A point in time, to the nanosecond, from the year -9999 to the end of 9999.
///
/// Leap seconds do not count, as in Unix time: `23:59:60` is the first second of the next day.
///
/// ```
/// use doorward_model::Instant;
///
/// let instant = Instant::parse("2027-01-01T01:00+01:00")?;
/// assert_eq!(instant.to_string(), "2027-01-01T00:00:00Z");
/// assert!(Instant::parse("2027-01-01T00:00").is_err(), "an instant has an offset");
/// # Ok::<(), doorward_model::instant::InstantError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(
    // INVARIANT: nanoseconds since the Unix epoch, from `MIN` to `MAX`, which are the bounds of `Timestamp`.
    i128,
);

impl Instant {
    /// The first instant there is.
    pub const MIN: Self = Self(-377_705_023_201 * NANOSECONDS);

    /// The last instant there is.
    pub const MAX: Self = Self(253_402_207_200 * NANOSECONDS + 999_999_999);

    /// Reads an instant of RFC 3339, such as `2027-01-01T00:00Z` or `2026-11-23T10:00:00.5+01:00`.
    ///
    /// The seconds may be left out, the offset may not. A fraction has 1 to 9 digits. The year has four digits, or a
    /// minus and six as [`Display`](fmt::Display) writes those before the year 0.
    ///
    /// # Errors
    ///
    /// If the text is of another shape, or no such instant exists.
    pub fn parse(text: &str) -> Result<Self, InstantError> {
        let mut reader = Reader { rest: text.as_bytes() };
        let year = if reader.skip(b"-") { -reader.digits(6)? } else { reader.digits(4)? };
        reader.expect(b"-")?;
        let month = reader.digits(2)?;
        reader.expect(b"-")?;
        let day = reader.digits(2)?;
        if !reader.skip(b"T") && !reader.skip(b"t") {
            return Err(if reader.rest.is_empty() { InstantError::NoTime } else { InstantError::Shape });
        }
        let hour = reader.digits(2)?;
        reader.expect(b":")?;
        let minute = reader.digits(2)?;
        let second = if reader.skip(b":") { Some(reader.digits(2)?) } else { None };
        let fraction = if second.is_some() && reader.skip(b".") { reader.fraction()? } else { 0 };
        let offset = reader.offset()?;

        let (second, leap) = match second {
            Some(60) => (59, 1),
            second => (second.unwrap_or(0), 0),
        };
        let date_time = date_time(year, month, day, hour, minute, second).ok_or(InstantError::NoSuchInstant)?;
        let seconds = unix_seconds(date_time) - i128::from(offset) + leap;
        // Leap seconds come at the end of a day of UTC only.
        if leap == 1 && seconds.rem_euclid(86_400) != 0 {
            return Err(InstantError::NoSuchInstant);
        }
        Self::from_nanoseconds(seconds * NANOSECONDS + i128::from(fraction)).ok_or(InstantError::OutOfRange)
    }

    /// The instant that many seconds after the Unix epoch, or before it, if it is in range.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        Self::from_nanoseconds(i128::from(seconds) * NANOSECONDS)
    }

    /// The instant that many nanoseconds after the Unix epoch, or before it, if it is in range.
    #[must_use]
    pub fn from_nanoseconds(nanoseconds: i128) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&nanoseconds).then_some(Self(nanoseconds))
    }

    /// Nanoseconds since the Unix epoch; negative before it.
    #[must_use]
    pub fn as_nanoseconds(self) -> i128 {
        self.0
    }

    /// The instant that many seconds earlier, if there is one.
    #[must_use]
    pub fn minus_seconds(self, seconds: u64) -> Option<Self> {
        Self::from_nanoseconds(self.0 - i128::from(seconds) * NANOSECONDS)
    }

    /// The instant that many seconds later, if there is one.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Option<Self> {
        Self::from_nanoseconds(self.0 + i128::from(seconds) * NANOSECONDS)
    }

    /// How many nanoseconds have passed since `earlier`; `None` if it is later.
    #[must_use]
    pub fn nanoseconds_since(self, earlier: Self) -> Option<u128> {
        u128::try_from(self.0 - earlier.0).ok()
    }

    /// Whole minutes since the Unix epoch, rounded down, if the instant is from 1678 to 2261: nanoseconds fit 64 bits then,
    /// and are divided ten times as fast.
    pub(crate) fn unix_minutes(self) -> Option<i64> {
        i64::try_from(self.0).ok().map(|nanoseconds| nanoseconds.div_euclid(60_000_000_000))
    }

    pub(crate) fn timestamp(self) -> Timestamp {
        Timestamp::from_nanosecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// RFC 3339 in UTC: the seconds always, a fraction only if there is one.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.timestamp(), formatter)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::str::FromStr for Instant {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, InstantError> {
        Self::parse(text)
    }
}

impl TryFrom<SystemTime> for Instant {
    type Error = InstantError;

    fn try_from(time: SystemTime) -> Result<Self, InstantError> {
        let nanoseconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i128::try_from(after.as_nanos()),
            Err(before) => i128::try_from(before.duration().as_nanos()).map(|nanoseconds| -nanoseconds),
        };
        nanoseconds.ok().and_then(Self::from_nanoseconds).ok_or(InstantError::OutOfRange)
    }
}

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstantError {
    /// The offset from UTC is missing.
    #[error("an instant ends with `Z` or an offset such as `+01:00`")]
    NoOffset,
    /// A field is out of its range, or the month has no such day.
    #[error("there is no such date or time of day")]
    NoSuchInstant,
    /// There is a date only.
    #[error("an instant has a time of day, such as `T00:00Z`")]
    NoTime,
    /// It is before [`Instant::MIN`] or after [`Instant::MAX`].
    #[error("the instant is out of range")]
    OutOfRange,
    /// It is written in another way.
    #[error("an instant is written as `2027-01-01T00:00Z`")]
    Shape,
}

/// Takes the parts of an instant off the front of its text.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn skip(&mut self, prefix: &[u8]) -> bool {
        let stripped = self.rest.strip_prefix(prefix);
        self.rest = stripped.unwrap_or(self.rest);
        stripped.is_some()
    }

    fn expect(&mut self, prefix: &[u8]) -> Result<(), InstantError> {
        if self.skip(prefix) { Ok(()) } else { Err(InstantError::Shape) }
    }

    /// The value of exactly `count` digits.
    fn digits(&mut self, count: usize) -> Result<i32, InstantError> {
        let (digits, rest) = self.rest.split_at_checked(count).ok_or(InstantError::Shape)?;
        self.rest = rest;
        digits.iter().try_fold(0, |value, digit| match digit {
            b'0'..=b'9' => Ok(value * 10 + i32::from(digit - b'0')),
            _ => Err(InstantError::Shape),
        })
    }

    /// The nanoseconds of a fraction of 1 to 9 digits.
    fn fraction(&mut self) -> Result<i32, InstantError> {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&count) {
            return Err(InstantError::Shape);
        }
        let value = self.digits(count)?;
        Ok((count..9).fold(value, |value, _| value * 10))
    }

    /// The seconds by which local time is ahead of UTC, up to the end of the text.
    fn offset(&mut self) -> Result<i32, InstantError> {
        let sign = match self.rest.split_first() {
            None => return Err(InstantError::NoOffset),
            Some((b'Z' | b'z', [])) => return Ok(0),
            Some((b'+', rest)) => (1, rest),
            Some((b'-', rest)) => (-1, rest),
            Some(_) => return Err(InstantError::Shape),
        };
        self.rest = sign.1;
        let hours = self.digits(2)?;
        self.expect(b":")?;
        let minutes = self.digits(2)?;
        match self.rest {
            [] if hours < 24 && minutes < 60 => Ok(sign.0 * (hours * 3600 + minutes * 60)),
            [] => Err(InstantError::NoSuchInstant),
            _ => Err(InstantError::Shape),
        }
    }
}

fn date_time(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: i32) -> Option<DateTime> {
    let small = |value: i32| i8::try_from(value).ok();
    let (month, day) = (small(month)?, small(day)?);
    let (hour, minute, second) = (small(hour)?, small(minute)?, small(second)?);
    DateTime::new(i16::try_from(year).ok()?, month, day, hour, minute, second, 0).ok()
}

/// Seconds since the Unix epoch, the date and time being those of UTC; they may be out of an instant's range.
fn unix_seconds(date_time: DateTime) -> i128 {
    i128::from(date_time.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_secs())
}

#[cfg(feature = "serde")]
mod serialized {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    use super::Instant;

    /// As RFC 3339 in UTC.
    impl Serialize for Instant {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for Instant {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Self::parse(&text)
                .map_err(|error| D::Error::custom(format_args!("malformed time `{}`: {error}", text.escape_debug())))
        }
    }
}

#[cfg(test)]
mod tests;
