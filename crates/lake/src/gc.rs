//! What nobody needs any more: old snapshots, the files only they named, and files no snapshot ever named.
//!
//! A file goes in three steps, each safe to repeat after a crash and each at least a grace time after the one
//! before: a commit ends it, [`expire`] schedules it for deletion when no kept snapshot names it, and
//! [`delete_files`] unlinks it. So the grace time is how long a reader may go on with a snapshot. Files that a
//! crash left unnamed are [`sweep_orphans`]' work. Nothing else deletes files.

mod orphans;
#[cfg(test)]
mod tests;

use std::time::Duration;

use callhouse_core::{Timestamp, crash};
use sqlx::{Sqlite, Transaction};

use crate::catalog::Catalog;
use crate::error::Error;
use crate::file::statistics::timestamp_to_text;
use crate::folder::LAKE_SCHEMA;

pub use orphans::sweep_orphans;

/// How long commit ids are remembered: much longer than any writer retries.
const COMMIT_MEMORY: Duration = Duration::from_secs(7 * 86_400);

/// Grace of files that no snapshot ever named: much longer than any file waits for its commit.
const ORPHAN_GRACE: Duration = Duration::from_secs(86_400);

/// What one round of [`collect`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    pub expired: Expired,
    pub deleted_files: u64,
    pub deleted_orphans: u64,
}

/// One round of everything: what a running callhouse does every few minutes. Safe in several processes at once.
///
/// # Errors
/// [`Error::Catalog`], [`Error::File`]; the next round takes up what was left.
pub async fn collect(catalog: &Catalog, grace: Duration) -> Result<Collected, Error> {
    Ok(Collected {
        expired: expire(catalog, grace).await?,
        deleted_files: delete_files(catalog, grace).await?,
        deleted_orphans: sweep_orphans(catalog, grace.max(ORPHAN_GRACE)).await?,
    })
}

/// What [`expire`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expired {
    pub snapshot_count: u64,
    /// Files scheduled for deletion.
    pub file_count: u64,
}

/// Forgets snapshots older than `grace`, the newest and those that running jobs read always kept, and schedules for deletion the files that no
/// kept snapshot names.
///
/// # Errors
/// [`Error::Catalog`].
pub async fn expire(catalog: &Catalog, grace: Duration) -> Result<Expired, Error> {
    let failed = Error::catalog("expiry of snapshots");
    let now = catalog.clock().now();
    let mut transaction = catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    // The text form of instants orders as the instants do. Nothing from the first young snapshot on goes.
    let oldest_kept: i64 = sqlx::query_scalar(
        "SELECT min(coalesce((SELECT min(snapshot_id) FROM ducklake_snapshot WHERE snapshot_time > ?1),
                             (SELECT max(snapshot_id) FROM ducklake_snapshot)),
                    coalesce((SELECT min(snapshot_id) FROM callhouse_jobs WHERE lease_until > ?2), ?3))",
    )
    .bind(timestamp_to_text(before(now, grace)))
    .bind(now.micros())
    .bind(i64::MAX)
    .fetch_one(&mut *transaction)
    .await
    .map_err(failed)?;
    let snapshots = sqlx::query("DELETE FROM ducklake_snapshot WHERE snapshot_id < ?1")
        .bind(oldest_kept)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    sqlx::query("DELETE FROM ducklake_snapshot_changes WHERE snapshot_id < ?1")
        .bind(oldest_kept)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let file_count = schedule_files(&mut transaction, oldest_kept, now).await?;
    sqlx::query("DELETE FROM callhouse_commits WHERE committed_at < ?1")
        .bind(before(now, COMMIT_MEMORY).micros())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    crash::point("gc.expire.in_transaction");
    transaction.commit().await.map_err(failed)?;
    crash::point("gc.expire.after");
    Ok(Expired { snapshot_count: snapshots.rows_affected(), file_count })
}

/// Moves files that ended before or at the oldest kept snapshot from the catalog to the deletion list.
async fn schedule_files(
    transaction: &mut Transaction<'_, Sqlite>,
    oldest_kept: i64,
    now: Timestamp,
) -> Result<u64, Error> {
    let failed = Error::catalog("scheduling of deletions");
    let scheduled = sqlx::query(
        "INSERT INTO ducklake_files_scheduled_for_deletion (data_file_id, path, path_is_relative, schedule_start)
         SELECT f.data_file_id, ?3 || '/' || t.path || f.path, 1, ?2
         FROM ducklake_data_file f JOIN ducklake_table t ON t.table_id = f.table_id
         WHERE f.end_snapshot <= ?1",
    )
    .bind(oldest_kept)
    .bind(timestamp_to_text(now))
    .bind(LAKE_SCHEMA)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    for statement in [
        "DELETE FROM ducklake_file_column_stats WHERE data_file_id IN
             (SELECT data_file_id FROM ducklake_data_file WHERE end_snapshot <= ?1)",
        "DELETE FROM ducklake_file_partition_value WHERE data_file_id IN
             (SELECT data_file_id FROM ducklake_data_file WHERE end_snapshot <= ?1)",
        "DELETE FROM ducklake_data_file WHERE end_snapshot <= ?1",
    ] {
        sqlx::query(statement).bind(oldest_kept).execute(&mut **transaction).await.map_err(failed)?;
    }
    Ok(scheduled.rows_affected())
}

/// Unlinks files that have been scheduled for deletion for longer than `grace`; returns how many.
///
/// # Errors
/// [`Error::Catalog`], [`Error::File`].
pub async fn delete_files(catalog: &Catalog, grace: Duration) -> Result<u64, Error> {
    let failed = Error::catalog("deletion of files");
    let due: Vec<(i64, String)> = sqlx::query_as(
        "SELECT data_file_id, path FROM ducklake_files_scheduled_for_deletion
         WHERE schedule_start <= ?1 AND path_is_relative = 1",
    )
    .bind(timestamp_to_text(before(catalog.clock().now(), grace)))
    .fetch_all(catalog.pool())
    .await
    .map_err(failed)?;
    let mut deleted = 0;
    for (data_file_id, path) in due {
        let path = catalog.folder().lake_path().join(path);
        match tokio::fs::remove_file(&path).await {
            Ok(()) => deleted += 1,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::File { operation: "delete", path, source }),
        }
        crash::point("gc.delete.after_unlink");
        sqlx::query("DELETE FROM ducklake_files_scheduled_for_deletion WHERE data_file_id = ?1")
            .bind(data_file_id)
            .execute(catalog.pool())
            .await
            .map_err(failed)?;
    }
    Ok(deleted)
}

fn before(now: Timestamp, grace: Duration) -> Timestamp {
    now.plus_micros(-i64::try_from(grace.as_micros()).unwrap_or(i64::MAX))
}
