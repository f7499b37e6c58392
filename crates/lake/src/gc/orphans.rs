//! Files that no catalog row ever named: left by a crash between writing and committing.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use callhouse_core::{Timestamp, crash};
use uuid::Uuid;

use super::before;
use crate::catalog::Catalog;
use crate::error::Error;
use crate::file::TEMPORARY_ENDING;
use crate::folder::LAKE_SCHEMA;

/// Deletes data files of ours, finished or not, that no row of the catalog names and that were last written longer
/// ago than `grace`; returns how many. Each is looked up once more under the catalog's write lock, under which
/// a commit checks that its files are there: a file is either deleted or committed, never both. `grace` must
/// be longer than any file takes from its last write to its commit, or that commit will fail.
///
/// # Errors
/// [`Error::Catalog`], [`Error::File`].
pub async fn sweep_orphans(catalog: &Catalog, grace: Duration) -> Result<u64, Error> {
    let lake_path = catalog.folder().lake_path();
    let cutoff = before(catalog.clock().now(), grace);
    let walk = {
        let root = lake_path.join(LAKE_SCHEMA);
        tokio::task::spawn_blocking(move || old_files(&root, cutoff))
    };
    let old = walk.await.map_err(|error| Error::Invalid { what: format!("the sweep ended: {error}") })?;
    let old = old.map_err(|source| Error::File { operation: "list", path: lake_path.clone(), source })?;
    let (seen_to, named) = named_paths(catalog).await?;
    let unnamed: Vec<PathBuf> =
        old.into_iter().filter(|path| !named.contains(&relative(&lake_path, path))).collect();
    if unnamed.is_empty() {
        return Ok(0);
    }
    delete_still_unnamed(catalog, &lake_path, unnamed, seen_to).await
}

async fn delete_still_unnamed(
    catalog: &Catalog,
    lake_path: &Path,
    unnamed: Vec<PathBuf>,
    seen_to: i64,
) -> Result<u64, Error> {
    let failed = Error::catalog("sweep of orphans");
    let transaction = &mut catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let since: Vec<String> = sqlx::query_scalar(
        "SELECT ?2 || '/' || t.path || f.path FROM ducklake_data_file f JOIN ducklake_table t USING (table_id)
         WHERE f.begin_snapshot > ?1",
    )
    .bind(seen_to)
    .bind(LAKE_SCHEMA)
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)?;
    let since: HashSet<String> = since.into_iter().collect();
    let mut deleted = 0;
    for path in unnamed {
        if since.contains(&relative(lake_path, &path)) {
            continue;
        }
        match tokio::fs::remove_file(&path).await {
            Ok(()) => deleted += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::File { operation: "delete", path, source }),
        }
        crash::point("gc.orphan.after_unlink");
    }
    Ok(deleted)
}

/// Every path the catalog names, live, ended or scheduled for deletion, and the snapshot it was read at.
async fn named_paths(catalog: &Catalog) -> Result<(i64, HashSet<String>), Error> {
    let failed = Error::catalog("sweep of orphans");
    let mut transaction = catalog.pool().begin().await.map_err(failed)?;
    let newest: i64 = sqlx::query_scalar("SELECT max(snapshot_id) FROM ducklake_snapshot")
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    let paths: Vec<String> = sqlx::query_scalar(
        "SELECT ?1 || '/' || t.path || f.path FROM ducklake_data_file f JOIN ducklake_table t USING (table_id)
         UNION ALL SELECT path FROM ducklake_files_scheduled_for_deletion",
    )
    .bind(LAKE_SCHEMA)
    .fetch_all(&mut *transaction)
    .await
    .map_err(failed)?;
    transaction.rollback().await.map_err(failed)?;
    Ok((newest, paths.into_iter().collect()))
}

/// Data files of ours below a folder that were last written before the cutoff.
fn old_files(root: &Path, cutoff: Timestamp) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if is_ours(&path) && written_at(&entry)?.is_some_and(|at| at < cutoff) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Named as `FileWriter` names files; anything else is somebody else's.
fn is_ours(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let name = path.file_stem().and_then(|name| name.to_str());
    matches!(ending, Some("parquet" | TEMPORARY_ENDING))
        && name.and_then(|name| Uuid::parse_str(name).ok()).is_some_and(|id| id.get_version_num() == 7)
}

/// When a file was last written; `None` when it went away meanwhile.
fn written_at(entry: &fs::DirEntry) -> io::Result<Option<Timestamp>> {
    let modified = match entry.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?.modified()?,
    };
    let micros = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Ok(Some(Timestamp(i64::try_from(micros).unwrap_or(i64::MAX))))
}

/// The path as the catalog writes it, below the lake folder.
fn relative(lake_path: &Path, path: &Path) -> String {
    path.strip_prefix(lake_path).unwrap_or(path).to_string_lossy().into_owned()
}
