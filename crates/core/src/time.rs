//! Instants (TIM-1): UTC microseconds, and the one trait through which a clock is read.

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};

/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

pub const MICROS_PER_SECOND: i64 = 1_000_000;
pub const MICROS_PER_HOUR: i64 = 3_600 * MICROS_PER_SECOND;
pub const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

impl Timestamp {
    /// Instant of so many whole seconds since the Unix epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Instant of so many milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by a number of microseconds; sticks at the ends of the range.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this instant; negative when `earlier` is later.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar form; `None` outside chrono's range (about ±262,000 years).
    #[must_use]
    pub fn to_datetime(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.0)
    }

    /// Parses RFC 3339 (`2026-11-20T20:00:56.246Z`, any offset, up to microseconds kept).
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        parse_usual_form(text.as_bytes())
            .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|at| Self(at.timestamp_micros())))
    }

    /// Prints RFC 3339 in UTC with six decimals of a second.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        self.to_datetime().map_or_else(
            || format!("{}us", self.0),
            |at| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        )
    }

    /// Whole days since 1970-01-01, in UTC; the value of an Arrow `Date32`.
    #[must_use]
    pub fn utc_day(self) -> i32 {
        i32::try_from(self.0.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX)
    }

    /// Whole months since January 1970, in UTC. [`year_and_month`] is the way back.
    #[must_use]
    pub fn utc_month(self) -> i32 {
        let date = DateTime::from_timestamp_micros(self.0).unwrap_or_default();
        month_of_year(date.year(), date.month().cast_signed())
    }
}

/// Whole months since January 1970 of a year and the month of it, from 1 to 12.
#[must_use]
pub const fn month_of_year(year: i32, month: i32) -> i32 {
    (year - 1970) * 12 + month - 1
}

/// The year, and the month of it from 1 to 12, of a number of months since January 1970.
#[must_use]
pub const fn year_and_month(utc_month: i32) -> (i32, i32) {
    (1970 + utc_month.div_euclid(12), utc_month.rem_euclid(12) + 1)
}

/// Parses `2026-11-20T20:00:56[.246…]Z` from 1970 on, the form nearly every event has, several times faster
/// than chrono; `None` for every other form, right or wrong.
fn parse_usual_form(text: &[u8]) -> Option<Timestamp> {
    let (date_time, fraction) = (text.get(..19)?, text.get(19..)?.strip_suffix(b"Z")?);
    for (at, separator) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        if date_time.get(at) != Some(&separator) {
            return None;
        }
    }
    let [year, month, day] = [number(date_time, 0, 4)?, number(date_time, 5, 7)?, number(date_time, 8, 10)?];
    let [hour, minute, second] =
        [number(date_time, 11, 13)?, number(date_time, 14, 16)?, number(date_time, 17, 19)?];
    if year < 1970 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days_since_1970(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(Timestamp(seconds * MICROS_PER_SECOND + fraction_micros(fraction)?))
}

fn number(text: &[u8], from: usize, to: usize) -> Option<i64> {
    text.get(from..to)?
        .iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, `None` when the calendar has no such date.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    const DAYS_BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const DAYS_IN_MONTH: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month - 1).ok()?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let leap_day = i64::from(is_leap && month == 2);
    if !(1..=DAYS_IN_MONTH.get(index)? + leap_day).contains(&day) {
        return None;
    }
    // Leap days of the years 1970 to `year - 1`.
    let past = year - 1;
    let leap_days = (past / 4 - past / 100 + past / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
    let this_leap_day = i64::from(is_leap && month > 2);
    Some((year - 1970) * 365 + leap_days + DAYS_BEFORE_MONTH.get(index)? + this_leap_day + day - 1)
}

/// Microseconds of `` or `.246`; digits beyond the sixth are cut off.
fn fraction_micros(fraction: &[u8]) -> Option<i64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let digits = fraction.strip_prefix(b".")?;
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Some(padded.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')))
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }
}

/// The only way to ask what time it is. Production code gets one at start-up; tests hand in their own.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tim_1_rfc3339_in_any_offset_is_one_instant() {
        let at = Some(Timestamp(1_795_204_856_246_000));
        for text in
            ["2026-11-20T20:00:56.246Z", "2026-11-20T21:00:56.246+01:00", "2026-11-20t20:00:56.246000999z"]
        {
            assert_eq!(Timestamp::parse_rfc3339(text), at, "{text}");
        }
        for text in [
            "",
            "2026-11-20",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-20T24:00:00Z",
            "2026-11-20T20:00:56.Z",
            "2026-11-20T20:00:56",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn tim_1_the_fast_parser_agrees_with_chrono(micros in 0_i64..253_402_300_799_999_999) {
            let text = Timestamp(micros).to_rfc3339();
            prop_assert_eq!(parse_usual_form(text.as_bytes()), Some(Timestamp(micros)));
        }
    }
}
