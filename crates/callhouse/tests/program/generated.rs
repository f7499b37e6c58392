//! A generated set through the HTTP door and the embedded log gives its control totals exactly.

use serde_json::Value;

use crate::support::{
    Place, assert_calls_equal, assert_no_offset_twice, assert_verified, totals, wait_for_messages,
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
    assert_eq!(place.count("SELECT count(*) FROM call_events"), number(&totals, "events"));
    assert_eq!(place.count("SELECT count(*) FROM rejections"), number(&totals, "malformed"));
    let distinct = "SELECT count(*) FROM (SELECT DISTINCT source, event_id FROM call_events)";
    assert_eq!(place.count(distinct), number(&totals, "events") - number(&totals, "duplicates"));
    assert_no_offset_twice(&place);
    assert_verified(&place);
}

fn number(totals: &Value, name: &str) -> i64 {
    totals[name].as_i64().expect("a number")
}
