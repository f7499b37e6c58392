//! `analytics/calls.history`: the figures of a range by hour, day or month, empty ones included.

use callhouse_core::event::call::Direction;
use callhouse_lake::accounts::AccessScope;
use callhouse_query::HistoryBucket;
use serde::Serialize;

use super::figures::Figures;
use crate::callr::analytics::granularity;
use crate::callr::analytics::range::Range;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Object, Params, Properties};
use crate::callr::whose::Whose;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/calls.history",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

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
    let (granularity, zone) = granularity::take(&mut options, range)?;
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
