//! Reading the newest snapshot: whole once, afterwards only what commits have changed since.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use callhouse_core::{KafkaPartition, Timestamp};
use chrono::NaiveDate;
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use super::tables::{TableIds, column_id};
use super::{DataFile, Snapshot};
use crate::error::Error;
use crate::file::ColumnStatistics;
use crate::file::statistics::timestamp_from_text;
use crate::table::Table;

/// Below the id of every snapshot: everything has changed since.
const BEFORE_ALL: i64 = -1;

pub(super) async fn newest_id(pool: &SqlitePool) -> Result<i64, Error> {
    sqlx::query_scalar("SELECT max(snapshot_id) FROM ducklake_snapshot")
        .fetch_one(pool)
        .await
        .map_err(Error::catalog("read of the newest snapshot"))
}

/// The newest snapshot, built on `previous` where that is possible. Files and positions are read in one
/// transaction, so that they belong together (LAK-2).
pub(super) async fn load(
    pool: &SqlitePool,
    tables: &TableIds,
    previous: Option<&Snapshot>,
) -> Result<Snapshot, Error> {
    let failed = Error::catalog("read of a snapshot");
    let mut transaction = pool.begin().await.map_err(failed)?;
    let (id, at, oldest_id): (i64, String, i64) = sqlx::query_as(
        "SELECT snapshot_id, snapshot_time, (SELECT min(snapshot_id) FROM ducklake_snapshot)
         FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1",
    )
    .fetch_one(&mut *transaction)
    .await
    .map_err(failed)?;
    let at = timestamp_from_text(&at)
        .ok_or_else(|| Error::Invalid { what: format!("snapshot {id} is of {at:?}, which is no instant") })?;
    // Rows of files that ended up to the oldest snapshot may be gone, and with them the word that they ended.
    let base = previous.filter(|previous| previous.id >= oldest_id);
    let since = base.map_or(BEFORE_ALL, |base| base.id);
    let added = files_added(&mut transaction, tables, since).await?;
    let ended = if base.is_some() { files_ended(&mut transaction, since).await? } else { HashSet::new() };
    let moved = positions_moved(&mut transaction, since).await?;
    transaction.rollback().await.map_err(failed)?;
    Ok(apply(base, id, at, added, &ended, moved))
}

fn apply(
    base: Option<&Snapshot>,
    id: i64,
    at: Timestamp,
    added: Vec<DataFile>,
    ended: &HashSet<i64>,
    moved: Vec<(KafkaPartition, i64)>,
) -> Snapshot {
    let mut files: HashMap<Table, Vec<Arc<DataFile>>> =
        base.map_or_else(HashMap::new, |base| base.files.clone());
    for table in Table::ALL {
        let live = files.entry(table).or_default();
        if !ended.is_empty() {
            live.retain(|file| !ended.contains(&file.data_file_id));
        }
    }
    // Ids only grow, so that appending keeps the order.
    for file in added {
        files.entry(file.table).or_default().push(Arc::new(file));
    }
    let mut positions = base.map_or_else(HashMap::new, |base| base.positions.clone());
    positions.extend(moved);
    Snapshot { id, at, files, positions }
}

/// Live files that began after `since`, in order of id.
async fn files_added(
    transaction: &mut Transaction<'_, Sqlite>,
    tables: &TableIds,
    since: i64,
) -> Result<Vec<DataFile>, Error> {
    let rows = sqlx::query(
        "SELECT data_file_id, table_id, path, record_count, file_size_bytes, footer_size, begin_snapshot
         FROM ducklake_data_file WHERE begin_snapshot > ?1 AND end_snapshot IS NULL ORDER BY data_file_id",
    )
    .bind(since)
    .fetch_all(&mut **transaction)
    .await
    .map_err(Error::catalog("read of data files"))?;
    let mut days = days(transaction, since).await?;
    let mut statistics = statistics(transaction, tables, since).await?;
    let files = rows.iter().filter_map(|row| {
        let data_file_id = row.get(0);
        Some(DataFile {
            data_file_id,
            table: tables.table(row.get(1))?,
            path: row.get(2),
            record_count: row.get(3),
            file_size_bytes: row.get(4),
            footer_size: row.get(5),
            day: days.remove(&data_file_id),
            begin_snapshot: row.get(6),
            columns: statistics.remove(&data_file_id).unwrap_or_default(),
        })
    });
    Ok(files.collect())
}

/// Partition days of the files that began after `since`.
async fn days(transaction: &mut Transaction<'_, Sqlite>, since: i64) -> Result<HashMap<i64, i32>, Error> {
    let rows: Vec<(i64, i32, u32, u32)> = sqlx::query_as(
        "SELECT f.data_file_id, CAST(y.partition_value AS INTEGER), CAST(m.partition_value AS INTEGER),
                CAST(d.partition_value AS INTEGER)
         FROM ducklake_data_file f
         JOIN ducklake_file_partition_value y ON y.data_file_id = f.data_file_id AND y.partition_key_index = 0
         JOIN ducklake_file_partition_value m ON m.data_file_id = f.data_file_id AND m.partition_key_index = 1
         JOIN ducklake_file_partition_value d ON d.data_file_id = f.data_file_id AND d.partition_key_index = 2
         WHERE f.begin_snapshot > ?1 AND f.end_snapshot IS NULL AND y.partition_value IS NOT NULL",
    )
    .bind(since)
    .fetch_all(&mut **transaction)
    .await
    .map_err(Error::catalog("read of partition values"))?;
    let days = rows.into_iter().filter_map(|(data_file_id, year, month, day)| {
        let days =
            NaiveDate::from_ymd_opt(year, month, day)?.signed_duration_since(NaiveDate::default()).num_days();
        Some((data_file_id, i32::try_from(days).ok()?))
    });
    Ok(days.collect())
}

/// Statistics of the pruning columns of the files that began after `since`.
async fn statistics(
    transaction: &mut Transaction<'_, Sqlite>,
    tables: &TableIds,
    since: i64,
) -> Result<HashMap<i64, HashMap<String, ColumnStatistics>>, Error> {
    let mut by_file: HashMap<i64, HashMap<String, ColumnStatistics>> = HashMap::new();
    for table in Table::ALL {
        let schema = table.schema();
        for column in pruning_columns(table) {
            let rows = sqlx::query(
                "SELECT s.data_file_id, s.column_size_bytes, s.value_count, s.null_count, s.min_value, s.max_value
                 FROM ducklake_data_file f
                 JOIN ducklake_file_column_stats s ON s.data_file_id = f.data_file_id AND s.column_id = ?2
                 WHERE f.begin_snapshot > ?1 AND f.end_snapshot IS NULL AND f.table_id = ?3",
            )
            .bind(since)
            .bind(column_id(&schema, column))
            .bind(tables.table_id(table))
            .fetch_all(&mut **transaction)
            .await
            .map_err(Error::catalog("read of column statistics"))?;
            for row in &rows {
                let statistics = ColumnStatistics {
                    column_size_bytes: row.get(1),
                    value_count: row.get(2),
                    null_count: row.get(3),
                    min_value: row.get(4),
                    max_value: row.get(5),
                };
                by_file.entry(row.get(0)).or_default().insert(column.to_owned(), statistics);
            }
        }
    }
    Ok(by_file)
}

/// The columns whose statistics a snapshot holds in memory; the catalog has all.
fn pruning_columns(table: Table) -> Vec<&'static str> {
    let mut columns: Vec<&str> = table.sort_columns().to_vec();
    columns.extend(table.bloom_columns());
    columns.extend(table.day_column());
    if table == Table::CallsRecent {
        columns.extend(pruning_columns(Table::Calls));
    }
    columns.sort_unstable();
    columns.dedup();
    columns
}

async fn files_ended(transaction: &mut Transaction<'_, Sqlite>, since: i64) -> Result<HashSet<i64>, Error> {
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT data_file_id FROM ducklake_data_file WHERE end_snapshot > ?1")
            .bind(since)
            .fetch_all(&mut **transaction)
            .await
            .map_err(Error::catalog("read of ended data files"))?;
    Ok(ids.into_iter().collect())
}

async fn positions_moved(
    transaction: &mut Transaction<'_, Sqlite>,
    since: i64,
) -> Result<Vec<(KafkaPartition, i64)>, Error> {
    let rows: Vec<(String, i32, i64)> = sqlx::query_as(
        "SELECT topic, kafka_partition, next_offset FROM callhouse_positions WHERE snapshot_id > ?1",
    )
    .bind(since)
    .fetch_all(&mut **transaction)
    .await
    .map_err(Error::catalog("read of positions"))?;
    Ok(rows
        .into_iter()
        .map(|(topic, partition, next_offset)| (KafkaPartition::new(topic, partition), next_offset))
        .collect())
}
