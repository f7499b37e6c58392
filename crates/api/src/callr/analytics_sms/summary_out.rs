//! `analytics/sms.summary_out`: the figures of the messages sent in a range.

use callhouse_lake::accounts::AccessScope;

use super::figures::Figures;
use super::members::Members;
use super::summary::bound;
use crate::callr::analytics::options;
use crate::callr::analytics::range::Range;
use crate::callr::error::Error;
use crate::callr::fields::Fields;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/sms.summary_out",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let range = Range::take(&mut params)?;
    let members = Members::take(&mut params)?;
    let whose = options::whose(&mut params)?;
    params.finish()?;
    let scope = whose.scope(&context).await?;
    let batches = context.engine().named(&scope, "sms_summary_out", &bound(range)).await?;
    let mut summary = Figures::none();
    for batch in &batches {
        if let Some(figures) = Figures::of(&Fields::new(batch))?.pop() {
            summary = figures;
        }
    }
    Answer::of(&members.of(&summary)?)
}
