//! Where the hours, days, weeks and months of a time zone begin, as instants.
//!
//! A local day is all instants whose local date is that day: 23 or 25 hours when the clock is changed, 24 and a
//! half on Lord Howe Island. A local hour ends where the clock is changed, so that the hour that is repeated is
//! two buckets with one label and two offsets.

use callhouse_core::Timestamp;
use callhouse_core::time::MICROS_PER_SECOND;
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::error::Error;

/// Most buckets that a range is cut into.
const MAX_BUCKETS: usize = 100_000;

const QUARTER: Duration = Duration::minutes(15);

/// What a range is cut into. A week begins on Monday, a quarter is three months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    pub(crate) const ALL: [Self; 7] =
        [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// The unit's name in SQL.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// # Errors
    /// [`Error::Invalid`], which names the units there are.
    pub(crate) fn parse(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|unit| unit.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            invalid(format!("there is no unit of time {name:?}; there are {known}"))
        })
    }
}

/// # Errors
/// [`Error::Invalid`] for a name that the IANA database does not have.
pub(crate) fn zone(name: &str) -> Result<Tz, Error> {
    let hint = "names are those of the IANA database, such as Europe/Paris";
    name.parse().map_err(|_| invalid(format!("there is no time zone {name:?}; {hint}")))
}

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
    unit: Unit,
    time_zone: &str,
) -> Result<Vec<Bucket>, Error> {
    let zone = zone(time_zone)?;
    let (from, to) = (instant(from)?, instant(to)?);
    if to < from {
        return Err(invalid("the range ends before it starts".to_owned()));
    }
    let mut buckets = Vec::new();
    let mut start = floor(zone, unit, from);
    while start < to {
        if buckets.len() == MAX_BUCKETS {
            let name = unit.name();
            return Err(invalid(format!(
                "the range has more than {MAX_BUCKETS} {name}s; ask for a shorter one or for greater buckets"
            )));
        }
        let end = next(zone, unit, start);
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

/// The bucket that holds `at`.
///
/// # Errors
/// [`Error::Invalid`] outside the years 1970 to 9999.
pub(crate) fn bucket_of(zone: Tz, unit: Unit, at: Timestamp) -> Result<(Timestamp, Timestamp), Error> {
    let start = floor(zone, unit, instant(at)?);
    Ok((start.into(), next(zone, unit, start).into()))
}

/// What the zone's clock shows at `at`, as if that were UTC.
///
/// # Errors
/// As [`bucket_of`].
pub(crate) fn local(zone: Tz, at: Timestamp) -> Result<Timestamp, Error> {
    Ok(instant(at)?.with_timezone(&zone).naive_local().and_utc().into())
}

/// The start of the bucket that holds `at`.
fn floor(zone: Tz, unit: Unit, at: DateTime<Utc>) -> DateTime<Utc> {
    let local = at.with_timezone(&zone).naive_local();
    let into_minute = Duration::seconds(i64::from(local.second()));
    let into_second = Duration::nanoseconds(i64::from(local.nanosecond()));
    match unit {
        // Clocks are changed at whole minutes, and are off UTC by whole minutes.
        Unit::Minute => at - into_minute - into_second,
        Unit::Hour => {
            let whole = at - Duration::minutes(i64::from(local.minute())) - into_minute - into_second;
            last_change_in(zone, whole, at).unwrap_or(whole)
        }
        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => {
            first_instant(zone, midnight(first_day(unit, local.date())))
        }
    }
}

/// The start of the bucket after the one that starts at `start`.
fn next(zone: Tz, unit: Unit, start: DateTime<Utc>) -> DateTime<Utc> {
    let local = start.with_timezone(&zone).naive_local();
    match unit {
        Unit::Minute => start + Duration::minutes(1),
        Unit::Hour => {
            let into = i64::from(local.minute()) * 60 + i64::from(local.second());
            let whole = start + Duration::seconds(3_600 - into);
            first_change_in(zone, start, whole).unwrap_or(whole)
        }
        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => {
            after(zone, start, unit, first_day(unit, local.date()))
        }
    }
}

/// The first day of the period of a date.
fn first_day(unit: Unit, date: NaiveDate) -> NaiveDate {
    let first = match unit {
        Unit::Minute | Unit::Hour | Unit::Day => Some(date),
        Unit::Week => Some(date.week(chrono::Weekday::Mon).first_day()),
        Unit::Month => date.with_day(1),
        Unit::Quarter => NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1),
        Unit::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1),
    };
    first.unwrap_or(date)
}

/// The first day of the period after the one that begins at `first`.
fn following(unit: Unit, first: NaiveDate) -> NaiveDate {
    let months = |count| first.checked_add_months(chrono::Months::new(count));
    let next = match unit {
        Unit::Minute | Unit::Hour | Unit::Day => first.succ_opt(),
        Unit::Week => first.checked_add_days(chrono::Days::new(7)),
        Unit::Month => months(1),
        Unit::Quarter => months(3),
        Unit::Year => months(12),
    };
    next.unwrap_or(first)
}

/// The first instant of the next period that is later than `start`: some zones have skipped a whole day.
fn after(zone: Tz, start: DateTime<Utc>, unit: Unit, first: NaiveDate) -> DateTime<Utc> {
    let mut date = following(unit, first);
    loop {
        let instant = first_instant(zone, midnight(date));
        if instant > start {
            return instant;
        }
        date = following(unit, date);
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

#[cfg(test)]
mod tests;
