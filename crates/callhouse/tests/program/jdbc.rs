//! JDBC with the drivers of Arrow Flight SQL and of PostgreSQL (tests/jdbc/install), each a program in Java that is run
//! from its source.

use std::path::Path;
use std::process::Command;

use crate::flight::House;
use crate::support::installed;

/// Runs a program of `tests/jdbc` against a door.
fn java(program: &str, house: &House, address: &str) {
    let Some(drivers) = installed("jdbc-1/libs", "tests/jdbc/install") else { return };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/jdbc").join(program);
    let account = &house.accounts[0];
    let mut command = Command::new("java");
    // What the Flight driver wants of Java 17 and above.
    command.args(["--add-opens=java.base/java.nio=ALL-UNNAMED", "-Xshare:auto", "-XX:TieredStopAtLevel=1"]);
    command.arg("-cp").arg(drivers.join("*")).arg(source);
    command.args([address, &account.name, &account.key, &account.calls.to_string()]);
    let output = command.output().expect("java starts: install a JDK with scripts/setup");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.ends_with("done\n"), "{said}{errors}");
}

#[tokio::test]
async fn the_flight_sql_driver_of_jdbc_works() {
    let house = House::start(&[]);
    java("Flight.java", &house, &house.flight);
    house.server.stop().await;
}

#[tokio::test]
async fn the_postgresql_driver_of_jdbc_works() {
    let house = House::start(&[("CALLHOUSE_SQL_TIME_LIMIT_MS", "600000")]);
    java("Postgres.java", &house, &house.pg);
    house.server.stop().await;
}
