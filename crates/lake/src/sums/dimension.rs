//! What calls are summed by.

use callhouse_core::Timestamp;
use callhouse_core::time::{MICROS_PER_DAY, MICROS_PER_HOUR, year_and_month};

use crate::rows::CallColumn;

/// A way to sum the calls of an account: by direction, bucket of time and the values of some columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// By nothing else.
    Total,
    /// By `app_hash`.
    App,
    /// Inbound calls by `from_country`.
    FromCountry,
    /// Outbound calls by `to_country`.
    ToCountry,
    /// Outbound calls by `cost_label`.
    Destination,
    /// Inbound calls by `did_hash`, `did_number` and `cost_label`.
    Did,
    /// Inbound calls by calling number, counts only: the E.164 one, else what the source wrote unless that says that
    /// the number is withheld.
    Caller,
}

/// The length of the buckets, which are those of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    Hour,
    Day,
    Month,
}

impl Dimension {
    /// In the order in which files store them.
    pub const ALL: [Self; 7] = [
        Self::Total,
        Self::App,
        Self::FromCountry,
        Self::ToCountry,
        Self::Destination,
        Self::Did,
        Self::Caller,
    ];

    /// Hours for totals, of which the histories of most time zones are made; longer ones where there are many values.
    #[must_use]
    pub const fn bucket(self) -> Bucket {
        match self {
            Self::Total => Bucket::Hour,
            Self::App | Self::FromCountry | Self::ToCountry | Self::Destination | Self::Did => Bucket::Day,
            Self::Caller => Bucket::Month,
        }
    }

    /// The names of the values of a sum.
    #[must_use]
    pub const fn value_names(self) -> &'static [&'static str] {
        match self {
            Self::Total => &[],
            Self::App => &["app_hash"],
            Self::FromCountry => &["from_country"],
            Self::ToCountry => &["to_country"],
            Self::Destination => &["cost_label"],
            Self::Did => &["did_hash", "did_number", "cost_label"],
            Self::Caller => &["caller"],
        }
    }

    /// What SQL calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::App => "app",
            Self::FromCountry => "from_country",
            Self::ToCountry => "to_country",
            Self::Destination => "destination",
            Self::Did => "did",
            Self::Caller => "caller",
        }
    }

    /// Whether nothing but the number of calls is known of a sum.
    #[must_use]
    pub const fn is_only_counted(self) -> bool {
        matches!(self, Self::Caller)
    }

    /// The columns the values are; none for the caller, which is made of two.
    pub(super) const fn columns(self) -> &'static [CallColumn] {
        match self {
            Self::Total | Self::Caller => &[],
            Self::App => &[CallColumn::AppHash],
            Self::FromCountry => &[CallColumn::FromCountry],
            Self::ToCountry => &[CallColumn::ToCountry],
            Self::Destination => &[CallColumn::CostLabel],
            Self::Did => &[CallColumn::DidHash, CallColumn::DidNumber, CallColumn::CostLabel],
        }
    }

    /// The only direction summed, or `None` for both.
    #[must_use]
    pub const fn direction(self) -> Option<&'static str> {
        match self {
            Self::Total | Self::App => None,
            Self::FromCountry | Self::Did | Self::Caller => Some("inbound"),
            Self::ToCountry | Self::Destination => Some("outbound"),
        }
    }

    /// How many of the first values must not all be null for a call to be summed.
    #[must_use]
    pub const fn required_values(self) -> usize {
        match self {
            Self::Total => 0,
            Self::App | Self::FromCountry | Self::ToCountry | Self::Destination | Self::Caller => 1,
            Self::Did => 2,
        }
    }
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
