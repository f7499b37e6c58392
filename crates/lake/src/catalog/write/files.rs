//! Files into and out of the live set.

use std::collections::HashMap;

use arrow::datatypes::Schema;
use callhouse_core::time::year_and_month;
use sqlx::{QueryBuilder, Sqlite, Transaction};

use crate::catalog::tables::{TableIds, column_id};
use crate::error::Error;
use crate::file::NewFile;
use crate::folder::DataFolder;
use crate::table::Table;

/// What a commit takes out of one table.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RemovedFiles {
    pub(super) file_count: i64,
    pub(super) record_count: i64,
    pub(super) size_bytes: i64,
}

/// Where a file goes in the catalog.
pub(super) struct Place {
    pub(super) data_file_id: i64,
    pub(super) table_id: i64,
    pub(super) partition_id: Option<i64>,
    pub(super) begin_snapshot: i64,
    pub(super) row_id_start: i64,
}

/// LAK-1, checked: a snapshot never names a file that is not there whole.
pub(super) async fn check_in_place(folder: &DataFolder, add: &[NewFile]) -> Result<(), Error> {
    for file in add {
        let path = folder.file_path(file.table, &file.path);
        let found = tokio::fs::metadata(&path).await.map_err(|source| Error::File {
            operation: "find",
            path: path.clone(),
            source,
        })?;
        if i64::try_from(found.len()) != Ok(file.file_size_bytes) {
            let what = format!(
                "{} has {} bytes, {} were written",
                path.display(),
                found.len(),
                file.file_size_bytes
            );
            return Err(Error::Invalid { what });
        }
    }
    Ok(())
}

/// Ends live files at this snapshot.
pub(super) async fn end(
    transaction: &mut Transaction<'_, Sqlite>,
    tables: &TableIds,
    data_file_ids: &[i64],
    snapshot_id: i64,
) -> Result<HashMap<Table, RemovedFiles>, Error> {
    let mut removed: HashMap<Table, RemovedFiles> = HashMap::new();
    for &data_file_id in data_file_ids {
        let ended: Option<(i64, i64, i64)> = sqlx::query_as(
            "UPDATE ducklake_data_file SET end_snapshot = ?1 WHERE data_file_id = ?2 AND end_snapshot IS NULL
             RETURNING table_id, record_count, file_size_bytes",
        )
        .bind(snapshot_id)
        .bind(data_file_id)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(Error::catalog("commit of removed files"))?;
        let known =
            ended.and_then(|(table_id, records, bytes)| Some((tables.table(table_id)?, records, bytes)));
        let (table, record_count, size_bytes) = known.ok_or(Error::FileNotLive { data_file_id })?;
        let total = removed.entry(table).or_default();
        total.file_count += 1;
        total.record_count += record_count;
        total.size_bytes += size_bytes;
    }
    Ok(removed)
}

/// Adds a file with its statistics and partition values, which are null for rows of unknown month.
pub(super) async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    file: &NewFile,
    place: &Place,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO ducklake_data_file (data_file_id, table_id, begin_snapshot, path, path_is_relative, file_format,
             record_count, file_size_bytes, footer_size, row_id_start, partition_id)
         VALUES (?1, ?2, ?3, ?4, 1, 'parquet', ?5, ?6, ?7, ?8, ?9)",
    )
    .bind(place.data_file_id)
    .bind(place.table_id)
    .bind(place.begin_snapshot)
    .bind(&file.path)
    .bind(file.record_count)
    .bind(file.file_size_bytes)
    .bind(file.footer_size)
    .bind(place.row_id_start)
    .bind(place.partition_id)
    .execute(&mut **transaction)
    .await
    .map_err(Error::catalog("commit of data files"))?;
    insert_statistics(transaction, file, place).await?;
    insert_partition_values(transaction, file, place).await
}

async fn insert_statistics(
    transaction: &mut Transaction<'_, Sqlite>,
    file: &NewFile,
    place: &Place,
) -> Result<(), Error> {
    let schema: &Schema = &file.table.schema();
    let known: Vec<_> =
        file.columns.iter().filter_map(|(name, of)| Some((column_id(schema, name)?, of))).collect();
    if known.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Sqlite>::new(
        "INSERT INTO ducklake_file_column_stats (data_file_id, table_id, column_id, column_size_bytes, value_count,
             null_count, min_value, max_value) ",
    );
    query.push_values(known, |mut row, (column_id, of)| {
        row.push_bind(place.data_file_id)
            .push_bind(place.table_id)
            .push_bind(column_id)
            .push_bind(of.column_size_bytes)
            .push_bind(of.value_count)
            .push_bind(of.null_count)
            .push_bind(of.min_value.as_deref())
            .push_bind(of.max_value.as_deref());
    });
    query.build().execute(&mut **transaction).await.map_err(Error::catalog("commit of column statistics"))?;
    Ok(())
}

async fn insert_partition_values(
    transaction: &mut Transaction<'_, Sqlite>,
    file: &NewFile,
    place: &Place,
) -> Result<(), Error> {
    if place.partition_id.is_none() {
        return Ok(());
    }
    let date = file.month.map(year_and_month);
    let values = [date.map(|(year, _)| year.to_string()), date.map(|(_, month)| month.to_string())];
    for (value, index) in values.iter().zip(0_i64..) {
        sqlx::query("INSERT INTO ducklake_file_partition_value VALUES (?1, ?2, ?3, ?4)")
            .bind(place.data_file_id)
            .bind(place.table_id)
            .bind(index)
            .bind(value)
            .execute(&mut **transaction)
            .await
            .map_err(Error::catalog("commit of partition values"))?;
    }
    Ok(())
}
