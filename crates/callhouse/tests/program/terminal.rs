//! `callhouse sql` and psql at a pseudo terminal (`tests/terminal`).

use std::process::Command;

use crate::pg::House;
use crate::support::Place;

/// Runs a script of `tests/terminal`, which has the assertions.
fn run(script: &str, arguments: &[&str]) {
    let path = format!("{}/../../tests/terminal/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3").arg(path).args(arguments).output().expect("python3");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
}

fn callhouse() -> &'static str {
    env!("CARGO_BIN_EXE_callhouse")
}

#[test]
fn sql_on_a_terminal_asks_a_data_folder() {
    let place = Place::new();
    place.run(["generate", "--settled", "--calls", "50", "--seed", "5", "--accounts", "2"]);
    let (state, data) = (place.path("state"), place.data());
    let text = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    run("callhouse_sql.py", &[&text(&state), callhouse(), "--data", &text(&data), "sql"]);
}

#[tokio::test]
async fn sql_on_a_terminal_asks_a_server_and_cancels_there() {
    let place = Place::new();
    place.run(["generate", "--settled", "--calls", "50", "--seed", "5", "--accounts", "2"]);
    let key = place.admin_key();
    let server = place.serve(&[("CALLHOUSE_SQL_TIME_LIMIT_MS", "600000")], &[]);
    let state = place.path("state");
    let state = state.to_str().expect("UTF-8");
    run("callhouse_sql.py", &[state, callhouse(), "sql", "--url", &server.address, "--key", &key]);
    // What Ctrl-C ended on the terminal has ended on the server.
    server.measures("callhouse_sql_running", |running| running == 0.0).await;
    server.measures("callhouse_sql_statements_total{outcome=\"left\"}", |left| left >= 1.0).await;
    server.stop().await;
}

#[tokio::test]
async fn psql_on_a_terminal_lists_watches_and_cancels() {
    let house = House::start(&[("CALLHOUSE_SQL_TIME_LIMIT_MS", "600000")]);
    run("psql.py", &[&house.port, &house.key]);
    house.server.measures("callhouse_sql_running", |running| running == 0.0).await;
    house.server.stop().await;
}
