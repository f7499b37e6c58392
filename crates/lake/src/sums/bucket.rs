//! The lengths of the buckets of time that are summed.

use callhouse_core::Timestamp;
use callhouse_core::time::{MICROS_PER_DAY, MICROS_PER_HOUR, year_and_month};

/// The length of the buckets, which are those of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    Hour,
    Day,
    Month,
}

impl Bucket {
    /// The number of the bucket an instant is in, counted from that of 1970-01-01.
    #[must_use]
    pub fn of(self, at: Timestamp) -> i64 {
        match self {
            Self::Hour => at.micros().div_euclid(MICROS_PER_HOUR),
            Self::Day => at.micros().div_euclid(MICROS_PER_DAY),
            Self::Month => i64::from(at.utc_month()),
        }
    }

    /// The instant a bucket begins.
    #[must_use]
    pub fn start(self, bucket: i64) -> Timestamp {
        match self {
            Self::Hour => Timestamp(bucket.saturating_mul(MICROS_PER_HOUR)),
            Self::Day => Timestamp(bucket.saturating_mul(MICROS_PER_DAY)),
            Self::Month => {
                let (year, month) = year_and_month(i32::try_from(bucket).unwrap_or(i32::MAX));
                let first =
                    chrono::NaiveDate::from_ymd_opt(year, month.unsigned_abs(), 1).unwrap_or_default();
                first.and_time(chrono::NaiveTime::MIN).and_utc().into()
            }
        }
    }

    /// The longest range of whole buckets within `[from, to)`, as the instants of its edges; `None` when there is none.
    #[must_use]
    pub fn whole_within(self, from: Timestamp, to: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let first = self.of(from) + i64::from(self.start(self.of(from)) < from);
        let (start, end) = (self.start(first), self.start(self.of(to)));
        (start < end).then_some((start, end))
    }
}
