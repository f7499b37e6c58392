//! ING-1: positions and the rows they produced become visible together. LAK-2: hot rows close the gap.

use std::collections::BTreeSet;

use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_ingest::Options;
use callhouse_lake::Table;
use callhouse_testkit::events::{CallStory, SmsStory, structured};
use callhouse_testkit::poll_until;

use crate::fake_log::{RECEIVED_AT, Topic};
use crate::warehouse::{DEADLINE, Seen, Warehouse, patient, prompt};

pub(crate) fn story(account: &str, number: usize) -> CallStory {
    let started_at = RECEIVED_AT.plus_micros(-3_600 * MICROS_PER_SECOND);
    CallStory::new(account, &format!("call-{number}"), started_at)
}

/// The text message of a number.
pub(crate) fn message(account: &str, number: usize) -> SmsStory {
    let created_at = RECEIVED_AT.plus_micros(-3_600 * MICROS_PER_SECOND);
    SmsStory::new(account, &format!("sms-{number}"), created_at)
}

/// All events of so many calls of `acme`, calls spread over partitions.
pub(crate) fn topic_of(calls: usize, partitions: i32) -> Topic {
    let topic = Topic::new();
    for number in 0..calls {
        let partition = i32::try_from(number).expect("few") % partitions;
        for event in story("acme", number).all() {
            topic.append(partition, structured(&event));
        }
    }
    topic
}

pub(crate) fn expected(topic: &Topic) -> Seen {
    Seen::expected(topic, &BTreeSet::from(["acme", "acme-paris", "globex"]))
}

#[tokio::test]
async fn ing_1_rows_and_position_become_visible_in_one_commit() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(3, 1);
    let before = warehouse.catalog.snapshot().await.unwrap();
    let summary = warehouse.take_in(&topic, patient()).await;
    let after = warehouse.catalog.snapshot().await.unwrap();
    assert_eq!(after.id, before.id + 1, "one commit");
    assert_eq!(after.positions.values().copied().collect::<Vec<_>>(), [12]);
    assert_eq!(
        (summary.messages, summary.events, summary.rejections, summary.rows, summary.commits),
        (12, 12, 0, 3, 1)
    );
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn ing_1_a_commit_holds_one_row_per_call() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    let reader = topic.reader([0]);
    let process = warehouse.start(reader, patient());
    for (count, event) in story("acme", 1).all().iter().enumerate() {
        topic.append(0, structured(event));
        process.wait_for_hot(count + 1).await;
    }
    let hot_calls = process.hot.row_count(Table::CallsRecent);
    assert_eq!(hot_calls, 4, "each chunk shows what is known by then");
    let summary = process.stopped().await.unwrap();
    assert_eq!((summary.rows, warehouse.rows(Table::CallsRecent).await), (1, 1));
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn ing_1_partitions_share_a_commit() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(9, 3);
    let process = warehouse.start(topic.reader([0, 1, 2]), patient());
    process.wait_for_hot(36).await;
    let summary = process.stopped().await.unwrap();
    assert_eq!((summary.events, summary.commits), (36, 1));
    let snapshot = warehouse.catalog.snapshot().await.unwrap();
    assert_eq!((snapshot.positions.len(), snapshot.files[&Table::CallEvents].len()), (3, 1));
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn lak_2_rows_are_seen_once_before_during_and_after_their_commit() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    let process = warehouse.start(topic.reader([0]), prompt());
    let mut last = 0;
    for number in 0..40 {
        for event in story("acme", number).all() {
            topic.append(0, structured(&event));
        }
        let seen = warehouse.seen(&process.hot).await;
        let places: BTreeSet<_> = seen.events.iter().map(|(place, _)| *place).collect();
        assert_eq!(places.len(), seen.events.len(), "no event twice");
        assert!(
            places.iter().map(|(_, offset, _)| *offset).eq(0..i64::try_from(places.len()).unwrap()),
            "no gap"
        );
        assert!(places.len() >= last, "nothing vanishes");
        last = places.len();
    }
    warehouse.wait_for_position(0, 160).await;
    poll_until(DEADLINE, || async { Table::ALL.iter().all(|table| process.hot.row_count(*table) == 0) })
        .await;
    warehouse.assert_seen(&process.hot, &expected(&topic)).await;
    process.stopped().await.unwrap();
}

#[tokio::test]
async fn ing_1_the_log_is_told_only_of_what_is_committed() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(5, 1);
    let reader = topic.reader([0]);
    let process = warehouse.start(reader.clone(), patient());
    process.wait_for_hot(20).await;
    assert_eq!(reader.committed(), []);
    process.stopped().await.unwrap();
    assert_eq!(reader.committed(), [(0, 0, 20)]);
}

#[tokio::test]
async fn rows_or_bytes_start_a_commit_before_its_age_does() {
    for options in [Options { flush_rows: 10, ..patient() }, Options { flush_bytes: 1_000, ..patient() }] {
        let warehouse = Warehouse::new().await;
        let topic = topic_of(10, 1);
        let process = warehouse.start(topic.reader([0]), options);
        poll_until(DEADLINE, || async { warehouse.position(0).await.is_some() }).await;
        process.stopped().await.unwrap();
        warehouse.assert_settled(&expected(&topic)).await;
    }
}
