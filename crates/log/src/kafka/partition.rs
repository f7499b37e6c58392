//! One partition as it is read: from messages to contiguous batches, and on into the owner's channel.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use callhouse_core::position::OffsetRange;
use callhouse_core::{KafkaPartition, Timestamp};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::message::{Headers, LastHeaders};
use crate::start::Start;
use crate::{LogBatch, Message, OnHole};

/// A batch is closed when it has so much.
const BATCH_MESSAGES: usize = 4_096;
const BATCH_BYTES: usize = 1024 * 1024;

/// Whether Kafka is asked for messages of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Reading,
    /// The owner's channel is full.
    Paused,
    /// For good; the owner has been told why.
    Stopped,
}

/// What became of what was to be handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HandedOver {
    All,
    /// The channel is full; something is left.
    Some,
    /// The owner reads no more.
    Refused,
}

#[derive(Debug)]
pub(super) struct Partition {
    pub(super) kafka_partition: KafkaPartition,
    pub(super) on_hole: OnHole,
    pub(super) state: State,
    /// When a batch was last closed; what the watchdog looks at.
    pub(super) moved_at: Instant,
    /// When the brokers were last asked how far it could be.
    pub(super) looked_at: Instant,
    batches: mpsc::Sender<LogBatch>,
    next_offset: i64,
    open: Open,
    ready: VecDeque<LogBatch>,
}

/// The batch being filled. All payloads go into one allocation.
#[derive(Debug, Default)]
struct Open {
    from: i64,
    hole: Option<OffsetRange>,
    text: Vec<u8>,
    messages: Vec<Received>,
    last_headers: LastHeaders,
}

/// A message whose payload is the next `payload_bytes` of the text.
#[derive(Debug)]
struct Received {
    offset: i64,
    received_at: Timestamp,
    headers: Headers,
    payload_bytes: usize,
}

impl Partition {
    pub(super) fn new(
        kafka_partition: KafkaPartition,
        start: Start,
        on_hole: OnHole,
        batches: mpsc::Sender<LogBatch>,
    ) -> Self {
        let now = Instant::now();
        Self {
            kafka_partition,
            on_hole,
            state: State::Reading,
            moved_at: now,
            looked_at: now,
            batches,
            next_offset: start.next_offset,
            open: Open { from: start.batch_from, hole: start.hole, ..Open::default() },
            ready: VecDeque::new(),
        }
    }

    /// The next offset wanted from Kafka.
    pub(super) const fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// Takes a message. One below the next offset has been taken before and is ignored; between the next offset
    /// and the message's there is none, or Kafka would have given it.
    pub(super) fn take(&mut self, message: &BorrowedMessage<'_>) {
        let payload = message.payload().unwrap_or_default();
        let headers = self.open.last_headers.share(&headers(message));
        self.push(message.offset(), received_at(message), headers, payload);
    }

    fn push(&mut self, offset: i64, received_at: Timestamp, headers: Headers, payload: &[u8]) {
        if self.state == State::Stopped || offset < self.next_offset {
            return;
        }
        self.open.text.extend_from_slice(payload);
        self.open.messages.push(Received { offset, received_at, headers, payload_bytes: payload.len() });
        self.move_to(offset + 1);
        if self.open.messages.len() >= BATCH_MESSAGES || self.open.text.len() >= BATCH_BYTES {
            self.close_batch();
        }
    }

    /// Goes on at `offset`: below it there are no more messages.
    pub(super) fn skip_to(&mut self, offset: i64) {
        if offset > self.next_offset {
            self.move_to(offset);
        }
    }

    /// Goes on at `oldest`: what was below has been removed unread.
    pub(super) fn skip_hole(&mut self, oldest: i64) {
        self.close_batch();
        self.open.hole = Some(OffsetRange {
            kafka_partition: self.kafka_partition.clone(),
            from: self.next_offset,
            to: oldest,
        });
        self.move_to(oldest);
    }

    fn move_to(&mut self, offset: i64) {
        self.next_offset = offset;
    }

    fn close_batch(&mut self) {
        if self.next_offset == self.open.from {
            return;
        }
        // Not with every message: asking for the time costs as much as taking one.
        self.moved_at = Instant::now();
        let open = std::mem::replace(&mut self.open, Open { from: self.next_offset, ..Open::default() });
        let mut rest = Bytes::from(open.text);
        let message = |received: Received| Message {
            offset: received.offset,
            received_at: received.received_at,
            headers: received.headers,
            payload: rest.split_to(received.payload_bytes),
        };
        self.ready.push_back(LogBatch {
            kafka_partition: self.kafka_partition.clone(),
            from: open.from,
            to: self.next_offset,
            messages: open.messages.into_iter().map(message).collect(),
            hole: open.hole,
        });
    }

    /// Hands over what there is, waiting up to `patience` for room.
    pub(super) fn hand_over(&mut self, runtime: &Handle, patience: Duration) -> HandedOver {
        self.close_batch();
        while let Some(batch) = self.ready.pop_front() {
            match self.batches.try_send(batch) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Closed(_)) => return HandedOver::Refused,
                Err(mpsc::error::TrySendError::Full(batch)) => {
                    let waiting = async { tokio::time::timeout(patience, self.batches.reserve()).await };
                    match runtime.block_on(waiting) {
                        Ok(Ok(room)) => room.send(batch),
                        Ok(Err(_receiver_gone)) => return HandedOver::Refused,
                        Err(_no_room_in_time) => {
                            self.ready.push_front(batch);
                            return HandedOver::Some;
                        }
                    }
                }
            }
        }
        HandedOver::All
    }
}

fn received_at(message: &BorrowedMessage<'_>) -> Timestamp {
    Timestamp::from_millis(message.timestamp().to_millis().unwrap_or(0))
}

/// A header without a value is one with an empty value.
fn headers<'m>(message: &'m BorrowedMessage<'_>) -> Vec<(&'m str, &'m [u8])> {
    let Some(headers) = message.headers() else { return Vec::new() };
    headers.iter().map(|header| (header.key, header.value.unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests;
