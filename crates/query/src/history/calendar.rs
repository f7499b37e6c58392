//! Where the hours, days and months of a time zone begin, as instants.
//!
//! A local day is all instants whose local date is that day: 23 or 25 hours when the clock is changed, 24 and a
//! half on Lord Howe Island. A local hour ends where the clock is changed, so that the hour that is repeated is
//! two buckets with one label and two offsets.

use callhouse_core::Timestamp;
use callhouse_core::time::MICROS_PER_SECOND;
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use super::Granularity;
use crate::error::Error;

/// Most buckets of one history, per direction.
const MAX_BUCKETS: usize = 100_000;

const QUARTER: Duration = Duration::minutes(15);

/// The instants `[start, end)` of one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) local_start: String,
    pub(crate) utc_offset_seconds: i32,
}

/// The buckets that `[from, to)` touches, in order; none when the range is empty.
pub(crate) fn buckets(
    from: Timestamp,
    to: Timestamp,
    granularity: Granularity,
    time_zone: &str,
) -> Result<Vec<Bucket>, Error> {
    let zone: Tz = time_zone.parse().map_err(|_| invalid(format!("there is no time zone {time_zone:?}")))?;
    let (from, to) = (instant(from)?, instant(to)?);
    if to < from {
        return Err(invalid("the range ends before it starts".to_owned()));
    }
    let mut buckets = Vec::new();
    let mut start = floor(zone, granularity, from);
    while start < to {
        if buckets.len() == MAX_BUCKETS {
            return Err(invalid(format!("a history has at most {MAX_BUCKETS} buckets")));
        }
        let end = next(zone, granularity, start);
        buckets.push(bucket(zone, start, end));
        start = end;
    }
    Ok(buckets)
}

fn invalid(what: String) -> Error {
    Error::Invalid { what }
}

fn instant(at: Timestamp) -> Result<DateTime<Utc>, Error> {
    let beyond = || invalid("the range lies outside the years 1970 to 9999".to_owned());
    let at = at.to_datetime().ok_or_else(beyond)?;
    if (1970..=9999).contains(&at.year()) { Ok(at) } else { Err(beyond()) }
}

fn bucket(zone: Tz, start: DateTime<Utc>, end: DateTime<Utc>) -> Bucket {
    let local = start.with_timezone(&zone);
    Bucket {
        start: start.into(),
        end: end.into(),
        local_start: local.format("%Y-%m-%d %H:%M:%S").to_string(),
        utc_offset_seconds: local.offset().fix().local_minus_utc(),
    }
}

/// The start of the bucket that holds `at`.
fn floor(zone: Tz, granularity: Granularity, at: DateTime<Utc>) -> DateTime<Utc> {
    let local = at.with_timezone(&zone).naive_local();
    match granularity {
        Granularity::Hour => {
            let into = i64::from(local.minute()) * 60 + i64::from(local.second());
            let whole = at - Duration::seconds(into) - Duration::nanoseconds(i64::from(local.nanosecond()));
            last_change_in(zone, whole, at).unwrap_or(whole)
        }
        Granularity::Day => first_instant(zone, midnight(local.date())),
        Granularity::Month => first_instant(zone, midnight(first_of_month(local.date()))),
    }
}

/// The start of the bucket after the one that starts at `start`.
fn next(zone: Tz, granularity: Granularity, start: DateTime<Utc>) -> DateTime<Utc> {
    let local = start.with_timezone(&zone).naive_local();
    match granularity {
        Granularity::Hour => {
            let into = i64::from(local.minute()) * 60 + i64::from(local.second());
            let whole = start + Duration::seconds(3_600 - into);
            first_change_in(zone, start, whole).unwrap_or(whole)
        }
        Granularity::Day => after(zone, start, local.date(), |date| date.succ_opt().unwrap_or(date)),
        Granularity::Month => after(zone, start, first_of_month(local.date()), next_month),
    }
}

/// The first instant of the next period that is later than `start`: some zones have skipped a whole day.
fn after(zone: Tz, start: DateTime<Utc>, date: NaiveDate, step: fn(NaiveDate) -> NaiveDate) -> DateTime<Utc> {
    let mut date = step(date);
    loop {
        let first = first_instant(zone, midnight(date));
        if first > start {
            return first;
        }
        date = step(date);
    }
}

/// The first instant at which the zone's clock shows `wanted` or more. It is not shown at all when the clock was
/// put forward over it, and twice when it was put back over it.
fn first_instant(zone: Tz, wanted: NaiveDateTime) -> DateTime<Utc> {
    if let Some(first) = zone.from_local_datetime(&wanted).earliest() {
        return first.to_utc();
    }
    // No zone is further than 14 hours from UTC, and no change is greater than a day.
    let mut at = wanted.and_utc() - Duration::hours(40);
    while at.with_timezone(&zone).naive_local() < wanted {
        at += QUARTER;
    }
    at
}

/// The latest change of the clock in `(after, until]`.
fn last_change_in(zone: Tz, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
    changes_in(zone, after, until).next_back()
}

/// The first change of the clock in `(after, before)`.
fn first_change_in(zone: Tz, after: DateTime<Utc>, before: DateTime<Utc>) -> Option<DateTime<Utc>> {
    changes_in(zone, after, before).find(|change| *change < before)
}

/// Changes of the clock at the quarters in `(after, until]`, which is at most an hour.
fn changes_in(
    zone: Tz,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> impl DoubleEndedIterator<Item = DateTime<Utc>> {
    let offset = move |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let quarter_micros = 900 * MICROS_PER_SECOND;
    let first = after.timestamp_micros().div_euclid(quarter_micros) + 1;
    let last = until.timestamp_micros().div_euclid(quarter_micros);
    (first..=last)
        .filter_map(move |quarter| DateTime::from_timestamp_micros(quarter * quarter_micros))
        .filter(move |at| offset(*at) != offset(*at - Duration::microseconds(1)))
}

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(chrono::NaiveTime::MIN)
}

fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

fn next_month(first: NaiveDate) -> NaiveDate {
    first.checked_add_months(chrono::Months::new(1)).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect("an instant")
    }

    fn lengths(from: &str, to: &str, granularity: Granularity, zone: &str) -> Vec<(String, i32, i64)> {
        let minutes = |bucket: &Bucket| bucket.end.micros_since(bucket.start) / (60 * MICROS_PER_SECOND);
        let buckets = buckets(at(from), at(to), granularity, zone).expect("buckets");
        buckets.iter().map(|b| (b.local_start.clone(), b.utc_offset_seconds / 60, minutes(b))).collect()
    }

    fn day(label: &str, offset: i32, minutes: i64) -> (String, i32, i64) {
        (label.to_owned(), offset, minutes)
    }

    #[test]
    fn tim_1_days_on_which_the_clock_changes_have_their_own_length() {
        let paris = lengths("2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z", Granularity::Day, "Europe/Paris");
        let wanted = [
            day("2026-03-28 00:00:00", 60, 1440),
            day("2026-03-29 00:00:00", 60, 1380),
            day("2026-03-30 00:00:00", 120, 1440),
        ];
        assert_eq!(paris, wanted);
        let york =
            lengths("2026-11-01T12:00:00Z", "2026-11-02T00:00:00Z", Granularity::Day, "America/New_York");
        assert_eq!(york, [day("2026-11-01 00:00:00", -240, 1500)]);
        let lord_howe =
            lengths("2026-04-04T20:00:00Z", "2026-04-05T00:00:00Z", Granularity::Day, "Australia/Lord_Howe");
        assert_eq!(lord_howe, [day("2026-04-05 00:00:00", 660, 1470)]);
        let spring =
            lengths("2026-10-03T20:00:00Z", "2026-10-04T00:00:00Z", Granularity::Day, "Australia/Lord_Howe");
        assert_eq!(spring, [day("2026-10-04 00:00:00", 630, 1410)]);
    }

    #[test]
    fn tim_1_the_repeated_hour_is_two_buckets() {
        let paris =
            lengths("2026-10-24T23:30:00Z", "2026-10-25T03:00:00Z", Granularity::Hour, "Europe/Paris");
        let wanted = [
            day("2026-10-25 01:00:00", 120, 60),
            day("2026-10-25 02:00:00", 120, 60),
            day("2026-10-25 02:00:00", 60, 60),
            day("2026-10-25 03:00:00", 60, 60),
        ];
        assert_eq!(paris, wanted);
        let lord_howe =
            lengths("2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z", Granularity::Hour, "Australia/Lord_Howe");
        let wanted = [
            day("2026-04-05 01:00:00", 660, 60),
            day("2026-04-05 01:30:00", 630, 30),
            day("2026-04-05 02:00:00", 630, 60),
        ];
        assert_eq!(lord_howe, wanted);
    }

    #[test]
    fn tim_1_an_hour_can_be_cut_short_and_a_midnight_or_a_day_left_out() {
        let lord_howe =
            lengths("2026-10-03T15:00:00Z", "2026-10-03T16:30:00Z", Granularity::Hour, "Australia/Lord_Howe");
        let wanted = [
            day("2026-10-04 01:00:00", 630, 60),
            day("2026-10-04 02:30:00", 660, 30),
            day("2026-10-04 03:00:00", 660, 60),
        ];
        assert_eq!(lord_howe[..2], wanted[..2]);
        let beirut = lengths("2025-03-29T23:00:00Z", "2025-03-30T12:00:00Z", Granularity::Day, "Asia/Beirut");
        assert_eq!(beirut, [day("2025-03-30 01:00:00", 180, 1380)]);
        let apia = lengths("2011-12-29T20:00:00Z", "2011-12-31T20:00:00Z", Granularity::Day, "Pacific/Apia");
        let labels: Vec<&str> = apia.iter().map(|(label, ..)| label.as_str()).collect();
        assert_eq!(labels, ["2011-12-29 00:00:00", "2011-12-31 00:00:00", "2012-01-01 00:00:00"]);
    }

    #[test]
    fn buckets_follow_each_other_without_gap_in_every_zone() {
        let (from, to) = (at("2026-02-20T07:13:00Z"), at("2026-04-10T05:00:00Z"));
        for zone in chrono_tz::TZ_VARIANTS {
            for granularity in [Granularity::Hour, Granularity::Day, Granularity::Month] {
                let buckets = buckets(from, to, granularity, zone.name()).expect("buckets");
                assert!(buckets[0].start <= from && from < buckets[0].end, "{zone} {granularity:?}");
                assert!(
                    buckets.windows(2).all(|pair| pair[0].end == pair[1].start),
                    "{zone} {granularity:?}"
                );
                assert!(buckets.last().is_some_and(|last| last.end >= to), "{zone} {granularity:?}");
            }
        }
    }

    #[test]
    fn since_2000_every_zone_changes_its_clock_and_starts_its_hours_at_a_quarter() {
        let quarter = 900 * MICROS_PER_SECOND;
        for zone in chrono_tz::TZ_VARIANTS {
            for year in 2000..2040 {
                for month in 1..=12 {
                    let at = Utc.with_ymd_and_hms(year, month, 1, 0, 0, 0).single().expect("an instant");
                    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
                    assert_eq!(offset % 900, 0, "{zone} {at}");
                }
            }
            let days = buckets(
                at("2000-01-01T00:00:00Z"),
                at("2030-01-01T00:00:00Z"),
                Granularity::Day,
                zone.name(),
            );
            let odd = days.expect("buckets").into_iter().find(|bucket| bucket.start.micros() % quarter != 0);
            assert_eq!(odd, None, "{zone}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let (from, to) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"));
        assert!(buckets(from, to, Granularity::Day, "Mars/Olympus").is_err());
        assert!(buckets(to, from, Granularity::Day, "UTC").is_err());
        assert!(buckets(from, at("2126-01-01T00:00:00Z"), Granularity::Hour, "UTC").is_err());
        assert_eq!(buckets(from, from, Granularity::Day, "UTC").ok(), Some(Vec::new()));
    }
}
