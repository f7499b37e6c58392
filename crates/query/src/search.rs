//! Call search: filters, order and pages over the calls of a scope.

mod column;
mod listed;
pub(crate) mod run;

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use callhouse_core::Timestamp;
use callhouse_core::event::call::Direction;

pub use column::CallColumn;

/// Which calls to find and which page of them. Absent filters let every call through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallSearch {
    pub direction: Option<Direction>,
    /// Calls that started in `[started_from, started_to)`.
    pub started_from: Option<Timestamp>,
    pub started_to: Option<Timestamp>,
    pub app_hash: Option<String>,
    pub did_hash: Option<String>,
    pub did_number: Option<String>,
    /// The 64-bit id CALLR shows.
    pub callid: Option<i64>,
    /// The source's own id.
    pub call_id: Option<String>,
    /// Called number, E.164 or as the source wrote it.
    pub number: Option<String>,
    /// Calling number, E.164 or as the source wrote it; a trailing `*` makes it a prefix.
    pub cli_number: Option<String>,
    pub customer_field: Option<String>,
    /// ITU-T Q.850 cause.
    pub release_cause: Option<i64>,
    /// CALLR word, for example `NOANSWER`.
    pub dial_status: Option<String>,
    /// Total duration in seconds, both ends included. Open calls have none and do not match.
    pub duration_min_seconds: Option<i64>,
    pub duration_max_seconds: Option<i64>,
    /// Most significant first; empty means newest start first. Ties fall back to start, then call.
    pub order: Vec<Order>,
    pub offset: u64,
    /// Rows wanted; 0 asks for the total only.
    pub quantity: u64,
    /// Columns wanted; `None` for all. Fewer are read faster.
    pub columns: Option<&'static [&'static str]>,
    /// Names this search over its pages (account, filters, order; the caller's choice of text). A page at
    /// offset 0 pins what the lake shows now under this name; later pages read the same. `None` pins nothing.
    pub page_key: Option<String>,
}

impl CallSearch {
    /// The filters as texts, by the parameters of the named query `cdr_search`.
    #[must_use]
    pub fn filters(&self) -> BTreeMap<String, String> {
        let texts = run::filters(self).into_iter();
        texts.filter_map(|(name, value)| Some((name, value.to_text()?))).collect()
    }

    /// The name under which its pages are pinned.
    pub(crate) fn pin(&self) -> Option<String> {
        self.page_key.as_ref()?;
        Some(format!("{:?}", Self { offset: 0, quantity: 0, ..self.clone() }))
    }
}

/// One sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub column: CallColumn,
    pub direction: SortDirection,
}

/// Which end comes first. Nulls come last either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortDirection {
    Ascending,
    Descending,
}

/// The total when a page itself tells it: a page that is neither full nor empty is the last one. `reached` is the
/// offset after its last row.
pub(crate) fn last_page_total(offset: u64, quantity: u64, reached: u64) -> Option<u64> {
    let returned = reached.saturating_sub(offset);
    let is_last = returned < quantity && (returned > 0 || offset == 0);
    is_last.then_some(reached)
}

/// One page of a call search.
#[derive(Debug, Clone)]
pub struct CallPage {
    /// The columns asked for and those that order, in no particular order; the rows in the order asked for.
    pub rows: Vec<RecordBatch>,
    /// Calls that match, over all pages.
    pub total: u64,
    pub offset: u64,
    pub has_more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_page_tells_the_total() {
        let seen = |offset, quantity, returned: u64| last_page_total(offset, quantity, offset + returned);
        assert_eq!(seen(0, 10, 3), Some(3));
        assert_eq!(seen(20, 10, 9), Some(29));
        assert_eq!(seen(0, 10, 0), Some(0));
        // A full page may have others after it, one past the end says nothing, and 0 rows were asked for.
        assert_eq!(seen(0, 10, 10), None);
        assert_eq!(seen(20, 10, 0), None);
        assert_eq!(seen(0, 0, 0), None);
    }
}
