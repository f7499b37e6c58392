//! What an operator relies on: bounded memory, a stop that drains, a status that tells.

use callhouse_ingest::Options;
use callhouse_lake::{Commit, Table};
use callhouse_testkit::events::structured;
use callhouse_testkit::poll_until;
use uuid::Uuid;

use crate::ing_1::{expected, story, topic_of};
use crate::warehouse::{DEADLINE, Warehouse, patient, prompt};

#[tokio::test]
async fn a_graceful_stop_commits_what_was_read() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(50, 4);
    let process = warehouse.start(topic.reader(0..4), patient());
    process.wait_for_hot(200).await;
    let summary = process.stopped().await.unwrap();
    assert_eq!((summary.messages, summary.events, summary.rows), (200, 200, 50));
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn status_tells_positions_and_lag() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(3, 1);
    let options = Options { lag_interval_ms: 5, ..patient() };
    let process = warehouse.start(topic.reader([0]), options);
    process.wait_for_hot(12).await;
    poll_until(DEADLINE, || async {
        let status = process.ingest.status();
        let partition = status.partitions.first();
        partition.is_some_and(|partition| {
            (partition.committed_offset, partition.hot_offset, partition.lag) == (None, Some(12), Some(0))
                || (partition.hot_offset, partition.lag) == (Some(12), Some(12))
        })
    })
    .await;
    assert!(process.ingest.is_healthy());
    process.stopped().await.unwrap();
}

#[tokio::test]
async fn reading_waits_while_hot_rows_have_reached_their_limit() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(500, 1);
    let reader = topic.reader([0]);
    // The writer is kept from committing by a transaction of somebody else.
    let blocker = warehouse.block_commits().await;
    let options = Options { hot_max_bytes: 200_000, chunk_messages: 20, ..prompt() };
    let process = warehouse.start(reader.clone(), options);
    poll_until(DEADLINE, || async { process.ingest.status().waiting_for.is_some() }).await;
    let read = reader.read_to(0);
    assert!(read < 2_000, "reading stopped at {read}");
    assert!(process.ingest.is_healthy(), "waiting is healthy");
    blocker.release().await;
    warehouse.wait_for_position(0, 2_000).await;
    process.stopped().await.unwrap();
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn reading_waits_while_compaction_is_behind() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(100, 1);
    warehouse.take_in(&topic, patient()).await;
    let options = Options { overlay_max_rows: 99, ..prompt() };
    let reader = topic.reader([0]);
    let process = warehouse.start(reader.clone(), options);
    poll_until(DEADLINE, || async { process.ingest.status().waiting_for.is_some() }).await;
    for number in 100..200 {
        topic.append(0, structured(&story("acme", number).started()));
    }
    // Two batches of seven fit into the channel, and the worker may have been waiting for one.
    poll_until(DEADLINE, || async { reader.read_to(0) >= 414 }).await;
    assert!(process.hot.row_count(Table::CallEvents) <= 7);

    // What compaction does to the overlay in the end.
    let snapshot = warehouse.catalog.snapshot().await.unwrap();
    let remove = snapshot.files[&Table::CallsRecent].iter().map(|file| file.data_file_id).collect();
    let compacted = Commit {
        id: Uuid::new_v4(),
        add: Vec::new(),
        remove,
        positions: Vec::new(),
        holes: Vec::new(),
        message: "compact",
    };
    assert!(reader.read_to(0) <= 421, "it read to {}", reader.read_to(0));
    warehouse.catalog.commit(&compacted).await.unwrap();
    warehouse.wait_for_position(0, 500).await;
    process.stopped().await.unwrap();
}

#[tokio::test]
async fn a_flush_that_cannot_be_written_ends_the_run_with_its_reason() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(3, 1);
    let folder = warehouse.catalog.folder().table_path(Table::CallEvents);
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::write(&folder, b"a file where the folder should be").unwrap();
    let process = warehouse.start(topic.reader([0]), prompt());
    let ingest = std::sync::Arc::clone(&process.ingest);
    let error = process.finished().await.unwrap_err();
    assert_eq!(error.to_string(), "writing the files of a flush failed");
    assert!(!ingest.is_healthy());
    assert_eq!(warehouse.position(0).await, None, "nothing is half committed");
}
