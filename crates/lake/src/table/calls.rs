//! The tables of the family of calls.

use super::events::archive;
use super::{Role, TableSpec};
use crate::family::Family;
use crate::lookup::{LookupSpec, Section};
use crate::rows::calls::schema;
use crate::sums::SumsBuilder;

const UNREPEATED: &[&str] = &[
    "call_id",
    "from_number",
    "from_number_raw",
    "to_number",
    "to_number_raw",
    "parent_call_id",
    "group_id",
];

const LOOKUP: LookupSpec = LookupSpec {
    sections: &[
        Section::numbers("callid"),
        Section::texts("call_id").unless_said_by("callid"),
        Section::texts("from_number"),
        Section::texts("to_number"),
    ],
};

pub(super) const EVENTS: TableSpec = archive("call_events");

pub(super) const RECENT: TableSpec = TableSpec {
    unrepeated_columns: UNREPEATED,
    ..TableSpec::new("calls_recent", Role::Recent(Family::Calls), schema, &["account", "call_id"])
};

pub(super) const SETTLED: TableSpec = TableSpec {
    month_column: Some("started_at"),
    unrepeated_columns: UNREPEATED,
    lookup: Some(&LOOKUP),
    attachments: || vec![Box::new(SumsBuilder::new(Family::Calls))],
    ..TableSpec::new("calls", Role::Settled(Family::Calls), schema, &["account", "started_at", "call_id"])
};
