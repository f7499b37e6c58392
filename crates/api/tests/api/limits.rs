//! Limits of requests through the doors.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_lake::accounts::{KeyOptions, RequestLimit};
use serde_json::json;

use crate::house::{Answer, House};

async fn queries(house: &House, authorization: &str) -> Answer {
    let request = Request::get("/v1/queries").header(header::AUTHORIZATION, authorization);
    house.send(request.body(Body::empty()).expect("a request")).await
}

fn shown<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn beyond_the_limit_a_rest_door_says_429_and_when_to_come_back() {
    let house = House::limited(RequestLimit::of(2, 4)).await;
    let acme = house.account("acme", None).await;
    for left in [3, 2, 1, 0] {
        let answer = queries(&house, &acme).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(shown(&answer, "ratelimit-policy"), "\"key\";q=4;w=2");
        assert_eq!(shown(&answer, "ratelimit-limit"), "4");
        assert_eq!(shown(&answer, "ratelimit-remaining"), left.to_string());
        assert!(shown(&answer, "ratelimit").starts_with(&format!("\"key\";r={left};t=")));
    }
    let answer = queries(&house, &acme).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.json()["error"], json!("TOO_MANY_REQUESTS"));
    assert_eq!(shown(&answer, "retry-after"), "1");
    assert_eq!((shown(&answer, "ratelimit-remaining"), shown(&answer, "ratelimit-reset")), ("0", "2"));
    house.clock.advance_micros(MICROS_PER_SECOND / 2);
    assert_eq!(queries(&house, &acme).await.status, StatusCode::OK, "one more each half second");
    assert_eq!(queries(&house, &acme).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.clock.advance_micros(60 * MICROS_PER_SECOND);
    let answer = queries(&house, &acme).await;
    assert_eq!(shown(&answer, "ratelimit-remaining"), "3", "a pause fills it up, and no further");
}

#[tokio::test]
async fn at_the_json_rpc_door_it_is_an_error_that_sdks_can_read() {
    let house = House::limited(RequestLimit::of(1, 1)).await;
    let acme = house.account("acme", None).await;
    assert!(house.result(&acme, "system.get_timestamp", json!([])).await.is_i64());
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "system.get_timestamp"}).to_string();
    let answer = house.post_rpc(&[("authorization", &acme)], body).await;
    assert_eq!(answer.status, StatusCode::OK);
    let error = &answer.json()["error"];
    assert_eq!((&error["code"], &error["message"]), (&json!(429), &json!("TOO_MANY_REQUESTS")));
    assert_eq!(error["data"]["retry_after_seconds"], json!(1));
    assert_eq!((&answer.json()["id"], shown(&answer, "retry-after")), (&json!(7), "1"));
}

#[tokio::test]
async fn keys_are_counted_each_by_itself_with_their_sessions_and_in_whatever_account() {
    let house = House::limited(RequestLimit::of(1, 2)).await;
    let acme = house.account("acme", None).await;
    house.account("acme-sub", Some("acme")).await;
    let key = house.key_with("acme", &KeyOptions::named("one")).await;
    let other = house.key_with("acme", &KeyOptions::named("two")).await;
    let session = house.result(&key, "session.create", json!([])).await;
    let session = format!("Session {}", session["token"].as_str().expect("a token"));
    assert_eq!(queries(&house, &session).await.status, StatusCode::OK);
    for spent in [&session, &key] {
        assert_eq!(queries(&house, spent).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "system.get_timestamp"}).to_string();
    let as_sub = [("authorization", key.as_str()), ("callr-login-as", "account.id acme-sub")];
    assert_eq!(house.post_rpc(&as_sub, body).await.json()["error"]["code"], json!(429));
    assert_eq!(queries(&house, &other).await.status, StatusCode::OK);
    assert_eq!(queries(&house, &acme).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_limit_of_its_own_goes_before_the_usual_one_and_holds_at_once() {
    let house = House::limited(RequestLimit::of(1, 1)).await;
    house.account("acme", None).await;
    let options = KeyOptions { limit: RequestLimit::of(10, 3), ..KeyOptions::named("fast") };
    let fast = house.key_with("acme", &options).await;
    for _ in 0..3 {
        assert_eq!(queries(&house, &fast).await.status, StatusCode::OK);
    }
    assert_eq!(queries(&house, &fast).await.status, StatusCode::TOO_MANY_REQUESTS);
    let id = house.accounts.api_keys(None).await.expect("keys")[0].id;
    house.accounts.set_api_key_limit(id, RequestLimit::of(10, 5)).await.expect("changed");
    let answer = queries(&house, &fast).await;
    assert_eq!((answer.status, shown(&answer, "ratelimit-limit")), (StatusCode::OK, "5"));
}

#[tokio::test]
async fn a_clock_that_was_set_back_stops_nobody() {
    let house = House::limited(RequestLimit::of(1, 1)).await;
    let acme = house.account("acme", None).await;
    assert_eq!(queries(&house, &acme).await.status, StatusCode::OK);
    house.clock.advance_micros(-3_600 * MICROS_PER_SECOND);
    assert_eq!(queries(&house, &acme).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_limit_nothing_is_said_of_one() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let answer = queries(&house, &acme).await;
    assert_eq!((answer.status, shown(&answer, "ratelimit")), (StatusCode::OK, ""));
    let bad = queries(&house, "Api-Key x").await;
    assert_eq!((bad.status, shown(&bad, "ratelimit")), (StatusCode::UNAUTHORIZED, ""));
}
