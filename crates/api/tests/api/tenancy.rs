//! TEN-1 at the door: whatever is asked with one account's credentials, nothing of another comes back.

use axum::http::StatusCode;
use callhouse_api::method_names;
use callhouse_core::SmsRecord;
use serde_json::{Value, json};

use crate::house::{House, event};
use crate::methods::calls_of;
use crate::sms::messages_of;

/// Parameters with which a method would find everything there is.
fn greedy_params(method: &str) -> Value {
    const FROM: &str = "2000-01-01 00:00:00";
    const TO: &str = "2029-12-31 23:59:59";
    match method {
        "cdr.get" => json!(["IN", FROM, TO, null, null]),
        "cdr.export_async" => json!([{"type": "OUT"}]),
        "sms.export_async" | "sms.search" => json!([{}, null]),
        "sms.get" => json!(["SMS00001"]),
        "sms.get_count_for_body" => json!(["x"]),
        "sms.get_list" => json!(["OUT", FROM, TO]),
        "analytics/sms.summary"
        | "analytics/sms.summary_out"
        | "analytics/sms.summary_out_by_status"
        | "analytics/sms.history_out_by_status" => json!([FROM, TO]),
        "analytics/sms.history" => json!([FROM, TO, {"granularity": "month"}]),
        "analytics/sms.history_out" => json!([FROM, TO, null, {"granularity": "month"}]),
        "jobs.get" | "jobs.cancel" => json!(["0".repeat(32)]),
        "cdr.search" => json!([{"type": "OUT"}, {"quantity": 10_000}]),
        "analytics/calls.summary" => json!([FROM, TO]),
        "analytics/calls.history" => json!([FROM, TO, {"granularity": "month"}]),
        "analytics/calls.top_apps" => json!(["IN", "COUNT", FROM, TO, 1_000]),
        "analytics/calls.inbound_did"
        | "analytics/calls.cli_countries"
        | "analytics/calls.outbound_countries"
        | "analytics/calls.outbound_destinations" => json!(["COUNT", FROM, TO, 1_000]),
        "account/sub.get" | "account/sub.disable" | "account/sub.enable" => json!([hash("acme")]),
        "account/sub.search" | "account/audit.search" => json!([{}, {"quantity": 10_000}]),
        "api-key.create" => json!(["mine"]),
        "api-key.delete" => json!([1]),
        "session.refresh" => json!(["0".repeat(40)]),
        _ => json!([]),
    }
}

fn hash(name: &str) -> String {
    callhouse_core::AccountId::new(name).expect("a name").hash()
}

#[tokio::test]
async fn ten_1_every_method_shows_an_account_nothing_of_another() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let globex = house.account("globex", None).await;
    house.store(&calls_of("acme")).await;
    house.store_records::<SmsRecord>(&messages_of("acme")).await;
    // Lists and the alphabet are the same for everybody.
    let is_common = |method: &str| method.starts_with("list.") || method == "sms.get_gsm_charset_mapping";
    for method in method_names().filter(|method| !is_common(method)) {
        let empty = house.rpc(&globex, method, greedy_params(method)).await.to_string();
        for mark in [
            "1001",
            "1002",
            "9223372036854775807",
            "+336",
            "DID00001",
            "APP0000",
            "FR-GEO",
            "US-FIXED",
            "Ada",
            "SMS0000",
            "Hello World",
            "Stop",
            "acme",
            &hash("acme"),
        ] {
            assert!(!empty.contains(mark), "{method} shows {mark} of acme to globex: {empty}");
        }
    }
    let summary =
        house.result(&globex, "analytics/calls.summary", greedy_params("analytics/calls.summary")).await;
    assert_eq!((&summary["IN"]["count"], &summary["OUT"]["count"]), (&json!(0), &json!(0)));
    let texts = house.result(&globex, "analytics/sms.summary", greedy_params("analytics/sms.summary")).await;
    assert_eq!((&texts["IN"]["count"], &texts["OUT"]["count"]), (&json!(0), &json!(0)));
    // The same questions do find calls and messages when their owner asks.
    let owned =
        house.result(&acme, "analytics/calls.summary", greedy_params("analytics/calls.summary")).await;
    assert_eq!((&owned["IN"]["count"], &owned["OUT"]["count"]), (&json!(2), &json!(2)));
    let owned = house.result(&acme, "sms.search", greedy_params("sms.search")).await;
    assert_eq!(owned["total"], json!(4));
}

#[tokio::test]
async fn ten_1_a_pinned_search_is_not_shared_between_accounts() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let globex = house.account("globex", None).await;
    house.store(&calls_of("acme")).await;
    let search = json!([{"type": "OUT"}, {"quantity": 1}]);
    assert_eq!(house.result(&acme, "cdr.search", search.clone()).await["total"], json!(2));
    assert_eq!(house.result(&globex, "cdr.search", search).await["total"], json!(0));
    let next = json!([{"type": "OUT"}, {"quantity": 1, "offset": 1}]);
    assert_eq!(house.result(&globex, "cdr.search", next).await["hits"], json!([]));
}

#[tokio::test]
async fn ten_1_keys_and_sessions_belong_to_their_account() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let globex = house.account("globex", None).await;
    let key = house.result(&acme, "api-key.create", json!(["k"])).await;
    let (code, message) = house.failure(&globex, "api-key.delete", json!([key["id"]])).await;
    assert_eq!((code, message.as_str()), (151, "PROPERTY_VALUE_ERROR [id]"));
    let session = house.result(&acme, "session.create", json!([])).await;
    let (_, message) = house.failure(&globex, "session.refresh", json!([session["refresh_token"]])).await;
    assert_eq!(message, "PROPERTY_VALUE_ERROR [refresh_token]");
    let token = format!("Api-Key {}", key["token"].as_str().expect("a token"));
    assert!(
        house.rpc(&token, "system.get_timestamp", json!([])).await["result"].is_i64(),
        "the key still works"
    );
}

#[tokio::test]
async fn ten_1_sub_accounts_are_seen_by_logging_in_as_them_only() {
    let house = House::new().await;
    let parent = house.account("acme", None).await;
    let child = house.account("acme-sub", Some("acme")).await;
    house.account("globex", None).await;
    house.store(&calls_of("acme-sub")).await;
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "cdr.search", "params": [{"type": "OUT"}, {"quantity": 0}],
    });
    let total = async |authorization: &str, login_as: Option<String>| {
        let mut headers = vec![("authorization", authorization)];
        headers.extend(login_as.as_deref().map(|target| ("callr-login-as", target)));
        let answer = house.post_rpc(&headers, body.to_string()).await;
        (answer.status, answer.json()["result"]["total"].as_i64())
    };
    let hash = hash("acme-sub");
    assert_eq!(total(&parent, None).await, (StatusCode::OK, Some(0)));
    for target in [
        format!("account.hash {hash}"),
        format!("Account.hash {hash}"),
        format!("ACCOUNT.HASH {hash}"),
        "account.id acme-sub".to_owned(),
        "User.login acme-sub".to_owned(),
    ] {
        assert_eq!(total(&parent, Some(target.clone())).await, (StatusCode::OK, Some(2)), "{target}");
    }
    let refused = (StatusCode::UNAUTHORIZED, None);
    for target in [
        "account.id globex",
        "account.id acme",
        "account.id nobody",
        "account.hash XXXXXXXX",
        "acme-sub",
        "",
        "group.id acme-sub",
    ] {
        assert_eq!(total(&parent, Some(target.to_owned())).await, refused, "{target}");
    }
    assert_eq!(total(&child, Some("account.id acme".to_owned())).await, refused, "never upwards");
    let admin = house.admin().await;
    assert_eq!(total(&admin, Some("account.id acme-sub".to_owned())).await, (StatusCode::OK, Some(2)));
    assert_eq!(total(&admin, None).await, (StatusCode::OK, Some(2)), "an administrator sees all");
}

#[tokio::test]
async fn ten_1_events_of_another_account_are_rejected_and_kept() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.account("acme-sub", Some("acme")).await;
    house.account("globex", None).await;
    let started = |account: &str| {
        let data = json!({"direction": "inbound", "from": "+33612345678", "to": "+33123456789"});
        event(account, "1", "call.started", "2026-11-20T11:00:00Z", data)
    };
    let batch = json!([started("acme"), started("globex"), started("acme-sub")]);
    let answer = house.post_events(&acme, "application/json", batch.to_string()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json()["accepted"], json!(2));
    assert_eq!(answer.json()["rejected"][0]["reason"], json!("forbidden-account"));
    assert_eq!(answer.json()["rejected"][0]["index"], json!(1));
    assert_eq!(house.log.appended.lock().len(), 3, "ING-3: the rejected one is kept too");
}
