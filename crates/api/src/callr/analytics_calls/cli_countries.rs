//! `analytics/calls.cli_countries`: inbound calls by the country of the caller.

use callhouse_query::Params as QueryParams;
use serde::Serialize;

use super::figures::Figures;
use super::ranking;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method =
    Method { name: "analytics/calls.cli_countries", run: |context, params| Box::pin(run(context, params)) };

/// CALLR's `Analytics.Calls.Country`.
#[derive(Serialize)]
struct Row {
    aloc: i64,
    count: i64,
    country_code: Option<String>,
    credit: String,
    debit: String,
    duration: i64,
}

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    let bound = QueryParams::new();
    ranking::run(context, params, "calls_by_cli_country", bound, |fields| {
        let country_code = fields.text("country_code")?;
        Ok(move |row: usize, figures: &Figures| Row {
            aloc: figures.aloc(),
            count: figures.count,
            country_code: country_code.get(row).map(str::to_owned),
            credit: figures.credit(),
            debit: figures.debit(),
            duration: figures.talk_seconds,
        })
    })
    .await
}
