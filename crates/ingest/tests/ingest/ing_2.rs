//! ING-2: whoever does not start where the catalog stands writes nothing.

use callhouse_ingest::Options;
use callhouse_lake::Table;
use callhouse_testkit::events::structured;
use callhouse_testkit::poll_until;

use crate::fake_log::Topic;
use crate::ing_1::{expected, story, topic_of};
use crate::warehouse::{DEADLINE, Warehouse, patient, prompt};

#[tokio::test]
async fn ing_2_a_zombie_that_wakes_up_writes_nothing_twice() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(5, 1);
    let zombie = warehouse.start(topic.reader([0]), patient());
    zombie.wait_for_hot(20).await;

    // The partition goes to another process, which the sleeping one is not told.
    let other = warehouse.of_another_process().await;
    let owner = other.start(topic.reader([0]), prompt());
    other.wait_for_position(0, 20).await;

    let summary = zombie.stopped().await.unwrap();
    assert_eq!(summary.commits, 0);
    warehouse.assert_settled(&expected(&topic)).await;
    for event in story("acme", 77).all() {
        topic.append(0, structured(&event));
    }
    other.wait_for_position(0, 24).await;
    owner.stopped().await.unwrap();
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn ing_2_a_fenced_partition_harms_no_other_and_starts_over() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(10, 2);
    let process = warehouse.start(topic.reader([0, 1]), Options { flush_rows: 1_000, ..patient() });
    process.wait_for_hot(40).await;

    // Somebody else takes partition 0 in, once.
    let other = warehouse.of_another_process().await;
    let rival = other.start(topic.reader([0]), prompt());
    other.wait_for_position(0, 20).await;
    rival.stopped().await.unwrap();

    // Enough for the next commit of both partitions, which the fence takes apart.
    for number in 10..400 {
        for event in story("acme", number).all() {
            topic.append(i32::try_from(number % 2).unwrap(), structured(&event));
        }
    }
    warehouse.wait_for_position(1, 20 + 195 * 4).await;
    poll_until(DEADLINE, || async {
        process.stopped_partitions() == 0 && process.ingest.status().partitions.len() == 2
    })
    .await;
    poll_until(DEADLINE, || async { warehouse.seen(&process.hot).await == expected(&topic) }).await;
    process.stopped().await.unwrap();
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn ing_2_a_revoked_partition_is_committed_before_it_is_let_go() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(6, 2);
    let reader = topic.reader([0, 1]);
    let process = warehouse.start(reader.clone(), patient());
    process.wait_for_hot(24).await;
    reader.take_away(0);
    warehouse.wait_for_position(0, 12).await;
    poll_until(DEADLINE, || async { process.ingest.status().partitions.len() == 1 }).await;

    let other = warehouse.of_another_process().await;
    let next_owner = other.start(topic.reader([0]), prompt());
    for event in story("acme", 6).all() {
        topic.append(0, structured(&event));
    }
    other.wait_for_position(0, 16).await;
    next_owner.stopped().await.unwrap();
    process.stopped().await.unwrap();
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn ing_2_hot_rows_of_a_lost_partition_are_not_shown() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(4, 1);
    // No time to commit when the partition is taken away.
    let reader = topic.reader([0]);
    let process = warehouse.start(reader.clone(), Options { revoke_flush_ms: 0, ..patient() });
    process.wait_for_hot(16).await;
    reader.take_away(0);
    poll_until(DEADLINE, || async { process.ingest.status().partitions.is_empty() }).await;
    assert!(Table::ALL.iter().all(|table| process.hot.row_count(*table) == 0));
    reader.give(0);
    process.wait_for_hot(if warehouse.position(0).await.is_some() { 0 } else { 16 }).await;
    warehouse.assert_seen(&process.hot, &expected(&topic)).await;
    process.stopped().await.unwrap();
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn ing_2_a_restart_goes_on_at_the_stored_position() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(3, 1);
    let process = warehouse.start(topic.reader([0]), prompt());
    warehouse.wait_for_position(0, 12).await;
    process.killed();
    for event in story("acme", 3).all() {
        topic.append(0, structured(&event));
    }
    let restarted = warehouse.of_another_process().await;
    let summary = restarted.take_in(&topic, patient()).await;
    assert_eq!(summary.messages, 4, "only what was not committed");
    assert_eq!(restarted.settled().await, expected(&topic));
}

#[tokio::test]
async fn ing_2_kafkas_idea_of_the_offset_is_not_asked() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(3, 1);
    warehouse.take_in(&topic, patient()).await;
    let again = warehouse.take_in(&topic, patient()).await;
    assert_eq!((again.messages, again.commits), (0, 0), "the catalog says that everything is there");
    let elsewhere = Warehouse::new().await;
    assert_eq!(elsewhere.take_in(&topic, patient()).await.messages, 12);
}

#[tokio::test]
async fn ing_2_a_first_batch_may_start_anywhere_when_nothing_was_ever_taken_in() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    topic.skip(0, 1_000);
    topic.expire(0, 900);
    topic.append(0, structured(&story("acme", 1).started()));
    warehouse.take_in(&topic, patient()).await;
    assert_eq!(warehouse.position(0).await, Some(1_001));
    warehouse.assert_settled(&expected(&topic)).await;
}
