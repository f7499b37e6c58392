//! The audit log through the API: what was done here and below, by whom, and nothing of anybody else.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::house::House;

async fn acts(house: &House, authorization: &str, filters: Value) -> Vec<String> {
    let page = house.result(authorization, "account/audit.search", json!([filters])).await;
    let hits = page["hits"].as_array().expect("hits").iter();
    hits.map(|hit| hit["act"].as_str().expect("an act").to_owned()).collect()
}

#[tokio::test]
async fn ten_1_an_account_reads_what_was_done_to_it_and_below() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let sub = house.account("acme-sub", Some("acme")).await;
    let globex = house.account("globex", None).await;
    let key = house.result(&acme, "api-key.create", json!(["k"])).await;
    let hash = |name: &str| callhouse_core::AccountId::new(name).expect("a name").hash();
    house.result(&acme, "account/sub.disable", json!([hash("acme-sub")])).await;
    house.result(&acme, "account/sub.enable", json!([hash("acme-sub")])).await;
    let expected =
        ["account.enabled", "account.disabled", "api-key.created", "account.created", "account.created"];
    assert_eq!(acts(&house, &acme, json!(null)).await, expected);
    assert_eq!(acts(&house, &acme, json!({"act": "api-key.created"})).await, ["api-key.created"]);
    assert_eq!(
        acts(&house, &acme, json!({"account": hash("acme")})).await,
        ["api-key.created", "account.created"]
    );
    assert_eq!(acts(&house, &globex, json!(null)).await, ["account.created"]);
    let below = ["account.enabled", "account.disabled", "account.created"];
    assert_eq!(acts(&house, &sub, json!(null)).await, below);
    for other in [hash("globex"), hash("nobody")] {
        let failure = house.failure(&acme, "account/audit.search", json!([{"account": other}])).await;
        assert_eq!(failure.1, "PROPERTY_VALUE_ERROR [filters.account]");
    }
    // What the account below reads of the one above is which it was, and no more.
    let page = house.result(&sub, "account/audit.search", json!([])).await;
    assert_eq!(page["hits"][0]["by"], json!({"account": hash("acme"), "credential": null, "origin": null}));
    let own = house.result(&acme, "account/audit.search", json!([{"act": "api-key.created"}])).await;
    assert_eq!(own["hits"][0]["by"]["credential"], json!("password"));
    assert_eq!(own["hits"][0]["details"]["id"], key["id"]);
    let text = own.to_string();
    assert!(!text.contains(key["token"].as_str().expect("a token")), "SEC-1: {text}");
    let operator = house.admin().await;
    assert_eq!(acts(&house, &operator, json!({"account": hash("globex")})).await, ["account.created"]);
    assert!(acts(&house, &operator, json!(null)).await.len() > 7);
}

#[tokio::test]
async fn every_use_of_login_as_is_logged_and_no_refused_one() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.account("acme-sub", Some("acme")).await;
    house.account("globex", None).await;
    let call = async |target: &str| {
        let body =
            json!({"jsonrpc": "2.0", "id": 1, "method": "api-key.create", "params": ["k"]}).to_string();
        house.post_rpc(&[("authorization", &acme), ("callr-login-as", target)], body).await.status
    };
    assert_eq!(call("account.id acme-sub").await, StatusCode::OK);
    for refused in ["account.id globex", "account.id acme", "account.id nobody", "user.id"] {
        assert_eq!(call(refused).await, StatusCode::UNAUTHORIZED, "{refused}");
    }
    let page = house.result(&acme, "account/audit.search", json!([])).await;
    let hash = |name: &str| json!(callhouse_core::AccountId::new(name).expect("a name").hash());
    for (hit, act) in [(0, "api-key.created"), (1, "account.login-as")] {
        assert_eq!(page["hits"][hit]["act"], json!(act));
        assert_eq!(page["hits"][hit]["account"], hash("acme-sub"));
        assert_eq!(page["hits"][hit]["by"]["account"], hash("acme"), "who logged in did it");
    }
    assert_eq!(acts(&house, &acme, json!({"act": "account.login-as"})).await.len(), 1);
}

#[tokio::test]
async fn pages_and_ranges_of_the_log() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    for name in ["a", "b", "c"] {
        house.result(&acme, "api-key.create", json!([name])).await;
    }
    let page = house.result(&acme, "account/audit.search", json!([{}, {"offset": 1, "quantity": 2}])).await;
    assert_eq!((&page["total"], &page["has_more"], &page["offset"]), (&json!(4), &json!(true), &json!(1)));
    assert_eq!(page["hits"][0]["details"]["name"], json!("b"));
    let at = json!("2026-11-20 12:00:00");
    assert_eq!(acts(&house, &acme, json!({"from": at, "to": at})).await.len(), 4, "both ends are included");
    assert!(acts(&house, &acme, json!({"to": "2026-11-20 11:59:59"})).await.is_empty());
    for (params, message) in [
        (json!([{"from": at, "to": "2026-01-01 00:00:00"}]), "TO_BEFORE_FROM"),
        (json!([{"colour": 1}]), "PROPERTY_UNKNOWN [filters.colour]"),
        (json!([{}, {"order": "at ASC"}]), "PROPERTY_VALUE_ERROR [options.order]"),
    ] {
        assert_eq!(house.failure(&acme, "account/audit.search", params).await.1, message);
    }
}
