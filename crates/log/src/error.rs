//! What can go wrong in a log.

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
    #[error("the log is closed")]
    Closed,
}
