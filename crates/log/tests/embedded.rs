//! The embedded log, from outside: what is appended is read once and in order, over restarts, trims,
//! several processes' appends and broken files.

#[path = "support/recorder.rs"]
mod recorder;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use callhouse_core::position::OffsetRange;
use callhouse_core::{Clock, KafkaPartition};
use callhouse_log::embedded::TOPIC;
use callhouse_log::{Append, Appender, EmbeddedLog, Error, Log, OnHole};
use callhouse_testkit::{ManualClock, poll_until};
use recorder::{DEADLINE, Happened, Recorder, Running};
use tempfile::TempDir;

fn events() -> KafkaPartition {
    KafkaPartition::new(TOPIC, 0)
}

async fn open(folder: &TempDir) -> Arc<EmbeddedLog> {
    open_at(&folder.path().join("log.db")).await
}

async fn open_at(path: &Path) -> Arc<EmbeddedLog> {
    Arc::new(EmbeddedLog::open(path, Arc::new(ManualClock::default())).await.expect("opens"))
}

fn message(text: &str) -> Append {
    let headers = vec![("h".into(), text.as_bytes().into())];
    Append { key: "acme/1".into(), headers, payload: Bytes::copy_from_slice(text.as_bytes()) }
}

fn numbered(range: std::ops::Range<usize>) -> Vec<Append> {
    range.map(|number| message(&number.to_string())).collect()
}

async fn append(log: &EmbeddedLog, range: std::ops::Range<usize>) {
    log.append(numbered(range)).await.expect("appended");
}

fn texts(messages: &[callhouse_log::Message]) -> Vec<String> {
    messages.iter().map(|message| String::from_utf8_lossy(&message.payload).into_owned()).collect()
}

fn below(to: i64) -> OffsetRange {
    OffsetRange { kafka_partition: events(), from: 0, to }
}

/// Trims and waits until the oldest group is the one at `oldest`.
async fn trim(log: &EmbeddedLog, to: i64, oldest: Option<i64>) {
    log.committed(&below(to)).await.expect("accepted");
    poll_until(DEADLINE, || async { oldest_group(log.path()).await == oldest }).await;
}

async fn oldest_group(path: &Path) -> Option<i64> {
    use sqlx::{ConnectOptions, Connection};
    let mut file = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.expect("opens");
    let oldest = sqlx::query_scalar("SELECT MIN(base_offset) FROM log_group").fetch_one(&mut file).await;
    file.close().await.expect("closes");
    oldest.expect("readable")
}

#[tokio::test]
async fn log_1_what_was_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    append(&*open(&folder).await, 0..3).await; // no close: as after a kill
    let log = open(&folder).await;
    append(&log, 3..5).await;

    let owner = Arc::new(Recorder::alone());
    let running = Running::start(&log, &owner);
    let messages = owner.read_to(&events(), 5).await;
    running.stop().await.expect("ends well");

    assert_eq!(texts(&messages), ["0", "1", "2", "3", "4"]);
    assert_eq!(*messages[4].headers, *numbered(4..5)[0].headers);
    assert_eq!(messages[0].received_at, ManualClock::default().now());
    let only = || ("only", events());
    let expected = [
        Happened::Assigned(only().0, only().1),
        Happened::Revoking(only().0, only().1),
        Happened::Revoked(only().0, only().1),
    ];
    assert_eq!(owner.history(), expected);
}

#[tokio::test]
async fn ing_2_reading_starts_at_the_owners_position_also_within_a_group() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    append(&log, 0..10).await;
    append(&log, 10..12).await;
    for start in [0, 4, 9, 10, 11] {
        let owner = Arc::new(Recorder::alone().at(&events(), start));
        let running = Running::start(&log, &owner);
        let first = owner.next_batch(&events()).await.expect("a batch");
        running.stop().await.expect("ends well");
        assert_eq!((first.from, first.messages[0].offset), (start, start));
        assert_eq!(first.messages[0].payload, start.to_string().as_bytes());
    }
}

#[tokio::test]
async fn a_reader_at_the_end_waits_and_is_woken() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    let other_process = open(&folder).await;
    let owner = Arc::new(Recorder::alone());
    let running = Running::start(&log, &owner);
    append(&log, 0..1).await;
    assert_eq!(owner.read_to(&events(), 1).await.len(), 1);
    append(&other_process, 1..2).await;
    assert_eq!(texts(&owner.read_to(&events(), 2).await), ["1"]);
    running.stop().await.expect("ends well");
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_of_two_processes_give_every_offset_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.db");
    // Opened at the same time, too: both may find that they have to create the file.
    let (left, right) = tokio::join!(open_at(&path), open_at(&path));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..40_usize {
        let log = Arc::clone(if task % 2 == 0 { &left } else { &right });
        tasks.spawn(async move {
            for number in 0..10 {
                let text = format!("{task}-{number}");
                log.append(vec![message(&text), message(&text)]).await.expect("appended");
            }
        });
    }
    let owner = Arc::new(Recorder::alone());
    let running = Running::start(&left, &owner);
    let messages = owner.read_to(&events(), 800).await;
    tasks.join_all().await;
    running.stop().await.expect("ends well");

    let offsets: Vec<_> = messages.iter().map(|message| message.offset).collect();
    assert_eq!(offsets, (0..800).collect::<Vec<_>>());
    let texts = texts(&messages);
    for task in 0..40 {
        let own = texts.iter().filter(|text| text.starts_with(&format!("{task}-")));
        let expected = (0..10).flat_map(|number| [format!("{task}-{number}"), format!("{task}-{number}")]);
        assert!(own.eq(expected.collect::<Vec<_>>().iter()), "task {task} out of order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_waiting_appends_share_a_transaction() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    let appends = (0..200).map(|number| {
        let log = Arc::clone(&log);
        async move { append(&log, number..number + 1).await }
    });
    futures::future::join_all(appends).await;

    let owner = Arc::new(Recorder::alone());
    let running = Running::start(&log, &owner);
    let (mut batches, mut read) = (0, 0);
    while read < 200 {
        read += owner.next_batch(&events()).await.expect("a batch").messages.len();
        batches += 1;
    }
    running.stop().await.expect("ends well");
    assert!(batches <= 20, "{batches} transactions for 200 appends that came together");
}

#[tokio::test]
async fn offsets_go_on_after_everything_was_trimmed_and_the_log_reopened() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    append(&log, 0..3).await;
    append(&log, 3..7).await;
    trim(&log, 5, Some(3)).await; // a group that is needed in part stays whole
    trim(&log, 7, None).await;
    log.close().await;

    let log = open(&folder).await;
    append(&log, 7..8).await;
    let owner = Arc::new(Recorder::alone().at(&events(), 7));
    let running = Running::start(&log, &owner);
    let messages = owner.read_to(&events(), 8).await;
    assert_eq!((messages[0].offset, texts(&messages)), (7, vec!["7".to_owned()]));
    running.stop().await.expect("ends well");
}

#[tokio::test]
async fn a_long_trim_goes_on_until_it_is_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    for number in 0..50 {
        append(&log, number..number + 1).await;
    }
    trim(&log, 50, None).await;
}

#[tokio::test]
async fn a_position_beyond_the_end_stops_with_a_clear_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    append(&log, 0..2).await;
    let owner = Arc::new(Recorder::alone().at(&events(), 500));
    let ended = Running::start(&log, &owner).ended().await;

    let reason = "the lake has events[0] up to offset 500, but that log ends at offset 2";
    assert!(matches!(ended, Err(Error::Stopped { .. })), "{ended:?}");
    let history = owner.history();
    assert!(matches!(&history[1], Happened::Stopped(_, _, text) if text.starts_with(reason)), "{history:?}");
    assert_eq!(history[3], Happened::Revoked("only", events()));
}

#[tokio::test]
async fn a_position_that_was_trimmed_away_stops_or_is_told_as_a_hole() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    append(&log, 0..3).await;
    append(&log, 3..4).await;
    trim(&log, 3, Some(3)).await;

    let strict = Arc::new(Recorder::alone().at(&events(), 1));
    let ended = Running::start(&log, &strict).ended().await;
    assert!(ended.is_err_and(|error| error.to_string().contains("begins at offset 3")));

    let skipping = Arc::new(Recorder { on_hole: OnHole::Skip, ..Recorder::alone().at(&events(), 1) });
    let running = Running::start(&log, &skipping);
    let batch = skipping.next_batch(&events()).await.expect("a batch");
    running.stop().await.expect("ends well");
    assert_eq!(batch.hole, Some(OffsetRange { kafka_partition: events(), from: 1, to: 3 }));
    assert_eq!((batch.from, batch.to, batch.messages.len()), (1, 4, 1));
}

#[tokio::test]
async fn a_full_queue_says_so_and_loses_nothing_that_was_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    let large = || {
        let payload = Bytes::from(vec![b'x'; 40 * 1024 * 1024]);
        vec![Append { key: "k".into(), headers: Vec::new(), payload }]
    };
    let (first, second) = tokio::join!(log.append(large()), log.append(large()));
    first.expect("the first has room");
    assert!(matches!(second, Err(Error::Full)), "{second:?}");
    log.append(large()).await.expect("there is room again");
}

#[tokio::test]
async fn a_slow_owner_holds_the_reader_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    for number in 0..30 {
        append(&log, number..number + 1).await;
    }
    let owner = Arc::new(Recorder { capacity: 1, ..Recorder::alone() });
    let running = Running::start(&log, &owner);
    poll_until(DEADLINE, || async { !log.lag().await.expect("lag").is_empty() }).await;
    owner.next_batch(&events()).await.expect("a batch");
    let lag = log.lag().await.expect("lag").remove(0);
    assert!(lag.next_offset <= 3 && lag.high_watermark == 30, "{lag:?}");
    assert_eq!(owner.read_to(&events(), 30).await.len(), 29);
    running.stop().await.expect("ends well");
    assert_eq!(log.lag().await.expect("lag"), []);
}

#[tokio::test]
async fn a_damaged_group_stops_reading_at_its_offset() {
    use sqlx::{ConnectOptions, Connection};
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    append(&log, 0..2).await;
    append(&log, 2..4).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(log.path());
    let mut file = options.connect().await.expect("opens");
    let cut = "UPDATE log_group SET messages = substr(messages, 1, 9) WHERE base_offset = 2";
    sqlx::query(cut).execute(&mut file).await.expect("cut");
    file.close().await.expect("closes");

    let owner = Arc::new(Recorder::alone());
    let running = Running::start(&log, &owner);
    assert_eq!(owner.read_to(&events(), 2).await.len(), 2);
    let ended = running.ended().await;
    let reason = "events[0] is damaged at offset 2: it ends early";
    assert!(ended.is_err_and(|error| error.to_string().contains(reason)));
}

#[tokio::test]
async fn a_closed_log_refuses_and_has_kept_what_waited() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = open(&folder).await;
    let (appended, ()) = tokio::join!(log.append(numbered(0..1)), log.close());
    appended.expect("it was accepted before the close");
    assert!(matches!(log.append(numbered(1..2)).await, Err(Error::Closed)));
}

/// The part of [`log_1_no_kill_loses_what_was_acknowledged`] that is killed: reads a path and a crash point from
/// its input, appends ever more and prints the number of each message that was acknowledged.
#[cfg(debug_assertions)]
#[tokio::test]
#[ignore = "is run and killed by another test"]
async fn child_that_appends_until_it_is_killed() {
    let mut input = String::new();
    std::io::stdin().read_line(&mut input).expect("an input");
    let Some((path, crash_point)) = input.trim_end().split_once('\t') else { return };
    callhouse_core::crash::arm(crash_point).expect("a crash point");
    let log = open_at(Path::new(path)).await;
    for number in 0.. {
        append(&log, number..number + 1).await;
        println!("acknowledged {number}");
        let next_offset = i64::try_from(number).expect("few") + 1;
        log.committed(&below(next_offset - 5)).await.expect("accepted");
    }
}

/// Crash points are in debug builds only.
#[cfg(debug_assertions)]
#[tokio::test]
async fn log_1_no_kill_loses_what_was_acknowledged() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let points = ["log.append.before_commit", "log.append.after_commit", "log.trim.before", "log.trim.after"];
    for point in points {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.db");
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["child_that_appends_until_it_is_killed", "--exact", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut input = child.stdin.take().expect("an input");
        writeln!(input, "{}\t{point}:20", path.display()).expect("told");
        let output = child.wait_with_output().expect("ends");
        assert!(!output.status.success(), "{point} was never passed");
        let printed = String::from_utf8(output.stdout).expect("text");
        let acknowledged = printed.lines().filter(|line| line.contains("acknowledged")).count();
        assert!(acknowledged >= 15, "{point}: {printed}");

        let log = open_at(&path).await;
        append(&log, acknowledged..acknowledged + 1).await;
        let oldest = oldest_group(&path).await.expect("something is left");
        assert!(oldest <= i64::try_from(acknowledged).expect("few") - 5, "{point} trimmed too much");
        let owner = Arc::new(Recorder::alone().at(&events(), oldest));
        let running = Running::start(&log, &owner);
        let mut numbers = Vec::new();
        while numbers.last() != Some(&acknowledged) || numbers.len() < 2 {
            let batch = owner.next_batch(&events()).await.expect("a batch");
            numbers
                .extend(texts(&batch.messages).iter().map(|text| text.parse::<usize>().expect("a number")));
        }
        running.stop().await.expect("ends well");
        numbers.dedup(); // the append that was cut off may be there, and was appended again
        let first = usize::try_from(oldest).expect("an offset");
        assert_eq!(numbers, (first..=acknowledged).collect::<Vec<_>>(), "{point}");
    }
}
