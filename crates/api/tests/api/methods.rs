//! Every JSON-RPC method over a few calls whose figures can be checked by hand.

use serde_json::{Value, json};

use crate::house::{House, event};

const FROM: &str = "2026-11-01 00:00:00";
const TO: &str = "2026-11-30 23:59:59";

/// Three calls of acme: one in, answered for 90.4 s; one out, answered for 30 s; one out, busy. And an open one in.
pub(crate) fn calls_of(account: &str) -> Vec<Value> {
    let inbound = json!({
        "direction": "inbound", "from": "+33612345678", "to": "+33123456789", "from_name": "Ada",
        "from_presentation": "allowed", "did_hash": "DID00001", "did_number": "+33123456789",
        "app_hash": "APP00001", "app_name": "Desk", "app_package": "IVR10", "customer_field": "c1",
        "started_at": "2026-11-02T10:00:00.250Z", "answered_at": "2026-11-02T10:00:05Z",
        "ended_at": "2026-11-02T10:01:35.400Z", "release_cause": 16, "release_source": "caller",
    });
    let credit = json!({
        "rated_at": "2026-11-02T10:02:00Z", "currency": "EUR", "debit": "0.018925", "credit": "0.005",
        "billed_seconds": 120, "cost_label": "FR-GEOGRAPHIC-CLASSIC",
    });
    let outbound = json!({
        "direction": "outbound", "from": "+33123456789", "to": "+16467890800", "from_presentation": "prohibited",
        "app_hash": "APP00002", "app_name": "Dial", "app_package": "REALTIME10", "parent_call_id": "1001",
        "started_at": "2026-11-02T10:00:10Z", "answered_at": "2026-11-02T10:00:20Z",
        "ended_at": "2026-11-02T10:00:50Z", "release_cause": 16, "release_source": "callee", "dial_status": "ANSWER",
    });
    let debit = json!({
        "rated_at": "2026-11-02T10:01:00Z", "currency": "EUR", "debit": "0.1", "billed_seconds": 60,
        "cost_label": "US-FIXED",
    });
    let busy = json!({
        "direction": "outbound", "from": "anonymous", "to": "1234", "started_at": "2026-11-05T08:30:00Z",
        "ended_at": "2026-11-05T08:30:03Z", "release_cause": 17, "release_source": "gateway", "dial_status": "BUSY",
    });
    let open = json!({"direction": "inbound", "from": "+33612345678", "to": "+33123456789"});
    vec![
        event(account, "1001", "call.detail_recorded", "2026-11-02T10:01:35.400Z", inbound),
        event(account, "1001", "call.rated", "2026-11-02T10:02:00Z", credit),
        event(account, "1002", "call.detail_recorded", "2026-11-02T10:00:50Z", outbound),
        event(account, "1002", "call.rated", "2026-11-02T10:01:00Z", debit),
        event(account, "9223372036854775807", "call.detail_recorded", "2026-11-05T08:30:03Z", busy),
        event(account, "1004", "call.started", "2026-11-20T11:59:00Z", open),
    ]
}

async fn house() -> (House, String) {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.store(&calls_of("acme")).await;
    (house, acme)
}

#[tokio::test]
async fn cdr_get_shows_every_property_of_the_objects() {
    let (house, acme) = house().await;
    insta::assert_json_snapshot!(
        "cdr_get_in",
        house.result(&acme, "cdr.get", json!(["IN", FROM, TO, null, null])).await
    );
    insta::assert_json_snapshot!(
        "cdr_get_out",
        house.result(&acme, "cdr.get", json!(["OUT", FROM, TO, null, null])).await
    );
}

#[tokio::test]
async fn tim_1_both_seconds_of_a_range_are_included() {
    let (house, acme) = house().await;
    let count = async |from: &str, to: &str| {
        let rows = house.result(&acme, "cdr.get", json!(["IN", from, to])).await;
        rows.as_array().map(Vec::len)
    };
    // The call started a quarter of a second into this second.
    assert_eq!(count("2026-11-02 10:00:00", "2026-11-02 10:00:00").await, Some(1));
    assert_eq!(count("2026-11-02 09:00:00", "2026-11-02 09:59:59").await, Some(0));
    assert_eq!(count("2026-11-02 10:00:01", "2026-11-02 11:00:00").await, Some(0));
}

#[tokio::test]
async fn cdr_get_filters_by_app_did_and_number() {
    let (house, acme) = house().await;
    let calls = async |kind: &str, app: Value, number: Value| {
        let rows = house.result(&acme, "cdr.get", json!([kind, FROM, TO, app, number])).await;
        let ids = rows.as_array().expect("rows").iter().map(|row| row["callid"].as_i64().expect("a callid"));
        ids.collect::<Vec<_>>()
    };
    assert_eq!(calls("IN", json!("APP00001"), json!(null)).await, [1001]);
    assert_eq!(calls("IN", json!("APP00009"), json!(null)).await, [0; 0]);
    assert_eq!(calls("IN", json!(null), json!("DID00001")).await, [1001]);
    assert_eq!(calls("OUT", json!(null), json!("+16467890800")).await, [1002]);
    assert_eq!(calls("OUT", json!(null), json!(null)).await, [1002, i64::MAX]);
}

#[tokio::test]
async fn cdr_search_finds_by_each_filter() {
    let (house, acme) = house().await;
    let cases = [
        (json!({"type": "OUT"}), vec![i64::MAX, 1002]),
        (json!({"type": "OUT", "callid": "9223372036854775807"}), vec![i64::MAX]),
        (json!({"type": "OUT", "callid": 1002}), vec![1002]),
        (json!({"type": "OUT", "hash": "1002"}), vec![1002]),
        (json!({"type": "OUT", "number": "+16467890800"}), vec![1002]),
        (json!({"type": "OUT", "number": "1234"}), vec![i64::MAX]),
        (json!({"type": "OUT", "dialstatus": "BUSY"}), vec![i64::MAX]),
        (json!({"type": "OUT", "hangupcause": 16}), vec![1002]),
        (json!({"type": "OUT", "duration_min": 3, "duration_max": 39}), vec![i64::MAX]),
        (json!({"type": "OUT", "duration_min": 40, "duration_max": 40}), vec![1002]),
        (json!({"type": "IN", "cli_number": "+336*"}), vec![1004, 1001]),
        (json!({"type": "IN", "cli_number": "+33612345678"}), vec![1004, 1001]),
        (json!({"type": "IN", "cli_number": "+3361234567"}), vec![]),
        (json!({"type": "IN", "customer_field": "c1"}), vec![1001]),
        (json!({"type": "IN", "app": "APP00001", "did": "DID00001"}), vec![1001]),
        (json!({"type": "IN", "from": "2026-11-03 00:00:00"}), vec![1004]),
        (json!({"type": "IN", "to": "2026-11-03 00:00:00"}), vec![1001]),
    ];
    for (filters, expected) in cases {
        let found = house.result(&acme, "cdr.search", json!([filters, null])).await;
        let ids =
            found["hits"].as_array().expect("hits").iter().map(|hit| hit["callid"].as_i64().expect("an id"));
        assert_eq!(ids.collect::<Vec<_>>(), expected, "{filters}");
        assert_eq!(found["total"], json!(expected.len()), "{filters}");
    }
}

#[tokio::test]
async fn cdr_search_pages_in_the_order_asked_for() {
    let (house, acme) = house().await;
    let page =
        async |options: Value| house.result(&acme, "cdr.search", json!([{"type": "OUT"}, options])).await;
    let first = page(json!({"order": "duration DESC", "quantity": 1})).await;
    assert_eq!(
        (&first["hits"][0]["callid"], &first["has_more"], &first["total"]),
        (&json!(1002), &json!(true), &json!(2))
    );
    let second = page(json!({"order": "duration DESC", "quantity": 1, "offset": 1})).await;
    assert_eq!((&second["hits"][0]["callid"], &second["has_more"]), (&json!(i64::MAX), &json!(false)));
    assert_eq!(second["offset"], json!(1));
    let none = page(json!({"quantity": 0})).await;
    assert_eq!((&none["hits"], &none["total"]), (&json!([]), &json!(2)));
}

#[tokio::test]
async fn pages_stay_the_same_while_calls_arrive() {
    let (house, acme) = house().await;
    let page = async |offset: u64| {
        let options = json!({"order": "start ASC", "quantity": 1, "offset": offset});
        house.result(&acme, "cdr.search", json!([{"type": "OUT"}, options])).await
    };
    let first = page(0).await;
    let earlier = json!({"direction": "outbound", "from": "+33123456789", "to": "+16467890800"});
    house.store(&[event("acme", "1", "call.started", "2026-11-01T00:00:00Z", earlier)]).await;
    let second = page(1).await;
    assert_eq!((&first["hits"][0]["callid"], &second["hits"][0]["callid"]), (&json!(1002), &json!(i64::MAX)));
    assert_eq!(second["total"], json!(2));
    assert_eq!(page(0).await["total"], json!(3), "a first page looks again");
}

#[tokio::test]
async fn summary_adds_up_by_hand() {
    let (house, acme) = house().await;
    let summary = house.result(&acme, "analytics/calls.summary", json!([FROM, TO])).await;
    let expected = json!({
        "IN": {"aloc": 90, "count": 2, "credit": "0.5000", "debit": "1.8925", "duration": 90, "unique_callers": 1},
        "OUT": {"aloc": 30, "count": 2, "credit": "0.0000", "debit": "10.0000", "duration": 30},
    });
    assert_eq!(summary, expected);
    let nothing = house
        .result(&acme, "analytics/calls.summary", json!(["2024-01-01 00:00:00", "2024-01-31 23:59:59"]))
        .await;
    let expected = json!({
        "IN": {"aloc": 0, "count": 0, "credit": "0.0000", "debit": "0.0000", "duration": 0, "unique_callers": 0},
        "OUT": {"aloc": 0, "count": 0, "credit": "0.0000", "debit": "0.0000", "duration": 0},
    });
    assert_eq!(nothing, expected);
}

#[tokio::test]
async fn history_has_every_bucket_of_the_range() {
    let (house, acme) = house().await;
    let dates = |history: &Value, kind: &str| -> Vec<(String, i64)> {
        let items = history[kind].as_array().expect("items").iter();
        items
            .map(|item| {
                (item["date"].as_str().expect("a date").to_owned(), item["count"].as_i64().expect("a count"))
            })
            .collect()
    };
    let by_hour = house
        .result(&acme, "analytics/calls.history", json!(["2026-11-02 09:00:00", "2026-11-02 11:59:59"]))
        .await;
    let expected = [("2026-11-02 09:00:00", 0), ("2026-11-02 10:00:00", 1), ("2026-11-02 11:00:00", 0)];
    assert_eq!(dates(&by_hour, "IN"), expected.map(|(date, count)| (date.to_owned(), count)));
    let by_day = house.result(&acme, "analytics/calls.history", json!([FROM, TO])).await;
    assert_eq!((dates(&by_day, "IN").len(), dates(&by_day, "OUT").len()), (30, 30));
    let by_month = house
        .result(&acme, "analytics/calls.history", json!(["2026-01-01 00:00:00", "2026-12-31 23:59:59"]))
        .await;
    assert_eq!(dates(&by_month, "OUT").len(), 12);
    assert_eq!(dates(&by_month, "OUT")[10], ("2026-11-01 00:00:00".to_owned(), 2));
    insta::assert_json_snapshot!("history_in_paris", house
        .result(&acme, "analytics/calls.history", json!([
            "2026-11-01 22:00:00", "2026-11-03 22:59:59", {"granularity": "day", "timezone": "Europe/Paris"}
        ]))
        .await);
}

#[tokio::test]
async fn rankings_show_the_greatest_first_by_count_or_duration() {
    let (house, acme) = house().await;
    // Two calls of 5 s through another app, against one of 30 s.
    let short = |call: &str| {
        let data = json!({
            "direction": "outbound", "from": "+33123456789", "to": "+33612345678", "app_hash": "APP00003",
            "started_at": "2026-11-03T10:00:00Z", "answered_at": "2026-11-03T10:00:00Z",
            "ended_at": "2026-11-03T10:00:05Z",
        });
        event("acme", call, "call.detail_recorded", "2026-11-03T10:00:05Z", data)
    };
    house.store(&[short("2001"), short("2002")]).await;
    let apps = async |sort: &str, limit: u64| {
        let params = json!(["OUT", sort, FROM, TO, limit]);
        let rows = house.result(&acme, "analytics/calls.top_apps", params).await;
        let hashes =
            rows.as_array().expect("rows").iter().map(|row| row["hash"].as_str().expect("a hash").to_owned());
        hashes.collect::<Vec<_>>()
    };
    assert_eq!(apps("COUNT", 10).await, ["APP00003", "APP00002"]);
    assert_eq!(apps("DURATION", u64::MAX).await, ["APP00002", "APP00003"]);
    assert_eq!(apps("DURATION", 1).await, ["APP00002"]);
    assert_eq!(apps("COUNT", 0).await, [""; 0]);
}

#[tokio::test]
async fn rankings_have_the_properties_of_their_objects() {
    let (house, acme) = house().await;
    let mut report = serde_json::Map::new();
    for (method, first) in [
        ("analytics/calls.inbound_did", vec![]),
        ("analytics/calls.cli_countries", vec![]),
        ("analytics/calls.outbound_countries", vec![]),
        ("analytics/calls.outbound_destinations", vec![]),
        ("analytics/calls.top_apps", vec![json!("OUT")]),
    ] {
        let mut params = first;
        params.extend([json!("COUNT"), json!(FROM), json!(TO), json!(1_000_000_000)]);
        report.insert(method.to_owned(), house.result(&acme, method, json!(params)).await);
    }
    insta::assert_json_snapshot!("rankings", report);
}
