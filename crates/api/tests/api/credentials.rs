//! Credentials through the doors: good ones in every scheme, bad ones with 401.

use axum::http::{StatusCode, header};
use callhouse_core::AccountId;
use callhouse_core::time::MICROS_PER_SECOND;
use serde_json::json;

use crate::house::{House, basic};

const TIMESTAMP: &str = r#"{"jsonrpc":"2.0","id":7,"method":"system.get_timestamp","params":[]}"#;

async fn status(house: &House, authorization: &str) -> StatusCode {
    house.post_rpc(&[("authorization", authorization)], TIMESTAMP).await.status
}

#[tokio::test]
async fn password_key_and_session_all_let_in() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let key = house.result(&acme, "api-key.create", json!(["k"])).await;
    let session = house.result(&acme, "session.create", json!([])).await;
    let (key, token) = (key["token"].as_str().expect("a token"), session["token"].as_str().expect("a token"));
    for authorization in [
        acme.clone(),
        format!("Api-Key {key}"),
        format!("api-key {}", key.to_uppercase()),
        format!("Session {token}"),
        format!("Bearer {key}"),
        format!("Bearer {token}"),
    ] {
        assert_eq!(status(&house, &authorization).await, StatusCode::OK, "{authorization}");
    }
}

#[tokio::test]
async fn bad_credentials_are_401_with_a_body_every_client_can_read() {
    let house = House::new().await;
    house.account("acme", None).await;
    for authorization in [
        basic("acme", "wrong"),
        basic("nobody", "x"),
        format!("Api-Key {}", "0".repeat(100)),
        format!("Session {}", "0".repeat(40)),
        "Api-Key short".to_owned(),
        "Digest x".to_owned(),
        String::new(),
    ] {
        let answer = house.post_rpc(&[("authorization", &authorization)], TIMESTAMP).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization}");
        assert!(answer.headers.contains_key(header::WWW_AUTHENTICATE));
        assert_eq!(answer.json()["id"], json!(7));
        assert_eq!(answer.json()["error"]["message"], json!("AUTHENTICATION_FAILED"));
        assert!(answer.json().get("result").is_none());
    }
    assert_eq!(house.post_rpc(&[], TIMESTAMP).await.status, StatusCode::UNAUTHORIZED);
    let events = house.post_events("Basic x", "application/json", "{}").await;
    assert_eq!(
        (events.status, &events.json()["error"]),
        (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED"))
    );
}

#[tokio::test]
async fn deleted_and_disabled_credentials_stop_working() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let key = house.result(&acme, "api-key.create", json!(["k"])).await;
    let authorization = format!("Api-Key {}", key["token"].as_str().expect("a token"));
    assert_eq!(house.result(&acme, "api-key.delete", json!([key["id"]])).await, json!(true));
    assert_eq!(status(&house, &authorization).await, StatusCode::UNAUTHORIZED);

    let session = house.result(&acme, "session.create", json!([])).await;
    let authorization = format!("Session {}", session["token"].as_str().expect("a token"));
    assert_eq!(house.result(&authorization, "session.delete", json!([])).await, json!(true));
    assert_eq!(status(&house, &authorization).await, StatusCode::UNAUTHORIZED);

    house.accounts.set_enabled(&AccountId::new("acme").expect("a name"), false).await.expect("disabled");
    assert_eq!(status(&house, &acme).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sessions_end_by_themselves_and_can_be_refreshed_before_they_do() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let session = house.result(&acme, "session.create", json!([])).await;
    let authorization = format!("Session {}", session["token"].as_str().expect("a token"));
    house.clock.advance_micros(2 * 3_600 * MICROS_PER_SECOND);
    assert_eq!(status(&house, &authorization).await, StatusCode::UNAUTHORIZED);
    let newer = house.result(&acme, "session.refresh", json!([session["refresh_token"]])).await;
    assert!(newer["valid_until"].as_str() > session["valid_until"].as_str());
    let authorization = format!("Session {}", newer["token"].as_str().expect("a token"));
    assert_eq!(status(&house, &authorization).await, StatusCode::OK);
}

#[tokio::test]
async fn sec_1_tokens_are_shown_once_and_never_listed() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let key = house.result(&acme, "api-key.create", json!(["k"])).await;
    let session = house.result(&acme, "session.create", json!([])).await;
    let listed = format!(
        "{}{}",
        house.result(&acme, "api-key.all", json!([])).await,
        house.result(&acme, "session.all", json!([])).await
    );
    for secret in [&key["token"], &session["token"], &session["refresh_token"]] {
        assert!(!listed.contains(secret.as_str().expect("a token")));
    }
    assert!(listed.contains("\"name\":\"k\""));
}
