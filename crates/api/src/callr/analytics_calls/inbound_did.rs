//! `analytics/calls.inbound_did`: inbound calls by the number that was called.

use callhouse_lake::accounts::AccessScope;
use callhouse_query::Params as QueryParams;
use serde::Serialize;

use super::figures::Figures;
use super::ranking;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/calls.inbound_did",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Analytics.Calls.DID`.
#[derive(Serialize)]
struct Row {
    aloc: i64,
    billing_label: Option<String>,
    count: i64,
    credit: String,
    debit: String,
    duration: i64,
    hash: Option<String>,
    intl: Option<String>,
}

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    let bound = QueryParams::new();
    ranking::run(context, params, "calls_by_did", bound, |fields| {
        let billing_label = fields.text("billing_label")?;
        let did_hash = fields.text("did_hash")?;
        let did_number = fields.text("did_number")?;
        Ok(move |row: usize, figures: &Figures| Row {
            aloc: figures.aloc(),
            billing_label: billing_label.get(row).map(str::to_owned),
            count: figures.count,
            credit: figures.credit(),
            debit: figures.debit(),
            duration: figures.talk_seconds,
            hash: did_hash.get(row).map(str::to_owned),
            intl: did_number.get(row).map(str::to_owned),
        })
    })
    .await
}
