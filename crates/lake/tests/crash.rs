//! Kills of a real process between every two steps of writing, committing, compacting and collecting garbage.
//! After each one a snapshot names only whole files, and going on from its positions gives every row once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callhouse_core::position::OffsetRange;
use callhouse_core::record::{Group, Stamp, Start};
use callhouse_core::{AccountId, CallRecord, KafkaPartition, Timestamp};
use callhouse_lake::clock::SystemClock;
use callhouse_lake::rows::{decode_calls, encode_calls};
use callhouse_lake::{Catalog, Commit, DataFolder, FileWriter, NewFile, Snapshot, Table, gc};
use callhouse_testkit::victim;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use uuid::Uuid;

const CALLS: i64 = 6;
/// Compaction takes place when so many calls are in.
const COMPACTED_AT: i64 = 4;

const POINTS: [&str; 10] = [
    "file.write.before_sync",
    "file.write.after_sync",
    "file.write.after_rename",
    "file.write.after_folder_sync",
    "catalog.commit.before",
    "catalog.commit.in_transaction",
    "catalog.commit.after",
    "gc.expire.in_transaction",
    "gc.expire.after",
    "gc.delete.after_unlink",
];

fn log() -> KafkaPartition {
    KafkaPartition::new("calls", 0)
}

fn call(number: i64) -> CallRecord {
    let at = Timestamp::from_seconds(1_795_176_000 + number);
    let mut record = CallRecord::empty(AccountId::new("acme").unwrap(), number.to_string().into(), at);
    record.start = Some(Group { stamp: Stamp::new(0, at), content: Start { started_at: at } });
    record
}

fn commit(add: NewFile, remove: Vec<i64>, positions: Vec<OffsetRange>) -> Commit {
    Commit { id: Uuid::now_v7(), add: vec![add], remove, positions, holes: Vec::new(), message: "test" }
}

async fn open(folder: &Path) -> Catalog {
    Catalog::open(DataFolder::new(folder), Arc::new(SystemClock)).await.unwrap()
}

/// Takes calls in from where the catalog stands, compacts once, collects garbage at every step.
async fn work(catalog: &Catalog) {
    let writer = FileWriter::new(catalog.folder().clone());
    loop {
        let from = catalog.position(&log()).await.unwrap().unwrap_or(0);
        let snapshot = catalog.snapshot().await.unwrap();
        if from >= COMPACTED_AT && snapshot.files[&Table::Calls].is_empty() {
            compact(catalog, &writer, &snapshot).await;
        }
        gc::expire(catalog, Duration::ZERO).await.unwrap();
        gc::delete_files(catalog, Duration::ZERO).await.unwrap();
        gc::sweep_orphans(catalog, Duration::ZERO).await.unwrap();
        if from == CALLS {
            return;
        }
        let file = writer.write(Table::CallsRecent, None, &[encode_calls(&[call(from)]).unwrap()]).unwrap();
        let range = OffsetRange { kafka_partition: log(), from, to: from + 1 };
        catalog.commit(&commit(file, Vec::new(), vec![range])).await.unwrap();
    }
}

async fn compact(catalog: &Catalog, writer: &FileWriter, snapshot: &Snapshot) {
    let recent = &snapshot.files[&Table::CallsRecent];
    let batch = encode_calls(&rows(catalog, snapshot)).unwrap();
    let month = call(0).first_event_at.utc_month();
    let file = writer.write(Table::Calls, Some(month), &[batch]).unwrap();
    let inputs = recent.iter().map(|file| file.data_file_id).collect();
    catalog.commit(&commit(file, inputs, Vec::new())).await.unwrap();
}

/// All calls of a snapshot, in order of number. Reading each file whole shows that it is whole.
fn rows(catalog: &Catalog, snapshot: &Snapshot) -> Vec<CallRecord> {
    let mut rows = Vec::new();
    for file in snapshot.files.values().flatten() {
        let path = catalog.folder().file_path(file.table, &file.path);
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        for batch in reader.build().unwrap() {
            rows.extend(decode_calls(&batch.unwrap()).unwrap());
        }
    }
    rows.sort_by_key(|call| call.first_event_at);
    rows
}

/// Files on disk below the lake folder.
fn count_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count_files(&path) } else { 1 }).sum()
}

/// Runs [`child`] in a process of its own; true when it ended by itself.
fn run_child(folder: &Path, point: &str) -> bool {
    victim::run("child", folder, point)
}

/// What holds whenever a process was killed: a snapshot of whole files, with the rows its positions say.
async fn check(folder: &Path) -> usize {
    let catalog = open(folder).await;
    let snapshot = catalog.snapshot().await.unwrap();
    let taken = snapshot.positions.get(&log()).copied().unwrap_or(0);
    let expected: Vec<CallRecord> = (0..taken).map(call).collect();
    assert_eq!(rows(&catalog, &snapshot), expected);
    catalog.close().await;
    snapshot.files.values().map(Vec::len).sum()
}

#[tokio::test]
#[ignore = "the process that the other tests kill"]
async fn child() {
    work(&open(&victim::folder()).await).await;
}

#[tokio::test]
async fn lak_1_ing_1_a_kill_anywhere_loses_and_doubles_nothing() {
    let mut killed = 0;
    for point in POINTS {
        // The fifth file and commit are those of the compaction, whose four inputs are deleted.
        let last = if point.starts_with("gc.delete") { 4 } else { 5 };
        for pass in [1, last] {
            let temporary = tempfile::tempdir().unwrap();
            if !run_child(temporary.path(), &format!("{point}:{pass}")) {
                killed += 1;
            }
            check(temporary.path()).await;
            assert!(run_child(temporary.path(), ""));
            let live = check(temporary.path()).await;
            assert_eq!(count_files(&temporary.path().join("lake")), live, "{point}:{pass} leaves garbage");
        }
    }
    assert_eq!(killed, POINTS.len() * 2, "a crash point is not passed");
}

#[tokio::test]
async fn a_kill_while_orphans_are_swept_leaves_them_for_the_next_sweep() {
    let temporary = tempfile::tempdir().unwrap();
    assert!(!run_child(temporary.path(), "file.write.after_rename:1"));
    assert!(!run_child(temporary.path(), "gc.orphan.after_unlink:1"));
    assert!(run_child(temporary.path(), ""));
    assert_eq!(count_files(&temporary.path().join("lake")), check(temporary.path()).await);
}
