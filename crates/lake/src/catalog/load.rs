//! Reading the newest snapshot: whole once, afterwards only what commits have changed since.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use callhouse_core::time::month_of_year;
use callhouse_core::{KafkaPartition, Timestamp};
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use super::tables::{TableIds, column_id};
use super::{DataFile, Snapshot};
use crate::error::Error;
use crate::file::ColumnStatistics;
use crate::file::statistics::timestamp_from_text;
use crate::lookup::LookupSpec;
use crate::table::{Role, Table};

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

/// Live files that began after `since`, in order of id. `INDEXED BY` because SQLite would rather go through all
/// live files than through the few new ones.
async fn files_added(
    transaction: &mut Transaction<'_, Sqlite>,
    tables: &TableIds,
    since: i64,
) -> Result<Vec<DataFile>, Error> {
    let rows = sqlx::query(
        "SELECT data_file_id, table_id, path, record_count, file_size_bytes, footer_size, begin_snapshot
         FROM ducklake_data_file INDEXED BY callhouse_data_file_by_begin
         WHERE begin_snapshot > ?1 AND end_snapshot IS NULL ORDER BY data_file_id",
    )
    .bind(since)
    .fetch_all(&mut **transaction)
    .await
    .map_err(Error::catalog("read of data files"))?;
    let mut files = Vec::with_capacity(rows.len());
    for row in &rows {
        let Some(table) = tables.table(row.get(1)) else { continue };
        files.push(DataFile {
            data_file_id: row.get(0),
            table,
            path: row.get(2),
            record_count: row.get(3),
            file_size_bytes: row.get(4),
            footer_size: row.get(5),
            month: None,
            begin_snapshot: row.get(6),
            columns: HashMap::new(),
        });
    }
    for table in Table::ALL {
        let of_table: Vec<&mut DataFile> = files.iter_mut().filter(|file| file.table == table).collect();
        if of_table.is_empty() {
            continue;
        }
        let table_id = tables.table_id(table);
        let mut months = if table.month_column().is_some() {
            months(transaction, table_id, since).await?
        } else {
            HashMap::new()
        };
        let mut statistics = statistics(transaction, table, table_id, since).await?;
        for file in of_table {
            file.month = months.remove(&file.data_file_id);
            file.columns = statistics.remove(&file.data_file_id).unwrap_or_default();
        }
    }
    Ok(files)
}

/// Partition months of a table's files that began after `since`.
async fn months(
    transaction: &mut Transaction<'_, Sqlite>,
    table_id: i64,
    since: i64,
) -> Result<HashMap<i64, i32>, Error> {
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT v.data_file_id, v.partition_key_index, v.partition_value
         FROM ducklake_data_file f INDEXED BY callhouse_data_file_by_begin
         CROSS JOIN ducklake_file_partition_value v ON v.data_file_id = f.data_file_id
         WHERE f.begin_snapshot > ?1 AND f.end_snapshot IS NULL AND f.table_id = ?2
             AND v.partition_value IS NOT NULL",
    )
    .bind(since)
    .bind(table_id)
    .fetch_all(&mut **transaction)
    .await
    .map_err(Error::catalog("read of partition values"))?;
    let mut dates: HashMap<i64, [Option<i32>; 2]> = HashMap::new();
    for (data_file_id, key_index, value) in rows {
        let parts = dates.entry(data_file_id).or_default();
        if let Some(part) = usize::try_from(key_index).ok().and_then(|index| parts.get_mut(index)) {
            *part = value.parse().ok();
        }
    }
    let month = |(data_file_id, [year, month]): (i64, [Option<i32>; 2])| {
        Some((data_file_id, month_of_year(year?, month?)))
    };
    Ok(dates.into_iter().filter_map(month).collect())
}

/// Statistics of the pruning columns of a table's files that began after `since`.
async fn statistics(
    transaction: &mut Transaction<'_, Sqlite>,
    table: Table,
    table_id: i64,
    since: i64,
) -> Result<HashMap<i64, HashMap<String, ColumnStatistics>>, Error> {
    let schema = table.schema();
    let names: HashMap<i64, &str> = pruning_columns(table)
        .into_iter()
        .filter_map(|name| Some((column_id(&schema, name)?, name)))
        .collect();
    let ids: Vec<String> = names.keys().map(i64::to_string).collect();
    let rows = sqlx::query(
        "SELECT s.data_file_id, s.column_id, s.column_size_bytes, s.value_count, s.null_count, s.min_value, s.max_value
         FROM ducklake_data_file f INDEXED BY callhouse_data_file_by_begin
         CROSS JOIN json_each(?3) c
         CROSS JOIN ducklake_file_column_stats s ON s.data_file_id = f.data_file_id AND s.column_id = c.value
         WHERE f.begin_snapshot > ?1 AND f.end_snapshot IS NULL AND f.table_id = ?2",
    )
    .bind(since)
    .bind(table_id)
    .bind(format!("[{}]", ids.join(",")))
    .fetch_all(&mut **transaction)
    .await
    .map_err(Error::catalog("read of column statistics"))?;
    let mut by_file: HashMap<i64, HashMap<String, ColumnStatistics>> = HashMap::new();
    for row in &rows {
        let Some(name) = names.get(&row.get(1)) else { continue };
        let statistics = ColumnStatistics {
            column_size_bytes: row.get(2),
            value_count: row.get(3),
            null_count: row.get(4),
            min_value: row.get(5),
            max_value: row.get(6),
        };
        by_file.entry(row.get(0)).or_default().insert((*name).to_owned(), statistics);
    }
    Ok(by_file)
}

/// The columns whose statistics a snapshot holds in memory; the catalog has all.
fn pruning_columns(table: Table) -> Vec<&'static str> {
    let mut columns: Vec<&str> = table.sort_columns().to_vec();
    columns.extend(table.bloom_columns());
    columns.extend(table.lookup().into_iter().flat_map(LookupSpec::columns));
    columns.extend(table.month_column());
    if let Role::Recent(family) = table.role() {
        columns.extend(pruning_columns(family.settled()));
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
