//! Numbers of what the catalog knows, as PostgreSQL has them, and what is known by number.

use crate::documents::{self, ColumnDocument};

/// The namespace of our tables, and those of the catalogs.
pub(super) const PUBLIC: i64 = 2_200;
pub(super) const CATALOG: i64 = 11;
pub(super) const INFORMATION: i64 = 13_000;
pub(super) const OWNER: i64 = 10;
pub(super) const DATABASE: i64 = 16_384;
pub(super) const TABLESPACE: i64 = 1_663;
/// The first of our tables; the others follow.
const FIRST_TABLE: i64 = 16_385;
/// `pg_class` itself, which descriptions refer to.
pub(super) const PG_CLASS: i64 = 1_259;
pub(super) const HEAP: i64 = 2;

/// The oid of a table of ours, by its place among the documents.
pub(super) fn of_table(index: usize) -> i64 {
    FIRST_TABLE + i64::try_from(index).unwrap_or_default()
}

/// The oid of a table by name, and the other way round.
pub(super) fn of_name(name: &str) -> Option<i64> {
    documents::tables().iter().position(|table| table.name == name).map(of_table)
}

pub(super) fn name_of(oid: i64) -> Option<&'static str> {
    let index = usize::try_from(oid.checked_sub(FIRST_TABLE)?).ok()?;
    documents::tables().get(index).map(|table| table.name.as_str())
}

/// The comment of a table (`column` 0) or of one of its columns.
pub(super) fn comment_of(oid: i64, column: i64) -> Option<String> {
    let table = documents::tables().iter().find(|table| name_of(oid) == Some(table.name.as_str()))?;
    match usize::try_from(column).ok()?.checked_sub(1) {
        None => Some(table.comment()),
        Some(index) => table.shown().nth(index).map(ColumnDocument::comment),
    }
}
