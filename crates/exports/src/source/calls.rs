//! `calls`: call detail records, open calls included.

use super::Source;

pub(super) const SOURCE: Source = Source {
    name: "calls",
    query: "cdr_search",
    time: "started_at",
    key: "call_id",
    group: "direction",
    sums: &["duration_seconds", "talk_seconds", "billed_seconds"],
    amounts: &["debit", "credit"],
};
