//! Positions: how far the lake has taken a log partition in (ING-1, ING-2).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One partition of one topic of a log. Files being imported are logs too: `import/…`, partition 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KafkaPartition {
    pub topic: Arc<str>,
    pub partition: i32,
}

impl KafkaPartition {
    #[must_use]
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for KafkaPartition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}[{}]", self.topic, self.partition)
    }
}

/// The next offset to be read of a partition: everything below it is in the lake.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    pub kafka_partition: KafkaPartition,
    pub next_offset: i64,
}

/// Half-open range of offsets of one partition, `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OffsetRange {
    pub kafka_partition: KafkaPartition,
    pub from: i64,
    pub to: i64,
}
