//! `sms`: text messages, those still under way included.

use super::Source;

pub(super) const SOURCE: Source = Source {
    name: "sms",
    query: "sms_search",
    time: "created_at",
    key: "sms_id",
    group: "direction",
    sums: &["parts"],
    amounts: &["debit", "credit"],
};
