use std::sync::Arc;

use callhouse_core::Event;
use callhouse_testkit::events::{CallStory, SmsStory};

use super::*;
use crate::compaction::{CompactionOptions, Compactor};
use crate::file::attachment::Attachment;
use crate::lookup;
use crate::table::Table;
use crate::testing::{BASE, Lake};

/// Settled calls, taken in in two halves.
async fn lake_of_calls() -> Lake {
    lake_of(|id| CallStory::new("acme", id, BASE).all()).await
}

async fn lake_of(story: impl Fn(&str) -> Vec<Event>) -> Lake {
    let lake = Lake::open(BASE.plus_micros(7_200_000_000)).await;
    for half in 0..2 {
        let events: Vec<_> = (0..5).flat_map(|id| story(&format!("{half}-{id}"))).collect();
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
    let calls = report.records.of(crate::Family::Calls).expect("rebuilt");
    assert_eq!(calls.records, 10);
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

/// Of a sound file with the index of other rows, only looking tells.
#[tokio::test]
async fn an_index_of_other_rows_is_found() {
    let sms = lake_of(|id| SmsStory::new("acme", id, BASE).all()).await;
    for (lake, table) in [(lake_of_calls().await, Table::Calls), (sms, Table::Sms)] {
        let report = verified(&lake).await;
        assert!(report.is_sound(), "{report:#?}");
        damage_index(&lake, table).await;
        let report = verified(&lake).await;
        let [finding] = &report.findings[..] else { panic!("{report:#?}") };
        assert!(finding.subject.starts_with(&format!("{}/", table.name())), "{finding:?}");
        assert_eq!(finding.what, "has another lookup.1 than its rows make");
    }
}

/// Changes one bit of the index of the first file of a table.
async fn damage_index(lake: &Lake, table: Table) {
    let path = path_of_a_file(lake, table).await;
    let snapshot = lake.catalog.snapshot().await.expect("a snapshot");
    let file = snapshot.files[&table].first().expect("a file");
    let index =
        Attachment::open(lake.catalog.folder(), file, lookup::NAME).expect("opens").expect("is there");
    let index = index.read(0, usize::try_from(index.length()).expect("small")).expect("reads");
    let mut bytes = std::fs::read(&path).expect("read");
    let start = bytes.windows(index.len()).position(|window| window == index).expect("in the file");
    bytes[start + index.len() - 1] ^= 1;
    std::fs::write(&path, bytes).expect("written");
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
