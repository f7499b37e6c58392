//! `analytics/calls.history`: the figures of a range by hour, day or month, empty ones included.

use callhouse_core::event::call::Direction;
use callhouse_core::time::MICROS_PER_DAY;
use callhouse_lake::accounts::AccessScope;
use callhouse_query::{Granularity, HistoryBucket};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;

use super::figures::Figures;
use super::range::Range;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Fault, FromJson, Object, Params, Properties};
use crate::callr::whose::Whose;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/calls.history",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// The longest range that is shown by hour, and the longest by day, when the caller does not choose.
const MAX_DAYS_BY_HOUR: i64 = 3;
const MAX_DAYS_BY_DAY: i64 = 93;

/// CALLR's `Analytics.Calls.History`.
#[derive(Debug, Serialize)]
struct History {
    #[serde(rename = "IN")]
    inbound: Vec<Bucket>,
    #[serde(rename = "OUT")]
    outbound: Vec<Bucket>,
}

/// CALLR's `Analytics.Calls.History.Call`.
#[derive(Debug, Serialize)]
struct Bucket {
    aloc: i64,
    count: i64,
    credit: String,
    date: String,
    debit: String,
    duration: i64,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let range = Range::take(&mut params)?;
    let mut options = Properties::new("options", params.optional::<Object>("options")?);
    let granularity = options.optional::<Granularity>("granularity")?.unwrap_or_else(|| usual(range));
    let zone = options.optional::<Tz>("timezone")?.unwrap_or(Tz::UTC);
    let whose = Whose::take(&mut options)?;
    options.finish()?;
    params.finish()?;
    let scope = whose.scope(&context).await?;
    let buckets = context.engine().history(&scope, range.from, range.to, granularity, zone.name()).await?;
    let (inbound, outbound) = buckets.into_iter().partition::<Vec<_>, _>(is_inbound);
    let print = |buckets: Vec<HistoryBucket>| buckets.into_iter().map(Bucket::from).collect();
    Answer::of(&History { inbound: print(inbound), outbound: print(outbound) })
}

fn is_inbound(bucket: &HistoryBucket) -> bool {
    bucket.direction == Direction::Inbound
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

impl From<HistoryBucket> for Bucket {
    fn from(bucket: HistoryBucket) -> Self {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let figures = Figures {
            count: number(bucket.count),
            answered: number(bucket.answered),
            talk_seconds: bucket.talk_seconds,
            debit_micros: bucket.debit_micros,
            credit_micros: bucket.credit_micros,
        };
        Self {
            aloc: figures.aloc(),
            count: figures.count,
            credit: figures.credit(),
            date: bucket.local_start,
            debit: figures.debit(),
            duration: figures.talk_seconds,
        }
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
