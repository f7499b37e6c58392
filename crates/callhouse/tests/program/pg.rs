//! The PostgreSQL wire with its own clients: psql, psycopg 3, SQLAlchemy (tests/pg/install). A client that is not
//! there fails its test and says how to install it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use callhouse_testkit::poll_until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{DEADLINE, Place, Server};

/// A server with two accounts, and a key of the first.
pub(crate) struct House {
    place: Place,
    pub(crate) server: Server,
    pub(crate) port: String,
    pub(crate) key: String,
}

impl House {
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let place = Place::new();
        place.run(["account", "create", "acme", "beta"]);
        let key = place.run(["api-key", "create", "--account", "acme", "--name", "test"]).trim().to_owned();
        let mut server = place.serve(settings, &["--pg-listen", "127.0.0.1:0"]);
        let line = server.running.line();
        let address = line.trim().strip_prefix("listening on postgresql://").expect("a second line");
        let port = address.rsplit(':').next().expect("a port").to_owned();
        Self { place, server, port, key }
    }

    pub(crate) fn psql(&self, key: &str, statements: &[&str]) -> Output {
        let mut command = Command::new("psql");
        let to = format!("host=127.0.0.1 port={} user=acme dbname=callhouse", self.port);
        command.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", &to]).env("PGPASSWORD", key);
        for statement in statements {
            command.args(["-c", statement]);
        }
        command.stdin(Stdio::null()).output().expect("psql: install it with scripts/setup")
    }

    pub(crate) fn answer(&self, statements: &[&str]) -> String {
        let output = self.psql(&self.key, statements);
        assert!(output.status.success(), "{statements:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn refusal(&self, statement: &str) -> String {
        let output = self.psql(&self.key, &[statement]);
        assert!(!output.status.success(), "{statement} was answered");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

#[tokio::test]
async fn psql_lists_describes_asks_and_is_told_what_is_wrong() {
    let house = House::start(&[]);
    let tables = house.answer(&["\\dt"]);
    assert_eq!(
        tables,
        "public|call_events|table|callhouse\npublic|calls|table|callhouse\npublic|rejections|table|callhouse\n\
         public|sms|table|callhouse\npublic|sms_events|table|callhouse\npublic|webhook_deliveries|table|callhouse\n"
    );
    let columns = house.answer(&["\\d+ calls"]);
    assert!(columns.contains("debit|numeric(18,6)||||extended|||What the account is charged."), "{columns}");
    assert_eq!(house.answer(&["SELECT current_user, 1.50::decimal(9,2), NULL, true"]), "acme|1.50||t\n");
    assert_eq!(house.answer(&["SELECT 1; SELECT 2"]), "1\n2\n");
    assert_eq!(house.answer(&["SHOW TimeZone", "\\dn"]).lines().count(), 2);
    let wrong = house.refusal("SELECT start_at FROM calls");
    assert!(
        wrong.contains("LINE 1: SELECT start_at") && wrong.contains("HINT:  did you mean \"started_at\"?"),
        "{wrong}"
    );
    assert!(house.refusal("DELETE FROM calls").contains("read only"));
    assert!(house.refusal("SET datafusion.execution.batch_size = 1").contains("no setting"));
    assert!(house.refusal("SELECT * FROM '/etc/passwd'").contains("ERROR"));
    house.server.stop().await;
}

#[tokio::test]
async fn a_key_without_the_scope_or_past_its_end_does_not_open_the_wire() {
    let house = House::start(&[]);
    let key = |arguments: &[&str]| {
        let create = ["api-key", "create", "--account", "acme", "--name", "k"];
        house.place.run(create.into_iter().chain(arguments.iter().copied())).trim().to_owned()
    };
    let scoped = key(&["--scope", "sql"]);
    assert!(house.psql(&scoped, &["SELECT 1"]).status.success());
    let reader = key(&["--scope", "read,ingest,export,admin"]);
    let refused = house.psql(&reader, &["\\set VERBOSITY verbose", "SELECT 1"]);
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && text.contains("lack the scope sql"), "{text}");
    let id = |place: &Place| {
        let listed = place.run(["api-key", "list"]);
        let line = listed.lines().find(|line| line.contains("  sql  ")).expect("the key").to_owned();
        line.split_whitespace().next().expect("an id").to_owned()
    };
    // It has the key and may not: what was open learns of it, too.
    let id = id(&house.place);
    house.place.run(["api-key", "scopes", &id, "--scope", "read"]);
    let refused = house.psql(&scoped, &["SELECT 1"]);
    assert!(!refused.status.success(), "scopes that were taken away hold at once");
    house.place.run(["api-key", "scopes", &id, "--scope", "sql"]);
    assert!(house.psql(&scoped, &["SELECT 1"]).status.success(), "and can be given back");
    house.place.run(["account", "disable", "acme"]);
    assert!(!house.psql(&scoped, &["SELECT 1"]).status.success());
    house.server.stop().await;
}

#[tokio::test]
async fn sec_1_a_password_is_a_key_and_an_old_key_is_told_so() {
    let house = House::start(&[]);
    for wrong in ["x", "0".repeat(100).as_str()] {
        let refused = house.psql(wrong, &["SELECT 1"]);
        let text = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && text.contains("must be one of its API keys"), "{text}");
        assert!(!text.contains("HINT"), "{text}");
    }
    // As a key that was made by an earlier callhouse.
    let forget = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('DELETE FROM callhouse_scram_verifiers'); c.commit()";
    let catalog = house.place.data().join("catalog.db");
    let forgotten = Command::new("python3").args(["-c", forget]).arg(&catalog).status();
    assert!(forgotten.expect("python3").success());
    let old = String::from_utf8_lossy(&house.psql(&house.key, &["SELECT 1"]).stderr).into_owned();
    assert!(old.contains("make a new one: callhouse api-key create"), "{old}");
    let new = house.place.run(["api-key", "create", "--account", "acme", "--name", "new"]);
    assert!(house.psql(new.trim(), &["SELECT 1"]).status.success());
    house.server.stop().await;
}

#[tokio::test]
async fn psql_cancels_and_timeouts_end_statements() {
    const ENDLESS: &str =
        "SELECT count(*) FROM generate_series(1, 1000000000) a CROSS JOIN generate_series(1, 1000000000) b";
    let house = House::start(&[("CALLHOUSE_SQL_TIME_LIMIT_MS", "600000")]);
    let refused = house.psql(&house.key, &["SET statement_timeout = '200ms'", ENDLESS]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("statement timeout"));
    let to = format!("host=127.0.0.1 port={} user=acme dbname=callhouse", house.port);
    let mut psql = Command::new("psql")
        .args(["-X", &to, "-c", ENDLESS])
        .env("PGPASSWORD", &house.key)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql");
    // Ctrl-C until it has ended: psql installs its handler only once it is connected.
    let id = psql.id().to_string();
    poll_until(DEADLINE, || {
        if psql.try_wait().expect("can be waited for").is_some() {
            return std::future::ready(true);
        }
        drop(Command::new("kill").args(["-s", "INT", &id]).stderr(Stdio::null()).status());
        std::future::ready(false)
    })
    .await;
    // The turn is free again, also when psql died before it could ask to cancel.
    assert_eq!(house.answer(&["SELECT 1"]), "1\n");
    house.server.stop().await;
}

/// Resident memory of the server.
fn resident_bytes(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.running.id())).expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") << 10
}

#[tokio::test]
async fn a_cursor_over_a_million_rows_takes_flat_memory() {
    let house = House::start(&[]);
    house.answer(&["SELECT 1"]);
    let before = resident_bytes(&house.server);
    let rows = house.answer(&[
        "BEGIN",
        "DECLARE c CURSOR FOR SELECT value, repeat('x', 200) FROM generate_series(1, 1000000)",
        "MOVE 999999 FROM c",
        "FETCH 10 FROM c",
        "COMMIT",
    ]);
    assert!(rows.contains("1000000|xxx") && rows.contains("MOVE 999999"), "{rows}");
    let grown = resident_bytes(&house.server).saturating_sub(before);
    assert!(grown < 128 << 20, "200 MB of rows took {grown} bytes");
    house.server.stop().await;
}

/// Runs a script of `tests/pg`, which has the assertions.
fn python(house: &House, script: &str) {
    let home = std::env::home_dir().expect("a home");
    let python: PathBuf = home.join(".cache/callhouse/python/bin/python");
    let script = format!("{}/../../tests/pg/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).arg(script).args([&house.port, &house.key]).output();
    let output = output.expect("Python clients: install them with tests/pg/install");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn psycopg_sqlalchemy_and_pandas_work() {
    let house = House::start(&[]);
    python(&house, "clients.py");
    house.server.stop().await;
}

#[tokio::test]
async fn what_grafana_metabase_and_dbeaver_ask_is_answered_over_the_wire() {
    let house = House::start(&[]);
    python(&house, "replay.py");
    house.server.stop().await;
}

#[tokio::test]
async fn psql_copies_to_files_of_its_own() {
    let house = House::start(&[]);
    let file = house.place.path("copied.csv");
    let to = file.to_str().expect("UTF-8");
    let said = house.answer(&[&format!(
        "\\copy (SELECT value, 'a,\"b\"' AS text FROM generate_series(1, 100000)) TO '{to}' WITH CSV HEADER"
    )]);
    assert_eq!(said, "COPY 100000\n");
    let copied = std::fs::read_to_string(file).expect("a file");
    assert!(copied.starts_with("value,text\n1,\"a,\"\"b\"\"\"\n") && copied.lines().count() == 100_001);
    assert_eq!(house.answer(&["COPY (SELECT 1, NULL) TO STDOUT"]), "1\t\\N\n");
    let wrong = house.refusal("COPY (SELECT start_at FROM calls) TO STDOUT");
    assert!(wrong.contains("LINE 1: COPY (SELECT start_at") && wrong.contains("started_at"), "{wrong}");
    assert!(house.refusal("COPY calls TO '/tmp/x'").contains("\\copy"));
    assert!(house.refusal("COPY calls FROM STDIN").contains("read only"));
    house.server.stop().await;
}

/// Bytes of no protocol, and connections that say nothing.
#[tokio::test]
async fn what_is_no_client_costs_a_connection_at_most() {
    let house = House::start(&[("CALLHOUSE_SQL_PG_CONNECTIONS", "3")]);
    let address = format!("127.0.0.1:{}", house.port);
    // Lengths and kinds there are not: the connection is closed, and nothing else happens.
    for bytes in [
        b"\xff\xff\xff\xff\xff\xff\xff\xff".as_slice(),
        b"\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x04\0\0\0\0",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\0\0\x09\0\x03\0\0\0",
    ] {
        let mut odd = TcpStream::connect(&address).await.expect("a connection");
        odd.write_all(bytes).await.expect("sent");
        odd.shutdown().await.expect("sent");
        let mut told = Vec::new();
        // A reset is an answer, too.
        drop(
            tokio::time::timeout(Duration::from_secs(60), odd.read_to_end(&mut told))
                .await
                .expect("it closes"),
        );
    }
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(TcpStream::connect(&address).await.expect("a connection"));
    }
    poll_until(DEADLINE, || {
        let refused = house.psql(&house.key, &["SELECT 1"]);
        std::future::ready(String::from_utf8_lossy(&refused.stderr).contains("too many connections"))
    })
    .await;
    drop(waiting);
    poll_until(DEADLINE, || std::future::ready(house.psql(&house.key, &["SELECT 1"]).status.success())).await;
    house.server.stop().await;
}
