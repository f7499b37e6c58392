//! Bodies nobody should send: each gets one clear answer, and nothing of it reaches the log.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;

use crate::house::House;

const LIMIT_BYTES: usize = 10 * 1024 * 1024;

#[tokio::test]
async fn bodies_that_are_not_json_say_where() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let cases: [(&[u8], &str); 5] = [
        (b"", "line 1 column 0"),
        (b"{\"a\": 1,\n  b}", "line 2 column 3"),
        (b"[{\"a\":1},", "line 1 column 9"),
        (b"{\"a\":\"\xff\"}", "line 1"),
        (b"not json", "line 1 column 2"),
    ];
    for (body, place) in cases {
        let answer = house.post_events(&acme, "application/json", body.to_vec()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", body.escape_ascii());
        assert_eq!(answer.json()["error"], json!("NOT_JSON"));
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(place), "{detail} for {}", body.escape_ascii());
    }
    assert!(house.log.appended.lock().is_empty());
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused_at_every_door() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    for path in ["/v1/events", "/json-rpc/v1.1/"] {
        let post = |bytes: usize| {
            let request = Request::post(path)
                .header(header::AUTHORIZATION, &acme)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(vec![b' '; bytes]))
                .expect("a request");
            house.send(request)
        };
        let beyond = post(LIMIT_BYTES + 1).await;
        assert_eq!(beyond.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert_eq!(beyond.json()["error"], json!("BODY_TOO_LARGE"), "{path}");
        assert_ne!(post(LIMIT_BYTES).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

#[tokio::test]
async fn unknown_content_types_and_encodings_are_415() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        let answer = house.post_events(&acme, content_type, "{}").await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
    }
    let request = Request::post("/v1/events")
        .header(header::AUTHORIZATION, &acme)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "br")
        .body(Body::from("{}"))
        .expect("a request");
    let answer = house.send(request).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!("UNSUPPORTED_ENCODING"))
    );
}

#[tokio::test]
async fn bad_parameters_of_every_method_are_named_errors() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let good = ["2026-01-01 00:00:00", "2026-01-31 23:59:59"];
    let cases = [
        ("cdr.get", json!([]), "INVALID_PARAM_FORMAT [type]"),
        ("cdr.get", json!([17, good[0], good[1]]), "INVALID_PARAM_FORMAT [type]"),
        ("cdr.get", json!(["IN"]), "INVALID_PARAM_FORMAT [from]"),
        ("cdr.get", json!(["IN", 0, good[1]]), "INVALID_PARAM_FORMAT [from]"),
        ("cdr.get", json!(["IN", "1970-01-01 00:00:00", good[1]]), "INVALID_PARAM_FORMAT [from]"),
        ("cdr.get", json!(["IN", good[0], "2026-02-30 00:00:00"]), "INVALID_PARAM_FORMAT [to]"),
        ("cdr.get", json!(["IN", good[1], good[0]]), "TO_BEFORE_FROM"),
        ("cdr.get", json!(["IN", good[0], good[1], "INVALID_APP_ID"]), "PROPERTY_VALUE_ERROR [app]"),
        ("cdr.get", json!(["IN", good[0], good[1], {}]), "INVALID_PARAM_FORMAT [app]"),
        ("cdr.get", json!(["IN", good[0], good[1], null, "+33612345678"]), "PROPERTY_VALUE_ERROR [number]"),
        ("cdr.get", json!(["OUT", good[0], good[1], null, "DID00001"]), "PROPERTY_VALUE_ERROR [number]"),
        ("cdr.get", json!(["IN", good[0], good[1], null, null, 1]), "TOO_MANY_PARAMS"),
        ("cdr.search", json!([]), "PROPERTY_MISSING [filters.type]"),
        ("cdr.search", json!(["IN"]), "INVALID_PARAM_FORMAT [filters]"),
        ("cdr.search", json!([{"type": "IN", "x": 1}]), "PROPERTY_UNKNOWN [filters.x]"),
        ("cdr.search", json!([{"type": "IN"}, {"x": 1}]), "PROPERTY_UNKNOWN [options.x]"),
        (
            "cdr.search",
            json!([{"type": "IN"}, {"quantity": 10_001}]),
            "PROPERTY_VALUE_ERROR [options.quantity]",
        ),
        ("cdr.search", json!([{"type": "IN"}, {"offset": -1}]), "PROPERTY_VALUE_ERROR [options.offset]"),
        ("cdr.search", json!([{"type": "IN"}, {"order": "number"}]), "PROPERTY_VALUE_ERROR [options.order]"),
        ("analytics/calls.summary", json!([good[1], good[0]]), "TO_BEFORE_FROM"),
        ("analytics/calls.summary", json!([good[0]]), "INVALID_PARAM_FORMAT [to]"),
        (
            "analytics/calls.history",
            json!([good[0], good[1], {"timezone": "Mars"}]),
            "PROPERTY_VALUE_ERROR [options.timezone]",
        ),
        (
            "analytics/calls.history",
            json!([good[0], good[1], {"granularity": "year"}]),
            "PROPERTY_VALUE_ERROR [options.granularity]",
        ),
        ("analytics/calls.history", json!([good[0], good[1], "day"]), "INVALID_PARAM_FORMAT [options]"),
        (
            "analytics/calls.history",
            json!(["2000-01-01 00:00:00", "2999-12-31 23:59:59", {"granularity": "hour"}]),
            "TOO_LARGE",
        ),
        (
            "analytics/calls.top_apps",
            json!(["BOTH", "COUNT", good[0], good[1], 1]),
            "INVALID_PARAM_FORMAT [type]",
        ),
        ("analytics/calls.inbound_did", json!(["NAME", good[0], good[1], 1]), "INVALID_PARAM_FORMAT [sort]"),
        (
            "analytics/calls.inbound_did",
            json!(["COUNT", good[0], good[1], -1]),
            "PROPERTY_VALUE_ERROR [limit]",
        ),
        (
            "analytics/calls.inbound_did",
            json!(["COUNT", good[0], good[1], "10"]),
            "INVALID_PARAM_FORMAT [limit]",
        ),
        ("api-key.create", json!([null]), "INVALID_PARAM_FORMAT [name]"),
        ("api-key.create", json!([" "]), "INVALID_PARAM_FORMAT [name]"),
        ("api-key.delete", json!(["1"]), "INVALID_PARAM_FORMAT [id]"),
        ("api-key.delete", json!([i64::MAX]), "PROPERTY_VALUE_ERROR [id]"),
        ("session.refresh", json!([]), "INVALID_PARAM_FORMAT [refresh_token]"),
        ("session.refresh", json!(["x"]), "PROPERTY_VALUE_ERROR [refresh_token]"),
        ("session.delete", json!([]), "FORBIDDEN"),
        ("system.get_timestamp", json!([1]), "TOO_MANY_PARAMS"),
        ("system.reboot", json!([]), "METHOD_NOT_FOUND"),
        ("", json!([]), "METHOD_NOT_FOUND"),
    ];
    for (method, params, message) in cases {
        let (_, given) = house.failure(&acme, method, params.clone()).await;
        assert_eq!(given, message, "{method} {params}");
    }
}

#[tokio::test]
async fn years_far_ahead_are_a_range_without_calls() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let rows =
        house.result(&acme, "cdr.get", json!(["IN", "2099-01-01 00:00:00", "2099-12-31 23:59:59"])).await;
    assert_eq!(rows, json!([]));
}
