//! The demo: what it prints works.

use std::time::Duration;

use callhouse_testkit::poll_until;
use serde_json::json;

use crate::support::{DEADLINE, Place, Server};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_answers_with_past_and_live_calls() {
    let place = Place::new();
    let mut command = place.callhouse();
    command.args(["demo", "--listen", "127.0.0.1:0", "--rate", "50"]);
    let mut running = place.start(command);
    let mut said = |prefix: &str| loop {
        let line = running.line();
        assert!(!line.is_empty(), "the demo ended: {}", running.errors());
        if let Some(rest) = line.strip_prefix(prefix) {
            break rest.trim().to_owned();
        }
    };
    let address = said("listening on ");
    let key = said("api key");
    let server = Server { address, running };
    let count = || async {
        let summary = server
            .ask(&key, "analytics/calls.summary", json!(["2020-01-01 00:00:00", "2039-12-31 23:59:59"]))
            .await;
        summary["IN"]["count"].as_i64().unwrap_or(0)
    };
    poll_until(DEADLINE, || async { count().await > 1_000 }).await;
    let before = count().await;
    // Live calls keep coming.
    poll_until(Duration::from_secs(60), || async { count().await > before }).await;
    server.stop().await;
}
