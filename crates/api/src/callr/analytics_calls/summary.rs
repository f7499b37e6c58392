//! `analytics/calls.summary`: the figures of a range by direction, with the unique callers of inbound calls.

use callhouse_lake::accounts::AccessScope;
use callhouse_query::{Param, Params as QueryParams};
use serde::Serialize;

use super::figures::Figures;
use crate::callr::analytics::options;
use crate::callr::analytics::range::Range;
use crate::callr::error::Error;
use crate::callr::fields::Fields;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/calls.summary",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Analytics.Calls.Summary`.
#[derive(Serialize)]
struct Summary {
    #[serde(rename = "IN")]
    inbound: SummaryIn,
    #[serde(rename = "OUT")]
    outbound: SummaryOut,
}

#[derive(Serialize)]
struct SummaryIn {
    aloc: i64,
    count: i64,
    credit: String,
    debit: String,
    duration: i64,
    unique_callers: i64,
}

#[derive(Serialize)]
struct SummaryOut {
    aloc: i64,
    count: i64,
    credit: String,
    debit: String,
    duration: i64,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let range = Range::take(&mut params)?;
    let whose = options::whose(&mut params)?;
    params.finish()?;
    let scope = whose.scope(&context).await?;
    let bound = QueryParams::from([
        ("from".to_owned(), Param::from(range.from)),
        ("to".to_owned(), Param::from(range.to)),
    ]);
    let batches = context.engine().named(&scope, "calls_summary", &bound).await?;
    let (mut inbound, mut outbound, mut unique_callers) = (Figures::default(), Figures::default(), 0);
    for batch in &batches {
        let fields = Fields::new(batch);
        let direction = fields.text("direction")?;
        let callers = fields.int("unique_callers")?;
        for (row, figures) in Figures::of(&fields)?.into_iter().enumerate() {
            match direction.get(row) {
                Some("inbound") => {
                    inbound = figures;
                    unique_callers = callers.or_zero(row);
                }
                Some("outbound") => outbound = figures,
                // A call whose direction nobody stated belongs to neither.
                _ => {}
            }
        }
    }
    Answer::of(&Summary {
        inbound: SummaryIn {
            aloc: inbound.aloc(),
            count: inbound.count,
            credit: inbound.credit(),
            debit: inbound.debit(),
            duration: inbound.talk_seconds,
            unique_callers,
        },
        outbound: SummaryOut {
            aloc: outbound.aloc(),
            count: outbound.count,
            credit: outbound.credit(),
            debit: outbound.debit(),
            duration: outbound.talk_seconds,
        },
    })
}
