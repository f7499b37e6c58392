//! `POST /v1/events`: every mode, what is answered, and what reaches the log.

use std::io::Write;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::house::{House, event};

fn started(call: &str) -> Value {
    let data = json!({"direction": "inbound", "from": "+33612345678", "to": "+33123456789"});
    event("acme", call, "call.started", "2026-11-20T11:00:00Z", data)
}

#[tokio::test]
async fn log_1_every_mode_reaches_the_log_as_one_message_per_event() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let ndjson = format!("{}\n\n{}\n", started("1"), started("2"));
    let cases = [
        ("application/cloudevents+json; charset=utf-8", started("1").to_string(), 1),
        ("application/json", started("1").to_string(), 1),
        ("application/cloudevents-batch+json", json!([started("1"), started("2")]).to_string(), 2),
        ("application/json", "[]".to_owned(), 0),
        ("application/x-ndjson", ndjson, 2),
    ];
    for (content_type, body, events) in cases {
        house.log.appended.lock().clear();
        let answer = house.post_events(&acme, content_type, body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{content_type}: {}", answer.text());
        assert_eq!(answer.json(), json!({"accepted": events, "rejected_count": 0, "rejected": []}));
        let appended = house.log.appended.lock();
        assert_eq!(appended.len(), events, "{content_type}");
        for (message, call) in appended.iter().zip(["1", "2"]) {
            assert_eq!(&*message.key, format!("acme/{call}"));
            assert_eq!(message.payload, started(call).to_string());
            let sender = message.headers.iter().find(|(name, _)| &**name == "callhouse-account");
            assert_eq!(sender.map(|(_, value)| &**value), Some(&b"acme"[..]));
        }
    }
}

#[tokio::test]
async fn an_administrators_events_carry_no_sender_and_may_be_of_any_account() {
    let house = House::new().await;
    house.account("acme", None).await;
    let admin = house.admin().await;
    let answer = house.post_events(&admin, "application/json", started("1").to_string()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let appended = house.log.appended.lock();
    assert!(appended[0].headers.iter().all(|(name, _)| &**name != "callhouse-account"));
}

#[tokio::test]
async fn binary_mode_keeps_attributes_in_headers() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let request = Request::post("/v1/events")
        .header(header::AUTHORIZATION, &acme)
        .header(header::CONTENT_TYPE, "application/json")
        .header("ce-specversion", "1.0")
        .header("ce-id", "1")
        .header("ce-source", "test")
        .header("ce-type", "call.started")
        .header("ce-time", "2026-11-20T11:00:00Z")
        .header("ce-subject", "c%201")
        .header("ce-account", "acme")
        .body(Body::from(r#"{"direction":"inbound","from":"+33612345678","to":"+33123456789"}"#))
        .expect("a request");
    let answer = house.send(request).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let appended = house.log.appended.lock();
    assert_eq!(&*appended[0].key, "acme/c 1");
    assert!(appended[0].headers.contains(&("ce_type".into(), b"call.started"[..].into())));
}

#[tokio::test]
async fn gzip_is_undone() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(started("1").to_string().as_bytes()).expect("memory");
    let send = |body: Vec<u8>| {
        let request = Request::post("/v1/events")
            .header(header::AUTHORIZATION, &acme)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_ENCODING, "gzip")
            .body(Body::from(body))
            .expect("a request");
        house.send(request)
    };
    let whole = encoder.finish().expect("memory");
    assert_eq!(send(whole.clone()).await.status, StatusCode::ACCEPTED);
    assert_eq!(house.log.appended.lock()[0].payload, started("1").to_string());
    let broken = send(whole[..whole.len() / 2].to_vec()).await;
    assert_eq!((broken.status, &broken.json()["error"]), (StatusCode::BAD_REQUEST, &json!("BODY_BROKEN")));
}

#[tokio::test]
async fn ing_3_bad_events_are_named_kept_and_do_not_harm_their_neighbours() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let mut lacking = started("2");
    lacking.as_object_mut().expect("an object").remove("source");
    let mut early = started("3");
    early["time"] = json!("1970-01-01T00:00:00Z");
    let mut late = started("4");
    late["time"] = json!("2099-01-01T00:00:00Z");
    let batch = json!([started("1"), lacking, early, late, 17, null, "x", {}]);
    let answer = house.post_events(&acme, "application/json", batch.to_string()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let body = answer.json();
    assert_eq!((&body["accepted"], &body["rejected_count"]), (&json!(1), &json!(7)));
    let reasons: Vec<_> =
        body["rejected"].as_array().expect("a list").iter().map(|r| (&r["index"], &r["reason"])).collect();
    assert_eq!(reasons[0], (&json!(1), &json!("missing-field")));
    assert_eq!(reasons[1], (&json!(2), &json!("time-too-early")));
    assert_eq!(reasons[2], (&json!(3), &json!("time-in-future")));
    assert_eq!(house.log.appended.lock().len(), 8);
}

#[tokio::test]
async fn a_request_of_only_bad_events_is_422_and_still_kept() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let answer = house.post_events(&acme, "application/x-ndjson", "{broken\n\u{fffd}\n{}\n").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    assert_eq!(answer.json()["rejected_count"], json!(3));
    assert_eq!(house.log.appended.lock().len(), 3);
}

#[tokio::test]
async fn broken_utf_8_in_a_line_is_that_lines_rejection() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let mut body = b"{\"id\":\"\xff\"}\n".to_vec();
    body.extend(started("1").to_string().into_bytes());
    let answer = house.post_events(&acme, "application/x-ndjson", body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json()["rejected"][0]["reason"], json!("invalid-utf8"));
}

#[tokio::test]
async fn a_full_log_asks_the_producer_to_come_back() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.log.full.store(true, Ordering::SeqCst);
    let answer = house.post_events(&acme, "application/json", started("1").to_string()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    assert_eq!(answer.json()["error"], json!("LOG_FULL"));
}
