//! Positions against the offsets of the rows in the archives and the rejections.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use callhouse_core::KafkaPartition;

use super::{Finding, OFFSETS_AT_A_TIME, Stage, VerifyProgress, VerifyReport};
use crate::catalog::{Catalog, Snapshot};
use crate::error::Error;
use crate::folder::DataFolder;
use crate::read::FileReader;
use crate::table::Table;

/// The offsets of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionOffsets {
    pub kafka_partition: KafkaPartition,
    /// The stored position, if there is one.
    pub position: Option<i64>,
    /// The least offset a row has.
    pub first_offset: i64,
    /// Rows with an offset of this partition.
    pub rows: u64,
    /// Offsets from the first to the position that no row has: left out by the log, or holes.
    pub offsets_without_row: i64,
    /// Of those, offsets recorded as holes.
    pub offsets_in_holes: i64,
}

/// Recorded holes as half-open ranges.
pub(super) type Holes = BTreeMap<KafkaPartition, Vec<(i64, i64)>>;

pub(super) async fn recorded_holes(catalog: &Catalog) -> Result<Holes, Error> {
    let rows: Vec<(String, i32, i64, i64)> =
        sqlx::query_as("SELECT topic, kafka_partition, from_offset, to_offset FROM callhouse_holes")
            .fetch_all(catalog.pool())
            .await
            .map_err(Error::catalog("read of the recorded holes"))?;
    let mut holes = Holes::new();
    for (topic, partition, from, to) in rows {
        holes.entry(KafkaPartition::new(topic, partition)).or_default().push((from, to));
    }
    Ok(holes)
}

/// Offset and element of rows, by partition.
type Seen = BTreeMap<(Arc<str>, i32), Vec<(i64, i32)>>;

/// Compares positions and rows; what is wrong becomes findings.
pub(super) fn check(
    folder: &DataFolder,
    snapshot: &Snapshot,
    holes: &Holes,
    report: &mut VerifyReport,
    on_progress: &dyn Fn(VerifyProgress),
) -> Result<(), Error> {
    let tables = || Table::ALL.into_iter().filter(|table| table.has_offsets());
    let files = || tables().filter_map(|table| snapshot.files.get(&table)).flatten();
    let rows: i64 = files().map(|file| file.record_count).sum();
    let passes = rows / OFFSETS_AT_A_TIME + 1;
    let mut tallies: BTreeMap<KafkaPartition, Tally> = BTreeMap::new();
    for pass in 0..passes {
        let mut seen = Seen::new();
        for file in files() {
            let columns = ["topic", "kafka_partition", "log_offset", "element"];
            for batch in FileReader::open(folder, file)?.columns(&columns)? {
                collect(&batch?, |offset| offset.rem_euclid(passes) == pass, &mut seen);
            }
        }
        for ((topic, partition), offsets) in seen {
            let kafka_partition = KafkaPartition::new(topic, partition);
            let position = snapshot.positions.get(&kafka_partition).copied();
            tallies.entry(kafka_partition).or_default().add(offsets, position);
        }
        let done = u64::try_from(pass + 1).unwrap_or(0);
        on_progress(VerifyProgress {
            stage: Stage::Offsets,
            done,
            total: u64::try_from(passes).unwrap_or(0),
        });
    }
    for (kafka_partition, tally) in tallies {
        let Some(first_offset) = tally.first_offset else { continue };
        let position = snapshot.positions.get(&kafka_partition).copied();
        report.findings.extend(tally.findings(&kafka_partition, position));
        let in_holes = holes.get(&kafka_partition).into_iter().flatten().map(|(from, to)| to - from).sum();
        report.partitions.push(PartitionOffsets {
            position,
            first_offset,
            rows: tally.rows,
            offsets_without_row: position.map_or(0, |next| next - first_offset) - tally.offsets,
            offsets_in_holes: in_holes,
            kafka_partition,
        });
    }
    Ok(())
}

/// Notes the offsets of a batch of the four columns, in the order they have in the tables.
fn collect(batch: &RecordBatch, is_of_pass: impl Fn(i64) -> bool, seen: &mut Seen) {
    let topics = batch.column(0).as_string::<i32>();
    let partitions = batch.column(1).as_primitive::<Int32Type>();
    let offsets = batch.column(2).as_primitive::<Int64Type>();
    let elements = batch.column(3).as_primitive::<Int32Type>();
    // Rows of one partition follow each other mostly; its entry is looked up once per run.
    let mut row = 0;
    while row < batch.num_rows() {
        let (topic, partition) = (topics.value(row), partitions.value(row));
        let of_partition = seen.entry((topic.into(), partition)).or_default();
        while row < topics.len() && topics.value(row) == topic && partitions.value(row) == partition {
            if is_of_pass(offsets.value(row)) {
                of_partition.push((offsets.value(row), elements.value(row)));
            }
            row += 1;
        }
    }
}

/// What the passes add up for one partition.
#[derive(Debug, Default)]
struct Tally {
    first_offset: Option<i64>,
    rows: u64,
    /// Different offsets.
    offsets: i64,
    /// Rows with the offset and element of another.
    twice: usize,
    /// Rows at or above the position.
    above: usize,
}

impl Tally {
    fn add(&mut self, mut seen: Vec<(i64, i32)>, position: Option<i64>) {
        seen.sort_unstable();
        let first = seen.first().map(|(offset, _)| *offset);
        self.first_offset = match (self.first_offset, first) {
            (Some(known), Some(first)) => Some(known.min(first)),
            (known, first) => known.or(first),
        };
        self.rows += u64::try_from(seen.len()).unwrap_or(u64::MAX);
        self.twice += seen.windows(2).filter(|pair| pair[0] == pair[1]).count();
        self.above += seen.iter().filter(|(offset, _)| position.is_some_and(|next| *offset >= next)).count();
        seen.dedup_by_key(|(offset, _)| *offset);
        self.offsets += i64::try_from(seen.len()).unwrap_or(i64::MAX);
    }

    fn findings(&self, kafka_partition: &KafkaPartition, position: Option<i64>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find = |what: String| findings.push(Finding { subject: kafka_partition.to_string(), what });
        if position.is_none() {
            find(format!("has {} rows and no position", self.rows));
        }
        if self.twice > 0 {
            find(format!("{} rows have the offset and element of another", self.twice));
        }
        if self.above > 0 {
            find(format!("{} rows lie at or above the position", self.above));
        }
        findings
    }
}
