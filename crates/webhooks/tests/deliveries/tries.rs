//! Receivers that fail in every way, and the tries they see.

use std::time::Duration;

use callhouse_lake::webhooks::HookStatus;
use callhouse_testkit::poll_until;
use callhouse_webhooks::Options;

use crate::house::{House, calls, prompt};
use crate::receiver::{Answer, DEADLINE, Receiver, nobody};

/// Longer than any pause, with its jitter and the pause of a breaker.
const LONGER_THAN_ANY_PAUSE_MICROS: i64 = 15 * 3_600_000_000;

/// The first try of each kind of failure, and what the log says of it.
#[tokio::test]
async fn each_way_to_fail_is_told_apart() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    let cases = [
        ("/500", Answer::Status(500), "HTTP_ERROR", Some(500)),
        ("/404", Answer::Status(404), "HTTP_ERROR", Some(404)),
        ("/301", Answer::Redirect("/elsewhere"), "HTTP_ERROR", Some(301)),
        ("/hang", Answer::Hang, "TIMEOUT", None),
        ("/slow", Answer::SlowBody, "TIMEOUT", None),
        ("/half", Answer::HalfABody, "REPLY_INCOMPLETE", Some(200)),
        ("/close", Answer::Close, "CONNECTION_ERROR", None),
        ("/204", Answer::Status(204), "SUCCESS", Some(204)),
        ("/endless", Answer::EndlessBody, "SUCCESS", Some(200)),
    ];
    for (path, answer, ..) in &cases {
        receiver.answer(path, answer.clone());
        house.hook(&receiver.url(path)).await;
    }
    house.hook(&nobody().await).await;
    house.hook("http://unknown.example.com/dns").await;
    let running = house.start(Options { timeout: Duration::from_millis(800), ..prompt() });
    house.announce(calls(1)).await;
    house.wait_for_attempts(cases.len() + 2).await;
    running.stop().await;
    let attempts = house.attempts();
    let of = |path: &str| {
        let of_path = |attempt: &&serde_json::Value| attempt["endpoint"].as_str().unwrap().ends_with(path);
        let attempt = attempts.iter().find(of_path).unwrap();
        (attempt["status"].as_str().unwrap().to_owned(), attempt["http_code"].as_u64())
    };
    for (path, _, status, code) in cases {
        assert_eq!(of(path), (status.to_owned(), code), "{path}");
    }
    assert_eq!(of("/nobody"), ("CONNECTION_ERROR".to_owned(), None));
    assert_eq!(of("/dns"), ("DNS_ERROR".to_owned(), None));
    assert!(receiver.received_at("/elsewhere").is_empty(), "a redirect was followed");
}

#[tokio::test]
async fn a_delivery_is_tried_ten_times_as_documented_and_then_given_up() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    receiver.answer("/", Answer::Status(500));
    house.hook(&receiver.url("/")).await;
    let running = house.start(prompt());
    house.announce(calls(1)).await;
    // Seconds between tries, before a fifth of jitter either way.
    let pauses = [10, 30, 90, 270, 810, 2_430, 7_290, 21_870, 43_200];
    for (number, pause) in pauses.into_iter().enumerate() {
        house.wait_for_attempts(number + 1).await;
        // The attempt is in the log before the queue has its next.
        let lanes = || async { house.webhooks.lanes().await.unwrap().lanes };
        let due_in = || async { lanes().await[0].next_at.micros_since(now(&house)) };
        poll_until(DEADLINE, || async {
            let seconds = due_in().await / 1_000_000;
            (pause * 4 / 5..=pause * 6 / 5).contains(&seconds)
        })
        .await;
        house.clock.advance_micros(due_in().await - 1);
        assert_eq!(house.attempts().len(), number + 1, "tried before it was due");
        // A breaker may hold the lane for up to a minute more.
        house.clock.advance_micros(61_000_000);
    }
    house.wait_until_empty().await;
    house.clock.advance_micros(LONGER_THAN_ANY_PAUSE_MICROS);
    let numbers: Vec<i64> = house.attempts().iter().map(|attempt| attempt["try"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    let ids: std::collections::BTreeSet<_> =
        receiver.received().iter().map(|received| received.headers["x-callr-eventid"].clone()).collect();
    assert_eq!((receiver.received().len(), ids.len()), (10, 1), "the id is the same in all tries");
    running.stop().await;
}

fn now(house: &House) -> callhouse_core::Timestamp {
    callhouse_core::Clock::now(&*house.clock)
}

#[tokio::test]
async fn an_endpoint_that_recovers_gets_what_waited() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    receiver.answer("/", Answer::Close);
    house.hook(&receiver.url("/")).await;
    let running = house.start(prompt());
    house.announce(calls(30)).await;
    house.wait_for_attempts(5).await;
    receiver.answer("/", Answer::Status(200));
    poll_until(DEADLINE, || async {
        house.clock.advance_micros(20_000_000);
        house.webhooks.depth().await.unwrap().0 == 0
    })
    .await;
    let delivered: std::collections::BTreeSet<_> = house
        .attempts()
        .iter()
        .filter(|attempt| attempt["status"] == "SUCCESS")
        .map(|attempt| attempt["event_id"].to_string())
        .collect();
    assert_eq!(delivered.len(), 30);
    running.stop().await;
}

#[tokio::test]
async fn a_hook_that_nothing_reaches_is_disabled_and_goes_on_when_enabled() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    receiver.answer("/", Answer::Status(500));
    let hook = house.hook(&receiver.url("/")).await;
    let running = house.start(prompt());
    house.announce(calls(3)).await;
    let status = || async { house.webhooks.get(None, &hook.hash).await.unwrap().unwrap().status };
    poll_until(DEADLINE, || async {
        house.clock.advance_micros(LONGER_THAN_ANY_PAUSE_MICROS / 5);
        if house.webhooks.depth().await.unwrap().0 == 0 {
            house.announce([uuid::Uuid::new_v4().to_string()]).await;
        }
        status().await == HookStatus::DisabledSystem
    })
    .await;
    house.announce(["unheard".to_owned()]).await;
    receiver.answer("/", Answer::Status(200));
    house.webhooks.set_status(&hook.hash, HookStatus::Enabled).await.unwrap();
    house.announce(["heard".to_owned()]).await;
    poll_until(DEADLINE, || async {
        house.clock.advance_micros(61_000_000);
        house.webhooks.depth().await.unwrap().0 == 0
    })
    .await;
    let calls: Vec<_> =
        receiver.received().iter().map(|received| received.json()["data"]["call"].clone()).collect();
    assert!(calls.contains(&"heard".into()) && !calls.contains(&"unheard".into()));
    running.stop().await;
}
