//! Messages: bytes as they came, and where they stood.

use std::sync::Arc;

use bytes::Bytes;
use callhouse_core::position::OffsetRange;
use callhouse_core::{KafkaPartition, Timestamp};

/// Header name and value.
pub type Header = (Box<str>, Box<[u8]>);

/// The headers of a message. Messages that follow each other mostly have the same ones, and share them then.
pub type Headers = Arc<[Header]>;

/// A message read from a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub offset: i64,
    /// When the log took it: Kafka's message timestamp, the embedded log's clock at append.
    pub received_at: Timestamp,
    pub headers: Headers,
    pub payload: Bytes,
}

/// Finds that the headers of a message are those of the one before.
#[derive(Debug, Default)]
pub(crate) struct LastHeaders(Headers);

impl LastHeaders {
    /// The headers with these names and values, made only when they are others than the last ones.
    pub(crate) fn share(&mut self, found: &[(&str, &[u8])]) -> Headers {
        let last = self.0.iter().map(|(name, value)| (&**name, &**value));
        if !last.eq(found.iter().copied()) {
            self.0 = found.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        }
        Arc::clone(&self.0)
    }
}

/// A message to append. Messages with the same key keep their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// `account/subject`, so that all events of one call are in one partition.
    pub key: Box<str>,
    pub headers: Vec<Header>,
    pub payload: Bytes,
}

/// A run of messages of one partition. Batches of a partition are contiguous: each starts where the one before
/// ended, also over offsets that hold no message (compacted topics, transaction markers).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBatch {
    pub kafka_partition: KafkaPartition,
    /// Half-open offsets `[from, to)` this batch covers; `to` is at least the last message's offset + 1.
    pub from: i64,
    pub to: i64,
    pub messages: Vec<Message>,
    /// Offsets retention took before they were read; lies within `[from, to)`, before the first message.
    pub hole: Option<OffsetRange>,
}
