//! What ingest says about itself: totals of a run, and where each partition stands.

use callhouse_core::KafkaPartition;

/// What a run has committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Messages of the log, each of one or more events or rejections.
    pub messages: u64,
    pub events: u64,
    pub rejections: u64,
    /// Rows appended to recent tables; one per record and commit, so fewer than events.
    pub rows: u64,
    pub commits: u64,
}

/// Where ingest stands now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Partitions this process owns or has stopped reading, in order.
    pub partitions: Vec<PartitionStatus>,
    /// Why reading waits for commits or compaction; `None` while it does not.
    pub waiting_for: Option<&'static str>,
    /// What ended the last run, when that was a failure.
    pub failure: Option<String>,
}

impl Status {
    /// No partition has stopped and nothing has failed. Waiting is healthy.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.failure.is_none() && self.partitions.iter().all(|partition| partition.stopped.is_none())
    }
}

/// Where one partition stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionStatus {
    pub kafka_partition: KafkaPartition,
    /// Everything below is in the lake; `None` before the first commit of a partition never read before.
    pub committed_offset: Option<i64>,
    /// Everything below is in the lake or in the hot rows.
    pub hot_offset: Option<i64>,
    /// Messages appended to the log and not yet committed; `None` until the log was asked.
    pub lag: Option<i64>,
    /// Why this partition is not being read, for a person.
    pub stopped: Option<String>,
}
