//! What the archives of all families have in common.

use super::{Role, TableSpec};
use crate::rows::event_schema;

/// The archive of a family, one row an event.
pub(super) const fn archive(name: &'static str) -> TableSpec {
    TableSpec {
        unrepeated_columns: &["subject", "event_id", "data"],
        unordered_columns: &["data"],
        bloom_columns: &["subject"],
        ..TableSpec::new(name, Role::Archive, event_schema, &["account", "subject", "occurred_at"])
    }
}
