//! `analytics/sms.*` over a few messages whose figures can be checked by hand.

use serde_json::{Value, json};

use crate::sms::{FROM, TO, house};

#[tokio::test]
async fn summaries_add_up_by_hand() {
    let (house, acme) = house().await;
    let ask = async |method: &str, params: Value| house.result(&acme, method, params).await;
    let inbound = json!({"count": 1, "credit": "0.1000", "debit": "0.0000", "parts": 1});
    let outbound = json!({"count": 3, "credit": "0.0000", "debit": "17.8000", "parts": 4});
    let summary = ask("analytics/sms.summary", json!([FROM, TO])).await;
    assert_eq!(summary, json!({"IN": inbound, "OUT": outbound}));
    assert_eq!(ask("analytics/sms.summary_out", json!([FROM, TO])).await, outbound);
    let chosen = ask("analytics/sms.summary_out", json!([FROM, TO, ["parts", "count"]])).await;
    assert_eq!(chosen, json!({"count": 3, "parts": 4}));
    let figures =
        |debit: &str, parts: i64| json!({"count": 1, "credit": "0.0000", "debit": debit, "parts": parts});
    let by_status = ask("analytics/sms.summary_out_by_status", json!([FROM, TO])).await;
    let expected = json!({
        "FAILED": figures("12.0000", 2), "RECEIVED": figures("5.8000", 1), "REMOTE_QUEUED": figures("0.0000", 1),
    });
    assert_eq!(by_status, expected);
    let (from, to) = ("2024-01-01 00:00:00", "2024-01-31 23:59:59");
    let nothing = json!({"count": 0, "credit": "0.0000", "debit": "0.0000", "parts": 0});
    assert_eq!(ask("analytics/sms.summary", json!([from, to])).await, json!({"IN": nothing, "OUT": nothing}));
    assert_eq!(ask("analytics/sms.summary_out", json!([from, to])).await, nothing);
    assert_eq!(ask("analytics/sms.summary_out_by_status", json!([from, to])).await, json!({}));
}

#[tokio::test]
async fn histories_have_every_item_of_the_range() {
    let (house, acme) = house().await;
    let (from, to) = ("2026-11-01 23:00:00", "2026-11-04 22:59:59");
    let paris = json!({"granularity": "day", "timezone": "Europe/Paris"});
    let history = house.result(&acme, "analytics/sms.history", json!([from, to, paris])).await;
    let item = |date: &str, count: i64, debit: &str, parts: i64| json!({"count": count, "credit": "0.0000", "date": format!("{date} 00:00:00"), "debit": debit, "parts": parts});
    let out = json!([
        item("2026-11-02", 1, "5.8000", 1),
        item("2026-11-03", 1, "12.0000", 2),
        item("2026-11-04", 0, "0.0000", 0)
    ]);
    assert_eq!(history["OUT"], out);
    let counts = history["IN"].as_array().expect("items").iter().map(|item| item["count"].as_i64());
    assert_eq!(counts.collect::<Vec<_>>(), [Some(0), Some(0), Some(1)]);
    assert_eq!(house.result(&acme, "analytics/sms.history_out", json!([from, to, null, paris])).await, out);
    let chosen = house.result(&acme, "analytics/sms.history_out", json!([from, to, ["parts"], paris])).await;
    assert_eq!(chosen[1], json!({"date": "2026-11-03 00:00:00", "parts": 2}));
    let by_status =
        house.result(&acme, "analytics/sms.history_out_by_status", json!([from, to, paris])).await;
    let expected = json!({
        "FAILED": [item("2026-11-02", 0, "0.0000", 0), item("2026-11-03", 1, "12.0000", 2), item("2026-11-04", 0, "0.0000", 0)],
        "RECEIVED": [item("2026-11-02", 1, "5.8000", 1), item("2026-11-03", 0, "0.0000", 0), item("2026-11-04", 0, "0.0000", 0)],
    });
    assert_eq!(by_status, expected);
    let by_hour = house
        .result(&acme, "analytics/sms.history", json!(["2026-11-02 09:00:00", "2026-11-02 11:59:59"]))
        .await;
    let dates: Vec<&str> =
        by_hour["OUT"].as_array().expect("items").iter().flat_map(|item| item["date"].as_str()).collect();
    assert_eq!(dates, ["2026-11-02 09:00:00", "2026-11-02 10:00:00", "2026-11-02 11:00:00"]);
}

#[tokio::test]
async fn bad_parameters_of_analytics_are_named() {
    let (house, acme) = house().await;
    for method in
        ["summary", "summary_out", "summary_out_by_status", "history", "history_out", "history_out_by_status"]
    {
        let method = format!("analytics/sms.{method}");
        let before_options = if method.ends_with("_out") { vec![json!(null)] } else { vec![] };
        let with = |options: Value| {
            json!([vec![json!(FROM), json!(TO)], before_options.clone(), vec![options]].concat())
        };
        for (params, message) in [
            (json!([]), "INVALID_PARAM_FORMAT [from]"),
            (json!([FROM]), "INVALID_PARAM_FORMAT [to]"),
            (json!([TO, FROM]), "TO_BEFORE_FROM"),
            (with(json!({"colour": 1})), "PROPERTY_UNKNOWN [options.colour]"),
            (with(json!({"accounts": ["ZZZZZZZZ"]})), "PROPERTY_VALUE_ERROR [options.accounts]"),
        ] {
            assert_eq!(house.failure(&acme, &method, params.clone()).await.1, message, "{method} {params}");
        }
    }
    let zone = json!([FROM, TO, {"timezone": "Mars/Olympus"}]);
    assert_eq!(
        house.failure(&acme, "analytics/sms.history", zone).await.1,
        "PROPERTY_VALUE_ERROR [options.timezone]"
    );
    let fields = json!([FROM, TO, ["price"]]);
    assert_eq!(
        house.failure(&acme, "analytics/sms.summary_out", fields).await.1,
        "PROPERTY_VALUE_ERROR [fields]"
    );
    let century = json!(["2000-01-01 00:00:00", "2999-12-31 23:59:59", {"granularity": "hour"}]);
    assert_eq!(house.failure(&acme, "analytics/sms.history", century).await.1, "TOO_LARGE");
}
