//! `analytics/sms.history_out`: the figures of messages sent by hour, day or month, empty ones included.

use callhouse_lake::accounts::AccessScope;

use super::items::{Question, items};
use super::members::Members;
use crate::callr::analytics::range::Range;
use crate::callr::error::Error;
use crate::callr::fields::Fields;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/sms.history_out",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let range = Range::take(&mut params)?;
    let members = Members::take(&mut params)?;
    let question = Question::take(range, params)?;
    let mut history = Vec::new();
    for batch in question.ask(&context, "sms_history_out").await? {
        for item in items(&Fields::new(&batch))? {
            history.push(members.of(&item)?);
        }
    }
    Answer::of(&history)
}
