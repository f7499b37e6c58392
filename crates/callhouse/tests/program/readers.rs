//! Clients that stop reading or go away, over sockets: they cost their limit and no more. What the server holds is seen
//! in `/metrics`.

use std::process::Command;
use std::time::Duration;

use callhouse_testkit::poll_until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::pg::House;
use crate::support::{DEADLINE, Server};

/// More than all buffers between the server and a client that does not read.
const LARGE: &str = "SELECT value, repeat('x', 1000) AS text FROM generate_series(1, 2000000)";
/// A sort that holds memory while it goes on.
const ENDLESS: &str = "SELECT a.value FROM generate_series(1, 1000000) a CROSS JOIN generate_series(1, 1000000) b ORDER BY a.value % 7, b.value";

/// Sends a statement to `POST /v1/sql`, and reads nothing.
async fn asked(server: &Server, key: &str, sql: &str) -> TcpStream {
    let host = server.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let head = format!(
        "POST /v1/sql?format=csv HTTP/1.1\r\nhost: {host}\r\nauthorization: Api-Key {key}\r\n\
         content-type: application/sql\r\naccept: text/csv\r\ncontent-length: {}\r\n\r\n{sql}",
        sql.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

/// psql with a statement, whose output nobody reads.
fn asking_psql(house: &House, sql: &str) -> std::process::Child {
    let to = format!("host=127.0.0.1 port={} user=acme dbname=callhouse", house.port);
    let mut psql = Command::new("psql");
    // With a pipe nobody reads, and a row at a time, psql stops reading, too.
    psql.args(["-X", "-A", "-t", "-v", "FETCH_COUNT=1000", &to, "-c", sql]).env("PGPASSWORD", &house.key);
    psql.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
    psql.stderr(std::process::Stdio::null()).spawn().expect("psql")
}

async fn nothing_is_left(server: &Server) {
    server.measures("callhouse_sql_running", |running| running == 0.0).await;
    server.measures("callhouse_sql_memory_bytes", |bytes| bytes == 0.0).await;
}

#[tokio::test]
async fn a_client_of_http_that_stops_reading_loses_its_turn_and_its_connection() {
    let house = House::start(&[("CALLHOUSE_SQL_IDLE_LIMIT_MS", "500"), ("CALLHOUSE_SQL_RUNNING", "1")]);
    let mut stalled = asked(&house.server, &house.key, LARGE).await;
    house.server.measures("callhouse_http_not_read_total", |times| times == 1.0).await;
    nothing_is_left(&house.server).await;
    // The turn is another's, and the connection is closed in the middle of the answer.
    assert_eq!(house.answer(&["SELECT 1"]), "1\n");
    let mut rest = Vec::new();
    // Closed with bytes unsent it may be reset.
    let read = tokio::time::timeout(DEADLINE, stalled.read_to_end(&mut rest)).await.expect("it is closed");
    assert!(read.is_err() || !rest.ends_with(b"\r\n0\r\n\r\n"), "the answer was whole");
    house.server.stop().await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_has_begun() {
    let house = House::start(&[]);
    // Whether the rows before the fault and the fault are ready at once is a matter of luck, so it is tried often.
    for round in 0..50 {
        let sql = "SELECT 1 / (50000 - value) FROM generate_series(1, 100000)";
        let mut stream = asked(&house.server, &house.key, sql).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
        read.expect("it is closed").expect("it is read");
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "round {round}: {}", answer.escape_ascii());
        assert!(!answer.ends_with(b"\r\n0\r\n\r\n"), "round {round}: the answer was whole");
    }
    house.server.stop().await;
}

#[tokio::test]
async fn a_client_of_http_that_goes_away_cancels_its_statement() {
    let house = House::start(&[("CALLHOUSE_SQL_TIME_LIMIT_MS", "600000"), ("CALLHOUSE_SQL_RUNNING", "1")]);
    for sql in [LARGE, ENDLESS] {
        let stream = asked(&house.server, &house.key, sql).await;
        house.server.measures("callhouse_sql_running", |running| running == 1.0).await;
        drop(stream);
        nothing_is_left(&house.server).await;
    }
    house.server.measures("callhouse_sql_statements_total{outcome=\"left\"}", |times| times == 2.0).await;
    assert_eq!(house.answer(&["SELECT 1"]), "1\n");
    house.server.stop().await;
}

#[tokio::test]
async fn a_client_of_postgresql_that_stops_reading_loses_its_turn() {
    let house = House::start(&[("CALLHOUSE_SQL_IDLE_LIMIT_MS", "500"), ("CALLHOUSE_SQL_RUNNING", "1")]);
    let mut psql = asking_psql(&house, LARGE);
    house.server.measures("callhouse_sql_statements_total{outcome=\"not_read\"}", |times| times == 1.0).await;
    nothing_is_left(&house.server).await;
    assert_eq!(house.answer(&["SELECT 1"]), "1\n");
    psql.kill().expect("it runs");
    psql.wait().expect("it ends");
    house.server.measures("callhouse_pg_connections", |open| open == 0.0).await;
    house.server.stop().await;
}

#[tokio::test]
async fn a_client_of_postgresql_that_goes_away_cancels_its_statement() {
    let house = House::start(&[("CALLHOUSE_SQL_TIME_LIMIT_MS", "600000"), ("CALLHOUSE_SQL_RUNNING", "1")]);
    for sql in [LARGE, ENDLESS] {
        let mut psql = asking_psql(&house, sql);
        house.server.measures("callhouse_sql_running", |running| running == 1.0).await;
        psql.kill().expect("it runs");
        psql.wait().expect("it ends");
        nothing_is_left(&house.server).await;
        house.server.measures("callhouse_pg_connections", |open| open == 0.0).await;
    }
    assert_eq!(house.answer(&["SELECT 1"]), "1\n");
    house.server.stop().await;
}

#[tokio::test]
async fn sec_1_psql_speaks_tls_where_it_is_set_and_insists_on_it_in_vain_elsewhere() {
    let files = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (files.path().join("certificate.pem"), files.path().join("key.pem"));
    let (certificate, key) = (certificate.to_str().expect("UTF-8"), key.to_str().expect("UTF-8"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate])
        .output()
        .expect("openssl: install it with scripts/setup");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let house =
        House::start(&[("CALLHOUSE_SQL_TLS_CERTIFICATE", certificate), ("CALLHOUSE_SQL_TLS_KEY", key)]);
    let psql = |how: &str| {
        let to = format!("host=127.0.0.1 port={} user=acme dbname=callhouse {how}", house.port);
        let mut psql = Command::new("psql");
        psql.args(["-X", "-A", "-t", &to, "-c", "SELECT 7 * 6", "-c", "\\conninfo"])
            .env("PGPASSWORD", &house.key);
        psql.output().expect("psql")
    };
    for how in ["sslmode=require", &format!("sslmode=verify-full sslrootcert={certificate}")] {
        let output = psql(how);
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with("42\n") && said.contains("SSL connection"), "{how}: {said}{errors}");
    }
    assert!(psql("sslmode=disable").status.success(), "TLS is offered, not demanded");
    // Bytes that come with the wish for TLS would not be protected by it.
    let mut early = TcpStream::connect(format!("127.0.0.1:{}", house.port)).await.expect("a connection");
    early.write_all(b"\0\0\0\x08\x04\xd2\x16\x2fearly").await.expect("sent");
    let mut told = Vec::new();
    drop(tokio::time::timeout(DEADLINE, early.read_to_end(&mut told)).await.expect("it closes"));
    assert!(told.len() <= 1, "{told:?}");
    house.server.stop().await;

    let plain = House::start(&[]);
    let to = format!("host=127.0.0.1 port={} user=acme dbname=callhouse sslmode=require", plain.port);
    let refused =
        Command::new("psql").args(["-X", &to, "-c", "SELECT 1"]).env("PGPASSWORD", &plain.key).output();
    let refused = String::from_utf8_lossy(&refused.expect("psql").stderr).into_owned();
    assert!(refused.contains("server does not support SSL"), "{refused}");
    plain.server.stop().await;
}

#[tokio::test]
async fn many_connections_are_held_open_and_cost_little() {
    const CONNECTIONS: usize = 100;
    let house = House::start(&[("CALLHOUSE_SQL_PG_CONNECTIONS", "110")]);
    let mut idle = Vec::new();
    for _ in 0..CONNECTIONS {
        idle.push(TcpStream::connect(format!("127.0.0.1:{}", house.port)).await.expect("a connection"));
    }
    poll_until(DEADLINE, || std::future::ready(house.psql(&house.key, &["SELECT 1"]).status.success())).await;
    drop(idle);
    tokio::time::timeout(Duration::from_secs(120), house.server.stop()).await.expect("it stops");
}
