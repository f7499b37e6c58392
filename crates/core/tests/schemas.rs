//! Holds `schemas/` and the Rust types to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use callhouse_core::event::call::{AnsweredBy, DialStatus, Direction, Presentation, ReleaseSource};
use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::event::{CallData, CallEventType, SmsEventType, WebhookEventType};
use callhouse_core::record::Status;
use callhouse_core::{AccountId, Event, Money, RejectionReason, Timestamp};
use serde_json::{Map, Value};
use toml::Table;

fn schemas(folder: &str) -> BTreeMap<String, Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas").join(folder);
    let files = std::fs::read_dir(&folder).expect("folder of schemas");
    let paths: BTreeSet<PathBuf> = files.map(|entry| entry.expect("entry").path()).collect();
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("text");
        (name, text.parse().expect("TOML"))
    };
    paths.into_iter().map(read).collect()
}

fn call_events() -> impl Iterator<Item = (String, Table)> {
    schemas("events").into_iter().filter(|(file, _)| file.starts_with("call."))
}

fn text<'t>(table: &'t Table, key: &str) -> &'t str {
    table.get(key).and_then(toml::Value::as_str).unwrap_or_else(|| panic!("{key} of {table}"))
}

fn rows<'t>(schema: &'t Table, key: &str) -> Vec<&'t Table> {
    let array = schema.get(key).and_then(toml::Value::as_array);
    array.into_iter().flatten().map(|row| row.as_table().expect("a table")).collect()
}

fn list(table: &Table, key: &str) -> Vec<String> {
    let array = table.get(key).and_then(toml::Value::as_array);
    array.into_iter().flatten().map(|item| item.as_str().expect("text").to_owned()).collect()
}

/// One value of every field there is.
fn full() -> CallData {
    let at = Some(Timestamp::from_seconds(1_795_207_256));
    let word = || Some("x".into());
    CallData {
        started_at: at,
        ringing_at: at,
        answered_at: at,
        ended_at: at,
        rated_at: at,
        direction: Some(Direction::Inbound),
        from: word(),
        to: word(),
        from_name: word(),
        from_presentation: Some(Presentation::Allowed),
        forwarded_from: word(),
        did_hash: word(),
        did_number: word(),
        app_hash: word(),
        app_name: word(),
        app_package: word(),
        customer_field: word(),
        parent_call_id: word(),
        group_id: word(),
        trunk: word(),
        source_ip: word(),
        user_agent: word(),
        answered_by: Some(AnsweredBy::Human),
        release_cause: Some(16),
        release_source: Some(ReleaseSource::Caller),
        sip_status: Some(200),
        dial_status: Some(DialStatus::Answer),
        release_reason: word(),
        codec: word(),
        mos_milli: Some(4_100),
        jitter_ms: Some(1),
        round_trip_ms: Some(1),
        packets_lost: Some(1),
        currency: Some("EUR".into()),
        debit: Money::from_micros(1),
        credit: Money::from_micros(1),
        billed_seconds: Some(1),
        cost_label: word(),
        reason: word(),
    }
}

fn full_json() -> Map<String, Value> {
    let Ok(Value::Object(fields)) = serde_json::to_value(full()) else { panic!("call data is an object") };
    fields
}

/// The values of the columns and fields that have only some, by name.
fn closed_sets() -> BTreeMap<&'static str, Vec<&'static str>> {
    BTreeMap::from([
        ("direction", Direction::ALL.iter().map(|value| value.as_str()).collect()),
        ("from_presentation", Presentation::ALL.iter().map(|value| value.as_str()).collect()),
        ("answered_by", AnsweredBy::ALL.iter().map(|value| value.as_str()).collect()),
        ("release_source", ReleaseSource::ALL.iter().map(|value| value.as_str()).collect()),
        ("dial_status", DialStatus::ALL.iter().map(|value| value.as_str()).collect()),
        ("dial_status_stated", DialStatus::ALL.iter().map(|value| value.as_str()).collect()),
    ])
}

#[test]
fn every_event_type_has_its_schema_and_every_schema_its_type() {
    let found: BTreeSet<String> =
        schemas("events").values().map(|schema| text(schema, "type").to_owned()).collect();
    let calls = CallEventType::ALL.iter().map(|known| known.as_str());
    let webhooks = WebhookEventType::ALL.iter().map(|known| known.as_str());
    let messages = SmsEventType::ALL.iter().map(|known| known.as_str());
    let known: BTreeSet<String> = calls.chain(webhooks).chain(messages).map(str::to_owned).collect();
    assert_eq!(found, known);
    for (file, schema) in schemas("events") {
        let version = schema.get("version").and_then(toml::Value::as_integer).expect("version");
        assert_eq!(file, format!("{}.v{version}.toml", text(&schema, "type")));
    }
}

#[test]
fn every_field_is_in_the_schemas_with_its_type() {
    let fields = full_json();
    let mut described = BTreeSet::new();
    for (file, schema) in call_events() {
        for field in rows(&schema, "fields") {
            let name = text(field, "name");
            let value = fields.get(name).unwrap_or_else(|| panic!("{file} has {name}, the code has not"));
            let agrees = match text(field, "type") {
                "instant" => value.as_str().is_some_and(|text| Timestamp::parse_rfc3339(text).is_some()),
                "decimal(18,6)" => value.as_str().is_some_and(|text| text.parse::<Money>().is_ok()),
                "text" => {
                    value.is_string() && Timestamp::parse_rfc3339(value.as_str().expect("text")).is_none()
                }
                "int16" | "int32" | "int64" => value.is_i64(),
                other => panic!("{file}: {name} is of unknown type {other}"),
            };
            assert!(agrees, "{file}: {name} is not {value}");
            assert!(!text(field, "doc").is_empty() && !text(field, "personal").is_empty());
            if let Some(values) = closed_sets().get(name) {
                assert_eq!(&list(field, "values"), values, "{file}: {name}");
            }
            described.insert(name.to_owned());
        }
    }
    assert_eq!(described, fields.keys().cloned().collect());
}

fn is_accepted(event_type: CallEventType, data: &Map<String, Value>) -> Result<(), RejectionReason> {
    let account = AccountId::new("acme").expect("valid");
    let at = Timestamp::from_seconds(1_795_207_256);
    let mut event = Event::from_call(("s", "1"), account, "c1", at, event_type, CallData::default());
    event.data_json = serde_json::to_string(data).expect("JSON").into();
    let json = event.to_json();
    let outcome = decode(Incoming { headers: &[], payload: json.as_bytes() }).remove(0).outcome;
    outcome.map(|_| ()).map_err(|rejection| rejection.reason)
}

#[test]
fn what_a_schema_requires_is_what_decoding_requires() {
    let fields = full_json();
    for (file, schema) in call_events() {
        let event_type = CallEventType::parse(text(&schema, "type")).expect("known");
        let required = list(&schema, "requires_one_of");
        let nothing = is_accepted(event_type, &Map::new());
        let expected = if required.is_empty() { Ok(()) } else { Err(RejectionReason::MissingField) };
        assert_eq!(nothing, expected, "{file}");
        for name in required {
            let alone = Map::from_iter([(name.clone(), fields[&name].clone())]);
            assert_eq!(is_accepted(event_type, &alone), Ok(()), "{file}: {name}");
        }
    }
}

#[test]
fn every_table_column_is_described_once() {
    let tables = schemas("tables");
    assert_eq!(
        tables.keys().collect::<Vec<_>>(),
        [
            "call_events.v1.toml",
            "calls.v1.toml",
            "rejections.v1.toml",
            "sms.v1.toml",
            "sms_events.v1.toml",
            "webhook_deliveries.v1.toml",
        ]
    );
    const TYPES: [&str; 8] =
        ["text", "int16", "int32", "int64", "instant", "decimal(18,6)", "decimal(5,3)", "binary"];
    for (file, schema) in tables {
        let columns = rows(&schema, "columns");
        let names: BTreeSet<&str> = columns.iter().map(|column| text(column, "name")).collect();
        assert_eq!(names.len(), columns.len(), "{file} has a column twice");
        for column in columns {
            let name = text(column, "name");
            assert!(TYPES.contains(&text(column, "type")), "{file}: {name}");
            assert!(column.get("nullable").is_some_and(toml::Value::is_bool), "{file}: {name}");
            assert!(!text(column, "doc").is_empty() && !text(column, "group").is_empty(), "{file}: {name}");
            if let Some(values) = closed_sets().get(name) {
                assert_eq!(&list(column, "values"), values, "{file}: {name}");
            }
        }
    }
}

#[test]
fn the_personal_columns_of_calls_are_those_an_erasure_empties() {
    let schema = &schemas("tables")["calls.v1.toml"];
    let is_personal = |column: &&&Table| text(column, "personal") != "none";
    let columns = rows(schema, "columns");
    let personal: Vec<&str> = columns.iter().filter(is_personal).map(|column| text(column, "name")).collect();
    let emptied = [
        "from_number",
        "from_number_raw",
        "from_name",
        "to_number",
        "to_number_raw",
        "forwarded_from",
        "customer_field",
        "source_ip",
        "user_agent",
    ];
    assert_eq!(personal, emptied, "see Parties::clear_personal");
}

#[test]
fn words_the_code_writes_are_words_the_tables_know() {
    use Status::{Busy, Canceled, Completed, Failed, InProgress, NoAnswer, Queued, Ringing};
    let statuses = [Queued, Ringing, InProgress, Completed, Busy, NoAnswer, Canceled, Failed];
    let reasons = [
        RejectionReason::Empty,
        RejectionReason::InvalidUtf8,
        RejectionReason::Malformed,
        RejectionReason::MissingField,
        RejectionReason::WrongType,
        RejectionReason::InvalidValue,
        RejectionReason::UnknownAccount,
        RejectionReason::ForbiddenAccount,
        RejectionReason::TimeTooEarly,
        RejectionReason::TimeInFuture,
        RejectionReason::TooLarge,
    ];
    let written = [
        ("calls.v1.toml", "status", statuses.map(Status::as_str).to_vec()),
        ("rejections.v1.toml", "reason", reasons.map(RejectionReason::as_str).to_vec()),
    ];
    for (file, name, words) in written {
        let schema = &schemas("tables")[file];
        let columns = rows(schema, "columns");
        let column = columns.iter().find(|column| text(column, "name") == name).expect("column");
        assert_eq!(list(column, "values"), words, "{file}: {name}");
    }
}
