//! `analytics/sms.summary_out_by_status`: the figures of the messages sent in a range by what became of them.

use std::collections::BTreeMap;

use callhouse_lake::accounts::AccessScope;

use super::figures::Figures;
use super::summary::bound;
use crate::callr::analytics::options;
use crate::callr::analytics::range::Range;
use crate::callr::error::Error;
use crate::callr::fields::Fields;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/sms.summary_out_by_status",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let range = Range::take(&mut params)?;
    let whose = options::whose(&mut params)?;
    params.finish()?;
    let scope = whose.scope(&context).await?;
    let mut summary = BTreeMap::new();
    for batch in context.engine().named(&scope, "sms_summary_out_by_status", &bound(range)).await? {
        let fields = Fields::new(&batch);
        let status = fields.text("status")?;
        for (row, figures) in Figures::of(&fields)?.into_iter().enumerate() {
            summary.extend(status.get(row).map(|status| (status.to_owned(), figures)));
        }
    }
    Answer::of(&summary)
}
