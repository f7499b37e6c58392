//! Hot rows: rows taken from the log and not yet in a snapshot, where `ingest` and `query` meet (LAK-2).
//!
//! Ingest publishes chunks, each of a half-open offset range of one partition; a commit always covers whole
//! chunks. A reader takes the hot view FIRST and the snapshot after it, then leaves out the chunks whose range
//! the snapshot's positions already cover: a chunk dropped here before the view was taken is in any later
//! snapshot, so there is no gap, and one still here is shown only if the snapshot lacks it, so there is no double.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arrow::array::RecordBatch;
use callhouse_core::position::OffsetRange;
use parking_lot::RwLock;

use crate::catalog::Snapshot;
use crate::table::Table;

/// The rows of one offset range.
#[derive(Debug, Clone)]
pub struct HotChunk {
    pub range: OffsetRange,
    /// Rows by table, each at most once; those of recent tables are whole or partial, any number per record.
    pub rows: Vec<(Table, RecordBatch)>,
    pub flush: Flush,
}

impl HotChunk {
    /// The rows of a table; `None` when there are none.
    #[must_use]
    pub fn of(&self, table: Table) -> Option<&RecordBatch> {
        let rows = self.rows.iter().find(|(known, _)| *known == table).map(|(_, rows)| rows);
        rows.filter(|rows| rows.num_rows() > 0)
    }
}

/// The flush that writes the rows of a chunk, once there is one. It lets a reader who knows the rows of all chunks of a
/// flush pass over the file they became. Also the identity of the chunk: clones are of the same one.
#[derive(Debug, Clone, Default)]
pub struct Flush(Arc<Slot>);

#[derive(Debug, Default)]
struct Slot {
    /// 0 while the chunk waits for its flush.
    number: AtomicU64,
    written: OnceLock<Vec<Flushed>>,
}

/// A written flush, as far as one table is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flushed {
    pub table: Table,
    /// The flush's file of the table.
    pub path: Arc<str>,
    /// The chunks published to readers that have rows of the table, all of them in the file.
    pub chunks: usize,
}

impl Flush {
    /// Notes that the chunk goes with a flush, numbered from 1; it will not wait for another one's commit.
    pub fn begun(&self, number: u64) {
        self.0.number.store(number, Ordering::SeqCst);
    }

    /// Notes the files before their commit. Only the first counts: if that one's commit did not come about, readers read
    /// the files of the one that did.
    pub fn written(&self, flushed: Vec<Flushed>) {
        self.0.written.get_or_init(|| flushed);
    }

    /// The number of the flush, 0 while it has not begun.
    pub(crate) fn number(&self) -> u64 {
        self.0.number.load(Ordering::SeqCst)
    }

    pub(crate) fn flushed(&self, table: Table) -> Option<&Flushed> {
        self.0.written.get()?.iter().find(|flushed| flushed.table == table)
    }

    /// Tells chunks apart for as long as one of the clones lives.
    pub(crate) fn identity(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

/// The hot rows of one process. Cheap to clone; clones share the rows.
#[derive(Debug, Clone, Default)]
pub struct HotRows {
    chunks: Arc<RwLock<Vec<Arc<HotChunk>>>>,
}

/// The chunks at one moment.
#[derive(Debug, Clone, Default)]
pub struct HotView {
    chunks: Vec<Arc<HotChunk>>,
}

impl HotRows {
    /// Shows a chunk to readers.
    pub fn publish(&self, chunk: HotChunk) {
        self.chunks.write().push(Arc::new(chunk));
    }

    /// Forgets chunks of a partition up to `next_offset`, after a commit has made them visible in a snapshot.
    pub fn drop_below(&self, range: &OffsetRange) {
        self.chunks.write().retain(|chunk| {
            chunk.range.kafka_partition != range.kafka_partition || chunk.range.to > range.to
        });
    }

    /// Forgets all chunks of a partition: this process has lost it, its new owner reads the rows again.
    pub fn drop_partition(&self, kafka_partition: &callhouse_core::KafkaPartition) {
        self.chunks.write().retain(|chunk| chunk.range.kafka_partition != *kafka_partition);
    }

    /// The chunks now. Take this before the snapshot.
    #[must_use]
    pub fn view(&self) -> HotView {
        HotView { chunks: self.chunks.read().clone() }
    }

    /// Rows held of a table, for the metrics.
    #[must_use]
    pub fn row_count(&self, table: Table) -> usize {
        self.chunks.read().iter().filter_map(|chunk| chunk.of(table)).map(RecordBatch::num_rows).sum()
    }
}

impl HotView {
    /// The chunks that `snapshot` does not show yet (LAK-2).
    #[must_use]
    pub fn above(&self, snapshot: &Snapshot) -> Vec<Arc<HotChunk>> {
        let covered = |chunk: &HotChunk| {
            snapshot.positions.get(&chunk.range.kafka_partition).is_some_and(|next| *next >= chunk.range.to)
        };
        self.chunks.iter().filter(|chunk| !covered(chunk)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use callhouse_core::{KafkaPartition, Timestamp};

    use super::*;
    use crate::testing::{hot_chunk, offset};

    fn snapshot(next_offset: Option<i64>) -> Snapshot {
        let partition = KafkaPartition::new("calls", 0);
        let positions = next_offset.map(|next| (partition, next)).into_iter().collect();
        Snapshot { id: 1, at: Timestamp(0), files: HashMap::new(), positions }
    }

    #[test]
    fn lak_2_a_chunk_is_shown_until_the_snapshot_covers_it() {
        let hot = HotRows::default();
        (0..3).for_each(|at| hot.publish(hot_chunk(at, &[])));
        let shown = |next_offset| -> Vec<i64> {
            hot.view().above(&snapshot(next_offset)).iter().map(|chunk| chunk.range.from).collect()
        };
        assert_eq!(shown(None), [0, 1, 2]);
        assert_eq!(shown(Some(0)), [0, 1, 2]);
        assert_eq!(shown(Some(1)), [1, 2]);
        assert_eq!(shown(Some(3)), [0_i64; 0]);
    }

    #[test]
    fn chunks_go_when_they_are_committed_or_their_partition_is_lost() {
        let hot = HotRows::default();
        (0..3).for_each(|at| hot.publish(hot_chunk(at, &[])));
        let view = hot.view();
        hot.drop_below(&offset(1));
        assert_eq!(hot.view().above(&snapshot(None)).len(), 1);
        hot.drop_partition(&KafkaPartition::new("calls", 0));
        assert_eq!(hot.view().above(&snapshot(None)).len(), 0);
        // What a reader has taken, it keeps.
        assert_eq!(view.above(&snapshot(None)).len(), 3);
    }
}
