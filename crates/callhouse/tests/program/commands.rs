//! Commands on a data folder, beside a running server and without one.

use serde_json::{Value, json};

use crate::support::{Place, assert_calls_equal, assert_verified, totals, wait_for_messages};

const SET: [&str; 8] = ["generate", "--calls", "1200", "--seed", "11", "--accounts", "4", "--to"];

/// A lake with a generated set, taken in as a file.
fn filled() -> (Place, Value) {
    let place = Place::new();
    let (file, totals_file) = (place.path("calls.jsonl"), place.path("totals.json"));
    let arguments = [file.to_str().expect("UTF-8"), "--totals", totals_file.to_str().expect("UTF-8")];
    place.run(SET.into_iter().chain(arguments));
    place.run(["import", "--format", "cloudevents", "--create-accounts", arguments[0]]);
    let totals = totals(&totals_file);
    (place, totals)
}

#[test]
fn lak_3_compact_changes_no_answer_and_verify_finds_nothing() {
    let (place, totals) = filled();
    assert_calls_equal(&place, &[&totals]);
    assert_verified(&place);
    place.run(["compact"]);
    assert_calls_equal(&place, &[&totals]);
    assert_verified(&place);
    let status = place.run(["status"]);
    assert!(status.lines().any(|line| line.starts_with("calls_recent") && line.ends_with(" 0")), "{status}");
}

#[test]
fn rec_2_rebuild_gives_the_same_calls() {
    let (place, totals) = filled();
    const ALL: &str = "SELECT * FROM calls ORDER BY account, call_id";
    place.run(["compact"]);
    let before = place.sql(ALL);
    place.run(["rebuild"]);
    assert_eq!(place.sql(ALL), before);
    assert_calls_equal(&place, &[&totals]);
    assert_verified(&place);
}

#[test]
fn verify_finds_a_file_that_was_damaged() {
    let (place, _) = filled();
    let lake = place.data().join("lake");
    let victim = first_file(&lake).expect("a data file");
    let mut bytes = std::fs::read(&victim).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&victim, bytes).expect("writable");
    let (code, stderr) = place.fail(["verify"]);
    assert_eq!(code, Some(1), "{stderr}");
}

fn first_file(folder: &std::path::Path) -> Option<std::path::PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries.iter().find_map(|path| match path.is_dir() {
        true => first_file(path),
        false => (path.extension()? == "parquet").then(|| path.clone()),
    })
}

#[test]
fn ten_1_sql_shows_an_account_only_its_own_calls() {
    let (place, totals) = filled();
    let account = totals["groups"][0]["account"].as_str().expect("a name");
    let csv =
        place.run(["sql", "--account", account, "--format", "csv", "SELECT DISTINCT account FROM calls"]);
    assert_eq!(csv, format!("account\n{account}\n"));
}

#[test]
fn sql_answers_in_four_forms() {
    let (place, _) = filled();
    let statement = "SELECT 'a' AS name, CAST(NULL AS BIGINT) AS number";
    let answer = |format| place.run(["sql", "--format", format, statement]);
    assert_eq!(answer("csv"), "name,number\na,\n");
    assert_eq!(answer("json"), "[{\"name\":\"a\",\"number\":null}]\n");
    assert_eq!(answer("ndjson"), "{\"name\":\"a\",\"number\":null}\n");
    assert!(answer("table").ends_with("1 row\n"));
    assert_eq!(place.run(["sql", "--format", "json", "SELECT * FROM calls WHERE false"]), "[]\n");
}

#[test]
fn sql_of_a_data_folder_sorts_on_disk_what_does_not_fit_into_memory_and_cleans_up() {
    let place = Place::new();
    place.run(["account", "create", "acme"]);
    let spill = place.data().join("spill");
    // One that a kill has left behind.
    std::fs::create_dir_all(spill.join("4711-0").join("datafusion-x")).expect("a folder");
    let sort = "SELECT count(*) AS n FROM (SELECT row_number() OVER (ORDER BY value % 1000, value) AS n \
        FROM generate_series(1, 2000000)) WHERE n > 0";
    let mut command = place.callhouse();
    command.env("CALLHOUSE_QUERY_MEMORY_LIMIT_BYTES", (24 << 20).to_string());
    let output = command.args(["sql", "--format", "csv", sort]).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "n\n2000000\n", "{stderr}");
    let left: Vec<_> = std::fs::read_dir(spill).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_work_beside_a_running_server() {
    let place = Place::new();
    let key = place.admin_key();
    let server = place.serve(&[("CALLHOUSE_INGEST_FLUSH_AGE_MS", "100")], &[]);
    place.create_accounts("11", "4");
    let totals_file = place.path("totals.json");
    let arguments =
        [server.address.as_str(), "--key", &key, "--totals", totals_file.to_str().expect("UTF-8")];
    place.run(SET.into_iter().chain(arguments));
    let totals = totals(&totals_file);
    wait_for_messages(&place, totals["messages"].as_i64().expect("a number")).await;
    place.run(["compact"]);
    let status = place.run(["status"]);
    let position = status.lines().find(|line| line.starts_with("events[0]")).unwrap_or_default();
    assert!(position.ends_with(" 0"), "the log is ahead of the lake: {status}");
    assert_verified(&place);
    assert_calls_equal(&place, &[&totals]);
    // The key made beside the server works at once.
    let account = totals["groups"][0]["account"].as_str().expect("a name");
    let own = place.run(["api-key", "create", "--account", account, "--name", "late"]);
    let summary = server.ask(
        own.trim(),
        "analytics/calls.summary",
        json!(["2026-01-01 00:00:00", "2026-01-30 23:59:59"]),
    );
    assert!(summary.await.is_object());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_asks_a_running_server_and_says_what_tables_there_are() {
    let place = Place::new();
    place.run(["generate", "--settled", "--calls", "300", "--seed", "5", "--accounts", "2"]);
    let key = place.admin_key();
    let server = place.serve(&[], &[]);
    let asked = ["sql", "--url", &server.address, "--key", &key, "--format", "csv"];
    let answer = |statement| place.run(asked.into_iter().chain([statement]));
    assert_eq!(answer("SELECT count(*) AS n FROM calls"), "n\n300\n");
    assert_eq!(answer("SELECT call_id FROM calls WHERE false"), "call_id\n");
    let rows = answer("SELECT value FROM generate_series(1, 100000)");
    assert_eq!(rows.lines().count(), 100_001);
    let refused = |statement| place.fail(asked.into_iter().chain([statement])).1;
    let said = refused("SELECT start_at FROM calls");
    assert!(said.contains("line 1, column 8") && said.contains("did you mean \"started_at\"?"), "{said}");
    let said = refused("SELECT 1 / (50000 - value) FROM generate_series(1, 100000)");
    assert!(said.contains("broke off"), "{said}");
    let (_, said) = place.fail(["sql", "--url", &server.address, "--key", "12", "SELECT 1"]);
    assert!(said.contains("credentials"), "{said}");
    server.stop().await;

    let (tables, columns) = (place.run(["sql", "--tables"]), place.run(["sql", "--tables", "calls"]));
    assert!(tables.contains("call_events  "), "{tables}");
    assert!(
        columns.lines().any(|line| line.starts_with("started_at ") && line.contains("timestamptz")),
        "{columns}"
    );
}
