//! `analytics/sms.summary`: the figures of a range by direction.

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
    name: "analytics/sms.summary",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Analytics.SMS.Summary`, whose `IN` has no documented members.
#[derive(Serialize)]
struct Summary {
    #[serde(rename = "IN")]
    inbound: Figures,
    #[serde(rename = "OUT")]
    outbound: Figures,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let range = Range::take(&mut params)?;
    let whose = options::whose(&mut params)?;
    params.finish()?;
    let scope = whose.scope(&context).await?;
    let mut summary = Summary { inbound: Figures::none(), outbound: Figures::none() };
    for batch in context.engine().named(&scope, "sms_summary", &bound(range)).await? {
        let fields = Fields::new(&batch);
        let direction = fields.text("direction")?;
        for (row, figures) in Figures::of(&fields)?.into_iter().enumerate() {
            match direction.get(row) {
                Some("inbound") => summary.inbound = figures,
                _ => summary.outbound = figures,
            }
        }
    }
    Answer::of(&summary)
}

/// The parameters of a query that takes a range and nothing else.
pub(super) fn bound(range: Range) -> QueryParams {
    QueryParams::from([
        ("from".to_owned(), Param::from(range.from)),
        ("to".to_owned(), Param::from(range.to)),
    ])
}
