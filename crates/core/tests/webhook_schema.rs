//! Holds `schemas/events/webhook.delivery_attempted.v1.toml` and [`WebhookData`] to each other.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::event::{EventType, WebhookData, WebhookEventType};
use callhouse_core::{Rejection, RejectionReason, Timestamp};
use serde_json::{Map, Value, json};
use toml::Table;

fn fields() -> Vec<Table> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/events/webhook.delivery_attempted.v1.toml");
    let schema: Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let fields = schema["fields"].as_array().unwrap();
    fields.iter().map(|field| field.as_table().unwrap().clone()).collect()
}

fn full() -> Map<String, Value> {
    let word = || Some("x".into());
    let data = WebhookData {
        event_type: word(),
        event_at: Some(Timestamp::from_seconds(1_795_207_256)),
        about: word(),
        hook_hash: word(),
        endpoint: word(),
        try_number: Some(1),
        status: word(),
        http_code: Some(200),
        failure: word(),
        duration_ms: Some(1),
        request_headers: Some([("a".into(), "b".into())].into()),
        request_body: word(),
        response_body: word(),
    };
    let Ok(Value::Object(fields)) = serde_json::to_value(data) else { panic!("an object") };
    fields
}

fn outcome(data: &Map<String, Value>) -> Result<(), Rejection> {
    let event = json!({
        "specversion": "1.0", "id": "1", "source": "s", "type": "webhook.delivery_attempted", "account": "acme",
        "subject": "e1", "time": "2026-11-20T20:00:56Z", "data": data,
    })
    .to_string();
    let event = decode(Incoming { headers: &[], payload: event.as_bytes() }).remove(0).outcome?;
    assert_eq!(event.kind.event_type(), Some(EventType::Webhook(WebhookEventType::DeliveryAttempted)));
    Ok(())
}

#[test]
fn every_field_is_in_the_schema_and_what_it_requires_is_required() {
    let full = full();
    assert_eq!(outcome(&full), Ok(()));
    let mut described = BTreeSet::new();
    for field in fields() {
        let name = field["name"].as_str().unwrap();
        let without = full.iter().filter(|(known, _)| *known != name);
        let without = without.map(|(name, value)| (name.clone(), value.clone())).collect();
        let reason = outcome(&without).map_err(|rejection| rejection.reason);
        let expected =
            if field["required"].as_bool().unwrap() { Err(RejectionReason::MissingField) } else { Ok(()) };
        assert_eq!(reason, expected, "{name}");
        described.insert(name.to_owned());
    }
    assert_eq!(described, full.keys().cloned().collect());
}

#[test]
fn values_out_of_range_are_rejected_by_name() {
    for (name, value) in [
        ("try", json!(-1)),
        ("http_code", json!(99)),
        ("duration_ms", json!(-1)),
        ("status", json!("x".repeat(65))),
        ("event_at", json!("yesterday")),
        ("request_headers", json!("none")),
    ] {
        let mut data = full();
        data.insert(name.to_owned(), value);
        let detail = outcome(&data).unwrap_err().detail;
        assert!(detail.contains(name), "{name}: {detail}");
    }
}
