//! `sms.*` over a few messages, and the data of their webhooks.

use callhouse_api::{WebhookData, WebhookSubject, webhook_data};
use callhouse_core::{AccountId, SmsRecord, sms_hash};
use serde_json::{Value, json};

use crate::house::{House, event};
use crate::methods::calls_of;

pub(crate) const FROM: &str = "2026-11-01 00:00:00";
pub(crate) const TO: &str = "2026-11-30 23:59:59";

/// Four messages of an account: one delivered, one of two parts that failed, one that came in, and one waiting at a
/// carrier, whose id is no hash.
pub(crate) fn messages_of(account: &str) -> Vec<Value> {
    let delivered = json!({"from": "ACME", "to": "+33612345678", "text": "Hello World", "nature": "ALERTING", "user_data": "u1"});
    let price =
        json!({"currency": "EUR", "debit": "0.058", "billing_mode": "PREPAID", "cost_label": "FR-MOBILE"});
    let long = json!({
        "from": "+33123456789", "to": "0016467890800", "text": format!("🎉{}", "x".repeat(69)), "message_class": 0,
        "webhook_endpoint": "https://example.com/sms",
    });
    let absent = json!({"status_error": "absent subscriber", "error_code": "27"});
    let inbound = json!({"from": "+33612345678", "to": "+33123456789", "text": "Stop, please"});
    vec![
        event(account, "SMS00001", "sms.created", "2026-11-02T10:00:00.250Z", delivered),
        event(account, "SMS00001", "sms.delivered", "2026-11-02T10:00:04.500Z", json!({})),
        event(account, "SMS00001", "sms.sent", "2026-11-02T10:00:01Z", json!({})),
        event(account, "SMS00001", "sms.rated", "2026-11-02T10:00:05Z", price),
        event(account, "SMS00002", "sms.created", "2026-11-03T09:00:00Z", long),
        event(account, "SMS00002", "sms.failed", "2026-11-03T09:00:30Z", absent),
        event(
            account,
            "SMS00002",
            "sms.rated",
            "2026-11-03T09:01:00Z",
            json!({"currency": "EUR", "debit": "0.12"}),
        ),
        event(account, "SMS00003", "sms.received", "2026-11-04T08:00:00Z", inbound),
        event(
            account,
            "SMS00003",
            "sms.rated",
            "2026-11-04T08:00:01Z",
            json!({"currency": "EUR", "credit": "0.001"}),
        ),
        event(
            account,
            "carrier-4",
            "sms.created",
            "2026-11-05T08:00:00Z",
            json!({"from": "ACME", "to": "1234", "text": "a"}),
        ),
        event(account, "carrier-4", "sms.queued", "2026-11-05T08:00:01Z", json!({"status": "REMOTE_QUEUED"})),
    ]
}

/// A house with the messages of `acme`.
pub(crate) async fn house() -> (House, String) {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.store_records::<SmsRecord>(&messages_of("acme")).await;
    (house, acme)
}

fn account(name: &str) -> AccountId {
    AccountId::new(name).expect("an account name")
}

fn hashes(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().expect("messages").iter();
    messages.map(|message| message["hash"].as_str().expect("a hash")).collect()
}

fn delivered() -> Value {
    json!({
        "b_customer_debit": "5.80", "b_customer_mode": "PREPAID", "date_creation": "2026-11-02 10:00:00",
        "date_received": "2026-11-02 10:00:04", "date_sent": "2026-11-02 10:00:01",
        "date_update": "2026-11-02 10:00:04", "encoding": "GSM", "from": "ACME", "hash": "SMS00001",
        "nature": "ALERTING",
        "options": {"flash_message": false, "force_encoding": null, "nature": "ALERTING", "user_data": "u1", "webhook": null},
        "parts": 1, "status": "RECEIVED", "status_error": null, "text": "Hello World", "to": "+33612345678",
        "type": "OUT", "user_data": "u1",
    })
}

#[tokio::test]
async fn sms_get_shows_every_property_of_the_object() {
    let (house, acme) = house().await;
    let message = house.result(&acme, "sms.get", json!(["SMS00001"])).await;
    assert_eq!(message, delivered());
    let names: Vec<&String> = message.as_object().expect("an object").keys().collect();
    assert!(names.is_sorted(), "{names:?}");
    let failed = house.result(&acme, "sms.get", json!(["SMS00002"])).await;
    let expected = json!({
        "b_customer_debit": "12.00", "b_customer_mode": null, "date_creation": "2026-11-03 09:00:00",
        "date_received": null, "date_sent": null, "date_update": "2026-11-03 09:00:30", "encoding": "UNICODE",
        "from": "+33123456789", "hash": "SMS00002", "nature": null,
        "options": {
            "flash_message": true, "force_encoding": null, "nature": null, "user_data": null,
            "webhook": {"endpoint": "https://example.com/sms"},
        },
        "parts": 2, "status": "FAILED", "status_error": "absent subscriber",
        "text": format!("🎉{}", "x".repeat(69)), "to": "+16467890800", "type": "OUT", "user_data": null,
    });
    assert_eq!(failed, expected);
    let inbound = house.result(&acme, "sms.get", json!(["SMS00003"])).await;
    assert_eq!((&inbound["type"], &inbound["status"]), (&json!("IN"), &json!("RECEIVED")));
    assert_eq!(inbound["date_received"], "2026-11-04 08:00:00");
    let derived = sms_hash(&account("acme"), "carrier-4");
    let waiting = house.result(&acme, "sms.get", json!([derived])).await;
    assert_eq!((&waiting["status"], &waiting["to"]), (&json!("REMOTE_QUEUED"), &json!("1234")));
}

#[tokio::test]
async fn a_redacted_message_keeps_what_names_nobody() {
    let (house, acme) = house().await;
    house
        .store_records::<SmsRecord>(&[event(
            "acme",
            "SMS00001",
            "sms.redacted",
            "2026-11-09T08:00:00Z",
            json!({}),
        )])
        .await;
    let message = house.result(&acme, "sms.get", json!(["SMS00001"])).await;
    for personal in ["text", "from", "to", "user_data"] {
        assert_eq!(message[personal], Value::Null, "{personal}");
    }
    assert_eq!((&message["parts"], &message["b_customer_debit"]), (&json!(1), &json!("5.80")));
    assert_eq!(house.result(&acme, "sms.search", json!([{"text": "hello"}])).await["total"], 0);
}

#[tokio::test]
async fn an_unknown_message_is_a_value_error() {
    let (house, acme) = house().await;
    for (id, message) in [
        (json!("SMS00009"), "PROPERTY_VALUE_ERROR [id]"),
        (json!("carrier-4"), "PROPERTY_VALUE_ERROR [id]"),
        (json!(null), "INVALID_PARAM_FORMAT [id]"),
        (json!(7), "INVALID_PARAM_FORMAT [id]"),
    ] {
        assert_eq!(house.failure(&acme, "sms.get", json!([id])).await.1, message, "{id}");
    }
}

#[tokio::test]
async fn tim_1_sms_get_list_has_both_seconds_of_its_range_and_comes_oldest_first() {
    let (house, acme) = house().await;
    let list = async |kind: &str, from: &str, to: &str| {
        house.result(&acme, "sms.get_list", json!([kind, from, to])).await
    };
    let fourth = sms_hash(&account("acme"), "carrier-4");
    assert_eq!(hashes(&list("OUT", FROM, TO).await), ["SMS00001", "SMS00002", &fourth]);
    assert_eq!(hashes(&list("IN", FROM, TO).await), ["SMS00003"]);
    assert_eq!(hashes(&list("OUT", "2026-11-02 10:00:00", "2026-11-02 10:00:00").await), ["SMS00001"]);
    assert_eq!(list("OUT", "2026-11-02 10:00:01", "2026-11-03 08:59:59").await, json!([]));
    for (params, message) in [
        (json!([null, FROM, TO]), "INVALID_PARAM_FORMAT [type]"),
        (json!(["OUT", "soon", TO]), "INVALID_PARAM_FORMAT [from]"),
        (json!(["OUT", FROM]), "INVALID_PARAM_FORMAT [to]"),
        (json!(["OUT", TO, FROM]), "TO_BEFORE_FROM"),
        (json!(["OUT", FROM, TO, 1]), "TOO_MANY_PARAMS"),
    ] {
        assert_eq!(house.failure(&acme, "sms.get_list", params.clone()).await.1, message, "{params}");
    }
}

#[tokio::test]
async fn sms_search_finds_by_each_filter() {
    let (house, acme) = house().await;
    let fourth = sms_hash(&account("acme"), "carrier-4");
    let cases = [
        (json!({}), vec![fourth.as_str(), "SMS00003", "SMS00002", "SMS00001"]),
        (json!({"type": "IN"}), vec!["SMS00003"]),
        (json!({"hash": "SMS00002"}), vec!["SMS00002"]),
        (json!({"id": "carrier-4"}), vec![&fourth]),
        (json!({"from": "ACME"}), vec![&fourth, "SMS00001"]),
        (json!({"from": "+33612345678"}), vec!["SMS00003"]),
        (json!({"to": "+16467890800"}), vec!["SMS00002"]),
        (json!({"to": "1234"}), vec![&fourth]),
        (json!({"nature": "ALERTING"}), vec!["SMS00001"]),
        (json!({"status": "FAILED"}), vec!["SMS00002"]),
        (json!({"text": "sTOp, PLEASE"}), vec!["SMS00003"]),
        (json!({"text": "🎉x"}), vec!["SMS00002"]),
        (json!({"text": "%"}), vec![]),
        (json!({"user_data": "u1"}), vec!["SMS00001"]),
        (json!({"created_at_from": "2026-11-04 08:00:00"}), vec![&fourth, "SMS00003"]),
        (json!({"created_at_to": "2026-11-02 10:00:00"}), vec!["SMS00001"]),
        (
            json!({"created_at_from": "2001-01-01 00:00:00", "type": "OUT", "status": "RECEIVED"}),
            vec!["SMS00001"],
        ),
        (
            json!({"created_at_from": FROM, "created_at_to": TO, "type": "OUT"}),
            vec![&fourth, "SMS00002", "SMS00001"],
        ),
        (
            json!({"created_at_from": FROM, "created_at_to": TO, "type": "OUT", "status": "FAILED"}),
            vec!["SMS00002"],
        ),
        (json!({"created_at_from": FROM, "created_at_to": TO, "type": "IN", "nature": "ALERTING"}), vec![]),
    ];
    for (filters, expected) in cases {
        let found = house.result(&acme, "sms.search", json!([filters, null])).await;
        assert_eq!(hashes(&found["hits"]), expected, "{filters}");
        assert_eq!(found["total"], json!(expected.len()), "{filters}");
        let counted = house.result(&acme, "sms.search", json!([filters, {"quantity": 0}])).await;
        assert_eq!(counted["total"], json!(expected.len()), "{filters}");
    }
    let found = house.result(&acme, "sms.search", json!([{"hash": "SMS00001"}])).await;
    assert_eq!(found["hits"], json!([delivered()]));
    for (params, message) in [
        (json!([{"colour": 1}]), "PROPERTY_UNKNOWN [filters.colour]"),
        (json!([{"type": "BOTH"}]), "PROPERTY_VALUE_ERROR [filters.type]"),
        (json!(["x"]), "INVALID_PARAM_FORMAT [filters]"),
        (json!([{}, {"order": "colour"}]), "PROPERTY_VALUE_ERROR [options.order]"),
        (json!([{}, {"quantity": 10_001}]), "PROPERTY_VALUE_ERROR [options.quantity]"),
        (json!([{}, {"offset": 1_000_000, "quantity": 1}]), "TOO_LARGE"),
    ] {
        assert_eq!(house.failure(&acme, "sms.search", params.clone()).await.1, message, "{params}");
    }
}

#[tokio::test]
async fn pages_come_in_the_order_asked_for_and_stay_while_messages_arrive() {
    let (house, acme) = house().await;
    let page = async |offset: u64| {
        let options = json!({"order": "date_creation ASC", "quantity": 2, "offset": offset});
        house.result(&acme, "sms.search", json!([{"type": "OUT"}, options])).await
    };
    let first = page(0).await;
    assert_eq!(
        (hashes(&first["hits"]), &first["has_more"], &first["total"]),
        (vec!["SMS00001", "SMS00002"], &json!(true), &json!(3))
    );
    let earlier =
        event("acme", "SMS00000", "sms.created", "2026-11-01T00:00:00Z", json!({"to": "+33612345678"}));
    house.store_records::<SmsRecord>(&[earlier]).await;
    let second = page(2).await;
    assert_eq!(hashes(&second["hits"]), [sms_hash(&account("acme"), "carrier-4")]);
    assert_eq!(
        (&second["has_more"], &second["total"], &second["offset"]),
        (&json!(false), &json!(3), &json!(2))
    );
    assert_eq!(page(0).await["total"], 4, "a first page looks again");
    let by_parts = json!({"order": "parts DESC", "quantity": 1});
    assert_eq!(hashes(&house.result(&acme, "sms.search", json!([{}, by_parts])).await["hits"]), ["SMS00002"]);
    let none = house.result(&acme, "sms.search", json!([{}, {"quantity": 0}])).await;
    assert_eq!((&none["hits"], &none["total"]), (&json!([]), &json!(5)));
}

#[tokio::test]
async fn a_body_is_counted_in_parts() {
    let (house, acme) = house().await;
    for (params, parts) in [
        (json!(["Hello, world"]), 1),
        (json!([""]), 1),
        (json!(["x".repeat(160)]), 1),
        (json!(["x".repeat(161)]), 2),
        // The euro takes two septets.
        (json!([format!("{}€", "x".repeat(159))]), 2),
        (json!(["ж".repeat(70)]), 1),
        (json!(["ж".repeat(71)]), 2),
        (json!(["x".repeat(71), {"force_encoding": "UNICODE"}]), 2),
        (json!(["ê".repeat(71), {"force_encoding": "GSM"}]), 1),
    ] {
        assert_eq!(
            house.result(&acme, "sms.get_count_for_body", params.clone()).await,
            json!(parts),
            "{params}"
        );
    }
    for (params, message) in [
        (json!([null]), "INVALID_PARAM_FORMAT [body]"),
        (json!([1]), "INVALID_PARAM_FORMAT [body]"),
        (json!(["x", {"force_encoding": "UTF-8"}]), "PROPERTY_VALUE_ERROR [options.force_encoding]"),
    ] {
        assert_eq!(
            house.failure(&acme, "sms.get_count_for_body", params.clone()).await.1,
            message,
            "{params}"
        );
    }
    let mapping = house.result(&acme, "sms.get_gsm_charset_mapping", json!([])).await;
    assert_eq!((&mapping["@"], &mapping["€"], &mapping["ê"]), (&json!("00"), &json!("1B65"), &Value::Null));
}

#[tokio::test]
async fn ten_1_another_account_gets_nothing() {
    let (house, acme) = house().await;
    let beta = house.account("beta", None).await;
    let sub = house.account("acme-sub", Some("acme")).await;
    house.store_records::<SmsRecord>(&messages_of("acme-sub")).await;
    assert_eq!(house.failure(&beta, "sms.get", json!(["SMS00001"])).await.1, "PROPERTY_VALUE_ERROR [id]");
    assert_eq!(house.result(&beta, "sms.get_list", json!(["OUT", FROM, TO])).await, json!([]));
    assert_eq!(house.result(&beta, "sms.search", json!([{}])).await["total"], 0);
    for (who, options, count) in [
        (&beta, json!(null), 0),
        (&acme, json!(null), 3),
        (&sub, json!(null), 3),
        (&acme, json!({"sub_accounts": true}), 6),
        (&beta, json!({"sub_accounts": true}), 0),
        (&acme, json!({"accounts": [account("acme-sub").hash()]}), 3),
    ] {
        let summary = house.result(who, "analytics/sms.summary", json!([FROM, TO, options])).await;
        assert_eq!(summary["OUT"]["count"], count, "{options}");
    }
}

#[tokio::test]
async fn webhooks_say_what_their_message_is_now() {
    let (house, acme) = house().await;
    house.store(&calls_of("acme")).await;
    let (acme_id, beta) = (account("acme"), account("beta"));
    let subject = |account, webhook_type, id| WebhookSubject { account, webhook_type, id };
    let subjects = [
        subject(&acme_id, "sms.mt.status_update", "SMS00001"),
        subject(&acme_id, "call.inbound_hangup", "1001"),
        subject(&acme_id, "sms.mo", "SMS00003"),
        subject(&acme_id, "sms.mo", "SMS00001"),
        subject(&acme_id, "sms.mt.status_update", "1001"),
        subject(&beta, "sms.mo", "SMS00003"),
        subject(&acme_id, "sms.nothing", "SMS00001"),
    ];
    let data = webhook_data(&house.engine, &subjects).await.expect("data");
    let json = |index: usize| match &data[index] {
        WebhookData::Data(json) => serde_json::from_str::<Value>(json).expect("JSON"),
        other => panic!("{index}: {other:?}"),
    };
    assert_eq!(json(0), delivered());
    assert_eq!(json(1)["callid"], 1001);
    assert_eq!(json(2), house.result(&acme, "sms.get", json!(["SMS00003"])).await);
    // Went the other way; not there, or not this account's (TEN-1); no type there is.
    let rest = [WebhookData::Nothing, WebhookData::NotYet, WebhookData::NotYet, WebhookData::Nothing];
    assert_eq!(data[3..], rest);
}
