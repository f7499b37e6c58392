//! The table of attempts to deliver webhooks.

use super::{Role, TableSpec};
use crate::rows::webhook_schema;

pub(super) const DELIVERIES: TableSpec = TableSpec {
    unrepeated_columns: &[
        "event_id",
        "delivery_id",
        "about",
        "request_headers",
        "request_body",
        "response_body",
    ],
    bloom_columns: &["event_id"],
    ..TableSpec::new(
        "webhook_deliveries",
        Role::Archive,
        webhook_schema,
        &["account", "event_id", "attempted_at"],
    )
};
