//! What DuckLake keeps per table: counts, and extremes of every column over all files, which only ever widen.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Schema};
use sqlx::{Sqlite, Transaction};
use std::cmp::Ordering;

use super::files::RemovedFiles;
use crate::catalog::tables::column_id;
use crate::error::Error;
use crate::file::statistics::compare;
use crate::file::{ColumnStatistics, NewFile};
use crate::table::Table;

/// Counts files in and out; returns the row id of the first row added.
pub(super) async fn change(
    transaction: &mut Transaction<'_, Sqlite>,
    table_id: i64,
    add: &[&NewFile],
    removed: RemovedFiles,
) -> Result<i64, Error> {
    let failed = Error::catalog("commit of table statistics");
    let records: i64 = add.iter().map(|file| file.record_count).sum();
    let bytes: i64 = add.iter().map(|file| file.file_size_bytes).sum();
    let next_row_id: Option<i64> = sqlx::query_scalar(
        "UPDATE ducklake_table_stats SET record_count = record_count + ?2, next_row_id = next_row_id + ?3,
             file_size_bytes = file_size_bytes + ?4
         WHERE table_id = ?1 RETURNING next_row_id",
    )
    .bind(table_id)
    .bind(records - removed.record_count)
    .bind(records)
    .bind(bytes - removed.size_bytes)
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    if let Some(next_row_id) = next_row_id {
        return Ok(next_row_id - records);
    }
    sqlx::query("INSERT INTO ducklake_table_stats VALUES (?1, ?2, ?2, ?3)")
        .bind(table_id)
        .bind(records)
        .bind(bytes)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(0)
}

/// Statistics of one column over a table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ColumnTotal {
    contains_null: bool,
    min_value: Option<String>,
    max_value: Option<String>,
}

impl ColumnTotal {
    fn of_file(of: &ColumnStatistics) -> Self {
        Self {
            contains_null: of.null_count > 0,
            min_value: of.min_value.clone(),
            max_value: of.max_value.clone(),
        }
    }

    /// Takes a file in. An extreme that either side does not know is not known of both.
    fn widen(&mut self, data_type: &DataType, of: &ColumnStatistics) {
        self.contains_null |= of.null_count > 0;
        if of.value_count > 0 {
            self.min_value =
                wider(data_type, self.min_value.take(), of.min_value.as_deref(), Ordering::Greater);
            self.max_value = wider(data_type, self.max_value.take(), of.max_value.as_deref(), Ordering::Less);
        }
    }
}

/// The new value where the old one compares to it as `gives_way`, else the old one.
fn wider(
    data_type: &DataType,
    old: Option<String>,
    new: Option<&str>,
    gives_way: Ordering,
) -> Option<String> {
    let (old, new) = (old?, new?);
    let order = compare(data_type, &old, new)?;
    Some(if order == gives_way { new.to_owned() } else { old })
}

/// Widens the extremes of every column by the files added.
pub(super) async fn widen_columns(
    transaction: &mut Transaction<'_, Sqlite>,
    table: Table,
    table_id: i64,
    add: &[&NewFile],
) -> Result<(), Error> {
    let schema: &Schema = &table.schema();
    let stored = read_columns(transaction, table_id).await?;
    for field in schema.fields() {
        let Some(column_id) = column_id(schema, field.name()) else { continue };
        let before = stored.get(&column_id);
        let mut total = before.cloned();
        for of in add.iter().filter_map(|file| file.columns.get(field.name())) {
            match &mut total {
                Some(total) => total.widen(field.data_type(), of),
                None => total = Some(ColumnTotal::of_file(of)),
            }
        }
        if let Some(total) = total
            && before != Some(&total)
        {
            write_column(transaction, table_id, column_id, before.is_some(), &total).await?;
        }
    }
    Ok(())
}

async fn read_columns(
    transaction: &mut Transaction<'_, Sqlite>,
    table_id: i64,
) -> Result<HashMap<i64, ColumnTotal>, Error> {
    let rows: Vec<(i64, bool, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT column_id, contains_null, min_value, max_value FROM ducklake_table_column_stats WHERE table_id = ?1",
    )
    .bind(table_id)
    .fetch_all(&mut **transaction)
    .await
    .map_err(Error::catalog("read of table statistics"))?;
    let totals = rows.into_iter().map(|(column_id, contains_null, min_value, max_value)| {
        (column_id, ColumnTotal { contains_null, min_value, max_value })
    });
    Ok(totals.collect())
}

async fn write_column(
    transaction: &mut Transaction<'_, Sqlite>,
    table_id: i64,
    column_id: i64,
    update: bool,
    total: &ColumnTotal,
) -> Result<(), Error> {
    let query = if update {
        "UPDATE ducklake_table_column_stats SET contains_null = ?3, min_value = ?4, max_value = ?5
         WHERE table_id = ?1 AND column_id = ?2"
    } else {
        "INSERT INTO ducklake_table_column_stats (table_id, column_id, contains_null, min_value, max_value)
         VALUES (?1, ?2, ?3, ?4, ?5)"
    };
    sqlx::query(query)
        .bind(table_id)
        .bind(column_id)
        .bind(total.contains_null)
        .bind(&total.min_value)
        .bind(&total.max_value)
        .execute(&mut **transaction)
        .await
        .map_err(Error::catalog("commit of table statistics"))?;
    Ok(())
}
