//! `webhooks.get_log`: all attempts to deliver one event, oldest first, with what was sent and what came back.

use callhouse_lake::accounts::AccessScope;
use callhouse_query::{Params as Parameters, SortDirection};

use super::log::{self, Detail, Records};
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

/// Attempts shown of one event; there are ten, and those of replays.
const MOST: u64 = 1_000;

pub(in crate::callr) const METHOD: Method = Method {
    name: "webhooks.get_log",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let event_id: String = params.required("event_id")?;
    params.finish()?;
    let filters = Parameters::from([("event_id".to_owned(), event_id.into())]);
    let detail = Detail::Whole;
    let mut search = log::query(filters, SortDirection::Ascending, detail.columns());
    search.quantity = MOST;
    let page = context.engine().search_rows(&context.scope(), &search).await?;
    if page.total == 0 {
        let detail = "the log has no such event; webhooks.search_logs finds those there are".to_owned();
        return Err(Error::PropertyValue { path: "event_id".to_owned(), detail });
    }
    Answer::of(&Records::new(detail, &page.rows)?)
}
