//! Scopes of keys at every door, and keys that make keys.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use callhouse_api::method_names;
use callhouse_core::Clock;
use callhouse_core::time::MICROS_PER_DAY;
use callhouse_lake::accounts::{AccessScope, KeyOptions};
use serde_json::{Value, json};

use crate::house::House;

/// What each JSON-RPC method wants; a new method must be put here.
fn wanted(method: &str) -> Option<AccessScope> {
    match method {
        "cdr.export_async" | "sms.export_async" | "jobs.cancel" | "jobs.get" | "jobs.get_list" => {
            Some(AccessScope::Export)
        }
        "sms.get_count_for_body" | "sms.get_gsm_charset_mapping" => None,
        "webhooks.get_list"
        | "webhooks.replay"
        | "webhooks.set_status"
        | "webhooks.subscribe"
        | "webhooks.test"
        | "webhooks.unsubscribe" => Some(AccessScope::Admin),
        "account/sub.get" | "account/sub.get_quota" | "account/sub.search" => Some(AccessScope::Read),
        "webhooks.get_log" | "webhooks.search_logs" => Some(AccessScope::Read),
        name if name.starts_with("analytics/") || name.starts_with("cdr.") || name.starts_with("sms.") => {
            Some(AccessScope::Read)
        }
        "account/audit.search" | "account/sub.disable" | "account/sub.enable" => Some(AccessScope::Admin),
        name if name.starts_with("api-key.") => Some(AccessScope::Admin),
        "webhooks.get_event_types" => None,
        name if name.starts_with("list.") || name.starts_with("session.") || name.starts_with("system.") => {
            None
        }
        name => panic!("which scope does {name} want?"),
    }
}

#[tokio::test]
async fn every_method_wants_its_scope_and_says_which_is_missing() {
    let house = House::new().await;
    house.account("acme", None).await;
    for scope in AccessScope::ALL {
        let key = house.key("acme", &[scope]).await;
        for method in method_names() {
            let answer = house.rpc(&key, method, json!([])).await;
            let is_forbidden = answer["error"]["data"]["detail"]
                .as_str()
                .is_some_and(|detail| detail.starts_with("these credentials lack the scope"));
            let wanted = wanted(method);
            assert_eq!(
                is_forbidden,
                wanted.is_some_and(|wanted| wanted != scope),
                "{method} {scope:?}: {answer}"
            );
            if let (true, Some(wanted)) = (is_forbidden, wanted) {
                let missing = format!("these credentials lack the scope {}", wanted.name());
                assert_eq!(answer["error"]["data"]["detail"], missing);
                assert_eq!(
                    (&answer["error"]["code"], &answer["error"]["message"]),
                    (&json!(100), &json!("FORBIDDEN"))
                );
            }
        }
    }
}

#[tokio::test]
async fn every_rest_door_wants_its_scope() {
    let house = House::new().await;
    house.account("acme", None).await;
    let doors = [
        ("POST", "/v1/events", "application/json", "[]", AccessScope::Ingest),
        ("POST", "/v1/sql", "application/sql", "SELECT 1", AccessScope::Sql),
        ("GET", "/v1/queries", "", "", AccessScope::Read),
        ("GET", "/v1/queries/asr?from=2026-01-01&to=2026-01-02", "", "", AccessScope::Read),
    ];
    for scope in AccessScope::ALL {
        let key = house.key("acme", &[scope]).await;
        for (method, path, content_type, body, wanted) in doors {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::AUTHORIZATION, &key)
                .header(header::CONTENT_TYPE, content_type)
                .body(Body::from(body))
                .expect("a request");
            let answer = house.send(request).await;
            if scope == wanted {
                assert!(answer.status.is_success(), "{path} {scope:?}: {}", answer.text());
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {scope:?}");
                assert_eq!(answer.json()["error"], json!("FORBIDDEN"));
                assert_eq!(
                    answer.json()["detail"],
                    format!("these credentials lack the scope {}", wanted.name())
                );
            }
        }
    }
}

#[tokio::test]
async fn a_login_may_do_everything() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    for method in method_names().filter(|method| *method != "session.delete") {
        let answer = house.rpc(&acme, method, json!([])).await;
        assert_ne!(answer["error"]["message"], json!("FORBIDDEN"), "{method}");
    }
}

#[tokio::test]
async fn a_key_is_made_with_scopes_and_an_end() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let options = json!({"scopes": ["read", "sql", "read"], "expires_at": "2026-12-01 00:00:00"});
    let key = house.result(&acme, "api-key.create", json!(["dashboard", options])).await;
    assert_eq!(key["scopes"], json!(["read", "sql"]));
    assert_eq!(key["expires_at"], json!("2026-12-01 00:00:00"));
    let plain = house.result(&acme, "api-key.create", json!(["all"])).await;
    assert_eq!(plain["scopes"], json!(["read", "ingest", "sql", "export", "admin"]));
    assert_eq!(plain["expires_at"], json!(null));
    let listed = house.result(&acme, "api-key.all", json!([])).await;
    assert_eq!((&listed[0]["scopes"], &listed[0]["expires_at"]), (&key["scopes"], &key["expires_at"]));
    for (options, message) in [
        (json!({"scopes": []}), "PROPERTY_VALUE_ERROR [options.scopes]"),
        (json!({"scopes": ["fly"]}), "PROPERTY_VALUE_ERROR [options.scopes]"),
        (json!({"scopes": [1]}), "PROPERTY_VALUE_ERROR [options.scopes]"),
        (json!({"scopes": "read"}), "PROPERTY_TYPE_ERROR [options.scopes]"),
        (json!({"expires_at": "2026-11-20 12:00:00"}), "PROPERTY_VALUE_ERROR [options.expires_at]"),
        (json!({"expires_at": "soon"}), "PROPERTY_VALUE_ERROR [options.expires_at]"),
        (json!({"admin": true}), "PROPERTY_UNKNOWN [options.admin]"),
    ] {
        let (_, failure) = house.failure(&acme, "api-key.create", json!(["k", options])).await;
        assert_eq!(failure, message);
    }
}

#[tokio::test]
async fn a_key_makes_none_that_can_do_more_or_lasts_longer() {
    let house = House::new().await;
    house.account("acme", None).await;
    let end = house.clock.now().plus_micros(MICROS_PER_DAY);
    let scopes = [AccessScope::Read, AccessScope::Admin].into_iter().collect();
    let options = KeyOptions { scopes, expires_at: Some(end), ..KeyOptions::named("maker") };
    let maker = house.key_with("acme", &options).await;
    let made = house.result(&maker, "api-key.create", json!(["same"])).await;
    assert_eq!(made["scopes"], json!(["read", "admin"]));
    assert_eq!(made["expires_at"], json!("2026-11-21 12:00:00"), "without a word it ends as its maker");
    for options in [
        json!({"scopes": ["sql"]}),
        json!({"scopes": ["read", "ingest"]}),
        json!({"expires_at": "2026-11-21 12:00:01"}),
    ] {
        let failure = house.failure(&maker, "api-key.create", json!(["more", options])).await;
        assert_eq!(failure, (100, "FORBIDDEN".to_owned()), "{options}");
    }
    // Nor through a session.
    let session = house.result(&maker, "session.create", json!([])).await;
    let session = format!("Session {}", session["token"].as_str().expect("a token"));
    let failure = house.failure(&session, "api-key.create", json!(["more", {"scopes": ["sql"]}])).await;
    assert_eq!(failure, (100, "FORBIDDEN".to_owned()));
    let less = house.result(&session, "api-key.create", json!(["less", {"scopes": ["read"]}])).await;
    assert_eq!(less["expires_at"], json!("2026-11-21 12:00:00"));
    let less = format!("Api-Key {}", less["token"].as_str().expect("a token"));
    let failure = house.failure(&less, "api-key.create", json!(["any"])).await;
    assert_eq!(failure, (100, "FORBIDDEN".to_owned()), "only a key with admin makes keys");
    house.clock.advance_micros(MICROS_PER_DAY);
    for ended in [&maker, &session, &less] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "system.get_timestamp"}).to_string();
        let answer = house.post_rpc(&[("authorization", ended)], body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn scopes_hold_as_another_account_too() {
    let house = House::new().await;
    house.account("acme", None).await;
    house.account("acme-sub", Some("acme")).await;
    let reader = house.key("acme", &[AccessScope::Read]).await;
    let call = async |method: &str| -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": ["k"]}).to_string();
        let headers = [("authorization", reader.as_str()), ("callr-login-as", "account.id acme-sub")];
        house.post_rpc(&headers, body).await.json()
    };
    assert_eq!(call("api-key.create").await["error"]["message"], json!("FORBIDDEN"));
    assert_eq!(call("account/sub.get_quota").await["error"]["message"], json!("TOO_MANY_PARAMS"));
}
