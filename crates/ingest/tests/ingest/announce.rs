//! What ingest announces: in the commit that makes it visible (ING-1), to who is subscribed, once.

use std::collections::BTreeSet;

use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_ingest::Options;
use callhouse_lake::Table;
use callhouse_lake::webhooks::{Endpoint, Webhooks};
use callhouse_testkit::events::structured;
use callhouse_testkit::poll_until;

use crate::fake_log::{RECEIVED_AT, Topic};
use crate::ing_1::{message, story, topic_of};
use crate::warehouse::{DEADLINE, Warehouse, account, patient, prompt};

const DAY_MS: u64 = 86_400_000;

fn announcing(options: Options) -> Options {
    Options { announce_within_ms: DAY_MS, ..options }
}

async fn subscribe(warehouse: &Warehouse, name: &str, webhook_type: &str) -> Webhooks {
    let webhooks = Webhooks::new(warehouse.catalog.clone());
    let endpoint = Endpoint::parse("http://example.com/").unwrap();
    webhooks.subscribe(&account(name), webhook_type, &endpoint, None).await.unwrap();
    webhooks
}

/// What is in the queue: type and subject of each delivery.
async fn queued(webhooks: &Webhooks) -> BTreeSet<(String, String)> {
    let lanes = webhooks.lanes().await.unwrap().lanes;
    let lanes: Vec<(i64, usize)> = lanes.iter().map(|lane| (lane.lane, 1_000)).collect();
    // Claimed for no time at all: the next look finds them again.
    let claims = webhooks.claim(&[], &lanes, RECEIVED_AT).await.unwrap();
    claims
        .claimed
        .iter()
        .map(|claimed| (claimed.webhook_type.to_string(), claimed.subject.to_string()))
        .collect()
}

#[tokio::test]
async fn ing_1_what_is_announced_is_queued_with_its_rows_and_only_for_who_asked() {
    let warehouse = Warehouse::new().await;
    let webhooks = subscribe(&warehouse, "acme", "call.inbound_hangup").await;
    subscribe(&warehouse, "globex", "call.outbound_start").await;
    let topic = topic_of(3, 2);
    let (reader, started) = (topic.reader([0, 1]), announcing(patient()));
    let process = warehouse.start(reader, started);
    process.wait_for_hot(12).await;
    assert!(queued(&webhooks).await.is_empty(), "announced before it was committed");
    process.stopped().await.unwrap();
    assert_eq!(warehouse.rows(Table::CallEvents).await, 12);
    let expected = (0..3).map(|call| ("call.inbound_hangup".to_owned(), format!("call-{call}")));
    assert_eq!(queued(&webhooks).await, expected.collect());
}

#[tokio::test]
async fn a_subscription_is_seen_by_the_next_event_and_an_event_seen_twice_is_announced_once() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    let process = warehouse.start(topic.reader([0]), announcing(prompt()));
    topic.append(0, structured(&story("acme", 1).started()));
    warehouse.wait_for_position(0, 1).await;
    let webhooks = subscribe(&warehouse, "acme", "call.outbound_start").await;
    for number in [2, 2, 3] {
        topic.append(0, structured(&story("acme", number).started()));
    }
    poll_until(DEADLINE, || async { queued(&webhooks).await.len() == 2 }).await;
    topic.append(0, structured(&story("acme", 3).started()));
    warehouse.wait_for_position(0, 5).await;
    let subjects: Vec<String> = queued(&webhooks).await.into_iter().map(|(_, subject)| subject).collect();
    assert_eq!(subjects, ["call-2", "call-3"]);
    assert_eq!(webhooks.depth().await.unwrap().0, 2);
    process.stopped().await.unwrap();
}

#[tokio::test]
async fn every_change_of_a_messages_status_is_announced_and_what_comes_in() {
    let warehouse = Warehouse::new().await;
    let webhooks = subscribe(&warehouse, "acme", "sms.mt.status_update").await;
    subscribe(&warehouse, "acme", "sms.mo").await;
    let topic = Topic::new();
    let outbound = message("acme", 1);
    for event in outbound.all().into_iter().chain([outbound.delivered(), message("acme", 2).received()]) {
        topic.append(0, structured(&event));
    }
    warehouse.take_in(&topic, announcing(patient())).await;
    let expected = [("sms.mo", "sms-2"), ("sms.mt.status_update", "sms-1")];
    let expected = expected.map(|(webhook_type, subject)| (webhook_type.to_owned(), subject.to_owned()));
    assert_eq!(queued(&webhooks).await, expected.into());
    // Queued, sent and delivered, and the one that came in; told twice, it is one report.
    assert_eq!(webhooks.depth().await.unwrap().0, 4);
    assert_eq!(warehouse.rows(Table::SmsEvents).await, 7);
    assert_eq!(warehouse.rows(Table::SmsRecent).await, 2);
    assert_eq!(warehouse.rows(Table::CallEvents).await, 0);
}

#[tokio::test]
async fn old_events_are_not_announced_and_an_import_announces_nothing() {
    let warehouse = Warehouse::new().await;
    let webhooks = subscribe(&warehouse, "acme", "call.outbound_start").await;
    let topic = topic_of(2, 1);
    warehouse.take_in(&topic, patient()).await;
    assert_eq!(webhooks.depth().await.unwrap().0, 0, "announced without having been told to");
    let another = Warehouse::new().await;
    let webhooks = subscribe(&another, "acme", "call.outbound_start").await;
    // The calls started an hour before they were received.
    another.take_in(&topic, Options { announce_within_ms: 3_599_000, ..patient() }).await;
    assert_eq!(webhooks.depth().await.unwrap().0, 0, "too old");
}

#[tokio::test]
async fn attempts_are_rows_of_their_own_table_and_bad_ones_are_rejected() {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    let attempt = |id: &str, data: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"elsewhere","type":"webhook.delivery_attempted","account":"acme",
            "subject":"e1","time":"2026-11-20T11:59:00Z","data":{data}}}"#
        )
    };
    let good = attempt("1", r#"{"endpoint":"http://example.com/","status":"SUCCESS","try":0}"#);
    assert!(decode(Incoming { headers: &[], payload: good.as_bytes() })[0].outcome.is_ok());
    topic.append(0, good);
    topic.append(0, attempt("2", r#"{"status":"SUCCESS"}"#));
    warehouse.take_in(&topic, patient()).await;
    assert_eq!(warehouse.rows(Table::WebhookDeliveries).await, 1);
    assert_eq!(warehouse.rows(Table::Rejections).await, 1);
    assert_eq!(warehouse.rows(Table::CallEvents).await, 0);
}
