//! `account/sub.*`: the accounts below, and those only.

use axum::http::StatusCode;
use callhouse_core::AccountId;
use serde_json::{Value, json};

use crate::house::{House, event};

fn hash(name: &str) -> String {
    AccountId::new(name).expect("an account name").hash()
}

/// acme with paris and lyon below, paris with paris-1 below; and globex. Their credentials in this order.
async fn tree(house: &House) -> [String; 5] {
    [
        house.account("acme", None).await,
        house.account("paris", Some("acme")).await,
        house.account("lyon", Some("acme")).await,
        house.account("paris-1", Some("paris")).await,
        house.account("globex", None).await,
    ]
}

async fn ids(house: &House, authorization: &str, params: Value) -> Vec<String> {
    let page = house.result(authorization, "account/sub.search", params).await;
    let hits = page["hits"].as_array().expect("hits").iter();
    hits.map(|hit| hit["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn ten_1_an_account_sees_those_below_it() {
    let house = House::new().await;
    let [acme, paris, lyon, _, globex] = tree(&house).await;
    assert_eq!(ids(&house, &acme, json!([])).await, ["lyon", "paris", "paris-1"]);
    assert_eq!(ids(&house, &paris, json!([null, null])).await, ["paris-1"]);
    assert!(ids(&house, &lyon, json!([{}, {}])).await.is_empty());
    assert!(ids(&house, &globex, json!([])).await.is_empty());
    let quota = house.result(&acme, "account/sub.get_quota", json!([])).await;
    assert_eq!(quota, json!({"actual": 3, "max": null}));
    assert_eq!(house.result(&globex, "account/sub.get_quota", json!([])).await["actual"], json!(0));
    let operator = house.admin().await;
    assert_eq!(ids(&house, &operator, json!([])).await.len(), 5);
}

#[tokio::test]
async fn ten_1_no_other_account_can_be_named() {
    let house = House::new().await;
    let [_, paris, ..] = tree(&house).await;
    for method in ["account/sub.get", "account/sub.enable", "account/sub.disable"] {
        for out_of_reach in ["acme", "lyon", "globex", "paris", "nobody"] {
            let failure = house.failure(&paris, method, json!([hash(out_of_reach)])).await;
            assert_eq!(failure, (151, "PROPERTY_VALUE_ERROR [hash]".to_owned()), "{method} {out_of_reach}");
        }
        assert_eq!(house.failure(&paris, method, json!(["x"])).await.1, "PROPERTY_VALUE_ERROR [hash]");
        assert_eq!(house.failure(&paris, method, json!([null])).await.1, "INVALID_PARAM_FORMAT [hash]");
    }
    for account in house.accounts.list().await.expect("accounts") {
        assert!(account.enabled, "{}", account.id);
    }
}

#[tokio::test]
async fn a_sub_account_has_the_properties_of_its_objects() {
    let house = House::new().await;
    let [acme, ..] = tree(&house).await;
    insta::assert_json_snapshot!(
        "sub_account",
        house.result(&acme, "account/sub.get", json!([hash("paris-1")])).await
    );
}

#[tokio::test]
async fn a_disabled_account_is_shut_out_everywhere_with_all_below_it_and_let_in_again() {
    let house = House::new().await;
    let [acme, paris, lyon, below, _] = tree(&house).await;
    let status = async |authorization: &str| {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "system.get_timestamp"}).to_string();
        let rpc = house.post_rpc(&[("authorization", authorization)], body).await.status;
        let events = house.post_events(authorization, "application/json", "[]").await.status;
        (rpc, events)
    };
    let (inside, outside) =
        ((StatusCode::OK, StatusCode::ACCEPTED), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    let key = house.result(&below, "api-key.create", json!(["k"])).await;
    let key = format!("Api-Key {}", key["token"].as_str().expect("a token"));
    assert_eq!(house.result(&acme, "account/sub.disable", json!([hash("paris")])).await, json!(true));
    for (who, expected) in
        [(&acme, inside), (&paris, outside), (&lyon, inside), (&below, outside), (&key, outside)]
    {
        assert_eq!(status(who).await, expected);
    }
    let state = async |name: &str| {
        let account = house.result(&acme, "account/sub.get", json!([hash(name)])).await;
        (account["state"]["disabled"].clone(), account["state"]["disabled_above"].clone())
    };
    assert_eq!(state("paris").await, (json!(true), json!(false)));
    assert_eq!(state("paris-1").await, (json!(false), json!(true)));
    assert_eq!(ids(&house, &acme, json!([{"disabled": true}])).await, ["paris"]);
    assert_eq!(house.result(&acme, "account/sub.enable", json!([hash("paris")])).await, json!(true));
    assert_eq!((status(&paris).await, status(&key).await), (inside, inside));
}

#[tokio::test]
async fn events_of_a_disabled_account_are_facts_and_are_taken() {
    let house = House::new().await;
    let [acme, ..] = tree(&house).await;
    house.result(&acme, "account/sub.disable", json!([hash("paris")])).await;
    let data = json!({"direction": "inbound", "from": "+33612345678", "to": "+33123456789"});
    let events = ["paris", "paris-1"]
        .map(|name| event(name, "1", "call.started", "2026-11-20T11:00:00Z", data.clone()));
    let answer = house.post_events(&acme, "application/json", json!(events).to_string()).await;
    assert_eq!((answer.status, &answer.json()["accepted"]), (StatusCode::ACCEPTED, &json!(2)));
}

#[tokio::test]
async fn a_search_is_filtered_ordered_and_paged() {
    let house = House::new().await;
    let [acme, ..] = tree(&house).await;
    for (params, expected) in [
        (json!([{"archived": false}]), vec!["lyon", "paris", "paris-1"]),
        (json!([{"archived": null}]), vec!["lyon", "paris", "paris-1"]),
        (json!([{"archived": true}]), vec![]),
        (json!([{"parent": hash("acme")}]), vec!["lyon", "paris"]),
        (json!([{"parent": hash("paris")}]), vec!["paris-1"]),
        (json!([{"parent": hash("globex")}]), vec![]),
        (json!([{"login": "paris"}]), vec!["paris"]),
        (json!([{}, {"order": "login DESC", "quantity": 2}]), vec!["paris-1", "paris"]),
        (json!([{}, {"offset": 2}]), vec!["paris-1"]),
        (json!([{}, {"offset": 9}]), vec![]),
    ] {
        assert_eq!(ids(&house, &acme, params.clone()).await, expected, "{params}");
    }
    let page = house.result(&acme, "account/sub.search", json!([{}, {"quantity": 1}])).await;
    assert_eq!((&page["total"], &page["has_more"], &page["offset"]), (&json!(3), &json!(true), &json!(0)));
    let failure = house.failure(&acme, "account/sub.search", json!([{"colour": 1}])).await;
    assert_eq!(failure.1, "PROPERTY_UNKNOWN [filters.colour]");
    let failure = house.failure(&acme, "account/sub.search", json!([{}, {"order": "colour"}])).await;
    assert_eq!(failure.1, "PROPERTY_VALUE_ERROR [options.order]");
}
