//! A real Kafka broker: large sets, and several processes on one lake.

use callhouse_testkit::kafka;
use serde_json::Value;

use crate::support::{
    Place, Running, assert_calls_equal, assert_deliveries_equal, assert_no_offset_twice, assert_sms_equal,
    assert_verified, totals, wait_for_messages,
};

/// Calls, text messages and webhook deliveries of the large set, some 1,000,000 messages of the log.
const CALLS: &str = "200000";
const SMS: &str = "60000";
const DELIVERIES: &str = "30000";

#[tokio::test(flavor = "multi_thread")]
async fn a_set_with_all_its_faults_through_three_kafka_partitions_gives_its_totals() {
    let Some(broker) = kafka::shared() else { return };
    let topic = kafka::unique("calls");
    broker.create_topic(&topic, 3, &[]);
    let place = Place::new();
    let mut ingest = start_ingest(&place, &broker.address(), &topic, &[]);
    assert!(ingest.line().starts_with("taking in"), "{}", ingest.errors());
    let totals = generate(&place, &broker.address(), &topic, "31", [CALLS, SMS, DELIVERIES]);
    wait_for_messages(&place, totals["messages"].as_i64().expect("a number")).await;
    ingest.stop().await;

    assert_calls_equal(&place, &[&totals]);
    assert_sms_equal(&place, &totals);
    assert_deliveries_equal(&place, &totals);
    assert_eq!(
        place.count("SELECT count(*) FROM rejections"),
        totals["malformed"].as_i64().expect("a number")
    );
    assert_no_offset_twice(&place);
    assert_verified(&place);
}

#[tokio::test(flavor = "multi_thread")]
async fn ing_2_a_process_frozen_past_its_session_writes_nothing_twice() {
    let Some(broker) = kafka::shared() else { return };
    let topic = kafka::unique("frozen");
    broker.create_topic(&topic, 3, &[]);
    let place = Place::new();
    // The shortest session the broker grants.
    let session =
        ["--kafka-property", "session.timeout.ms=6000", "--kafka-property", "heartbeat.interval.ms=1000"];
    let mut frozen = start_ingest(&place, &broker.address(), &topic, &session);
    assert!(frozen.line().starts_with("taking in"), "{}", frozen.errors());
    let first = generate(&place, &broker.address(), &topic, "32", ["3000", "0", "0"]);
    wait_for_messages(&place, first["messages"].as_i64().expect("a number")).await;

    let mut awake = start_ingest(&place, &broker.address(), &topic, &session);
    assert!(awake.line().starts_with("taking in"), "{}", awake.errors());
    // Messages are under way in both when one freezes.
    let second = generate(&place, &broker.address(), &topic, "33", ["6000", "0", "0"]);
    frozen.signal("STOP");
    let third = generate(&place, &broker.address(), &topic, "34", ["3000", "0", "0"]);
    let sets = [&first, &second, &third];
    let messages = sets.iter().map(|totals| totals["messages"].as_i64().expect("a number")).sum();
    // Only when the other has taken over can everything be in.
    wait_for_messages(&place, messages).await;
    frozen.signal("CONT");
    let fourth = generate(&place, &broker.address(), &topic, "35", ["3000", "0", "0"]);
    wait_for_messages(&place, messages + fourth["messages"].as_i64().expect("a number")).await;
    awake.stop().await;
    frozen.stop().await;

    assert_no_offset_twice(&place);
    assert_verified(&place);
    let calls: i64 =
        sets.iter().chain([&&fourth]).map(|totals| totals["calls"].as_i64().expect("a number")).sum();
    assert_eq!(place.count("SELECT count(*) FROM calls"), calls);
    for name in ["calls", "answered", "talk_seconds", "billed_seconds"] {
        let expected: i64 = sets.iter().chain([&&fourth]).map(|totals| sum(totals, name)).sum();
        let counted = match name {
            "calls" => "count(*)".to_owned(),
            "answered" => "count(answered_at)".to_owned(),
            other => format!("sum({other})"),
        };
        assert_eq!(place.count(&format!("SELECT {counted} FROM calls")), expected, "{name}");
    }
}

fn sum(totals: &Value, name: &str) -> i64 {
    let groups = totals["groups"].as_array().expect("groups");
    groups.iter().map(|group| group[name].as_i64().expect("a number")).sum()
}

fn start_ingest(place: &Place, brokers: &str, topic: &str, arguments: &[&str]) -> Running {
    let mut command = place.callhouse();
    command
        .args(["ingest", "--create-accounts", "--kafka", brokers, "--topic", topic, "--kafka-group", topic])
        .args(arguments)
        .env("CALLHOUSE_COMPACTION_INTERVAL_MS", "2000");
    place.start(command)
}

/// Sends a set to a topic; returns its control totals.
fn generate(
    place: &Place,
    brokers: &str,
    topic: &str,
    seed: &str,
    [calls, sms, deliveries]: [&str; 3],
) -> Value {
    let file = place.path(&format!("totals-{seed}.json"));
    let target = format!("kafka://{brokers}/{topic}");
    place.run([
        "generate",
        "--calls",
        calls,
        "--sms",
        sms,
        "--deliveries",
        deliveries,
        "--seed",
        seed,
        "--accounts",
        "12",
        "--to",
        &target,
        "--totals",
        file.to_str().expect("UTF-8"),
    ]);
    totals(&file)
}
