//! ING-3: every message ends in exactly one place.

use callhouse_core::time::MICROS_PER_DAY;
use callhouse_ingest::Options;
use callhouse_log::OnHole;
use callhouse_log::message::Header;
use callhouse_testkit::events::structured;
use callhouse_testkit::poll_until;

use crate::fake_log::{RECEIVED_AT, Topic};
use crate::ing_1::{expected, story, topic_of};
use crate::warehouse::{DEADLINE, Warehouse, account, patient, prompt};

fn header(name: &str, value: &str) -> Header {
    (name.into(), value.as_bytes().into())
}

/// Reasons in order of offset.
async fn reasons(warehouse: &Warehouse) -> Vec<String> {
    warehouse.settled().await.rejections.into_iter().map(|(_, reason)| reason).collect()
}

#[tokio::test]
async fn ing_3_a_message_becomes_an_event_or_a_rejection() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    topic.append(0, structured(&story("acme", 1).started()));
    topic.append(0, &b"{ not json"[..]);
    topic.append(0, &b""[..]);
    topic.append(0, &b"\xff\xfe"[..]);
    topic.append(0, structured(&story("nobody", 1).started()));
    let summary = warehouse.take_in(&topic, patient()).await;
    assert_eq!((summary.messages, summary.events, summary.rejections), (5, 1, 4));
    let seen = warehouse.settled().await;
    assert_eq!(seen, expected(&topic));
    assert_eq!(seen.rejections.last().map(|(_, reason)| reason.as_str()), Some("unknown-account"));
}

#[tokio::test]
async fn ing_3_positions_move_on_when_everything_is_rejected() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    for _ in 0..20 {
        topic.append(0, &b"nonsense"[..]);
    }
    warehouse.take_in(&topic, patient()).await;
    assert_eq!(warehouse.position(0).await, Some(20));
    assert_eq!(reasons(&warehouse).await.len(), 20);
    assert_eq!(warehouse.take_in(&topic, patient()).await.messages, 0, "not rejected again");
}

#[tokio::test]
async fn ing_3_positions_move_on_over_offsets_without_messages() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    topic.append(0, structured(&story("acme", 1).started()));
    topic.skip(0, 5);
    topic.append(0, structured(&story("acme", 1).ended()));
    topic.skip(0, 3);
    warehouse.take_in(&topic, patient()).await;
    assert_eq!(warehouse.position(0).await, Some(10));
    topic.skip(0, 1);
    let summary = warehouse.take_in(&topic, patient()).await;
    assert_eq!((warehouse.position(0).await, summary.messages, summary.commits), (Some(11), 0, 1));
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn ing_3_a_log_that_leaves_messages_out_is_read_again() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(2, 1);
    let reader = topic.reader([0]);
    let process = warehouse.start(reader.clone(), prompt());
    warehouse.wait_for_position(0, 8).await;
    reader.leave_a_batch_out();
    for number in 2..10 {
        for event in story("acme", number).all() {
            topic.append(0, structured(&event));
        }
    }
    warehouse.wait_for_position(0, 40).await;
    assert!(process.ingest.is_healthy());
    process.stopped().await.unwrap();
    warehouse.assert_settled(&expected(&topic)).await;
}

#[tokio::test]
async fn ing_3_retention_stops_the_partition_and_says_why() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(4, 2);
    warehouse.take_in(&topic, patient()).await;
    topic.skip(0, 10);
    topic.expire(0, 15);
    topic.append(1, structured(&story("acme", 9).started()));
    let process = warehouse.start(topic.reader([0, 1]), prompt());
    warehouse.wait_for_position(1, 9).await;
    poll_until(DEADLINE, || async { process.stopped_partitions() == 1 }).await;
    assert!(!process.ingest.is_healthy());
    let status = process.ingest.status();
    assert!(status.partitions[0].stopped.as_deref().is_some_and(|why| why.contains("retention has removed")));
    process.stopped().await.unwrap();
    assert_eq!(warehouse.position(0).await, Some(8));
}

#[tokio::test]
async fn ing_3_a_hole_is_skipped_on_an_operators_word_and_recorded() {
    let warehouse = Warehouse::new().await;
    let topic = topic_of(4, 1);
    warehouse.take_in(&topic, patient()).await;
    topic.skip(0, 10);
    topic.expire(0, 20);
    topic.append(0, structured(&story("acme", 9).started()));
    let options = Options { on_hole: OnHole::Skip, ..patient() };
    let summary = warehouse.take_in(&topic, options).await;
    assert_eq!((summary.messages, warehouse.position(0).await), (1, Some(27)));
    assert_eq!(warehouse.holes().await, [(16, 20)]);
}

#[tokio::test]
async fn ing_3_only_the_sender_and_its_descendants_may_be_written_for() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    for (sender, of) in [("acme", "acme"), ("acme", "acme-paris"), ("acme-paris", "acme"), ("globex", "acme")]
    {
        topic.append_with(0, vec![header("callhouse-account", sender)], structured(&story(of, 1).started()));
    }
    warehouse.take_in(&topic, patient()).await;
    let seen = warehouse.settled().await;
    assert_eq!(seen.events.iter().map(|(place, _)| place.1).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(reasons(&warehouse).await, ["forbidden-account"; 2]);
}

#[tokio::test]
async fn ing_3_accounts_are_created_for_the_log_and_never_for_a_door() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    topic.append(0, structured(&story("fresh", 1).started()));
    topic.append_with(0, vec![header("callhouse-account", "acme")], structured(&story("other", 1).started()));
    warehouse.take_in(&topic, Options { create_accounts: true, ..patient() }).await;
    assert_eq!(reasons(&warehouse).await, ["unknown-account"]);
    assert!(warehouse.accounts.get(&account("fresh")).await.unwrap().is_some());
    assert!(warehouse.accounts.get(&account("other")).await.unwrap().is_none());
}

#[tokio::test]
async fn ing_3_an_account_just_created_is_known() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    topic.append(0, structured(&story("late", 1).started()));
    let process = warehouse.start(topic.reader([0]), prompt());
    warehouse.wait_for_position(0, 1).await;
    // In another process, so that no cache is told. The clock stands still, so none grows old either.
    let other = warehouse.of_another_process().await;
    other.accounts.create(&account("late"), None).await.unwrap();
    topic.append(0, structured(&story("late", 1).ended()));
    warehouse.wait_for_position(0, 2).await;
    process.stopped().await.unwrap();
    let seen = warehouse.settled().await;
    assert_eq!((seen.rejections.len(), seen.events.len()), (1, 1));
}

#[tokio::test]
async fn ing_3_impossible_times_are_rejected() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    let mut early = story("acme", 1);
    early.started_at = callhouse_core::Timestamp(0);
    let mut future = story("acme", 2);
    future.started_at = RECEIVED_AT.plus_micros(2 * MICROS_PER_DAY);
    topic.append(0, structured(&early.started()));
    topic.append(0, structured(&future.started()));
    warehouse.take_in(&topic, patient()).await;
    assert_eq!(reasons(&warehouse).await, ["time-too-early", "time-in-future"]);
}

#[tokio::test]
async fn ing_3_a_message_whose_time_the_log_does_not_know_is_received_now() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    topic.append_without_time(0, structured(&story("acme", 1).started()));
    let summary = warehouse.take_in(&topic, patient()).await;
    assert_eq!((summary.events, summary.rejections), (1, 0));
}

#[tokio::test]
async fn ing_3_a_message_too_large_is_rejected_with_its_beginning() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    topic.append(0, vec![b' '; 2_000]);
    topic.append_with(0, vec![header("callhouse-cut-from-bytes", "999")], &b"beginning"[..]);
    let options = Options { max_message_bytes: 1_000, rejected_payload_bytes: 10, ..patient() };
    warehouse.take_in(&topic, options).await;
    assert_eq!(reasons(&warehouse).await, ["too-large"; 2]);
}

#[tokio::test]
async fn ing_3_headers_that_cannot_be_followed_reject_the_message() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    let event = structured(&story("acme", 1).started());
    topic.append_with(0, vec![header("callhouse-format", "no-such")], event.clone());
    topic.append_with(0, vec![header("callhouse-account", "no account!")], event.clone());
    topic.append_with(0, vec![header("callhouse-format", "cloudevents")], event);
    warehouse.take_in(&topic, patient()).await;
    assert_eq!(reasons(&warehouse).await, ["invalid-value"; 2]);
    assert_eq!(warehouse.settled().await.events.len(), 1);
}
