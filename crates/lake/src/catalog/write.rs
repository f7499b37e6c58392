//! One commit, one transaction: fence, files out, files in, positions, all or nothing (ING-1, ING-2).

mod files;
mod positions;
mod totals;

use callhouse_core::{Timestamp, crash};
use sqlx::{Sqlite, Transaction};

use super::{Catalog, Commit, Committed};
use crate::error::Error;
use crate::file::NewFile;
use crate::file::statistics::timestamp_to_text;
use crate::table::Table;
use crate::webhooks::{Due, enqueue_due};

/// The snapshot a commit builds on, and the next free ids.
struct Base {
    snapshot_id: i64,
    schema_version: i64,
    next_catalog_id: i64,
    next_file_id: i64,
}

pub(super) async fn commit(
    catalog: &Catalog,
    commit: &Commit,
    due: Option<&Due>,
) -> Result<Committed, Error> {
    let failed = Error::catalog("commit");
    crash::point("catalog.commit.before");
    let mut transaction = catalog.pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    if let Some(snapshot_id) = already_committed(&mut transaction, commit).await? {
        return Ok(Committed { snapshot_id });
    }
    let now = catalog.clock.now();
    let base = read_base(&mut transaction).await?;
    let snapshot_id = base.snapshot_id + 1;
    positions::advance(&mut transaction, &commit.positions, snapshot_id).await?;
    positions::record_holes(&mut transaction, &commit.holes, snapshot_id, now).await?;
    // Under the write lock, which the sweep of orphans takes too: a file seen here stays.
    files::check_in_place(&catalog.folder, &commit.add).await?;
    let mut next_file_id = base.next_file_id;
    let mut changes = Vec::new();
    let removed = files::end(&mut transaction, &catalog.tables, &commit.remove, snapshot_id).await?;
    for table in Table::ALL {
        let add: Vec<&NewFile> = commit.add.iter().filter(|file| file.table == table).collect();
        let removed = removed.get(&table).copied().unwrap_or_default();
        let table_id = catalog.tables.table_id(table);
        if !add.is_empty() {
            changes.push(format!("inserted_into_table:{table_id}"));
        }
        if removed.file_count > 0 {
            changes.push(format!("deleted_from_table:{table_id}"));
        }
        if add.is_empty() && removed.file_count == 0 {
            continue;
        }
        let mut next_row_id = totals::change(&mut transaction, table_id, &add, removed).await?;
        totals::widen_columns(&mut transaction, table, table_id, &add).await?;
        for file in add {
            let place = files::Place {
                data_file_id: next_file_id,
                table_id,
                partition_id: catalog.tables.partition_id(table),
                begin_snapshot: snapshot_id,
                row_id_start: next_row_id,
            };
            files::insert(&mut transaction, file, &place).await?;
            next_file_id += 1;
            next_row_id += file.record_count;
        }
    }
    if let Some(due) = due {
        enqueue_due(&mut transaction, due, now).await?;
    }
    let next = Base { snapshot_id, next_file_id, ..base };
    write_snapshot(&mut transaction, commit, &next, &changes.join(","), now).await?;
    crash::point("catalog.commit.in_transaction");
    transaction.commit().await.map_err(failed)?;
    crash::point("catalog.commit.after");
    Ok(Committed { snapshot_id })
}

/// The snapshot this commit id has already made, looked up through all history.
async fn already_committed(
    transaction: &mut Transaction<'_, Sqlite>,
    commit: &Commit,
) -> Result<Option<i64>, Error> {
    sqlx::query_scalar("SELECT snapshot_id FROM callhouse_commits WHERE commit_id = ?1")
        .bind(commit.id.to_string())
        .fetch_optional(&mut **transaction)
        .await
        .map_err(Error::catalog("commit"))
}

async fn read_base(transaction: &mut Transaction<'_, Sqlite>) -> Result<Base, Error> {
    let (snapshot_id, schema_version, next_catalog_id, next_file_id) = sqlx::query_as(
        "SELECT snapshot_id, schema_version, next_catalog_id, next_file_id
         FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1",
    )
    .fetch_one(&mut **transaction)
    .await
    .map_err(Error::catalog("commit"))?;
    Ok(Base { snapshot_id, schema_version, next_catalog_id, next_file_id })
}

async fn write_snapshot(
    transaction: &mut Transaction<'_, Sqlite>,
    commit: &Commit,
    next: &Base,
    changes: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let failed = Error::catalog("commit");
    sqlx::query("INSERT INTO ducklake_snapshot VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(next.snapshot_id)
        .bind(timestamp_to_text(now))
        .bind(next.schema_version)
        .bind(next.next_catalog_id)
        .bind(next.next_file_id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO ducklake_snapshot_changes VALUES (?1, ?2, 'callhouse', ?3, NULL)")
        .bind(next.snapshot_id)
        .bind(changes)
        .bind(commit.message)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO callhouse_commits VALUES (?1, ?2, ?3)")
        .bind(commit.id.to_string())
        .bind(next.snapshot_id)
        .bind(now.micros())
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(())
}
