//! The log of webhook deliveries: pages of `queries/webhook_log_search.sql` in an order.

use arrow::array::RecordBatch;
use datafusion::logical_expr::{SortExpr, ident};

use crate::engine::Engine;
use crate::error::Error;
use crate::named;
use crate::params::Params;
use crate::scope::Scope;
use crate::search::SortDirection;

/// Most rows that may be skipped and returned together; they are held in memory while they are sorted.
const MAX_REACH: u64 = 1_000_000;

/// What makes the order of attempts total, and whether each ascends.
const TIE_BREAKERS: [(&str, bool); 3] = [("attempted_at", false), ("account", true), ("delivery_id", true)];

/// Which attempts, and which page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookLogSearch {
    /// Parameters of the query.
    pub params: Params,
    /// A column of `webhook_deliveries`; ties fall back to the newest attempt.
    pub order: (&'static str, SortDirection),
    pub offset: u64,
    /// Rows wanted; 0 asks for the total only.
    pub quantity: u64,
    /// Columns wanted.
    pub columns: &'static [&'static str],
}

/// One page.
#[derive(Debug, Clone)]
pub struct WebhookLogPage {
    /// The columns asked for, and those that order.
    pub rows: Vec<RecordBatch>,
    /// Attempts that match, over all pages.
    pub total: u64,
    pub offset: u64,
    pub has_more: bool,
}

impl Engine {
    /// One page of the attempts that match, cut from what there is now.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a page too far out.
    pub async fn webhook_log(
        &self,
        scope: &Scope,
        search: &WebhookLogSearch,
    ) -> Result<WebhookLogPage, Error> {
        let reach = search.offset.saturating_add(search.quantity);
        if reach > MAX_REACH {
            return Err(Error::Invalid {
                what: format!("a search reaches at most {MAX_REACH} attempts far"),
            });
        }
        let failed = |source| Error::execute("searching the webhook log", source);
        let session = self.session(scope, &self.view().await?)?;
        let matching = named::plan(&session, "webhook_log_search", &search.params).await?;
        let total = matching.clone().count().await.map_err(failed)?;
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        let rows = if search.quantity == 0 || search.offset >= total {
            Vec::new()
        } else {
            let skip = usize::try_from(search.offset).unwrap_or(usize::MAX);
            let fetch = usize::try_from(search.quantity).unwrap_or(usize::MAX);
            let mut names: Vec<&str> = search.columns.to_vec();
            names.extend(TIE_BREAKERS.map(|(name, _)| name).into_iter().chain([search.order.0]));
            names.sort_unstable();
            names.dedup();
            let chosen = matching.select(names.into_iter().map(ident));
            let sorted = chosen.and_then(|chosen| chosen.sort(sort_keys(search)));
            let page = sorted.and_then(|sorted| sorted.limit(skip, Some(fetch))).map_err(failed)?;
            page.collect().await.map_err(failed)?
        };
        let returned: usize = rows.iter().map(RecordBatch::num_rows).sum();
        let reached = search.offset.saturating_add(u64::try_from(returned).unwrap_or(u64::MAX));
        Ok(WebhookLogPage { rows, total, offset: search.offset, has_more: reached < total })
    }
}

fn sort_keys(search: &WebhookLogSearch) -> Vec<SortExpr> {
    let key = |name: &str, ascending: bool| SortExpr::new(ident(name), ascending, false);
    let (name, direction) = search.order;
    let ties = TIE_BREAKERS.into_iter().filter(|(tie, _)| *tie != name);
    std::iter::once(key(name, direction == SortDirection::Ascending))
        .chain(ties.map(|(name, ascending)| key(name, ascending)))
        .collect()
}
