use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;

use super::{Instant, InstantError};

#[track_caller]
fn check(text: &str, expected: Result<&str, InstantError>) {
    let printed = Instant::parse(text).map(|instant| instant.to_string());
    assert_eq!(printed.as_deref(), expected.as_deref(), "{text}");
}

#[test]
fn rfc_3339_is_read() {
    check("2027-01-01T00:00Z", Ok("2027-01-01T00:00:00Z"));
    check("2027-01-01t00:00:07z", Ok("2027-01-01T00:00:07Z"));
    check("2026-11-23T10:00+01:00", Ok("2026-11-23T09:00:00Z"));
    check("2026-11-23T10:00:00-23:59", Ok("2026-11-24T09:59:00Z"));
    check("2026-11-23T10:00:00-00:00", Ok("2026-11-23T10:00:00Z"));
    check("2026-11-23T10:00:00.5Z", Ok("2026-11-23T10:00:00.5Z"));
    check("2026-11-23T10:00:00.000000001Z", Ok("2026-11-23T10:00:00.000000001Z"));
    check("1969-12-31T23:59:59.999Z", Ok("1969-12-31T23:59:59.999Z"));
    check("0000-02-29T00:00Z", Ok("0000-02-29T00:00:00Z"));
    check("2024-02-29T00:00Z", Ok("2024-02-29T00:00:00Z"));
}

#[test]
fn a_leap_second_is_the_first_of_the_next_day() {
    check("2016-12-31T23:59:60Z", Ok("2017-01-01T00:00:00Z"));
    check("2017-01-01T00:59:60.25+01:00", Ok("2017-01-01T00:00:00.25Z"));
    check("2016-12-31T12:00:60Z", Err(InstantError::NoSuchInstant));
    check("2016-12-31T23:59:61Z", Err(InstantError::NoSuchInstant));
}

#[test]
fn other_shapes_are_refused() {
    for text in [
        "",
        "now",
        "2027",
        "2027-01-01 00:00Z",
        "2027-1-1T00:00Z",
        "27-01-01T00:00Z",
        "+2027-01-01T00:00Z",
        "20270101T0000Z",
        "2027-01-01T00Z",
        "2027-01-01T00:00.5Z",
        "2027-01-01T00:00:00,5Z",
        "2027-01-01T00:00:00.Z",
        "2027-01-01T00:00:00.0123456789Z",
        "2027-01-01T00:00Z ",
        " 2027-01-01T00:00Z",
        "2027-01-01T00:00+01",
        "2027-01-01T00:00+0100",
        "2027-01-01T00:00+01:00:00",
        "2027-01-01T00:00+01:00[Europe/Berlin]",
        "2027-01-01T00:00Z[UTC]",
        "2027-01-01T00:00ZZ",
        "2027-01-01T00:+0Z",
        "２０２７-01-01T00:00Z",
        "1798761600",
    ] {
        check(text, Err(InstantError::Shape));
    }
    check("2027-01-01T00:00", Err(InstantError::NoOffset));
    check("2027-01-01T00:00:00.5", Err(InstantError::NoOffset));
    check("2027-01-01", Err(InstantError::NoTime));
}

#[test]
fn what_no_calendar_or_clock_shows_is_refused() {
    for text in [
        "2027-02-29T00:00Z",
        "2027-00-01T00:00Z",
        "2027-13-01T00:00Z",
        "2027-01-32T00:00Z",
        "2027-01-01T24:00Z",
        "2027-01-01T00:60Z",
        "2027-01-01T00:00:99Z",
        "2027-01-01T00:00+24:00",
        "2027-01-01T00:00+01:60",
        "-999999-01-01T00:00Z",
    ] {
        check(text, Err(InstantError::NoSuchInstant));
    }
}

#[test]
fn the_bounds_are_those_of_the_calendar_library() {
    assert_eq!(Instant::MIN.as_nanoseconds(), Timestamp::MIN.as_nanosecond());
    assert_eq!(Instant::MAX.as_nanoseconds(), Timestamp::MAX.as_nanosecond());
    check("9999-12-31T23:59:59Z", Err(InstantError::OutOfRange));
    check("-009999-01-01T00:00Z", Err(InstantError::OutOfRange));
    check("-009999-01-01T00:00:00-23:59", Err(InstantError::OutOfRange));
    assert_eq!(Instant::from_nanoseconds(i128::MAX), None);
    assert_eq!(Instant::from_nanoseconds(i128::MIN), None);
    assert_eq!(Instant::from_unix_seconds(i64::MAX), None);
    assert_eq!(Instant::from_unix_seconds(-1), Instant::from_nanoseconds(-1_000_000_000));
    assert_eq!(Instant::MAX.plus_seconds(u64::MAX), None);
    assert_eq!(Instant::MIN.minus_seconds(1), None);
}

#[test]
fn what_is_printed_is_read_again() {
    for instant in [Instant::MIN, Instant::MAX].into_iter().chain(Instant::from_nanoseconds(-1)) {
        assert_eq!(Instant::parse(&instant.to_string()), Ok(instant));
        assert_eq!(format!("{instant:?}"), instant.to_string());
    }
}

#[test]
fn differences_are_never_negative() {
    let earlier = Instant::parse("2026-11-23T10:00Z").unwrap();
    let later = earlier.plus_seconds(90).unwrap();
    assert_eq!(later.nanoseconds_since(earlier), Some(90_000_000_000));
    assert_eq!(later.nanoseconds_since(later), Some(0));
    assert_eq!(earlier.nanoseconds_since(later), None);
    assert_eq!(later.minus_seconds(90), Some(earlier));
}

#[test]
fn the_systems_time_is_read_on_both_sides_of_the_epoch() {
    let half = Duration::from_millis(1500);
    assert_eq!(Instant::try_from(UNIX_EPOCH + half).unwrap().to_string(), "1970-01-01T00:00:01.5Z");
    assert_eq!(Instant::try_from(UNIX_EPOCH - half).unwrap().to_string(), "1969-12-31T23:59:58.5Z");
}

#[cfg(feature = "serde")]
#[test]
fn it_is_serialized_as_text() {
    let instant: Instant = serde_json::from_str("\"2026-11-23T10:00:00.50+01:00\"").unwrap();
    assert_eq!(serde_json::to_string(&instant).unwrap(), "\"2026-11-23T09:00:00.5Z\"");
    let error = serde_json::from_str::<Instant>("\"soon\"").unwrap_err().to_string();
    assert!(error.starts_with("malformed time `soon`: an instant is written as"), "{error}");
    assert!(serde_json::from_str::<Instant>("1798761600").is_err());
}
