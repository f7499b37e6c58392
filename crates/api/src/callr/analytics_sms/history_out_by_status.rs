//! `analytics/sms.history_out_by_status`: the figures of messages sent by what became of them and by hour, day or month.

use std::collections::BTreeMap;

use callhouse_lake::accounts::AccessScope;

use super::figures::Figures;
use super::items::{Question, items_by};
use crate::callr::analytics::range::Range;
use crate::callr::error::Error;
use crate::callr::fields::Fields;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/sms.history_out_by_status",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let range = Range::take(&mut params)?;
    let question = Question::take(range, params)?;
    let mut history: BTreeMap<String, Vec<Figures>> = BTreeMap::new();
    for batch in question.ask(&context, "sms_history_out_by_status").await? {
        for (status, item) in items_by(&Fields::new(&batch), "status")? {
            history.entry(status).or_default().push(item);
        }
    }
    Answer::of(&history)
}
