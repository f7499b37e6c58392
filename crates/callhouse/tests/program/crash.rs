//! The crash harness: the real server is killed again and again while a client feeds it, and in the end nothing
//! is lost and nothing doubled.
//!
//! A schedule is a function of its number: a generated set, and a row of kills, each either at the n-th pass of
//! a crash point (`callhouse_core::crash`) or SIGKILL after a random time. After each kill the server starts
//! again on the same folder and the client repeats what was not acknowledged. Every account has its hangups announced
//! by webhooks, and each is delivered. `CALLHOUSE_SCHEDULES=N` runs more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use callhouse_lake::accounts::Accounts;
use callhouse_lake::clock::SystemClock;
use callhouse_lake::webhooks::Webhooks;
use callhouse_lake::{Catalog, DataFolder};
use callhouse_testkit::kafka::{self, Broker};
use callhouse_testkit::poll_until;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::support::{
    DEADLINE, EVENTS, Place, Server, assert_calls_equal, assert_deliveries_equal, assert_no_offset_twice,
    assert_sms_equal, assert_verified, http_client, totals,
};
use crate::webhooks::Endpoint;

/// One schedule in so many runs on Kafka instead of the embedded log.
const KAFKA_EVERY: u64 = 5;
const KILLS: usize = 4;
const BATCH_MESSAGES: usize = 12;
/// How long to wait for a crash point that may never be passed before SIGKILL.
const CRASH_POINT_PATIENCE: Duration = Duration::from_millis(1_500);

/// Everything happens often, so that a short life passes every step.
const SETTINGS: [(&str, &str); 8] = [
    ("CALLHOUSE_INGEST_FLUSH_AGE_MS", "60"),
    ("CALLHOUSE_COMPACTION_INTERVAL_MS", "150"),
    ("CALLHOUSE_COMPACTION_SETTLE_EVERY_MS", "100"),
    ("CALLHOUSE_COMPACTION_GRACE_MS", "200"),
    ("CALLHOUSE_LOG_FILTER", "warn"),
    ("CALLHOUSE_WEBHOOKS_ALLOW_PRIVATE_ENDPOINTS", "true"),
    // Claimed deliveries of a life that was killed are due again soon.
    ("CALLHOUSE_WEBHOOKS_TIMEOUT_MS", "300"),
    // The set is of months ago, and some of its clocks are ten years behind.
    ("CALLHOUSE_WEBHOOKS_ANNOUNCE_WITHIN_MS", "3153600000000"),
];

#[expect(
    clippy::disallowed_methods,
    reason = "how many to try is how the test is run, no setting of callhouse"
)]
fn schedules() -> u64 {
    let text = std::env::var("CALLHOUSE_SCHEDULES").unwrap_or_else(|_| "100".to_owned());
    text.parse().expect("CALLHOUSE_SCHEDULES is a number")
}

/// The schedules are dealt out over two tests, so that two of them run beside each other.
const HANDS: u64 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn ing_1_kills_between_any_two_steps_lose_nothing_and_double_nothing() {
    run_hand(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ing_1_kills_between_any_two_steps_lose_nothing_and_double_nothing_again() {
    run_hand(1).await;
}

#[expect(clippy::print_stdout, reason = "a failure says with it which schedule it was")]
async fn run_hand(hand: u64) {
    let points = crash_points();
    let (mut at_points, mut at_times) = (0, 0);
    for number in (hand..schedules()).filter(|number| number % HANDS == hand) {
        let broker = if number % KAFKA_EVERY == KAFKA_EVERY - 1 { kafka::shared() } else { None };
        let schedule = Schedule::new(number, &points, broker);
        println!("schedule {number}");
        let (points, times) = Box::pin(schedule.run()).await;
        at_points += points;
        at_times += times;
    }
    println!("killed {at_points} times at a crash point, {at_times} times by SIGKILL");
    assert!(
        at_points > at_times / 4,
        "crash points are hardly ever passed: {at_points} of {}",
        at_points + at_times
    );
}

#[test]
fn every_step_of_append_write_commit_trim_compact_and_delete_has_a_crash_point() {
    let points = crash_points();
    for step in
        ["append", "write", "commit", "trim", "compaction", "delete", "claim", "send", "record", "finish"]
    {
        assert!(points.iter().any(|point| point.contains(step)), "no crash point of {step} in {points:?}");
    }
}

/// Crash points a server does not pass: `rebuild` is a command, and orphans are left alone for an hour.
const NOT_OF_A_SERVER: [&str; 2] = ["rebuild.", "gc.orphan."];

/// The crash points a server passes, read off the sources.
fn crash_points() -> Vec<String> {
    let mut points = Vec::new();
    for name in ["log", "lake", "ingest", "webhooks"] {
        collect(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src"), &mut points);
    }
    points.retain(|point| !NOT_OF_A_SERVER.iter().any(|other| point.starts_with(other)));
    points.sort();
    points.dedup();
    points
}

fn collect(folder: &Path, points: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a source folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, points);
        } else {
            let source = std::fs::read_to_string(&path).expect("source is UTF-8");
            let names = source.split("crash::point(\"").skip(1).filter_map(|rest| rest.split_once('"'));
            points.extend(names.map(|(name, _)| name.to_owned()));
        }
    }
}

/// How a life of the server ends.
enum Kill {
    AtPoint(String),
    AfterTime(Duration),
}

struct Schedule<'b> {
    number: u64,
    random: StdRng,
    kills: Vec<Kill>,
    place: Place,
    kafka: Option<(&'b Broker, String)>,
}

impl<'b> Schedule<'b> {
    fn new(number: u64, points: &[String], broker: Option<&'b Broker>) -> Self {
        let mut random = StdRng::seed_from_u64(number);
        let kills = (0..KILLS)
            .map(|_| {
                if random.random_bool(0.75) {
                    let point = points.choose(&mut random).expect("there are crash points");
                    Kill::AtPoint(format!("{point}:{}", random.random_range(1..=3)))
                } else {
                    Kill::AfterTime(Duration::from_millis(random.random_range(0..1_000)))
                }
            })
            .collect();
        let kafka = broker.map(|broker| {
            let topic = kafka::unique("crash");
            broker.create_topic(&topic, 3, &[]);
            (broker, topic)
        });
        Self { number, random, kills, place: Place::new(), kafka }
    }

    /// Runs the schedule; returns how many lives ended at a crash point and how many by SIGKILL.
    async fn run(mut self) -> (usize, usize) {
        let seed = self.number.to_string();
        let (file, totals_file) = (self.place.path("set.jsonl"), self.place.path("totals.json"));
        let key = self.place.admin_key();
        self.place.create_accounts(&seed, "3");
        self.place.run([
            "generate",
            "--calls",
            "150",
            "--sms",
            "50",
            "--deliveries",
            "30",
            "--seed",
            &seed,
            "--accounts",
            "3",
            "--days",
            "3",
            "--to",
            file.to_str().expect("UTF-8"),
            "--totals",
            totals_file.to_str().expect("UTF-8"),
        ]);
        let endpoint = Endpoint::start().await;
        let webhooks = subscribe_all(&self.place, &endpoint).await;
        let set = std::fs::read(&file).expect("the set");
        let lines: Vec<&[u8]> = set.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let mut batches: Vec<Vec<u8>> =
            lines.chunks(BATCH_MESSAGES).map(|chunk| chunk.join(&b'\n')).collect();
        batches.reverse();

        let (mut at_points, mut at_times) = (0, 0);
        for life in 0..KILLS {
            let kill = self.kills.remove(0);
            // Each life feeds its part, and whatever the lives before it could not.
            let keep = batches.len() * (KILLS - life) / (KILLS + 1);
            if self.live(life, &kill, &key, &mut batches, keep).await {
                at_points += 1;
            } else {
                at_times += 1;
            }
        }
        let server = self.serve(KILLS, &[]).expect("the last life starts");
        let client = http_client();
        while let Some(batch) = batches.last() {
            assert!(post(&client, &server, &key, batch).await, "{}: the last life refuses", self.number);
            batches.pop();
        }
        self.wait_for_all(&totals(&totals_file)).await;
        poll_until(DEADLINE, || async { webhooks.depth().await.expect("a queue").0 == 0 }).await;
        server.stop().await;
        self.check_webhooks(&endpoint);
        self.check(&totals(&totals_file), &lines);
        (at_points, at_times)
    }

    fn serve(&self, life: usize, settings: &[(&str, &str)]) -> Result<Server, String> {
        let settings: Vec<(&str, &str)> = SETTINGS.iter().chain(settings).copied().collect();
        let Some((broker, topic)) = &self.kafka else { return self.place.try_serve(&settings, &[]) };
        // A group of its own for each life: nobody waits for the session of the one that was killed.
        let group = format!("{topic}-{life}");
        let address = broker.address();
        self.place.try_serve(&settings, &["--kafka", &address, "--topic", topic, "--kafka-group", &group])
    }

    /// One life of the server, fed until so many batches are left and then until it is dead. True when a crash
    /// point ended it.
    async fn live(
        &mut self,
        life: usize,
        kill: &Kill,
        key: &str,
        batches: &mut Vec<Vec<u8>>,
        keep: usize,
    ) -> bool {
        let armed: Vec<(&str, &str)> = match kill {
            Kill::AtPoint(point) => vec![("CALLHOUSE_CRASH_AT", point)],
            Kill::AfterTime(_) => Vec::new(),
        };
        // A crash point may be passed before the server is ready.
        let Ok(mut server) = self.serve(life, &armed) else { return true };
        let dies_at = Instant::now()
            + match kill {
                Kill::AtPoint(_) => CRASH_POINT_PATIENCE,
                Kill::AfterTime(after) => *after,
            };
        let client = http_client();
        while Instant::now() < dies_at && !server.running.has_ended() {
            match batches.last() {
                Some(batch) if batches.len() > keep && post(&client, &server, key, batch).await => {
                    batches.pop();
                }
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(self.random.random_range(1..30))).await;
        }
        let at_point = server.running.has_ended();
        server.running.kill();
        let errors = server.running.errors();
        assert!(!errors.contains("panicked"), "schedule {}: {errors}", self.number);
        at_point
    }

    /// Waits until every event of the set is in the lake.
    async fn wait_for_all(&self, totals: &Value) {
        let wanted = distinct_events(totals);
        let deadline = Instant::now() + DEADLINE;
        while self.place.count(DISTINCT_EVENTS) < wanted {
            assert!(Instant::now() < deadline, "schedule {}: events were lost", self.number);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Every call that hung up was announced as what it was, with one id.
    fn check_webhooks(&self, endpoint: &Endpoint) {
        let mut ids: BTreeMap<(String, i64), BTreeSet<String>> = BTreeMap::new();
        for event in endpoint.events() {
            let text = |name: &str| event[name].as_str().expect("a text").to_owned();
            let callid = event["data"]["callid"].as_i64().expect("a call");
            ids.entry((text("type"), callid)).or_default().insert(text("event_id"));
        }
        assert!(ids.values().all(|ids| ids.len() == 1), "schedule {}: an event has two ids", self.number);
        let announced: Vec<(String, i64)> = ids.into_keys().collect();
        let rows = self.place.sql(
            "SELECT 'call.' || direction || '_hangup' AS type, callid FROM calls
             WHERE ended_at IS NOT NULL AND direction IS NOT NULL ORDER BY type, callid",
        );
        let hung_up: Vec<(String, i64)> = rows
            .iter()
            .map(|row| {
                (row["type"].as_str().expect("a text").to_owned(), row["callid"].as_i64().expect("a number"))
            })
            .collect();
        assert_eq!(announced, hung_up, "schedule {}", self.number);
    }

    fn check(&self, totals: &Value, lines: &[&[u8]]) {
        assert_eq!(self.place.count(DISTINCT_EVENTS), distinct_events(totals), "schedule {}", self.number);
        assert_no_offset_twice(&self.place);
        assert_calls_equal(&self.place, &[totals]);
        assert_sms_equal(&self.place, totals);
        assert_deliveries_equal(&self.place, totals);
        let malformed = totals["malformed"].as_i64().expect("a number");
        let kept = self.place.count("SELECT count(*) FROM (SELECT DISTINCT payload FROM rejections)");
        // Two pieces of rubbish may have the same bytes.
        assert!(
            kept <= malformed && (kept > 0) == (malformed > 0),
            "schedule {}: {kept} rejections",
            self.number
        );
        let events = self.place.count(&format!("SELECT count(*) FROM {EVENTS}"));
        assert!(events >= i64::try_from(lines.len()).expect("fits") - malformed, "schedule {}", self.number);
        assert_verified(&self.place);
    }
}

const DISTINCT_EVENTS: &str = "SELECT count(*) FROM
    (SELECT DISTINCT source, event_id FROM call_events WHERE event_type LIKE 'call.%'
     UNION ALL SELECT DISTINCT source, event_id FROM sms_events
     UNION ALL SELECT DISTINCT source, delivery_id FROM webhook_deliveries WHERE source <> 'callhouse/webhooks')";

fn distinct_events(totals: &Value) -> i64 {
    totals["events"].as_i64().expect("a number") - totals["duplicates"].as_i64().expect("a number")
}

/// Subscribes every account to its hangups.
async fn subscribe_all(place: &Place, endpoint: &Endpoint) -> Webhooks {
    let catalog =
        Catalog::open(DataFolder::new(place.data()), Arc::new(SystemClock)).await.expect("a catalog");
    let webhooks = Webhooks::new(catalog.clone());
    let url = callhouse_lake::webhooks::Endpoint::parse(&endpoint.url()).expect("an endpoint");
    for account in Accounts::new(catalog).list().await.expect("accounts") {
        for webhook_type in ["call.inbound_hangup", "call.outbound_hangup"] {
            webhooks.subscribe(&account.id, webhook_type, &url, None).await.expect("subscribed");
        }
    }
    webhooks
}

/// Sends a batch; true when the server acknowledged it.
async fn post(client: &reqwest::Client, server: &Server, key: &str, batch: &[u8]) -> bool {
    let answer = client
        .post(format!("{}/v1/events", server.address))
        .bearer_auth(key)
        .header("content-type", "application/x-ndjson")
        .timeout(Duration::from_secs(10))
        .body(batch.to_vec())
        .send()
        .await;
    match answer {
        Ok(answer) => {
            let status = answer.status().as_u16();
            assert!(matches!(status, 202 | 422 | 429 | 503), "status {status}");
            matches!(status, 202 | 422)
        }
        Err(_) => false,
    }
}
