//! Searches over the rows of one named query: filters are its parameters; order and page are chosen here. The log of
//! deliveries and SMS are searched so. Calls, of which there are most, have a search of their own (`search.rs`).

use arrow::array::RecordBatch;
use datafusion::logical_expr::{SortExpr, ident};

use crate::engine::Engine;
use crate::error::Error;
use crate::params::Params;
use crate::scope::Scope;
use crate::search::{SortDirection, last_page_total, run::number_of};
use crate::{named, planning};

/// Most rows that may be skipped and returned together; they are held in memory while they are sorted.
const MAX_REACH: u64 = 1_000_000;

/// A column to order by, and which end of it comes first. Nulls come last either way.
pub type RowOrder = (&'static str, SortDirection);

/// Which rows, and which page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSearch {
    /// The named query that finds them.
    pub query: &'static str,
    pub params: Params,
    /// A named query whose one number is how many rows match, if there is one that reads fewer, and its parameters.
    pub total: Option<(&'static str, Params)>,
    pub order: RowOrder,
    /// What makes the order total, so that pages neither repeat nor lose a row.
    pub ties: &'static [RowOrder],
    pub offset: u64,
    /// Rows wanted; 0 asks for the total only.
    pub quantity: u64,
    /// Columns wanted.
    pub columns: &'static [&'static str],
    /// Names whose search this is. A page at offset 0 pins what the lake shows now; later pages of the same search see
    /// the same. `None` pins nothing.
    pub page_key: Option<String>,
}

/// One page.
#[derive(Debug, Clone)]
pub struct RowPage {
    /// The columns asked for, and those that order.
    pub rows: Vec<RecordBatch>,
    /// Rows that match, over all pages.
    pub total: u64,
    pub offset: u64,
    pub has_more: bool,
}

impl RowSearch {
    /// The name under which its pages are pinned.
    fn pin(&self) -> Option<String> {
        self.page_key.as_ref()?;
        Some(format!("{:?}", Self { offset: 0, quantity: 0, ..self.clone() }))
    }

    /// The columns to be read.
    fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.columns.to_vec();
        names.extend(self.ties.iter().map(|(name, _)| *name).chain([self.order.0]));
        names.sort_unstable();
        names.dedup();
        names
    }

    fn sort_keys(&self) -> Vec<SortExpr> {
        let key = |(name, direction): &RowOrder| {
            SortExpr::new(ident(*name), *direction == SortDirection::Ascending, false)
        };
        let ties = self.ties.iter().filter(|(tie, _)| *tie != self.order.0);
        std::iter::once(&self.order).chain(ties).map(key).collect()
    }
}

impl Engine {
    /// One page of the rows that match, with the total of all pages. A later page of a search that is not pinned, or no
    /// longer, is cut from what there is now.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a page too far out; [`Error::UnknownQuery`], [`Error::Parameter`].
    pub async fn search_rows(&self, scope: &Scope, search: &RowSearch) -> Result<RowPage, Error> {
        let _asked = self.ask_for();
        if search.offset.saturating_add(search.quantity) > MAX_REACH {
            return Err(Error::Invalid { what: format!("a search reaches at most {MAX_REACH} rows far") });
        }
        let failed = |source| Error::execute("searching rows", source);
        let pin = search.pin();
        let pinned = pin.as_deref().filter(|_| search.offset > 0).and_then(|pin| self.pinned(scope, pin));
        let (view, known_total) = match pinned {
            Some(pinned) => (pinned.view, Some(pinned.total)),
            None => (self.view().await?, None),
        };
        let session = self.session(scope, &view)?;
        let matching = named::plan(&session, search.query, &search.params).await?;
        let is_beyond = known_total.is_some_and(|total| search.offset >= total);
        let rows = if search.quantity == 0 || is_beyond {
            Vec::new()
        } else {
            let skip = usize::try_from(search.offset).unwrap_or(usize::MAX);
            let fetch = usize::try_from(search.quantity).unwrap_or(usize::MAX);
            let chosen = matching.clone().select(search.names().into_iter().map(ident));
            let sorted = chosen.and_then(|chosen| chosen.sort(search.sort_keys()));
            let page = sorted.and_then(|sorted| sorted.limit(skip, Some(fetch))).map_err(failed)?;
            page.collect().await.map_err(failed)?
        };
        let returned: usize = rows.iter().map(RecordBatch::num_rows).sum();
        let reached = search.offset.saturating_add(u64::try_from(returned).unwrap_or(u64::MAX));
        let seen = last_page_total(search.offset, search.quantity, reached);
        let total = match known_total.or(seen) {
            Some(total) => total,
            None => match &search.total {
                Some((query, params)) => {
                    let total = planning::batches(named::plan(&session, query, params).await?).await;
                    number_of(&total.map_err(failed)?)
                }
                None => u64::try_from(matching.count().await.map_err(failed)?).unwrap_or(u64::MAX),
            },
        };
        if let (Some(pin), None) = (pin, known_total) {
            self.pin(scope, pin, view, total);
        }
        Ok(RowPage { rows, total, offset: search.offset, has_more: reached < total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(order: RowOrder) -> RowSearch {
        RowSearch {
            query: "webhook_log_search",
            params: Params::new(),
            total: None,
            order,
            ties: &[("attempted_at", SortDirection::Descending), ("account", SortDirection::Ascending)],
            offset: 0,
            quantity: 10,
            columns: &["status", "account"],
            page_key: None,
        }
    }

    #[test]
    fn ties_follow_the_order_asked_for_and_do_not_repeat_it() {
        let keys = |order| {
            let keys = search(order).sort_keys().into_iter();
            keys.map(|key| (key.expr.to_string(), key.asc)).collect::<Vec<_>>()
        };
        let key = |name: &str, ascending| (name.to_owned(), ascending);
        assert_eq!(
            keys(("status", SortDirection::Ascending)),
            [key("status", true), key("attempted_at", false), key("account", true)]
        );
        assert_eq!(
            keys(("attempted_at", SortDirection::Ascending)),
            [key("attempted_at", true), key("account", true)]
        );
        assert_eq!(
            search(("try_number", SortDirection::Ascending)).names(),
            ["account", "attempted_at", "status", "try_number"]
        );
    }

    #[test]
    fn pages_of_one_search_are_pinned_under_one_name() {
        let whose = |page_key: Option<&str>, offset| RowSearch {
            page_key: page_key.map(str::to_owned),
            offset,
            ..search(("status", SortDirection::Ascending))
        };
        assert_eq!(whose(None, 0).pin(), None);
        assert_eq!(whose(Some("a"), 0).pin(), whose(Some("a"), 10).pin());
        assert_ne!(whose(Some("a"), 0).pin(), whose(Some("b"), 0).pin());
    }
}
