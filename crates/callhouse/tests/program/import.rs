//! Files in: the Kamailio capture, whose control totals were counted independently.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Place, assert_verified};

/// Accounting records as they came, and the switch's finished CDRs.
const ACCOUNTING: &str = "acc.jsonl.gz";
const CDRS: &str = "cdr.log.gz";

fn capture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/kamailio").join(name);
    path.to_str().expect("UTF-8").to_owned()
}

fn import(place: &Place, files: &[&str]) {
    for file in files {
        let format = if *file == ACCOUNTING { "kamailio-acc" } else { "kamailio-cdr" };
        place.run(["import", "--create-accounts", "--format", format, &capture(file)]);
    }
}

/// The answered calls, talk time and final SIP statuses of the capture, by account.
fn assert_capture(place: &Place) {
    let totals: Value =
        serde_json::from_slice(&std::fs::read(capture("control-totals.json")).expect("totals"))
            .expect("JSON");
    assert_eq!(Some(place.count("SELECT count(*) FROM calls")), totals["distinct_callids"].as_i64());
    for (account, expected) in totals["final_sip_code_by_account"].as_object().expect("accounts") {
        let rows = place.sql(&format!(
            "SELECT CAST(sip_status AS VARCHAR) AS sip_status, count(*) AS calls FROM calls \
             WHERE account = '{account}' GROUP BY sip_status"
        ));
        let found: serde_json::Map<String, Value> = rows
            .iter()
            .map(|row| (row["sip_status"].as_str().unwrap_or("").to_owned(), row["calls"].clone()))
            .collect();
        assert_eq!(Value::Object(found), *expected, "{account}");
    }
    assert_eq!(place.count("SELECT count(*) FROM calls WHERE status = 'in-progress'"), 1);
}

/// Talk times are exact where the switch's own CDRs are in.
fn assert_talk(place: &Place) {
    let totals: Value =
        serde_json::from_slice(&std::fs::read(capture("control-totals.json")).expect("totals"))
            .expect("JSON");
    for (account, expected) in totals["by_account"].as_object().expect("accounts") {
        let rows = place.sql(&format!(
            "SELECT count(*) FILTER (WHERE ended_at IS NOT NULL AND answered_at IS NOT NULL) AS answered, \
             sum(talk_ms) AS talk_ms FROM calls WHERE account = '{account}'"
        ));
        let talk_ms = expected["talk_seconds"].as_f64().expect("seconds") * 1_000.0;
        assert_eq!(rows[0]["answered"], expected["answered"], "{account}");
        assert_eq!(
            rows[0]["talk_ms"].as_i64(),
            Some(format!("{talk_ms:.0}").parse().expect("whole")),
            "{account}"
        );
    }
}

#[test]
fn rec_1_the_capture_gives_the_same_calls_in_either_order_and_twice() {
    let all = "SELECT * FROM calls ORDER BY account, call_id";
    let (one, other) = (Place::new(), Place::new());
    import(&one, &[ACCOUNTING, CDRS]);
    import(&other, &[CDRS, ACCOUNTING]);
    let calls = one.sql(all);
    assert_eq!(calls, other.sql(all));
    assert_capture(&one);
    assert_talk(&one);
    let events = one.count("SELECT count(*) FROM call_events");

    import(&one, &[ACCOUNTING, CDRS, ACCOUNTING]);
    assert_eq!(calls, one.sql(all));
    assert_eq!(one.count("SELECT count(*) FROM call_events"), events, "the same files were taken in again");
    assert_verified(&one);
}

#[test]
fn the_accounting_records_alone_know_every_call() {
    let place = Place::new();
    import(&place, &[ACCOUNTING]);
    assert_capture(&place);
}
