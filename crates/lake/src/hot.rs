//! Hot rows: rows taken from the log and not yet in a snapshot, where `ingest` and `query` meet (LAK-2).
//!
//! Ingest publishes chunks, each of a half-open offset range of one partition; a commit always covers whole
//! chunks. A reader takes the hot view FIRST and the snapshot after it, then leaves out the chunks whose range
//! the snapshot's positions already cover: a chunk dropped here before the view was taken is in any later
//! snapshot, so there is no gap, and one still here is shown only if the snapshot lacks it, so there is no double.

use std::sync::Arc;

use arrow::array::RecordBatch;
use callhouse_core::position::OffsetRange;
use parking_lot::RwLock;

use crate::catalog::Snapshot;

/// The rows of one offset range.
#[derive(Debug, Clone)]
pub struct HotChunk {
    pub range: OffsetRange,
    /// Rows of `call_events`.
    pub events: RecordBatch,
    /// Rows of `calls_recent`: whole or partial, any number per call.
    pub calls: RecordBatch,
    /// Rows of `rejections`.
    pub rejections: RecordBatch,
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

    /// Rows held, for the metrics: (events, calls, rejections).
    #[must_use]
    pub fn row_counts(&self) -> (usize, usize, usize) {
        self.chunks.read().iter().fold((0, 0, 0), |(events, calls, rejections), chunk| {
            (
                events + chunk.events.num_rows(),
                calls + chunk.calls.num_rows(),
                rejections + chunk.rejections.num_rows(),
            )
        })
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
