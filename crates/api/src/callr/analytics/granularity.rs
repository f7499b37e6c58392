//! How long the items of a history are, and in which zone they begin.

use callhouse_core::time::MICROS_PER_DAY;
use callhouse_query::Granularity;
use chrono_tz::Tz;
use serde_json::Value;

use super::range::Range;
use crate::callr::error::Error;
use crate::callr::params::{Fault, FromJson, Properties};

/// The longest range that is shown by hour, and the longest by day, when the caller does not choose.
const MAX_DAYS_BY_HOUR: i64 = 3;
const MAX_DAYS_BY_DAY: i64 = 93;

/// Reads `granularity` and `timezone`.
pub(in crate::callr) fn take(options: &mut Properties, range: Range) -> Result<(Granularity, Tz), Error> {
    let granularity = options.optional::<Granularity>("granularity")?.unwrap_or_else(|| usual(range));
    let zone = options.optional::<Tz>("timezone")?.unwrap_or(Tz::UTC);
    Ok((granularity, zone))
}

/// By hour up to three days, by day up to 93 (a quarter), by month beyond.
const fn usual(range: Range) -> Granularity {
    if range.micros() <= MAX_DAYS_BY_HOUR * MICROS_PER_DAY {
        Granularity::Hour
    } else if range.micros() <= MAX_DAYS_BY_DAY * MICROS_PER_DAY {
        Granularity::Day
    } else {
        Granularity::Month
    }
}

impl FromJson for Granularity {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "\"hour\", \"day\" or \"month\"";
        let text = value.as_str().ok_or(Fault::Type(WANTED))?;
        match text.to_ascii_lowercase().as_str() {
            "hour" => Ok(Self::Hour),
            "day" => Ok(Self::Day),
            "month" => Ok(Self::Month),
            _ => Err(Fault::Value(WANTED)),
        }
    }
}

impl FromJson for Tz {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "an IANA time zone such as \"Europe/Paris\"";
        value.as_str().ok_or(Fault::Type(WANTED))?.parse().map_err(|_| Fault::Value(WANTED))
    }
}

#[cfg(test)]
mod tests {
    use callhouse_core::Timestamp;

    use super::*;
    use crate::callr::format::{after_second, parse_datetime};

    fn usual_of(from: &str, to: &str) -> Granularity {
        let at = |text| parse_datetime(text).expect("well formed");
        let range: [Timestamp; 2] = [at(from), after_second(at(to))];
        usual(Range { from: range[0], to: range[1] })
    }

    #[test]
    fn granularity_follows_the_length_of_the_range() {
        assert_eq!(usual_of("2024-01-01 00:00:00", "2024-01-03 23:59:59"), Granularity::Hour);
        assert_eq!(usual_of("2024-01-01 00:00:00", "2024-01-04 00:00:00"), Granularity::Day);
        assert_eq!(usual_of("2024-01-01 00:00:00", "2024-04-02 23:59:59"), Granularity::Day);
        assert_eq!(usual_of("2024-01-01 00:00:00", "2024-04-03 00:00:00"), Granularity::Month);
    }
}
