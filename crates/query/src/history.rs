//! Call histories: buckets of an hour, a day or a month of some time zone, empty ones included (TIM-1).

use callhouse_core::Timestamp;
use callhouse_core::event::call::Direction;

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    Hour,
    Day,
    Month,
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
