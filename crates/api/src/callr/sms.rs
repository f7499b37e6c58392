//! `sms.*`: text messages.

pub(super) mod export_async;
mod filters;
pub(super) mod get;
pub(super) mod get_count_for_body;
pub(super) mod get_gsm_charset_mapping;
pub(super) mod get_list;
pub(super) mod object;
pub(super) mod search;

use callhouse_query::{Param, Params, RowOrder, RowSearch, SortDirection};

/// What makes the order of messages total: of equal ones the newest comes first.
const TIES: &[RowOrder] = &[
    ("created_at", SortDirection::Descending),
    ("account", SortDirection::Ascending),
    ("sms_id", SortDirection::Ascending),
];

/// A search of messages that has no page yet.
fn query(params: Params, order: RowOrder) -> RowSearch {
    RowSearch {
        query: "sms_search",
        total: summed(&params).then(|| ("sms_total", params.clone())),
        params,
        order,
        ties: TIES,
        offset: 0,
        quantity: 0,
        columns: object::COLUMNS,
        page_key: None,
    }
}

/// Whether sums can tell how many messages match. They know no messages without a direction or a time, and neither do
/// these filters.
fn summed(params: &Params) -> bool {
    const NEEDED: [&str; 3] = ["direction", "from", "to"];
    let stated = || params.iter().filter(|(_, value)| **value != Param::Null).map(|(name, _)| name.as_str());
    NEEDED.iter().all(|needed| stated().any(|name| name == *needed))
        && stated().all(|name| name == "status" || NEEDED.contains(&name))
}
