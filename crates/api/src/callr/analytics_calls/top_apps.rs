//! `analytics/calls.top_apps`: calls of one direction by voice app.

use callhouse_core::event::call::Direction;
use callhouse_lake::accounts::AccessScope;
use callhouse_query::{Param, Params as QueryParams};
use serde::Serialize;

use super::figures::Figures;
use super::ranking;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/calls.top_apps",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Analytics.Calls.App`.
#[derive(Serialize)]
struct Row {
    aloc: i64,
    count: i64,
    credit: String,
    debit: String,
    duration: i64,
    hash: Option<String>,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let direction: Direction = params.required("type")?;
    let bound = QueryParams::from([("direction".to_owned(), Param::from(direction.as_str()))]);
    ranking::run(context, params, "calls_by_app", bound, |fields| {
        let app_hash = fields.text("app_hash")?;
        Ok(move |row: usize, figures: &Figures| Row {
            aloc: figures.aloc(),
            count: figures.count,
            credit: figures.credit(),
            debit: figures.debit(),
            duration: figures.talk_seconds,
            hash: app_hash.get(row).map(str::to_owned),
        })
    })
    .await
}
