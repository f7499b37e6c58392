//! `webhooks.*` through the door: objects, errors, and whose hooks they are.

use serde_json::{Value, json};

use crate::house::House;

const ENDPOINT: &str = "https://example.com/hooks";
const TYPE: &str = "call.inbound_hangup";

async fn subscribe(house: &House, who: &str, endpoint: &str) -> String {
    let hook = house.result(who, "webhooks.subscribe", json!([TYPE, endpoint, null])).await;
    hook["hash"].as_str().expect("a hash").to_owned()
}

#[tokio::test]
async fn a_webhook_is_callrs_object() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let options = json!({"hmac_algo": "SHA512", "hmac_secret": "hunter2-hunter2"});
    let hook = house.result(&acme, "webhooks.subscribe", json!([TYPE, ENDPOINT, options])).await;
    let hash = hook["hash"].as_str().expect("a hash");
    assert!(hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
    let expected = json!({
        "created_at": "2026-11-20 12:00:00.000", "endpoint": ENDPOINT, "hash": hash,
        "options": {"format": "JSON", "hmac_algo": "SHA512", "hmac_secret": "********"},
        "status": "ENABLED", "type": TYPE, "updated_at": "2026-11-20 12:00:00.000",
    });
    assert_eq!(hook, expected);
    assert_eq!(house.result(&acme, "webhooks.get_list", json!([])).await, json!([expected]));
    assert_eq!(house.result(&acme, "webhooks.unsubscribe", json!([hash])).await, json!(true));
    assert_eq!(house.result(&acme, "webhooks.get_list", json!([])).await, json!([]));
}

#[tokio::test]
async fn the_options_may_be_left_out_and_event_types_are_listed() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let types = house.result(&acme, "webhooks.get_event_types", json!([])).await;
    let types: Vec<&str> = types.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for (number, webhook_type) in types.iter().enumerate() {
        let params = json!([webhook_type, format!("{ENDPOINT}/{number}")]);
        let hook = house.result(&acme, "webhooks.subscribe", params).await;
        assert_eq!(hook["options"], json!({"format": "JSON", "hmac_algo": null, "hmac_secret": null}));
    }
    for expected in
        ["call.inbound_start", TYPE, "call.outbound_start", "call.outbound_hangup", "job.status_update"]
    {
        assert!(types.contains(&expected), "{expected}");
    }
}

#[tokio::test]
async fn mistakes_are_named_as_callr_names_them() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let hash = subscribe(&house, &acme, ENDPOINT).await;
    for (method, params, message) in [
        ("webhooks.subscribe", json!([TYPE, ENDPOINT]), "TYPE_ENDPOINT_DUPLICATE"),
        ("webhooks.subscribe", json!([null, ENDPOINT]), "INVALID_PARAM_FORMAT [type]"),
        ("webhooks.subscribe", json!(["call.nothing", ENDPOINT]), "INVALID_PARAM_FORMAT [type]"),
        ("webhooks.subscribe", json!([TYPE, "example.com"]), "INVALID_PARAM_FORMAT [endpoint]"),
        ("webhooks.subscribe", json!([TYPE, "ftp://example.com/"]), "INVALID_PARAM_FORMAT [endpoint]"),
        ("webhooks.subscribe", json!([TYPE, "http://a:b@example.com/"]), "INVALID_PARAM_FORMAT [endpoint]"),
        ("webhooks.subscribe", json!([TYPE, "http://127.0.0.1/"]), "PROPERTY_VALUE_ERROR [endpoint]"),
        ("webhooks.subscribe", json!([TYPE, "http://0x7f.1/"]), "PROPERTY_VALUE_ERROR [endpoint]"),
        ("webhooks.subscribe", json!([TYPE, "http://inner.example.com/"]), "PROPERTY_VALUE_ERROR [endpoint]"),
        (
            "webhooks.subscribe",
            json!([TYPE, "https://example.com/2", {"hmac_secret": "short"}]),
            "PROPERTY_VALUE_ERROR [options.hmac_secret]",
        ),
        ("webhooks.unsubscribe", json!(["AAAAAAAA"]), "PROPERTY_VALUE_ERROR [hash]"),
        ("webhooks.unsubscribe", json!(["nothing"]), "PROPERTY_VALUE_ERROR [hash]"),
        ("webhooks.unsubscribe", json!([1]), "INVALID_PARAM_FORMAT [hash]"),
        ("webhooks.set_status", json!([hash, "OFF"]), "PROPERTY_VALUE_ERROR [status]"),
        ("webhooks.set_status", json!([hash, "DISABLED_SYSTEM"]), "PROPERTY_VALUE_ERROR [status]"),
        ("webhooks.set_status", json!([hash, "DISABLED_ADMIN"]), "FORBIDDEN"),
        ("webhooks.test", json!(["AAAAAAAA"]), "PROPERTY_VALUE_ERROR [hash]"),
    ] {
        let (_, found) = house.failure(&acme, method, params.clone()).await;
        assert_eq!(found, message, "{method} {params}");
    }
}

#[tokio::test]
async fn ten_1_another_account_sees_and_touches_no_hook() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let beta = house.account("beta", None).await;
    let hash = subscribe(&house, &acme, ENDPOINT).await;
    assert_eq!(house.result(&beta, "webhooks.get_list", json!([])).await, json!([]));
    for (method, params) in [
        ("webhooks.unsubscribe", json!([hash])),
        ("webhooks.set_status", json!([hash, "DISABLED"])),
        ("webhooks.test", json!([hash])),
    ] {
        let (_, message) = house.failure(&beta, method, params).await;
        assert_eq!(message, "PROPERTY_VALUE_ERROR [hash]", "{method}");
    }
    let hooks = house.result(&acme, "webhooks.get_list", json!([])).await;
    assert_eq!(hooks[0]["status"], "ENABLED");
    // The same endpoint may be another account's too.
    subscribe(&house, &beta, ENDPOINT).await;
}

#[tokio::test]
async fn an_administrator_disables_what_the_owner_cannot_enable() {
    let house = House::new().await;
    let (acme, admin) = (house.account("acme", None).await, house.admin().await);
    let hash = subscribe(&house, &acme, ENDPOINT).await;
    let set = |who: &str, status: &str| {
        let (who, params) = (who.to_owned(), json!([hash, status]));
        let house = &house;
        async move { house.rpc(&who, "webhooks.set_status", params).await }
    };
    assert_eq!(set(&acme, "DISABLED").await["result"]["status"], "DISABLED");
    assert_eq!(set(&acme, "ENABLED").await["result"]["status"], "ENABLED");
    assert_eq!(set(&admin, "DISABLED_ADMIN").await["result"]["status"], "DISABLED_ADMIN");
    assert_eq!(set(&acme, "ENABLED").await["error"]["message"], "FORBIDDEN");
    let (_, message) = house.failure(&acme, "webhooks.test", json!([hash])).await;
    assert_eq!(message, "PROPERTY_VALUE_ERROR [hash]", "nothing is sent to a disabled hook");
    assert_eq!(set(&admin, "ENABLED").await["result"]["status"], "ENABLED");
    let event_id = house.result(&acme, "webhooks.test", json!([hash])).await;
    assert_eq!(event_id.as_str().map(str::len), Some(32));
}
