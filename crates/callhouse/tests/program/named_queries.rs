//! The named queries against DuckDB, which computes the same figures in formulations of its own
//! (`tests/interop/named_queries.py`), over days on which clocks change.

use std::path::Path;
use std::process::Command;

use crate::support::{Place, installed};

#[test]
fn named_queries_say_what_duckdb_says() {
    let Some(python) = installed("python/bin/python", "tests/interop/install") else { return };
    let place = Place::new();
    let set = ["generate", "--settled", "--calls", "4000", "--seed", "3", "--accounts", "3"];
    place.run(set.into_iter().chain(["--start", "2025-03-01T00:00:00Z", "--days", "40"]));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/named_queries.py");
    let output = Command::new(python)
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_callhouse"))
        .arg(place.data())
        .output()
        .expect("the script starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.ends_with(" rows agree\n"), "{said}{errors}");
}

#[test]
fn a_query_is_listed_described_and_helped_with() {
    let place = Place::new();
    let listed = place.run(["query"]);
    assert!(listed.lines().any(|line| line.starts_with("asr ")), "{listed}");
    let described = place.run(["query", "asr", "--describe"]);
    assert!(
        described.contains("group_by  account|app") && described.contains("FROM calls_by"),
        "{described}"
    );
    let (_, stderr) = place.fail(["query", "aser"]);
    assert!(stderr.contains("no named query") && stderr.contains("`callhouse query` lists them"), "{stderr}");
    let (_, stderr) = place.fail(["query", "asr", "-p", "form=2026-01-01"]);
    assert!(stderr.contains("is not a parameter of this query, which has from, to"), "{stderr}");
    let (_, stderr) = place.fail(["query", "asr", "-p", "from=soon"]);
    assert!(stderr.contains("must be an instant such as") && stderr.contains("--describe"), "{stderr}");
    let (_, stderr) = place.fail(["query", "asr", "-p", "from=2026-01-01", "-p", "from=2026-01-02"]);
    assert!(stderr.contains("is given twice"), "{stderr}");
}
