//! Arrow Flight SQL with its own clients: ADBC, pyarrow's Flight, polars, pandas, DuckDB (tests/flight/install).

use std::path::Path;
use std::process::Command;

use crate::support::{Place, Server, installed};

/// A server over generated calls of two accounts, with a key of each.
pub(crate) struct House {
    pub(crate) place: Place,
    pub(crate) server: Server,
    pub(crate) flight: String,
    pub(crate) pg: String,
    pub(crate) accounts: Vec<Account>,
}

pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) calls: i64,
}

impl House {
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let place = Place::new();
        let set = ["generate", "--calls", "3000", "--seed", "11", "--accounts", "2"];
        let names = place.run(set.into_iter().chain(["--list-accounts"]));
        place.run(set.into_iter().chain(["--settled", "--start", "2026-01-01T00:00:00Z", "--days", "20"]));
        let account = |name: &str| {
            let key = place.run(["api-key", "create", "--account", name, "--name", "test"]);
            let calls = place.count(&format!("SELECT count(*) FROM calls WHERE account = '{name}'"));
            assert!(calls > 100, "{name} has {calls} calls");
            Account { name: name.to_owned(), key: key.trim().to_owned(), calls }
        };
        let accounts = names.split_whitespace().map(account).collect();
        let doors = ["--pg-listen", "127.0.0.1:0", "--flight-listen", "127.0.0.1:0"];
        let mut server = place.serve(settings, &doors);
        let mut address = |scheme: &str| {
            let line = server.running.line();
            let told = line.trim().strip_prefix("listening on ").and_then(|url| url.strip_prefix(scheme));
            told.unwrap_or_else(|| panic!("{scheme} was not told: {line:?}")).to_owned()
        };
        let pg = address("postgresql://");
        let flight = if settings.iter().any(|(name, _)| name.ends_with("TLS_KEY")) {
            address("grpc+tls://")
        } else {
            address("grpc://")
        };
        Self { place, server, flight, pg, accounts }
    }

    /// Runs a part of `tests/flight/clients.py`.
    fn python(&self, part: &str) {
        let Some(python) = installed("python/bin/python", "tests/flight/install") else { return };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/flight/clients.py");
        let mut command = Command::new(python);
        command.arg(script).args([part, &self.flight]);
        for account in &self.accounts {
            command.args([&account.name, &account.key, &account.calls.to_string()]);
        }
        command.arg(env!("CARGO_BIN_EXE_callhouse")).arg(self.place.data());
        let output = command.output().expect("the script starts");
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.ends_with("done\n"), "{said}{errors}");
    }
}

#[tokio::test]
async fn adbc_asks_binds_prepares_and_looks_around() {
    let house = House::start(&[]);
    house.python("adbc");
    house.server.stop().await;
}

#[tokio::test]
async fn polars_pandas_and_duckdb_read_what_comes() {
    let house = House::start(&[]);
    house.python("frames");
    house.server.stop().await;
}

#[tokio::test]
async fn sec_1_who_cannot_prove_who_they_are_is_told_so() {
    let house = House::start(&[]);
    house.python("credentials");
    house.server.stop().await;
}

#[tokio::test]
async fn ten_1_tickets_and_statements_of_others_are_of_no_use() {
    let house = House::start(&[]);
    house.python("tenancy");
    house.server.stop().await;
}

#[tokio::test]
async fn what_would_write_and_what_is_no_command_is_refused_with_a_reason() {
    let house = House::start(&[]);
    house.python("refusals");
    house.server.stop().await;
}

#[tokio::test]
async fn a_cancelled_statement_gives_its_turn_back() {
    let house =
        House::start(&[("CALLHOUSE_SQL_RUNNING_OF_ACCOUNT", "1"), ("CALLHOUSE_SQL_TIME_LIMIT_MS", "600000")]);
    house.python("cancel");
    house.server.stop().await;
}

#[tokio::test]
async fn limits_are_told_and_a_stalled_reader_costs_no_more_than_its_limit() {
    let house = House::start(&[
        ("CALLHOUSE_SQL_RUNNING_OF_ACCOUNT", "1"),
        ("CALLHOUSE_SQL_IDLE_LIMIT_MS", "2000"),
        ("CALLHOUSE_SQL_TIME_LIMIT_MS", "10000"),
        ("CALLHOUSE_SQL_MAX_ROWS", "1000000"),
        ("CALLHOUSE_SQL_FLIGHT_CONNECTIONS", "5"),
    ]);
    house.python("limits");
    house.server.stop().await;
}

#[tokio::test]
async fn with_a_certificate_the_door_speaks_tls_only() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tls");
    let path = |name: &str| fixtures.join(name).to_str().expect("UTF-8").to_owned();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let house =
        House::start(&[("CALLHOUSE_SQL_TLS_CERTIFICATE", &certificate), ("CALLHOUSE_SQL_TLS_KEY", &key)]);
    house.python("tls");
    house.server.stop().await;
    let place = Place::new();
    let settings = [("CALLHOUSE_SQL_TLS_CERTIFICATE", key.as_str()), ("CALLHOUSE_SQL_TLS_KEY", &key)];
    let refused = place.try_serve(&settings, &["--flight-listen", "127.0.0.1:0"]);
    let told = refused.err().expect("a key is no certificate");
    assert!(told.contains("holds no certificate in PEM form"), "{told}");
}
