//! Every metric of ingest, with its meaning. Counted per chunk or commit, never per event.

use callhouse_core::event::EventType;
use callhouse_core::{KafkaPartition, Timestamp};
use callhouse_lake::{HotRows, Role, Table};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::chunk::Counts;
use crate::decode::Decoded;
use crate::gate::Gate;

const MESSAGES: &str = "callhouse_ingest_messages_total";
const EVENTS: &str = "callhouse_ingest_events_total";
const REJECTIONS: &str = "callhouse_ingest_rejections_total";
const ROWS: &str = "callhouse_ingest_rows_total";
const COMMITS: &str = "callhouse_ingest_commits_total";
const COMMIT_FAILURES: &str = "callhouse_ingest_commit_failures_total";
const COMMIT_SECONDS: &str = "callhouse_ingest_commit_seconds";
const WRITE_SECONDS: &str = "callhouse_ingest_write_files_seconds";
const VISIBLE_SECONDS: &str = "callhouse_ingest_visible_seconds";
const HOLE_OFFSETS: &str = "callhouse_ingest_hole_offsets_total";
const STOPPED: &str = "callhouse_ingest_stopped_partitions";
const LAG: &str = "callhouse_ingest_lag";
const WAITING: &str = "callhouse_ingest_waiting";
const OVERLAY_ROWS: &str = "callhouse_overlay_rows";
const HOT_ROWS: &str = "callhouse_hot_rows";
const HOT_BYTES: &str = "callhouse_hot_bytes";

/// Tells the recorder what the metrics mean. Call it once, after the recorder is installed.
pub fn describe() {
    describe_counter!(MESSAGES, "Messages taken from the log and made hot, by topic");
    describe_counter!(EVENTS, "Events made hot, by type; types this version does not know count as unknown");
    describe_counter!(REJECTIONS, "Messages or elements that could not become an event, by reason");
    describe_counter!(ROWS, "Rows written to the lake, by table");
    describe_counter!(COMMITS, "Commits of rows and positions");
    describe_counter!(COMMIT_FAILURES, "Failed attempts to commit, by what is done about them");
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "Time of one commit in the catalog, retries included");
    describe_histogram!(
        WRITE_SECONDS,
        Unit::Seconds,
        "Time to sort, write and fsync the files of one commit"
    );
    describe_histogram!(
        VISIBLE_SECONDS,
        Unit::Seconds,
        "From a message's arrival in the log until queries see it"
    );
    describe_counter!(
        HOLE_OFFSETS,
        "Offsets that retention took before they were read, by topic and partition"
    );
    describe_gauge!(STOPPED, "Partitions that are owned and not being read; 0 when all is well");
    describe_gauge!(LAG, "Messages in the log that are not in the lake yet, by topic and partition");
    describe_gauge!(WAITING, "1 while reading waits for commits or compaction");
    describe_gauge!(OVERLAY_ROWS, "Live rows of the recent tables: what compaction has yet to settle");
    describe_gauge!(HOT_ROWS, "Rows visible and not yet in a snapshot");
    describe_gauge!(HOT_BYTES, Unit::Bytes, "Memory of the rows that wait for a commit or are in one");
}

/// A unit has become hot rows.
pub(crate) fn made_hot(decoded: &DecodedTally, now: Timestamp) {
    counter!(MESSAGES, "topic" => decoded.topic.clone()).increment(decoded.counts.messages);
    for (event_type, count) in &decoded.tally.events {
        let name = event_type.map_or("unknown", EventType::as_str);
        counter!(EVENTS, "type" => name).increment(*count);
    }
    for (reason, count) in &decoded.tally.reasons {
        counter!(REJECTIONS, "reason" => reason.as_str()).increment(*count);
    }
    if let Some(received_at) = decoded.tally.oldest_received_at {
        histogram!(VISIBLE_SECONDS).record(seconds(now.micros_since(received_at).max(0)));
    }
}

/// What [`made_hot`] needs of a unit after its rows are gone.
pub(crate) struct DecodedTally {
    topic: String,
    counts: Counts,
    tally: crate::decode::Tally,
}

impl DecodedTally {
    pub(crate) fn take(decoded: &mut Decoded) -> Self {
        let topic = decoded.range.kafka_partition.topic.to_string();
        Self { topic, counts: decoded.counts, tally: std::mem::take(&mut decoded.tally) }
    }
}

pub(crate) fn committed(commit: &callhouse_lake::Commit) {
    counter!(COMMITS).increment(1);
    for file in &commit.add {
        counter!(ROWS, "table" => file.table.name()).increment(u64::try_from(file.record_count).unwrap_or(0));
    }
}

pub(crate) fn commit_failed(consequence: &'static str) {
    counter!(COMMIT_FAILURES, "then" => consequence).increment(1);
}

pub(crate) fn commit_took(time: std::time::Duration) {
    histogram!(COMMIT_SECONDS).record(time.as_secs_f64());
}

pub(crate) fn write_took(time: std::time::Duration) {
    histogram!(WRITE_SECONDS).record(time.as_secs_f64());
}

pub(crate) fn hole(hole: &callhouse_core::position::OffsetRange) {
    let (topic, partition) = labels(&hole.kafka_partition);
    counter!(HOLE_OFFSETS, "topic" => topic, "partition" => partition)
        .increment(u64::try_from(hole.to - hole.from).unwrap_or(0));
}

pub(crate) fn lag(kafka_partition: &KafkaPartition, messages: i64) {
    let (topic, partition) = labels(kafka_partition);
    gauge!(LAG, "topic" => topic, "partition" => partition).set(float(messages));
}

pub(crate) fn stopped_partitions(count: usize) {
    gauge!(STOPPED).set(float(count));
}

pub(crate) fn loads(hot: &HotRows, gate: &Gate) {
    for table in Table::ALL.into_iter().filter(|table| !matches!(table.role(), Role::Settled(_))) {
        gauge!(HOT_ROWS, "table" => table.name()).set(float(hot.row_count(table)));
    }
    gauge!(HOT_BYTES).set(float(gate.hot_bytes()));
    gauge!(WAITING).set(if gate.is_open() { 0.0 } else { 1.0 });
}

pub(crate) fn overlay_rows(rows: i64) {
    gauge!(OVERLAY_ROWS).set(float(rows));
}

fn labels(kafka_partition: &KafkaPartition) -> (String, String) {
    (kafka_partition.topic.to_string(), kafka_partition.partition.to_string())
}

fn seconds(micros: i64) -> f64 {
    std::time::Duration::from_micros(u64::try_from(micros).unwrap_or(0)).as_secs_f64()
}

/// Gauges are floats; above 2^32 the last digits of a count of rows or bytes are of no use to anybody.
fn float(count: impl TryInto<u32>) -> f64 {
    count.try_into().map_or(f64::from(u32::MAX), f64::from)
}
