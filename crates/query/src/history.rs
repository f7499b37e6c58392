//! Call histories: buckets of an hour, a day or a month of some time zone, empty ones included (TIM-1).
//!
//! `queries/calls_history.sql` counts by quarter of an hour; since 2000, the year the warehouse begins, every zone's
//! local hours, days and months begin on one (`calendar` tests it). So each quarter falls into one bucket whole,
//! and the zone's rules are needed only here, not in SQL.

mod fill;

use callhouse_core::Timestamp;
use callhouse_core::event::call::Direction;
use callhouse_core::time::MICROS_PER_HOUR;

use crate::calendar::{self, Bucket, Unit};
use crate::error::Error;

pub(crate) use fill::fill;

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    Hour,
    Day,
    Month,
}

impl Granularity {
    /// The unit's name in SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    const fn unit(self) -> Unit {
        match self {
            Self::Hour => Unit::Hour,
            Self::Day => Unit::Day,
            Self::Month => Unit::Month,
        }
    }
}

/// The buckets of a history, as [`calendar::buckets`] cuts them.
pub(crate) fn buckets(
    from: Timestamp,
    to: Timestamp,
    granularity: Granularity,
    time_zone: &str,
) -> Result<Vec<Bucket>, Error> {
    calendar::buckets(from, to, granularity.unit(), time_zone)
}

/// One bucket of a history. Grain: direction, bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryBucket {
    pub direction: Direction,
    /// The instants `[start, end)` the bucket covers, whatever part of it was asked for.
    pub start: Timestamp,
    pub end: Timestamp,
    /// Local wall clock at `start`, `YYYY-MM-DD HH:MM:SS`. Repeats in the hour a zone's clock is set back.
    pub local_start: String,
    /// Local time minus UTC at `start`, in seconds.
    pub utc_offset_seconds: i32,
    /// Calls started in the bucket.
    pub count: u64,
    /// Those of them that were answered.
    pub answered: u64,
    /// Answered seconds, summed.
    pub talk_seconds: i64,
    /// Millionths of the currency unit, summed.
    pub debit_micros: i128,
    pub credit_micros: i128,
}

/// The `step` of `queries/calls_history.sql` that these buckets can be summed of.
pub(crate) fn step(buckets: &[Bucket]) -> &'static str {
    let whole_hour = |at: Timestamp| at.micros() % MICROS_PER_HOUR == 0;
    let whole_hours = buckets.iter().all(|bucket| whole_hour(bucket.start) && whole_hour(bucket.end));
    if whole_hours { "total" } else { "quarter" }
}
