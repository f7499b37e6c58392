//! Garbage goes, and nothing else does.

use std::path::PathBuf;
use std::sync::Arc;

use callhouse_testkit::ManualClock;
use uuid::Uuid;

use super::*;
use crate::catalog::Commit;
use crate::catalog::tests::{empty_commit, some_file};
use crate::clock::SystemClock;
use crate::file::NewFile;
use crate::folder::DataFolder;
use crate::table::Table;

const HOUR: Duration = Duration::from_secs(3_600);
const HOUR_MICROS: i64 = 3_600_000_000;

fn place(catalog: &Catalog, file: &NewFile) -> PathBuf {
    catalog.folder().file_path(file.table, &file.path)
}

/// A lake in which a compaction has replaced one file by another.
async fn compacted(clock: Arc<ManualClock>) -> (tempfile::TempDir, Catalog, [PathBuf; 2]) {
    let temporary = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(DataFolder::new(temporary.path()), clock).await.unwrap();
    let old = some_file(catalog.folder(), Table::CallsRecent, (1, 2));
    let new = some_file(catalog.folder(), Table::Calls, (1, 2));
    let paths = [place(&catalog, &old), place(&catalog, &new)];
    catalog.commit(&Commit { add: vec![old], ..empty_commit() }).await.unwrap();
    catalog.commit(&Commit { add: vec![new], remove: vec![0], ..empty_commit() }).await.unwrap();
    (temporary, catalog, paths)
}

#[tokio::test]
async fn a_replaced_file_goes_two_graces_after_it_was_replaced_and_no_sooner() {
    let clock = Arc::new(ManualClock::default());
    let (_temporary, catalog, [old, new]) = compacted(Arc::clone(&clock)).await;
    assert_eq!(expire(&catalog, HOUR).await.unwrap(), Expired::default());
    clock.advance_micros(HOUR_MICROS + 1);
    assert_eq!(expire(&catalog, HOUR).await.unwrap(), Expired { snapshot_count: 3, file_count: 1 });
    assert_eq!(delete_files(&catalog, HOUR).await.unwrap(), 0);
    assert!(old.try_exists().unwrap());
    clock.advance_micros(HOUR_MICROS);
    assert_eq!(delete_files(&catalog, HOUR).await.unwrap(), 1);
    assert!(!old.try_exists().unwrap());
    assert!(new.try_exists().unwrap());
    assert_eq!(delete_files(&catalog, HOUR).await.unwrap(), 0);
    assert_eq!(catalog.snapshot().await.unwrap().files[&Table::Calls].len(), 1);
}

#[tokio::test]
async fn a_file_already_unlinked_when_a_crash_came_is_forgotten() {
    let (_temporary, catalog, [old, _]) = compacted(Arc::default()).await;
    expire(&catalog, Duration::ZERO).await.unwrap();
    std::fs::remove_file(&old).unwrap();
    assert_eq!(delete_files(&catalog, Duration::ZERO).await.unwrap(), 0);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM ducklake_files_scheduled_for_deletion")
        .fetch_one(catalog.pool())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn only_old_files_that_no_row_names_are_orphans() {
    let clock = Arc::new(ManualClock::new(callhouse_core::Clock::now(&SystemClock)));
    let (_temporary, catalog, [old, new]) = compacted(Arc::clone(&clock)).await;
    let orphan = place(&catalog, &some_file(catalog.folder(), Table::Calls, (1, 2)));
    let unfinished = orphan.with_file_name(format!("{}.tmp", Uuid::now_v7()));
    let foreign = orphan.with_file_name("notes.parquet");
    std::fs::write(&unfinished, "abc").unwrap();
    std::fs::write(&foreign, "abc").unwrap();
    assert_eq!(sweep_orphans(&catalog, HOUR).await.unwrap(), 0);
    clock.advance_micros(2 * HOUR_MICROS);
    expire(&catalog, HOUR).await.unwrap();
    assert_eq!(sweep_orphans(&catalog, HOUR).await.unwrap(), 2);
    for (path, kept) in [(old, true), (new, true), (foreign, true), (orphan, false), (unfinished, false)] {
        assert_eq!(path.try_exists().unwrap(), kept, "{}", path.display());
    }
}

#[tokio::test]
async fn a_round_spares_orphans_for_a_day() {
    let clock = Arc::new(ManualClock::new(callhouse_core::Clock::now(&SystemClock)));
    let (_temporary, catalog, _) = compacted(Arc::clone(&clock)).await;
    let orphan = place(&catalog, &some_file(catalog.folder(), Table::Calls, (1, 2)));
    clock.advance_micros(23 * HOUR_MICROS);
    let first = collect(&catalog, HOUR).await.unwrap();
    assert_eq!((first.expired.file_count, first.deleted_files, first.deleted_orphans), (1, 0, 0));
    clock.advance_micros(2 * HOUR_MICROS);
    let second = collect(&catalog, HOUR).await.unwrap();
    assert_eq!((second.expired.file_count, second.deleted_files, second.deleted_orphans), (0, 1, 1));
    assert!(!orphan.try_exists().unwrap());
}

#[tokio::test]
async fn commit_ids_are_remembered_for_a_week() {
    let clock = Arc::new(ManualClock::default());
    let (_temporary, catalog, _) = compacted(Arc::clone(&clock)).await;
    let commit = empty_commit();
    let first = catalog.commit(&commit).await.unwrap();
    clock.advance_micros(24 * 6 * HOUR_MICROS);
    expire(&catalog, HOUR).await.unwrap();
    assert_eq!(catalog.commit(&commit).await.unwrap(), first);
    clock.advance_micros(24 * 2 * HOUR_MICROS);
    expire(&catalog, HOUR).await.unwrap();
    assert_ne!(catalog.commit(&commit).await.unwrap(), first);
}

#[tokio::test]
async fn what_a_running_job_reads_stays() {
    use callhouse_core::AccountId;

    use crate::jobs::{Jobs, Limits, NewJob};

    let clock = Arc::new(ManualClock::default());
    let (_temporary, catalog, _) = compacted(Arc::clone(&clock)).await;
    let jobs = Jobs::new(catalog.clone());
    let new = NewJob {
        account: AccountId::new("a").unwrap(),
        all_accounts: false,
        kind: "export",
        parameters: serde_json::Value::Null,
        webhook: None,
    };
    jobs.create(new, 1).await.unwrap();
    let limits = Limits { running: 1, running_of_account: 1 };
    let lease = jobs.claim("export", "p", 3 * HOUR, limits).await.unwrap().unwrap();
    // The snapshot before the one that removed the old file.
    assert!(lease.pin(catalog.snapshot().await.unwrap().id - 1).await.unwrap());
    clock.advance_micros(HOUR_MICROS + 1);
    assert_eq!(expire(&catalog, HOUR).await.unwrap().file_count, 0);
    // A dead process keeps nothing.
    clock.advance_micros(2 * HOUR_MICROS);
    assert_eq!(expire(&catalog, HOUR).await.unwrap().file_count, 1);
}
