//! CALLR's `Analytics.Calls.Country`, with which two methods answer.

use callhouse_query::Params as QueryParams;
use serde::Serialize;

use super::figures::Figures;
use super::ranking;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context};
use crate::callr::params::Params;

#[derive(Serialize)]
struct Row {
    aloc: i64,
    count: i64,
    country_code: Option<String>,
    credit: String,
    debit: String,
    duration: i64,
}

/// Answers with the ranking of countries that the named query gives.
pub(super) async fn rank(context: Context, params: Params, query: &'static str) -> Result<Answer, Error> {
    let bound = QueryParams::new();
    ranking::run(context, params, query, bound, |fields| {
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
