//! Who owns which partition, and the chunks that wait for the next commit. The two change under one lock, so that
//! a partition that was lost can neither show nor stage another row.

use std::collections::HashMap;

use callhouse_core::KafkaPartition;
use callhouse_core::position::OffsetRange;
use callhouse_lake::{HotChunk, HotRows};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::chunk::{Chunk, Counts};
use crate::open_records::RowAddress;

/// One ownership of a partition. Owning it again later is another tenure, so that nothing left over from an earlier
/// one is taken for it.
#[derive(Debug, Clone)]
pub(crate) struct Tenure {
    pub(crate) kafka_partition: KafkaPartition,
    number: u64,
    /// Cancelled when the tenure ends.
    pub(crate) ended: CancellationToken,
}

/// The tenure has ended: whatever the caller holds of the partition must be dropped.
#[derive(Debug)]
pub(crate) struct TenureEnded;

/// What one partition brings to a commit.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) tenure: Tenure,
    /// Never empty; contiguous.
    pub(crate) chunks: Vec<Chunk>,
}

/// What waits for a commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
    /// When the oldest of it came.
    pub(crate) since: Option<Instant>,
}

#[derive(Debug, Default)]
struct State {
    partitions: HashMap<KafkaPartition, Owned>,
    waiting: Waiting,
    tenures: u64,
    flushes: u64,
}

#[derive(Debug)]
struct Owned {
    tenure: Tenure,
    chunks: Vec<Chunk>,
}

#[derive(Debug)]
pub(crate) struct Staging {
    state: Mutex<State>,
    hot: HotRows,
    grown: Notify,
}

impl Share {
    /// The offsets this share takes in.
    pub(crate) fn range(&self) -> OffsetRange {
        let from = self.chunks.first().map_or(0, |chunk| chunk.range.from);
        let to = self.chunks.last().map_or(from, |chunk| chunk.range.to);
        OffsetRange { kafka_partition: self.tenure.kafka_partition.clone(), from, to }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.chunks.iter().fold(Counts::default(), |sum, chunk| sum.plus(chunk.counts))
    }
}

impl Staging {
    pub(crate) fn new(hot: HotRows) -> Self {
        Self { state: Mutex::default(), hot, grown: Notify::new() }
    }

    /// Begins a tenure. An earlier one of the same partition ends, its uncommitted rows are forgotten.
    pub(crate) fn begin(&self, kafka_partition: &KafkaPartition) -> Tenure {
        let mut state = self.state.lock();
        self.forget(&mut state, kafka_partition);
        state.tenures += 1;
        let tenure = Tenure {
            kafka_partition: kafka_partition.clone(),
            number: state.tenures,
            ended: CancellationToken::new(),
        };
        state
            .partitions
            .insert(kafka_partition.clone(), Owned { tenure: tenure.clone(), chunks: Vec::new() });
        tenure
    }

    /// Ends a tenure and forgets its uncommitted rows; nothing happens if it has ended already.
    pub(crate) fn end(&self, tenure: &Tenure) {
        let mut state = self.state.lock();
        if state.owns(tenure) {
            self.forget(&mut state, &tenure.kafka_partition);
        }
    }

    /// Ends every tenure.
    pub(crate) fn end_all(&self) {
        let mut state = self.state.lock();
        let owned: Vec<KafkaPartition> = state.partitions.keys().cloned().collect();
        for kafka_partition in owned {
            self.forget(&mut state, &kafka_partition);
        }
    }

    pub(crate) fn owns(&self, tenure: &Tenure) -> bool {
        self.state.lock().owns(tenure)
    }

    /// Shows a chunk to readers and stages it for the next commit. `superseded` are rows of earlier chunks that this
    /// one repeats. Returns the number of the partition's first chunk that waits for a commit.
    pub(crate) fn add(
        &self,
        tenure: &Tenure,
        chunk: Chunk,
        superseded: &[RowAddress],
    ) -> Result<u64, TenureEnded> {
        let mut state = self.state.lock();
        let Some(owned) = state.partitions.get_mut(&tenure.kafka_partition) else { return Err(TenureEnded) };
        if owned.tenure.number != tenure.number {
            return Err(TenureEnded);
        }
        let first_waiting = owned.chunks.first().map_or(chunk.number, |first| first.number);
        for address in superseded {
            // Rows below were handed to a commit: they stay, and are joined with this one by whoever reads.
            let index =
                address.chunk.checked_sub(first_waiting).and_then(|index| usize::try_from(index).ok());
            if let Some(earlier) = index.and_then(|index| owned.chunks.get_mut(index)) {
                earlier.supersede(*address);
            }
        }
        let (rows, bytes) = (chunk.row_count(), chunk.held.bytes());
        if rows > 0 {
            self.hot.publish(HotChunk {
                range: chunk.range.clone(),
                rows: chunk.rows.iter().map(|rows| (rows.table, rows.batch.clone())).collect(),
                flush: chunk.flush.clone(),
            });
        }
        owned.chunks.push(chunk);
        state.waiting.rows += rows;
        state.waiting.bytes += bytes;
        state.waiting.since.get_or_insert_with(Instant::now);
        drop(state);
        self.grown.notify_one();
        Ok(first_waiting)
    }

    /// Hands everything that waits to a commit.
    pub(crate) fn take(&self) -> Vec<Share> {
        let mut state = self.state.lock();
        state.waiting = Waiting::default();
        state.flushes += 1;
        for chunk in state.partitions.values().flat_map(|owned| &owned.chunks) {
            chunk.flush.begun(state.flushes);
        }
        let shares = state.partitions.values_mut().filter(|owned| !owned.chunks.is_empty());
        shares
            .map(|owned| Share { tenure: owned.tenure.clone(), chunks: std::mem::take(&mut owned.chunks) })
            .collect()
    }

    pub(crate) fn waiting(&self) -> Waiting {
        self.state.lock().waiting
    }

    /// Returns when something was added since the last call.
    pub(crate) async fn grown(&self) {
        self.grown.notified().await;
    }

    /// After a commit: readers find these rows in the snapshot now.
    pub(crate) fn drop_hot_below(&self, range: &OffsetRange) {
        self.hot.drop_below(range);
    }

    fn forget(&self, state: &mut State, kafka_partition: &KafkaPartition) {
        let Some(owned) = state.partitions.remove(kafka_partition) else { return };
        owned.tenure.ended.cancel();
        for chunk in &owned.chunks {
            state.waiting.rows -= chunk.row_count();
            state.waiting.bytes -= chunk.held.bytes();
        }
        self.hot.drop_partition(kafka_partition);
    }
}

impl State {
    fn owns(&self, tenure: &Tenure) -> bool {
        self.partitions.get(&tenure.kafka_partition).is_some_and(|owned| owned.tenure.number == tenure.number)
    }
}
