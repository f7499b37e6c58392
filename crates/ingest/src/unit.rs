//! Gathering: contiguous batches of one partition, put together until they are worth decoding.

use callhouse_core::KafkaPartition;
use callhouse_core::position::OffsetRange;
use callhouse_log::{LogBatch, Message};

/// Messages of one offset range, to become one chunk.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) range: OffsetRange,
    /// Offsets retention took within the range.
    pub(crate) holes: Vec<OffsetRange>,
    pub(crate) messages: Vec<Message>,
}

/// A batch that does not start where the one before ended.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the log went on at offset {found}, offset {expected} was to come: reading starts again from the lake"
)]
pub(crate) struct Discontinuous {
    pub(crate) expected: i64,
    pub(crate) found: i64,
}

/// Puts batches together.
#[derive(Debug)]
pub(crate) struct Gathering {
    kafka_partition: KafkaPartition,
    /// Where the next batch must start; `None` before the first batch of a partition that was never read.
    next_offset: Option<i64>,
    unit: Option<Unit>,
    payload_bytes: usize,
    max_messages: usize,
    max_bytes: usize,
}

impl Gathering {
    pub(crate) fn new(
        kafka_partition: KafkaPartition,
        next_offset: Option<i64>,
        max_messages: usize,
        max_bytes: usize,
    ) -> Self {
        Self { kafka_partition, next_offset, unit: None, payload_bytes: 0, max_messages, max_bytes }
    }

    /// Adds a batch. What lies below the next offset was taken in before and is left out; a batch may be empty.
    ///
    /// # Errors
    /// [`Discontinuous`] for a batch that starts above the next offset: nothing may be skipped in silence (ING-3).
    pub(crate) fn add(&mut self, batch: LogBatch) -> Result<(), Discontinuous> {
        let expected = self.next_offset.unwrap_or(batch.from);
        if batch.from > expected {
            return Err(Discontinuous { expected, found: batch.from });
        }
        if batch.to <= expected {
            return Ok(());
        }
        self.next_offset = Some(batch.to);
        let unit = self.unit.get_or_insert_with(|| Unit {
            range: OffsetRange {
                kafka_partition: self.kafka_partition.clone(),
                from: expected,
                to: expected,
            },
            holes: Vec::new(),
            messages: Vec::new(),
        });
        unit.range.to = batch.to;
        unit.holes.extend(batch.hole.filter(|hole| hole.from >= expected));
        let mut messages = batch.messages;
        messages.retain(|message| message.offset >= expected);
        self.payload_bytes += messages.iter().map(|message| message.payload.len()).sum::<usize>();
        if unit.messages.is_empty() {
            unit.messages = messages;
        } else {
            unit.messages.append(&mut messages);
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unit.is_none()
    }

    pub(crate) fn is_full(&self) -> bool {
        let messages = self.unit.as_ref().map_or(0, |unit| unit.messages.len());
        messages >= self.max_messages || self.payload_bytes >= self.max_bytes
    }

    pub(crate) fn take(&mut self) -> Option<Unit> {
        self.payload_bytes = 0;
        self.unit.take()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use callhouse_core::Timestamp;
    use callhouse_log::message::Headers;

    use super::*;

    fn batch(from: i64, to: i64) -> LogBatch {
        let message = |offset| Message {
            offset,
            received_at: Timestamp(0),
            headers: Headers::default(),
            payload: Bytes::from_static(b"{}"),
        };
        let kafka_partition = KafkaPartition::new("calls", 0);
        LogBatch { kafka_partition, from, to, messages: (from..to).map(message).collect(), hole: None }
    }

    fn gathering(next_offset: Option<i64>) -> Gathering {
        Gathering::new(KafkaPartition::new("calls", 0), next_offset, 10, 1_000)
    }

    #[test]
    fn ing_2_batches_become_one_contiguous_range() {
        let mut gathering = gathering(None);
        gathering.add(batch(7, 9)).unwrap();
        gathering.add(LogBatch { messages: Vec::new(), ..batch(9, 12) }).unwrap();
        gathering.add(batch(12, 13)).unwrap();
        let unit = gathering.take().unwrap();
        assert_eq!((unit.range.from, unit.range.to, unit.messages.len()), (7, 13, 3));
        assert!(gathering.is_empty());
    }

    #[test]
    fn ing_3_a_skipped_offset_is_refused() {
        let mut gathering = gathering(Some(5));
        assert_eq!(gathering.add(batch(6, 8)), Err(Discontinuous { expected: 5, found: 6 }));
    }

    #[test]
    fn offsets_taken_in_before_are_left_out() {
        let mut gathering = gathering(Some(5));
        gathering.add(batch(2, 5)).unwrap();
        assert!(gathering.is_empty());
        gathering.add(batch(3, 8)).unwrap();
        let unit = gathering.take().unwrap();
        assert_eq!((unit.range.from, unit.range.to), (5, 8));
        assert_eq!(unit.messages.iter().map(|message| message.offset).collect::<Vec<_>>(), [5, 6, 7]);
    }
}
