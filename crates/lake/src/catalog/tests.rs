//! Commits: the fence, retries, two processes on one folder, and snapshots built from what changed.

use std::collections::BTreeMap;
use std::path::Path;

use callhouse_testkit::ManualClock;
use proptest::prelude::*;

use super::*;

pub(crate) async fn open(root: &Path) -> Catalog {
    Catalog::open(DataFolder::new(root), Arc::new(ManualClock::default())).await.unwrap()
}

/// A file of three bytes in its place: the catalog does not look inside.
pub(crate) fn some_file(folder: &DataFolder, table: Table, callids: (i64, i64)) -> NewFile {
    let month = table.month_column().map(|_| 682);
    let prefix = if month.is_some() { "year=2026/month=11/" } else { "" };
    let path = format!("{prefix}{}.parquet", Uuid::now_v7());
    let place = folder.file_path(table, &path);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, "abc").unwrap();
    let statistics = ColumnStatistics {
        column_size_bytes: 1,
        value_count: 2,
        null_count: 0,
        min_value: Some(callids.0.to_string()),
        max_value: Some(callids.1.to_string()),
    };
    let columns = BTreeMap::from([("callid".to_owned(), statistics)]);
    NewFile { table, path, record_count: 2, file_size_bytes: 3, footer_size: 1, month, columns }
}

pub(crate) fn empty_commit() -> Commit {
    Commit {
        id: Uuid::now_v7(),
        add: Vec::new(),
        remove: Vec::new(),
        positions: Vec::new(),
        holes: Vec::new(),
        message: "ingest",
    }
}

fn range(partition: i32, from: i64, to: i64) -> OffsetRange {
    OffsetRange { kafka_partition: KafkaPartition::new("calls", partition), from, to }
}

fn file_ids(snapshot: &Snapshot, table: Table) -> Vec<i64> {
    snapshot.files[&table].iter().map(|file| file.data_file_id).collect()
}

#[tokio::test]
async fn ing_1_files_and_positions_become_visible_together() {
    let temporary = tempfile::tempdir().unwrap();
    let catalog = open(temporary.path()).await;
    let before = catalog.snapshot().await.unwrap();
    let commit = Commit {
        add: vec![
            some_file(catalog.folder(), Table::CallEvents, (1, 2)),
            some_file(catalog.folder(), Table::Calls, (1, 2)),
        ],
        positions: vec![range(0, 5, 9), range(1, 0, 3)],
        ..empty_commit()
    };
    let committed = catalog.commit(&commit).await.unwrap();
    let after = catalog.snapshot().await.unwrap();
    assert_eq!((before.id, before.positions.len()), (1, 0));
    assert_eq!((after.id, committed.snapshot_id), (2, 2));
    assert_eq!(after.positions[&KafkaPartition::new("calls", 0)], 9);
    assert_eq!(catalog.position(&KafkaPartition::new("calls", 1)).await.unwrap(), Some(3));
    assert_eq!(file_ids(&after, Table::CallEvents), [0]);
    let settled = &after.files[&Table::Calls][0];
    assert_eq!((settled.data_file_id, settled.month, settled.begin_snapshot), (1, Some(682), 2));
    assert_eq!(settled.columns["callid"].max_value.as_deref(), Some("2"));
}

#[tokio::test]
async fn ing_2_a_commit_from_another_position_changes_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let catalog = open(temporary.path()).await;
    catalog.commit(&Commit { positions: vec![range(0, 0, 10)], ..empty_commit() }).await.unwrap();
    for from in [0, 9, 11] {
        let stale = Commit {
            add: vec![some_file(catalog.folder(), Table::CallEvents, (1, 2))],
            positions: vec![range(1, 0, 4), range(0, from, 20)],
            ..empty_commit()
        };
        let refused = catalog.commit(&stale).await.unwrap_err();
        assert!(matches!(refused, Error::PositionMoved { stored: 10, .. }), "{refused}");
    }
    let snapshot = catalog.snapshot().await.unwrap();
    assert_eq!(snapshot.id, 2);
    assert_eq!(snapshot.positions.len(), 1);
    assert!(snapshot.files[&Table::CallEvents].is_empty());
}

#[tokio::test]
async fn a_retry_after_a_lost_answer_finds_its_commit_however_old() {
    let temporary = tempfile::tempdir().unwrap();
    let catalog = open(temporary.path()).await;
    let commit = Commit {
        add: vec![some_file(catalog.folder(), Table::CallEvents, (1, 2))],
        positions: vec![range(0, 0, 10)],
        ..empty_commit()
    };
    let first = catalog.commit(&commit).await.unwrap();
    for at in 1..5 {
        catalog
            .commit(&Commit { positions: vec![range(0, at * 10, at * 10 + 10)], ..empty_commit() })
            .await
            .unwrap();
    }
    assert_eq!(catalog.commit(&commit).await.unwrap(), first);
    assert_eq!(file_ids(&catalog.snapshot().await.unwrap(), Table::CallEvents), [0]);
}

#[tokio::test]
async fn two_compactions_cannot_both_take_a_file() {
    let temporary = tempfile::tempdir().unwrap();
    let catalog = open(temporary.path()).await;
    let added =
        Commit { add: vec![some_file(catalog.folder(), Table::CallsRecent, (1, 2))], ..empty_commit() };
    catalog.commit(&added).await.unwrap();
    let compaction = |catalog: &Catalog| Commit {
        add: vec![some_file(catalog.folder(), Table::Calls, (1, 2))],
        remove: vec![0],
        message: "compact",
        ..empty_commit()
    };
    catalog.commit(&compaction(&catalog)).await.unwrap();
    let refused = catalog.commit(&compaction(&catalog)).await.unwrap_err();
    assert!(matches!(refused, Error::FileNotLive { data_file_id: 0 }), "{refused}");
    let snapshot = catalog.snapshot().await.unwrap();
    assert_eq!(file_ids(&snapshot, Table::Calls), [1]);
    assert!(snapshot.files[&Table::CallsRecent].is_empty());
}

#[tokio::test]
async fn lak_1_a_snapshot_never_names_a_file_that_is_not_there() {
    let temporary = tempfile::tempdir().unwrap();
    let catalog = open(temporary.path()).await;
    let file = some_file(catalog.folder(), Table::CallEvents, (1, 2));
    std::fs::remove_file(catalog.folder().file_path(file.table, &file.path)).unwrap();
    let refused = catalog.commit(&Commit { add: vec![file], ..empty_commit() }).await.unwrap_err();
    assert!(matches!(refused, Error::File { .. }), "{refused}");
    assert_eq!(catalog.snapshot().await.unwrap().id, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ing_2_of_two_processes_on_one_folder_one_takes_each_range() {
    let temporary = tempfile::tempdir().unwrap();
    let (one, other) = tokio::join!(open(temporary.path()), open(temporary.path()));
    let (won_by_one, won_by_other) = tokio::join!(tokio::spawn(race(one.clone())), tokio::spawn(race(other)));
    assert_eq!(won_by_one.unwrap() + won_by_other.unwrap(), 20);
    let snapshot = one.snapshot().await.unwrap();
    assert_eq!(snapshot.positions[&KafkaPartition::new("calls", 0)], 20);
    assert_eq!(snapshot.files[&Table::CallEvents].len(), 20);
}

/// Tries to take in each of twenty offsets; returns how many this one got.
async fn race(catalog: Catalog) -> usize {
    let mut won = 0;
    for offset in 0..20 {
        let commit = Commit {
            add: vec![some_file(catalog.folder(), Table::CallEvents, (offset, offset))],
            positions: vec![range(0, offset, offset + 1)],
            ..empty_commit()
        };
        match catalog.commit(&commit).await {
            Ok(_) => won += 1,
            Err(Error::PositionMoved { stored, .. }) => assert!(stored > offset),
            Err(other) => panic!("{other}"),
        }
    }
    won
}

#[tokio::test]
async fn a_catalog_of_another_version_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let catalog = open(temporary.path()).await;
    sqlx::query("UPDATE callhouse_meta SET value = '999' WHERE key = 'schema_version'")
        .execute(catalog.pool())
        .await
        .unwrap();
    let refused = Catalog::open(catalog.folder().clone(), Arc::clone(catalog.clock())).await;
    assert!(matches!(refused.err(), Some(Error::UnsupportedVersion { found, .. }) if found == "999"));
}

#[tokio::test]
async fn a_moved_data_folder_is_right_after_its_next_opening() {
    let temporary = tempfile::tempdir().unwrap();
    let (old, new) = (temporary.path().join("old"), temporary.path().join("new"));
    let catalog = open(&old).await;
    let file = some_file(catalog.folder(), Table::CallEvents, (1, 2));
    catalog.commit(&Commit { add: vec![file], ..empty_commit() }).await.unwrap();
    catalog.close().await;
    std::fs::rename(&old, &new).unwrap();
    let catalog = open(&new).await;
    let data_path: String = sqlx::query_scalar("SELECT value FROM ducklake_metadata WHERE key = 'data_path'")
        .fetch_one(catalog.pool())
        .await
        .unwrap();
    assert_eq!(data_path, format!("{}/", new.canonicalize().unwrap().join("lake").display()));
    assert_eq!(file_ids(&catalog.snapshot().await.unwrap(), Table::CallEvents), [0]);
}

/// A reader whose connections are closed can answer only if it does not ask SQLite.
#[tokio::test]
async fn a_snapshot_is_asked_for_again_only_when_something_was_committed() {
    let temporary = tempfile::tempdir().unwrap();
    let (writer, reader) = (open(temporary.path()).await, open(temporary.path()).await);
    writer.commit(&empty_commit()).await.unwrap();
    let known = reader.snapshot().await.unwrap();
    assert!(Mark::read(reader.folder()).is_some(), "the file system tells when files were made");
    reader.close().await;
    assert_eq!(reader.snapshot().await.unwrap().id, known.id);
    writer.commit(&empty_commit()).await.unwrap();
    reader.snapshot().await.expect_err("there is something new, and nobody to ask for it");
}

/// One step of a random history: files added per table, a file taken out, a position moved, a snapshot read.
#[derive(Debug, Clone)]
struct Step {
    add: Vec<usize>,
    remove: Option<usize>,
    advance: Option<i32>,
    read: bool,
    expire: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (
        prop::collection::vec(0..Table::ALL.len(), 0..4),
        prop::option::of(any::<usize>()),
        prop::option::of(0..3_i32),
        any::<bool>(),
        prop::bool::weighted(0.2),
    );
    let step =
        step.prop_map(|(add, remove, advance, read, expire)| Step { add, remove, advance, read, expire });
    prop::collection::vec(step, 1..12)
}

async fn take(catalog: &Catalog, step: &Step) {
    let now = load::load(&catalog.pool, &catalog.tables, None).await.unwrap();
    let live: Vec<i64> = now.files.values().flatten().map(|file| file.data_file_id).collect();
    let remove = step.remove.and_then(|pick| live.get(pick % live.len().max(1)).copied());
    let positions = step.advance.map(|partition| {
        let from = now.positions.get(&KafkaPartition::new("calls", partition)).copied().unwrap_or(0);
        range(partition, from, from + 7)
    });
    let commit = Commit {
        add: step.add.iter().map(|index| some_file(catalog.folder(), Table::ALL[*index], (3, 9))).collect(),
        remove: remove.into_iter().collect(),
        positions: positions.into_iter().collect(),
        ..empty_commit()
    };
    catalog.commit(&commit).await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn lak_2_a_snapshot_built_from_changes_equals_one_read_whole(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let temporary = tempfile::tempdir().unwrap();
            let (writer, reader) = (open(temporary.path()).await, open(temporary.path()).await);
            for step in &steps {
                take(&writer, step).await;
                if step.expire {
                    crate::gc::expire(&writer, std::time::Duration::ZERO).await.unwrap();
                }
                if step.read {
                    let whole = load::load(&reader.pool, &reader.tables, None).await.unwrap();
                    assert_eq!(*reader.snapshot().await.unwrap(), whole);
                }
            }
        });
    }
}
