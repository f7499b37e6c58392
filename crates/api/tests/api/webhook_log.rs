//! The log of deliveries through the door: searching it, reading it, and sending its events again.

use callhouse_core::Clock;
use serde_json::{Value, json};

use crate::house::House;

const ENDPOINT: &str = "https://example.com/hooks";
const TYPE: &str = "call.inbound_hangup";

/// An attempt as the dispatcher logs it.
fn attempt(account: &str, hook: &str, event_id: &str, number: i64, status: &str) -> Value {
    let code = if status == "SUCCESS" { 200 } else { 500 };
    let body =
        json!({"event_at": "x", "event_id": event_id, "try": number, "type": TYPE, "data": {"callid": 7}});
    json!({
        "specversion": "1.0", "id": format!("{event_id}-{number}"), "source": "callhouse/webhooks",
        "type": "webhook.delivery_attempted", "account": account, "subject": event_id,
        "time": format!("2026-11-20T11:00:{number:02}Z"),
        "data": {
            "event_type": TYPE, "event_at": "2026-11-20T10:59:59Z", "about": format!("call-{event_id}"),
            "hook_hash": hook, "endpoint": ENDPOINT, "try": number, "status": status, "http_code": code,
            "duration_ms": 12, "request_headers": {"accept": "*/*"}, "request_body": body.to_string(),
            "response_body": "ok",
        },
    })
}

/// A hook of `acme` and its log: event `a` failed and was delivered, event `b` failed, and an event `c` of `beta`.
async fn logged() -> (House, String, String, String) {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let beta = house.account("beta", None).await;
    let hook = house.result(&acme, "webhooks.subscribe", json!([TYPE, ENDPOINT])).await;
    let hook = hook["hash"].as_str().expect("a hash").to_owned();
    house
        .store_attempts(&[
            attempt("acme", &hook, "a", 0, "HTTP_ERROR"),
            attempt("acme", &hook, "a", 1, "SUCCESS"),
            attempt("acme", &hook, "b", 0, "HTTP_ERROR"),
            attempt("beta", "BBBBBBBB", "c", 0, "HTTP_ERROR"),
        ])
        .await;
    (house, acme, beta, hook)
}

/// (event, try) of each hit.
fn hits(results: &Value) -> Vec<(&str, i64)> {
    let hits = results["hits"].as_array().expect("hits").iter();
    hits.map(|hit| (hit["event_id"].as_str().expect("an id"), hit["try"].as_i64().expect("a number")))
        .collect()
}

#[tokio::test]
async fn the_log_is_searched_by_all_documented_filters() {
    let (house, acme, _, hook) = logged().await;
    let search = |filters: Value, options: Value| {
        let (house, acme) = (&house, &acme);
        async move { house.result(acme, "webhooks.search_logs", json!([filters, options])).await }
    };
    let all = search(json!({}), json!({"order": "event_id"})).await;
    assert_eq!(hits(&all), [("a", 1), ("a", 0), ("b", 0)]);
    assert_eq!((&all["total"], &all["has_more"], &all["offset"]), (&json!(3), &json!(false), &json!(0)));
    for (filters, expected) in [
        (json!({"status": "SUCCESS"}), 1),
        (json!({"http_code": "500"}), 2),
        (json!({"try": 0}), 2),
        (json!({"event_id": "b"}), 1),
        (json!({"hook_hash": hook}), 3),
        (json!({"hook_hash": "BBBBBBBB"}), 0),
        (json!({"type": TYPE, "endpoint": ENDPOINT}), 3),
        (json!({"event_date": "2026-11-20"}), 3),
        (json!({"event_date": "2026-11-20 10:59:59"}), 3),
        (json!({"event_date": "2026-11-21"}), 0),
        (json!({"about": "call-a"}), 2),
        (json!({"from": "2026-11-20 11:00:01"}), 1),
        (json!({"to": "2026-11-20 11:00:00"}), 2),
    ] {
        let found = search(filters.clone(), json!({"quantity": 0})).await;
        assert_eq!(found["total"], expected, "{filters}");
    }
    let page = search(json!({}), json!({"order": "try DESC", "quantity": 1, "offset": 1})).await;
    assert_eq!((hits(&page).len(), &page["has_more"]), (1, &json!(true)));
    let hit = &search(json!({"status": "SUCCESS"}), json!({})).await["hits"][0];
    let expected = json!({
        "about": "call-a", "attempted_at": "2026-11-20 11:00:01.000", "duration_ms": 12, "endpoint": ENDPOINT,
        "event_date": "2026-11-20 10:59:59.000", "event_id": "a", "failure": null, "hook_hash": hook,
        "http_code": "200", "source": "callhouse/webhooks", "status": "SUCCESS", "try": 1, "type": TYPE,
    });
    assert_eq!(*hit, expected);
}

#[tokio::test]
async fn an_event_of_the_log_is_shown_with_what_was_sent() {
    let (house, acme, _, _) = logged().await;
    let attempts = house.result(&acme, "webhooks.get_log", json!(["a"])).await;
    let attempts = attempts.as_array().expect("attempts");
    assert_eq!(attempts.iter().map(|attempt| &attempt["try"]).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(attempts[0]["request_headers"], json!({"accept": "*/*"}));
    assert_eq!(attempts[0]["response_body"], "ok");
    assert!(attempts[0]["request_body"].as_str().is_some_and(|body| body.contains("callid")));
    let (_, message) = house.failure(&acme, "webhooks.get_log", json!(["nothing"])).await;
    assert_eq!(message, "PROPERTY_VALUE_ERROR [event_id]");
}

#[tokio::test]
async fn ten_1_the_log_of_another_account_is_neither_seen_nor_replayed() {
    let (house, _, beta, hook) = logged().await;
    let found = house.result(&beta, "webhooks.search_logs", json!([{}, {}])).await;
    assert_eq!(hits(&found), [("c", 0)]);
    let found = house.result(&beta, "webhooks.search_logs", json!([{"hook_hash": hook}, {}])).await;
    assert_eq!(found["total"], 0);
    house.failure(&beta, "webhooks.get_log", json!(["a"])).await;
    for filters in [json!({"event_id": "a"}), json!({"hook_hash": hook})] {
        let replayed = house.result(&beta, "webhooks.replay", json!([filters])).await;
        assert_eq!(replayed, json!({"queued": 0, "hastened": 0, "skipped": 0}));
    }
    assert_eq!(house.webhooks.depth().await.expect("a queue").0, 0);
    // A hook of the log that is not the account's own: here, nobody's.
    let replayed = house.result(&beta, "webhooks.replay", json!([{"event_id": "c"}])).await;
    assert_eq!(replayed["skipped"], 1);
}

#[tokio::test]
async fn replayed_events_are_queued_with_their_next_tries() {
    let (house, acme, _, hook) = logged().await;
    let replay = |params: Value| {
        let (house, acme) = (&house, &acme);
        async move { house.result(acme, "webhooks.replay", params).await }
    };
    assert_eq!(replay(json!([{"event_id": "a"}, {"undelivered": true}])).await["queued"], 0);
    assert_eq!(replay(json!([{"hook_hash": hook}, {"in_order": true}])).await["queued"], 2);
    let lanes: Vec<(i64, usize)> =
        house.webhooks.lanes().await.expect("lanes").lanes.iter().map(|lane| (lane.lane, 10)).collect();
    let until = house.clock.now().plus_micros(1_000_000);
    let claims = house.webhooks.claim(&[], &lanes, until).await.expect("claims").claimed;
    assert_eq!(claims.len(), 1, "in order, one at a time");
    assert_eq!((&*claims[0].event_id, claims[0].number()), ("a", 2));
    assert_eq!(claims[0].data.as_deref(), Some(r#"{"callid":7}"#));
    assert_eq!(replay(json!([{"event_id": "b"}])).await["hastened"], 1);
    let (_, message) = house.failure(&acme, "webhooks.replay", json!([{}])).await;
    assert_eq!(message, "INVALID_PARAM_FORMAT [filters]");
    house.result(&acme, "webhooks.set_status", json!([hook, "DISABLED"])).await;
    assert_eq!(replay(json!([{"event_id": "a"}])).await["skipped"], 1);
}
