//! The table of messages that could not become events (ING-3).

use super::{Role, TableSpec};
use crate::rows::rejection_schema;

pub(super) const REJECTIONS: TableSpec = TableSpec {
    unrepeated_columns: &["payload"],
    ..TableSpec::new("rejections", Role::Rejections, rejection_schema, &["received_at"])
};
