//! `analytics/calls.outbound_destinations`: outbound calls by billing destination.

use callhouse_lake::accounts::AccessScope;
use callhouse_query::Params as QueryParams;
use serde::Serialize;

use super::figures::Figures;
use super::ranking;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/calls.outbound_destinations",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Analytics.Calls.Destination`.
#[derive(Serialize)]
struct Row {
    aloc: i64,
    billing_label: Option<String>,
    count: i64,
    credit: String,
    debit: String,
    duration: i64,
}

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    let bound = QueryParams::new();
    ranking::run(context, params, "calls_by_destination", bound, |fields| {
        let billing_label = fields.text("billing_label")?;
        Ok(move |row: usize, figures: &Figures| Row {
            aloc: figures.aloc(),
            billing_label: billing_label.get(row).map(str::to_owned),
            count: figures.count,
            credit: figures.credit(),
            debit: figures.debit(),
            duration: figures.talk_seconds,
        })
    })
    .await
}
