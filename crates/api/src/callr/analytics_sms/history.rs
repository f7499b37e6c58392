//! `analytics/sms.history`: the figures of a range by hour, day or month, empty ones included.

use callhouse_lake::accounts::AccessScope;
use serde::Serialize;

use super::figures::Figures;
use super::items::{Question, items_by};
use crate::callr::analytics::range::Range;
use crate::callr::error::Error;
use crate::callr::fields::Fields;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/sms.history",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Analytics.SMS.History`.
#[derive(Debug, Default, Serialize)]
struct History {
    #[serde(rename = "IN")]
    inbound: Vec<Figures>,
    #[serde(rename = "OUT")]
    outbound: Vec<Figures>,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let range = Range::take(&mut params)?;
    let question = Question::take(range, params)?;
    let mut history = History::default();
    for batch in question.ask(&context, "sms_history").await? {
        for (direction, item) in items_by(&Fields::new(&batch), "direction")? {
            match direction.as_str() {
                "inbound" => history.inbound.push(item),
                _ => history.outbound.push(item),
            }
        }
    }
    Answer::of(&history)
}
