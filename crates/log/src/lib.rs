//! The event log: Apache Kafka, the embedded log, or a file being imported, behind two small traits.
//!
//! Owns reading and appending of messages. Leaves to others what they mean (`core`), where reading starts
//! (the catalog says, ING-2; Kafka's committed offsets are written for monitoring and never believed).

pub mod embedded;
pub mod error;
pub mod file;
pub mod kafka;
pub mod message;
mod start;

pub use embedded::EmbeddedLog;
pub use error::Error;
pub use file::FileLog;
pub use kafka::{KafkaAppender, KafkaLog, KafkaSettings};
pub use message::{Append, LogBatch, Message};

use std::sync::Arc;

use async_trait::async_trait;
use callhouse_core::KafkaPartition;
use callhouse_core::position::OffsetRange;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Where reading of a partition starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// Nothing was ever taken in: the oldest message there is.
    Oldest,
    /// The stored position.
    Offset(i64),
}

/// What to do when retention has removed offsets that were never read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnHole {
    /// Stop that partition with a clear error.
    Stop,
    /// Go on behind the hole; the next [`LogBatch`] carries it, so that it gets recorded.
    Skip,
}

/// What an owner answers when it is given a partition.
#[derive(Debug)]
pub struct Assignment {
    pub start: StartAt,
    pub on_hole: OnHole,
    /// Bounded; when it is full the log stops fetching that partition (Kafka: pause) until there is room.
    pub batches: mpsc::Sender<LogBatch>,
}

/// The reader's side of ownership. Ingest implements it.
#[async_trait]
pub trait PartitionOwner: Send + Sync + 'static {
    /// This process has been given a partition.
    async fn assigned(&self, kafka_partition: &KafkaPartition) -> Result<Assignment, Error>;

    /// The partition is being taken away, or the log has come to its end; the channel's sender is gone. What was
    /// handed over before counts as read, also what still waits in the channel. Returns only when nothing of it
    /// will be committed any more: either all that was read is committed or it is abandoned. Kafka's rebalance
    /// waits for this (bounded by its own timeouts).
    async fn revoked(&self, kafka_partition: &KafkaPartition);

    /// Reading of one partition has stopped for good, with the reason; the others go on.
    async fn stopped(&self, kafka_partition: &KafkaPartition, error: Error);
}

/// How far reading is behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionLag {
    pub kafka_partition: KafkaPartition,
    /// Next offset to be read by this process.
    pub next_offset: i64,
    /// Offset the next appended message will get.
    pub high_watermark: i64,
}

/// A log to read from.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// Reads until `stop` is cancelled; a finite log (a file) returns at its end. On return every partition
    /// has been revoked.
    async fn run(&self, owner: Arc<dyn PartitionOwner>, stop: CancellationToken) -> Result<(), Error>;

    /// Tells the log that the lake holds everything below `range.to`: the embedded log trims, Kafka's committed
    /// offset moves. Best effort; nothing depends on it.
    async fn committed(&self, range: &OffsetRange) -> Result<(), Error>;

    /// Lag of the partitions this process owns.
    async fn lag(&self) -> Result<Vec<PartitionLag>, Error>;
}

/// A log to append to.
#[async_trait]
pub trait Appender: Send + Sync + 'static {
    /// Appends messages in order and returns when they are durable (LOG-1): fsynced in the embedded log, acknowledged
    /// by all in-sync replicas in Kafka. On an error some of them may have been appended; appending again is safe
    /// for records, whose events are idempotent.
    ///
    /// # Errors
    /// [`Error::Full`] when the queue in front of the log is full: the caller should ask the client to come back.
    async fn append(&self, messages: Vec<Append>) -> Result<(), Error>;
}
