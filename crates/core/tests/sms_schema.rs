//! Holds `schemas/events/sms.*`, `schemas/tables/sms.v1.toml` and the Rust types to each other.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use callhouse_core::event::call::Direction;
use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::event::sms::{BillingMode, Nature, StatedStatus};
use callhouse_core::event::{EventType, SmsData, SmsEventType};
use callhouse_core::gsm::Encoding;
use callhouse_core::record::sms::{Fate, QueueStatus, Status};
use callhouse_core::{Money, Rejection, RejectionReason, Timestamp};
use serde_json::{Map, Value, json};
use toml::Table;

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

fn read(path: PathBuf) -> Table {
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn events() -> impl Iterator<Item = (SmsEventType, Table)> {
    let schema = |event_type: &SmsEventType| {
        let file = format!("events/{}.v1.toml", event_type.as_str());
        (*event_type, read(schemas().join(file)))
    };
    SmsEventType::ALL.iter().map(schema).collect::<Vec<_>>().into_iter()
}

fn rows(schema: &Table, key: &str) -> Vec<Table> {
    let rows = schema.get(key).and_then(toml::Value::as_array);
    rows.into_iter().flatten().map(|row| row.as_table().unwrap().clone()).collect()
}

fn text<'t>(table: &'t Table, key: &str) -> &'t str {
    table[key].as_str().unwrap()
}

fn list(table: &Table, key: &str) -> Vec<String> {
    let items = table.get(key).and_then(toml::Value::as_array);
    items.into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// One value of every field there is.
fn full() -> Map<String, Value> {
    let at = Some(Timestamp::from_seconds(1_795_207_256));
    let word = || Some("x".into());
    let data = SmsData {
        created_at: at,
        queued_at: at,
        sent_at: at,
        finished_at: at,
        rated_at: at,
        direction: Some(Direction::Outbound),
        from: word(),
        to: word(),
        nature: Some(Nature::Alerting),
        user_data: word(),
        trunk: word(),
        webhook_endpoint: word(),
        text: word(),
        message_class: Some(0),
        forced_encoding: Some(Encoding::Gsm),
        encoding: Some(Encoding::Unicode),
        parts: Some(1),
        status: None,
        error_code: word(),
        status_error: word(),
        currency: Some("EUR".into()),
        debit: Money::from_micros(1),
        credit: Money::from_micros(1),
        billing_mode: Some(BillingMode::Prepaid),
        cost_label: word(),
        reason: word(),
    };
    let Ok(Value::Object(fields)) = serde_json::to_value(data) else { panic!("an object") };
    fields
}

/// As [`full`], with the status that the type may have.
fn full_of(event_type: SmsEventType) -> Map<String, Value> {
    let mut fields = full();
    let status =
        if event_type == SmsEventType::Queued { StatedStatus::RemoteQueued } else { StatedStatus::Error };
    fields.insert("status".to_owned(), json!(status.as_str()));
    fields
}

fn outcome(event_type: SmsEventType, data: &Map<String, Value>) -> Result<(), Rejection> {
    let event = json!({
        "specversion": "1.0", "id": "1", "source": "s", "type": event_type.as_str(), "account": "acme",
        "subject": "m1", "time": "2026-11-20T20:00:56Z", "data": data,
    })
    .to_string();
    let event = decode(Incoming { headers: &[], payload: event.as_bytes() }).remove(0).outcome?;
    assert_eq!(event.kind.event_type(), Some(EventType::Sms(event_type)));
    Ok(())
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<String> {
    all.iter().map(|value| word(*value).to_owned()).collect()
}

/// The values of fields and columns that have only some, by name.
fn closed_sets() -> BTreeMap<&'static str, Vec<String>> {
    let (directions, encodings) =
        (words(Direction::ALL, Direction::as_str), words(Encoding::ALL, Encoding::as_str));
    BTreeMap::from([
        ("direction", directions.clone()),
        ("direction_stated", directions),
        ("nature", words(Nature::ALL, Nature::as_str)),
        ("billing_mode", words(BillingMode::ALL, BillingMode::as_str)),
        ("encoding", encodings.clone()),
        ("forced_encoding", encodings.clone()),
        ("counted_encoding", encodings.clone()),
        ("stated_encoding", encodings),
        ("queue_status", words(QueueStatus::ALL, QueueStatus::as_str)),
        ("outcome", words(Fate::ALL, Fate::as_str)),
    ])
}

#[test]
fn every_field_is_in_the_schemas_with_its_type() {
    let mut described = BTreeSet::new();
    for (event_type, schema) in events() {
        let fields = full_of(event_type);
        for field in rows(&schema, "fields") {
            let name = text(&field, "name");
            let value = &fields[name];
            let agrees = match text(&field, "type") {
                "instant" => value.as_str().is_some_and(|text| Timestamp::parse_rfc3339(text).is_some()),
                "decimal(18,6)" => value.as_str().is_some_and(|text| text.parse::<Money>().is_ok()),
                "text" => value.as_str().is_some_and(|text| Timestamp::parse_rfc3339(text).is_none()),
                "int16" | "int32" => value.is_i64(),
                other => panic!("{name} is of unknown type {other}"),
            };
            assert!(agrees, "{}: {name} is not {value}", event_type.as_str());
            let known = if name == "status" { None } else { closed_sets().remove(name) };
            if let Some(known) = known {
                assert_eq!(list(&field, "values"), known, "{name}");
            }
            if name == "status" {
                assert_eq!(list(&field, "values"), words(StatedStatus::ALL, StatedStatus::as_str));
            }
            described.insert(name.to_owned());
        }
    }
    assert_eq!(described, full_of(SmsEventType::Failed).keys().cloned().collect());
}

#[test]
fn every_type_takes_every_field_and_requires_what_its_schema_says() {
    for (event_type, schema) in events() {
        let fields = full_of(event_type);
        assert_eq!(outcome(event_type, &fields), Ok(()));
        let required = list(&schema, "requires_one_of");
        let nothing = outcome(event_type, &Map::new()).map_err(|rejection| rejection.reason);
        let expected = if required.is_empty() { Ok(()) } else { Err(RejectionReason::MissingField) };
        assert_eq!(nothing, expected, "{event_type:?}");
        for name in required {
            let alone = Map::from_iter([(name.clone(), fields[&name].clone())]);
            assert_eq!(outcome(event_type, &alone), Ok(()), "{event_type:?}: {name}");
        }
    }
}

#[test]
fn values_out_of_range_are_rejected_by_name() {
    for (name, value) in [
        ("message_class", json!(4)),
        ("message_class", json!(-1)),
        ("parts", json!(0)),
        ("parts", json!(256)),
        ("encoding", json!("LATIN")),
        ("nature", json!("marketing")),
        ("user_data", json!("x".repeat(65))),
        ("error_code", json!("x".repeat(65))),
        ("webhook_endpoint", json!("x".repeat(4_097))),
        ("currency", json!("eur")),
        ("debit", json!(1)),
        ("sent_at", json!("yesterday")),
        ("text", json!(["x"])),
    ] {
        let mut data = full();
        data.insert(name.to_owned(), value);
        let detail = outcome(SmsEventType::Created, &data).unwrap_err().detail;
        assert!(detail.contains(name), "{name}: {detail}");
    }
}

#[test]
fn a_status_that_the_type_cannot_have_is_rejected() {
    let with = |event_type, status: StatedStatus| {
        let data = Map::from_iter([("status".to_owned(), json!(status.as_str()))]);
        outcome(event_type, &data).map_err(|rejection| rejection.detail)
    };
    use StatedStatus::{Error, Failed, Pending, RemoteQueued};
    for (event_type, fit, unfit) in [
        (SmsEventType::Queued, [Pending, RemoteQueued], [Failed, Error]),
        (SmsEventType::Failed, [Failed, Error], [Pending, RemoteQueued]),
    ] {
        for status in fit {
            assert_eq!(with(event_type, status), Ok(()));
        }
        for status in unfit {
            let detail = with(event_type, status).unwrap_err();
            assert!(detail.contains("status") && detail.contains(event_type.as_str()), "{detail}");
        }
    }
}

#[test]
fn words_the_code_writes_are_words_the_table_knows() {
    let sms = read(schemas().join("tables/sms.v1.toml"));
    let columns: BTreeMap<String, Table> =
        rows(&sms, "columns").into_iter().map(|column| (text(&column, "name").to_owned(), column)).collect();
    for (name, known) in closed_sets() {
        assert_eq!(list(&columns[name], "values"), known, "{name}");
    }
    assert_eq!(list(&columns["status"], "values"), words(Status::ALL, Status::as_str));
}

#[test]
fn the_personal_columns_of_sms_are_those_a_redaction_empties() {
    let sms = read(schemas().join("tables/sms.v1.toml"));
    let is_personal = |column: &&Table| text(column, "personal") != "none";
    let columns = rows(&sms, "columns");
    let personal: Vec<&str> = columns.iter().filter(is_personal).map(|column| text(column, "name")).collect();
    let emptied = ["from_number", "from_number_raw", "to_number", "to_number_raw", "user_data", "text"];
    assert_eq!(personal, emptied, "see Parties::clear_personal and Content");
}

#[test]
fn the_archive_has_the_columns_of_every_archive() {
    let names = |file: &str| -> Vec<(String, String)> {
        let columns = rows(&read(schemas().join(file)), "columns");
        let name = |column: &Table| (text(column, "name").to_owned(), text(column, "type").to_owned());
        columns.iter().map(name).collect()
    };
    assert_eq!(names("tables/sms_events.v1.toml"), names("tables/call_events.v1.toml"));
}
