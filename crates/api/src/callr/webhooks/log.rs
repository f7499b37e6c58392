//! The log of deliveries: attempts as the API shows them, and how they are looked for.

pub(super) mod filters;
mod record;

use callhouse_query::{Params, RowOrder, RowSearch, SortDirection};

pub(super) use record::{Detail, Records};

/// What makes the order of attempts total: of equal ones the newest comes first.
const TIES: &[RowOrder] = &[
    ("attempted_at", SortDirection::Descending),
    ("account", SortDirection::Ascending),
    ("delivery_id", SortDirection::Ascending),
];

/// A search of the log that has no page yet, by when attempts were made.
pub(super) fn query(params: Params, direction: SortDirection, columns: &'static [&'static str]) -> RowSearch {
    RowSearch {
        query: "webhook_log_search",
        params,
        total: None,
        order: ("attempted_at", direction),
        ties: TIES,
        offset: 0,
        quantity: 0,
        columns,
        page_key: None,
    }
}
