//! What can go wrong in a log.

use std::sync::Arc;

use callhouse_core::KafkaPartition;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the queue in front of the log is full")]
    Full,
    #[error("embedded log {operation} failed")]
    Embedded {
        operation: &'static str,
        #[source]
        source: sqlx::Error,
    },
    #[error("kafka {operation} failed")]
    Kafka {
        operation: &'static str,
        #[source]
        source: rdkafka::error::KafkaError,
    },
    /// Retention has removed `[stored, oldest)` before it was read.
    #[error(
        "{kafka_partition} begins at offset {oldest}, the lake wants offset {stored}: retention has removed what is \
         between; start with --skip-holes to go on without it (the hole is recorded)"
    )]
    Hole { kafka_partition: KafkaPartition, stored: i64, oldest: i64 },
    #[error("{operation} failed for {kafka_partition}")]
    Owner {
        operation: &'static str,
        kafka_partition: KafkaPartition,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("file {operation} failed")]
    File {
        operation: &'static str,
        #[source]
        source: std::io::Error,
    },
    /// The lake has taken in more than the log ever held.
    #[error(
        "the lake has {kafka_partition} up to offset {stored}, but that log ends at offset {end}: it is not the log \
         the lake was filled from (deleted, recreated or restored from an older copy)"
    )]
    BeyondEnd { kafka_partition: KafkaPartition, stored: i64, end: i64 },
    /// What is stored cannot be read back.
    #[error("{kafka_partition} is damaged at offset {offset}: {detail}")]
    Damaged { kafka_partition: KafkaPartition, offset: i64, detail: &'static str },
    /// The transaction a message was part of failed; several appends share one.
    #[error("append failed")]
    Group(#[source] Arc<Error>),
    #[error("a message of more than 4 GiB")]
    TooLarge,
    /// The only partition of a log has stopped; [`crate::PartitionOwner::stopped`] was given the error itself.
    #[error("reading {kafka_partition} has stopped: {reason}")]
    Stopped { kafka_partition: KafkaPartition, reason: String },
    #[error("the log is closed")]
    Closed,
}

/// The error and its sources in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
