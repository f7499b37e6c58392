//! The tables of the family of text messages.

use super::events::archive;
use super::{Role, TableSpec};
use crate::family::Family;
use crate::lookup::{LookupSpec, Section};
use crate::rows::sms_schema;
use crate::sums::SumsBuilder;

const UNREPEATED: &[&str] =
    &["sms_id", "hash", "from_number", "from_number_raw", "to_number", "to_number_raw", "user_data", "text"];

/// The first files of messages have bloom filters of these columns and no index. Scans still ask those filters.
const LOOKUP: LookupSpec = LookupSpec {
    sections: &[
        Section::texts("hash"),
        Section::texts("sms_id").unless_said_by("hash"),
        Section::texts("from_number"),
        Section::texts("to_number"),
    ],
};

pub(super) const EVENTS: TableSpec = archive("sms_events");

pub(super) const RECENT: TableSpec = TableSpec {
    unrepeated_columns: UNREPEATED,
    ..TableSpec::new("sms_recent", Role::Recent(Family::Sms), sms_schema, &["account", "sms_id"])
};

pub(super) const SETTLED: TableSpec = TableSpec {
    month_column: Some("created_at"),
    unrepeated_columns: UNREPEATED,
    lookup: Some(&LOOKUP),
    attachments: || vec![Box::new(SumsBuilder::new(Family::Sms))],
    ..TableSpec::new("sms", Role::Settled(Family::Sms), sms_schema, &["account", "created_at", "sms_id"])
};
