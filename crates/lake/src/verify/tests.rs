use std::sync::Arc;

use callhouse_testkit::events::CallStory;

use super::*;
use crate::compaction::{CompactionOptions, Compactor};
use crate::table::Table;
use crate::testing::{BASE, Lake};

async fn lake_of_calls() -> Lake {
    let lake = Lake::open(BASE.plus_micros(7_200_000_000)).await;
    for half in 0..2 {
        let stories = (0..5).map(|id| CallStory::new("acme", &format!("{half}-{id}"), BASE));
        let events: Vec<_> = stories.flat_map(|story| story.all()).collect();
        lake.commit_events(half, &events).await;
    }
    Compactor::new(lake.catalog.clone(), CompactionOptions::default()).step().await.expect("steps");
    lake
}

async fn verified(lake: &Lake) -> VerifyReport {
    verify(&lake.catalog, RebuildOptions::default(), Arc::new(|_| {})).await.expect("verifies")
}

async fn path_of_a_file(lake: &Lake, table: Table) -> std::path::PathBuf {
    let snapshot = lake.catalog.snapshot().await.expect("a snapshot");
    let file = snapshot.files[&table].first().expect("a file");
    lake.catalog.folder().file_path(table, &file.path)
}

#[tokio::test]
async fn a_sound_lake_has_no_findings() {
    let lake = lake_of_calls().await;
    let report = verified(&lake).await;
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!(report.calls.calls, 10);
    let [partition] = &report.partitions[..] else { panic!("{:?}", report.partitions) };
    assert_eq!((partition.first_offset, partition.offsets_without_row), (0, 0));
}

#[tokio::test]
async fn a_lost_and_a_damaged_file_are_found() {
    let lake = lake_of_calls().await;
    std::fs::remove_file(path_of_a_file(&lake, Table::Calls).await).expect("removed");
    let damaged = path_of_a_file(&lake, Table::CallEvents).await;
    let mut bytes = std::fs::read(&damaged).expect("read");
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&damaged, bytes).expect("written");
    let report = verified(&lake).await;
    let about =
        |table: Table| report.findings.iter().any(|finding| finding.subject.starts_with(table.name()));
    assert!(!report.is_sound() && about(Table::Calls) && about(Table::CallEvents), "{:#?}", report.findings);
}

#[tokio::test]
async fn ing_3_a_message_taken_in_twice_is_found() {
    let lake = lake_of_calls().await;
    let again = CallStory::new("acme", "0-0", BASE).all();
    let file = lake.write(Table::CallEvents, &Lake::events_at(0, &again));
    lake.commit(vec![file], Vec::new()).await;
    let report = verified(&lake).await;
    assert!(report.findings.iter().any(|finding| finding.what.contains("offset and element")), "{report:#?}");
}
