//! A generated set gives its control totals exactly: through the HTTP door and the embedded log, and without either.

use serde_json::Value;

use crate::support::{
    EVENTS, Place, assert_calls_equal, assert_deliveries_equal, assert_no_offset_twice, assert_sms_equal,
    assert_verified, totals, wait_for_messages,
};

#[tokio::test(flavor = "multi_thread")]
async fn rec_1_a_set_through_the_embedded_log_gives_its_totals() {
    let place = Place::new();
    let key = place.admin_key();
    place.create_accounts("21", "8");
    let server = place
        .serve(&[("CALLHOUSE_INGEST_FLUSH_AGE_MS", "300"), ("CALLHOUSE_COMPACTION_INTERVAL_MS", "700")], &[]);
    let totals_file = place.path("totals.json");
    place.run([
        "generate",
        "--calls",
        "5000",
        "--sms",
        "2000",
        "--deliveries",
        "900",
        "--seed",
        "21",
        "--accounts",
        "8",
        "--key",
        &key,
        "--totals",
        totals_file.to_str().expect("UTF-8"),
        "--to",
        &server.address,
    ]);
    let totals = totals(&totals_file);
    wait_for_messages(&place, number(&totals, "messages")).await;
    server.stop().await;

    assert_calls_equal(&place, &[&totals]);
    assert_eq!(number(&totals, "sms"), 2_000);
    assert_sms_equal(&place, &totals);
    assert!(number(&totals, "attempts") > 900);
    assert_deliveries_equal(&place, &totals);
    assert_eq!(place.count(&format!("SELECT count(*) FROM {EVENTS}")), number(&totals, "events"));
    assert_eq!(place.count("SELECT count(*) FROM rejections"), number(&totals, "malformed"));
    let distinct = format!("SELECT count(*) FROM (SELECT DISTINCT source, event_id FROM {EVENTS})");
    assert_eq!(place.count(&distinct), number(&totals, "events") - number(&totals, "duplicates"));
    assert_no_offset_twice(&place);
    assert_verified(&place);
}

fn number(totals: &Value, name: &str) -> i64 {
    totals[name].as_i64().expect("a number")
}

const SETTLED: [&str; 7] = ["generate", "--settled", "--calls", "3000", "--seed", "11", "--accounts=4"];

#[test]
fn rec_1_calls_made_in_settled_files_are_those_that_events_give() {
    const ALL: &str = "SELECT * FROM calls ORDER BY account, call_id";
    let (settled, by_events) = (Place::new(), Place::new());
    let totals_file = settled.path("totals.json");
    settled.run(SETTLED.into_iter().chain(["--totals", totals_file.to_str().expect("UTF-8")]));
    assert_calls_equal(&settled, &[&totals(&totals_file)]);

    let file = by_events.path("calls.jsonl");
    let file = file.to_str().expect("UTF-8");
    by_events.run(SETTLED.into_iter().filter(|argument| *argument != "--settled").chain(["--to", file]));
    by_events.run(["import", "--format", "cloudevents", "--create-accounts", file]);
    by_events.run(["compact"]);
    assert_eq!(settled.sql(ALL), by_events.sql(ALL));
    assert_eq!(settled.count("SELECT count(*) FROM call_events"), 0);
    // The month of the set, and those of the two broken clocks.
    assert!(files_and_rows(&settled).0 <= 4, "{}", settled.run(["status"]));
}

#[test]
fn settled_files_are_made_once_and_as_small_as_wanted() {
    let place = Place::new();
    place.run(SETTLED.into_iter().chain(["--calls-per-file", "100"]));
    let (files, rows) = files_and_rows(&place);
    assert_eq!(rows, 3_000);
    assert!((30..40).contains(&files), "{files} files");
    let (_, stderr) = place.fail(SETTLED);
    assert!(stderr.contains("has data"), "{stderr}");
    assert_eq!(files_and_rows(&place), (files, rows));
}

/// Files and rows of `calls`, settled ones only.
fn files_and_rows(place: &Place) -> (i64, i64) {
    let status = place.run(["status"]);
    let line = status.lines().find(|line| line.starts_with("calls ")).expect("a line of calls");
    let numbers: Vec<i64> = line.split_whitespace().skip(1).flat_map(str::parse).collect();
    (numbers[0], numbers[1])
}

#[test]
fn rec_2_text_messages_taken_in_settled_and_rebuilt_are_the_same() {
    const ALL: &str = "SELECT * FROM sms ORDER BY account, sms_id";
    let place = Place::new();
    let (file, totals_file) = (place.path("sms.jsonl"), place.path("totals.json"));
    let (file, totals_path) = (file.to_str().expect("UTF-8"), totals_file.to_str().expect("UTF-8"));
    let set = ["generate", "--calls", "0", "--sms", "3000", "--seed", "12", "--accounts=4"];
    place.run(set.into_iter().chain(["--to", file, "--totals", totals_path]));
    place.run(["import", "--format", "cloudevents", "--create-accounts", file]);
    let totals = totals(&totals_file);
    assert_sms_equal(&place, &totals);
    let taken_in = place.sql(ALL);
    assert_eq!(taken_in.len(), 3_000);
    assert_eq!(place.count("SELECT count(*) FROM call_events"), 0);
    place.run(["compact"]);
    assert_eq!(place.sql(ALL), taken_in);
    assert_sms_equal(&place, &totals);
    assert_verified(&place);
    place.run(["rebuild"]);
    assert_eq!(place.sql(ALL), taken_in);
    assert_verified(&place);
}
