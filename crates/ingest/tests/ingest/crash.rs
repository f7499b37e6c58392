//! Kills of a real process between every two steps from the embedded log to the trimmed commit. Going on afterwards
//! gives every message in exactly one place and the records of the pure fold (ING-1, ING-3).

use std::path::Path;
use std::sync::Arc;

use callhouse_ingest::{Ingest, Options};
use callhouse_lake::accounts::{AccountDirectory, Accounts};
use callhouse_lake::clock::SystemClock;
use callhouse_lake::{Catalog, DataFolder, HotRows};
use callhouse_log::{Append, Appender, EmbeddedLog, Log};
use callhouse_testkit::events::structured;
use callhouse_testkit::{poll_until, victim};
use tokio_util::sync::CancellationToken;

use crate::fake_log::Topic;
use crate::ing_1::{expected, message, story};
use crate::warehouse::{DEADLINE, Seen, Warehouse};

const GROUPS: usize = 8;
const MESSAGES: i64 = 40;

const POINTS: [&str; 10] = [
    "ingest.flush.before_files",
    "file.write.before_sync",
    "file.write.after_folder_sync",
    "ingest.flush.after_files",
    "catalog.commit.in_transaction",
    "catalog.commit.after",
    "ingest.flush.after_commit",
    "ingest.flush.before_trim",
    "log.trim.before",
    "log.trim.after",
];

/// Eight groups of five: events of a call and a text message in disorder, one of them told twice across groups, and a bad
/// message.
fn messages() -> Topic {
    let topic = Topic::new();
    for number in 0..GROUPS {
        let events = story("acme", number).all();
        for index in [3, 0] {
            topic.append(0, structured(&events[index]));
        }
        topic.append(0, structured(&message("acme", number / 3).all()[(number * 2) % 5]));
        topic.append(0, structured(&story("acme", number / 2).ended()));
        topic.append(0, format!("nonsense {number}"));
    }
    topic
}

async fn fill(path: &Path, topic: &Topic) {
    let log = EmbeddedLog::open(path, Arc::new(SystemClock)).await.unwrap();
    let appends: Vec<Append> = topic
        .messages()
        .into_iter()
        .map(|(_, message)| Append { key: "any".into(), headers: Vec::new(), payload: message.payload })
        .collect();
    for group in appends.chunks(appends.len() / GROUPS) {
        log.append(group.to_vec()).await.unwrap();
    }
    log.close().await;
}

/// Runs [`child`] in a process of its own; true when it ended by itself.
fn run_child(folder: &Path, point: &str) -> bool {
    victim::run("crash::child", folder, point)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that the other test kills"]
async fn child() {
    let folder = DataFolder::new(victim::folder());
    let log = Arc::new(EmbeddedLog::open(&folder.log_path(), Arc::new(SystemClock)).await.unwrap());
    let catalog = Catalog::open(folder, Arc::new(SystemClock)).await.unwrap();
    let directory = AccountDirectory::new(Accounts::new(catalog.clone()));
    // Reading waits for each commit, so that there is one per group.
    let options =
        Options { flush_age_ms: 1, chunk_messages: 5, hot_max_bytes: 1, decoders: 1, ..Options::default() };
    let ingest = Ingest::new(catalog.clone(), HotRows::default(), directory, options);
    let stop = CancellationToken::new();
    let kafka_partition = callhouse_core::KafkaPartition::new("events", 0);
    let finished = async {
        poll_until(DEADLINE, || async {
            catalog.position(&kafka_partition).await.unwrap() == Some(MESSAGES)
        })
        .await;
        stop.cancel();
    };
    let (summary, ()) = tokio::join!(ingest.run(Arc::clone(&log) as Arc<dyn Log>, stop.clone()), finished);
    summary.unwrap();
    log.close().await;
}

/// What was taken in so far is there once, and nothing else.
fn check(seen: &Seen, wanted: &Seen, taken: i64) {
    let below = |place: &(i32, i64, i32)| place.1 < taken;
    let events: Vec<_> = wanted.events.iter().filter(|(place, _)| below(place)).collect();
    let rejections: Vec<_> = wanted.rejections.iter().filter(|(place, _)| below(place)).collect();
    assert_eq!(seen.events.iter().collect::<Vec<_>>(), events);
    assert_eq!(seen.rejections.iter().collect::<Vec<_>>(), rejections);
}

#[tokio::test]
async fn ing_1_ing_3_a_kill_anywhere_loses_and_doubles_nothing() {
    let topic = messages();
    let wanted = expected(&topic);
    let mut killed = 0;
    for point in POINTS {
        for pass in [1, 3] {
            let warehouse = Warehouse::new().await;
            fill(&warehouse.catalog.folder().log_path(), &topic).await;
            killed += usize::from(!run_child(warehouse.path(), &format!("{point}:{pass}")));
            let snapshot = warehouse.catalog.snapshot().await.unwrap();
            let taken = snapshot.positions.values().next().copied().unwrap_or(0);
            check(&warehouse.settled().await, &wanted, taken);

            assert!(run_child(warehouse.path(), ""), "going on after {point}:{pass}");
            warehouse.assert_settled(&wanted).await;
        }
    }
    assert!(killed >= POINTS.len() + 6, "only {killed} kills: a crash point is not passed");
}
