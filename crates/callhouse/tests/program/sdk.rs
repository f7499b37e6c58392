//! CALLR's own SDKs against the program: a generated set goes in over HTTP, and PyPI `callr` and npm `callr` ask every
//! method about it. `tests/sdk/` holds the clients' side, which checks the answers.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Place, installed, totals, wait_for_messages};

const SET: [&str; 7] = ["generate", "--calls", "600", "--seed", "7", "--accounts", "2"];
/// The month the set's calls start in, and some time before and after.
const FROM: &str = "2025-12-30 00:00:00";
const TO: &str = "2026-02-28 23:59:59";

/// An account of the set, and what it must be told.
struct Client {
    url: String,
    login: String,
    password: String,
    inbound: u64,
    outbound: u64,
    sub_accounts: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn callrs_own_sdks_get_right_answers_from_every_method() {
    let python = installed("python/bin/python", "tests/sdk/install");
    let node = installed("node/node_modules/callr", "tests/sdk/install");
    if python.is_none() && node.is_none() {
        return;
    }
    let place = Place::new();
    let key = place.admin_key();
    let names = place.run(SET.into_iter().chain(["--list-accounts"]));
    let busiest = names.lines().next().expect("the set has accounts").to_owned();
    let created = place.run(["account", "create", &busiest]);
    let others: Vec<&str> = names.lines().skip(1).collect();
    place.run(["account", "create", "--parent", &busiest].into_iter().chain(others.iter().copied()));

    let server = place.serve(&[("CALLHOUSE_INGEST_FLUSH_AGE_MS", "200")], &[]);
    let totals_file = place.path("totals.json");
    let to = ["--to", &server.address, "--key", &key, "--totals", totals_file.to_str().expect("UTF-8")];
    place.run(SET.into_iter().chain(to));
    let totals = totals(&totals_file);
    wait_for_messages(&place, totals["messages"].as_i64().expect("a number")).await;

    let client = Client {
        url: format!("{}/json-rpc/v1.1/", server.address),
        login: labelled(&created, "login"),
        password: labelled(&created, "password"),
        inbound: calls(&totals, &busiest, "inbound"),
        outbound: calls(&totals, &busiest, "outbound"),
        sub_accounts: others.len(),
    };
    assert!(client.inbound > 50 && client.outbound > 50, "too few calls to say anything");
    if let Some(python) = &python {
        client.run(python, "callr_python.py");
    }
    if node.is_some() {
        client.run(Path::new("node"), "callr_node.js");
    }
    server.stop().await;
}

impl Client {
    fn run(&self, program: &Path, script: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk").join(script);
        let output = Command::new(program)
            .arg(script)
            .args([&self.url, &self.login, &self.password, FROM, TO])
            .env("CALLHOUSE_EXPECT_IN", self.inbound.to_string())
            .env("CALLHOUSE_EXPECT_OUT", self.outbound.to_string())
            .env("CALLHOUSE_EXPECT_SUB_ACCOUNTS", self.sub_accounts.to_string())
            .output()
            .expect("the client starts");
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.ends_with("all methods ok\n"), "{said}{errors}");
    }
}

/// The rest of the line that begins with `label`.
fn labelled(text: &str, label: &str) -> String {
    let rest = text.lines().find_map(|line| line.strip_prefix(label));
    rest.unwrap_or_else(|| panic!("no {label} in {text}")).trim().to_owned()
}

fn calls(totals: &Value, account: &str, direction: &str) -> u64 {
    let groups = totals["groups"].as_array().expect("groups").iter();
    groups
        .filter(|group| group["account"] == account && group["direction"] == direction)
        .map(|group| group["calls"].as_u64().expect("a number"))
        .sum()
}
