//! What receivers get: body, headers, signature.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callhouse_lake::webhooks::{HmacAlgorithm, Replay};
use callhouse_webhooks::Rendered;
use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::house::{House, calls, prompt};
use crate::receiver::{Answer, Receiver};

const SECRET: &str = "a secret of some length";

/// As CALLR's clients check: base64 of the raw HMAC of the body as it came.
fn expected<M: Mac + hmac::digest::KeyInit>(body: &[u8]) -> String {
    let mut mac = <M as hmac::digest::KeyInit>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn a_delivery_has_the_body_and_headers_of_callr() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    let hook = house.hook(&receiver.url("/x?y=1")).await;
    let running = house.start(prompt());
    house.announce(calls(1)).await;
    house.wait_until_empty().await;
    let received = receiver.received().remove(0);
    let event_id = received.headers["x-callr-eventid"].clone();
    assert_eq!(
        String::from_utf8(received.body.clone()).unwrap(),
        format!(
            r#"{{"event_at":"2026-11-20T12:00:00.000Z","event_id":"{event_id}","hook_hash":"{}","try":0,"type":"call.inbound_hangup","data":{{"call":"call-0","made":1}}}}"#,
            hook.hash
        )
    );
    assert_eq!(received.path, "/x?y=1");
    for (name, value) in
        [("content-type", "application/json"), ("accept", "*/*"), ("user-agent", "CALLR/API 0.9942")]
    {
        assert_eq!(received.headers[name], value);
    }
    let mut names: Vec<&str> = received.headers.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "content-length", "content-type", "host", "user-agent", "x-callr-eventid"]);
    running.stop().await;
}

#[tokio::test]
async fn signatures_are_as_callrs_clients_check_them() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    for algorithm in HmacAlgorithm::ALL {
        house.signed_hook(&receiver.url(&format!("/{}", algorithm.as_str())), algorithm, SECRET).await;
    }
    let running = house.start(prompt());
    house.announce(calls(3)).await;
    house.wait_until_empty().await;
    let received = receiver.received();
    assert_eq!(received.len(), 12);
    for request in received {
        let signature = match request.path.as_str() {
            "/MD5" => expected::<Hmac<Md5>>(&request.body),
            "/SHA1" => expected::<Hmac<Sha1>>(&request.body),
            "/SHA256" => expected::<Hmac<Sha256>>(&request.body),
            _ => expected::<Hmac<Sha512>>(&request.body),
        };
        assert_eq!(request.headers["x-callr-hmacsignature"], signature, "{}", request.path);
    }
    let logged = house.attempts();
    assert!(!format!("{logged:?}").contains(SECRET));
    running.stop().await;
}

#[tokio::test]
async fn every_attempt_is_in_the_log_with_what_was_sent_and_said() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    let hook = house.hook(&receiver.url("/")).await;
    let running = house.start(prompt());
    house.announce(calls(1)).await;
    house.wait_until_empty().await;
    let (attempt, received) = (house.attempts().remove(0), receiver.received().remove(0));
    assert_eq!(attempt["request_body"].as_str().unwrap().as_bytes(), received.body);
    assert_eq!(attempt["event_id"], received.json()["event_id"]);
    assert_eq!(attempt["request_headers"]["x-callr-eventid"], attempt["event_id"]);
    for (name, value) in [
        ("event_type", "call.inbound_hangup"),
        ("about", "call-0"),
        ("hook_hash", &*hook.hash),
        ("endpoint", &*hook.endpoint),
        ("status", "SUCCESS"),
        ("response_body", "ok"),
    ] {
        assert_eq!(attempt[name], value, "{name}");
    }
    assert_eq!((&attempt["try"], &attempt["http_code"]), (&0.into(), &200.into()));
    running.stop().await;
}

#[tokio::test]
async fn data_is_made_once_and_the_tries_differ_in_their_number_alone() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    receiver.answer("/", Answer::Status(503));
    house.hook(&receiver.url("/")).await;
    let running = house.start(prompt());
    house.announce(calls(1)).await;
    house.wait_for_attempts(1).await;
    house.clock.advance_micros(60_000_000);
    house.wait_for_attempts(2).await;
    let received = receiver.received();
    let text = |at: usize| String::from_utf8(received[at].body.clone()).unwrap();
    assert!(text(0).contains(r#""try":0,"#), "{}", text(0));
    assert_eq!(text(0).replace(r#""try":0,"#, r#""try":1,"#), text(1));
    running.stop().await;
}

#[tokio::test]
async fn what_has_nothing_to_say_is_not_sent_and_what_is_not_known_yet_waits() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    house.hook(&receiver.url("/")).await;
    house.render.told.lock().extend([Rendered::Nothing, Rendered::NotYet]);
    let running = house.start(prompt());
    house.announce(calls(1)).await;
    house.wait_until_empty().await;
    house.announce(["later".to_owned()]).await;
    callhouse_testkit::poll_until(crate::receiver::DEADLINE, || {
        std::future::ready(house.render.told.lock().is_empty())
    })
    .await;
    assert!(receiver.received().is_empty());
    house.clock.advance_micros(3_000_000);
    house.wait_until_empty().await;
    let received = receiver.received();
    assert_eq!(received.len(), 1);
    assert_eq!(
        (&received[0].json()["data"]["call"], &received[0].json()["try"]),
        (&"later".into(), &0.into())
    );
    running.stop().await;
}

#[tokio::test]
async fn replays_in_order_come_in_order_without_a_pause() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    let hook = house.hook(&receiver.url("/")).await;
    let replays: Vec<Replay> = (0..20)
        .map(|number| Replay {
            event_id: format!("event-{number}").into(),
            subject: "x".into(),
            event_at: callhouse_core::Timestamp(number),
            data: format!(r#"{{"number":{number}}}"#).into(),
            tries: 10,
        })
        .collect();
    house.webhooks.replay(&hook, &replays, true).await.unwrap();
    let running = house.start(prompt());
    // The clock stands still: what waits for a lease would wait for ever.
    house.wait_until_empty().await;
    let received: Vec<_> = receiver.received().iter().map(|received| received.json()).collect();
    let numbers: Vec<_> = received.iter().map(|event| event["data"]["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (0..20).collect::<Vec<_>>());
    assert!(received.iter().all(|event| event["try"] == 10));
    running.stop().await;
}

#[tokio::test]
async fn a_stopped_dispatcher_has_recorded_what_it_sent() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    house.hook(&receiver.url("/")).await;
    house.announce(calls(500)).await;
    let running = house.start(prompt());
    receiver.wait_for(20).await;
    running.stop().await;
    assert_eq!(receiver.received().len(), house.attempts().len());
    let again = house.start(prompt());
    house.wait_until_empty().await;
    again.stop().await;
    assert_eq!((receiver.received().len(), house.attempts().len()), (500, 500), "a stop costs no second try");
}
