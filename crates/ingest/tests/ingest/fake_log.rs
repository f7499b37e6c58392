//! A log in memory, with the faults of real ones: gaps, holes, partitions that come and go, readers that believe
//! they own what they have lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use callhouse_core::position::OffsetRange;
use callhouse_core::{KafkaPartition, Timestamp};
use callhouse_log::message::Header;
use callhouse_log::{
    Assignment, Error, Log, LogBatch, Message, OnHole, PartitionLag, PartitionOwner, StartAt,
};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// When every message of the tests was received: 2026-11-20T12:00:00Z.
pub(crate) const RECEIVED_AT: Timestamp = Timestamp::from_seconds(1_795_176_000);

/// The messages, shared by all readers.
#[derive(Clone)]
pub(crate) struct Topic {
    partitions: Arc<watch::Sender<BTreeMap<i32, Partition>>>,
}

#[derive(Default, Clone)]
struct Partition {
    oldest: i64,
    next: i64,
    messages: BTreeMap<i64, Message>,
}

impl Topic {
    pub(crate) fn new() -> Self {
        Self { partitions: Arc::new(watch::Sender::new(BTreeMap::new())) }
    }

    pub(crate) fn append(&self, partition: i32, payload: impl Into<Bytes>) {
        self.append_with(partition, Vec::new(), payload);
    }

    pub(crate) fn append_with(&self, partition: i32, headers: Vec<Header>, payload: impl Into<Bytes>) {
        self.append_message(partition, RECEIVED_AT, headers, payload.into());
    }

    /// As Kafka tells it of a producer that leaves the time out.
    pub(crate) fn append_without_time(&self, partition: i32, payload: impl Into<Bytes>) {
        self.append_message(partition, Timestamp(0), Vec::new(), payload.into());
    }

    fn append_message(&self, partition: i32, received_at: Timestamp, headers: Vec<Header>, payload: Bytes) {
        self.partitions.send_modify(|partitions| {
            let partition = partitions.entry(partition).or_default();
            let offset = partition.next;
            partition.next += 1;
            let headers = headers.into();
            partition.messages.insert(offset, Message { offset, received_at, headers, payload });
        });
    }

    /// Offsets without a message, as transactions and compaction leave them.
    pub(crate) fn skip(&self, partition: i32, offsets: i64) {
        self.partitions.send_modify(|partitions| partitions.entry(partition).or_default().next += offsets);
    }

    /// Retention removes what is below an offset.
    pub(crate) fn expire(&self, partition: i32, oldest: i64) {
        self.partitions.send_modify(|partitions| {
            let partition = partitions.entry(partition).or_default();
            partition.oldest = oldest;
            partition.messages = partition.messages.split_off(&oldest);
        });
    }

    pub(crate) fn messages(&self) -> Vec<(i32, Message)> {
        let partitions = self.partitions.borrow();
        let of = |(number, partition): (&i32, &Partition)| {
            partition.messages.values().map(|message| (*number, message.clone())).collect::<Vec<_>>()
        };
        partitions.iter().flat_map(of).collect()
    }

    /// Each partition, and the offset behind its last message.
    pub(crate) fn ends(&self) -> Vec<(i32, i64)> {
        self.partitions.borrow().iter().map(|(number, partition)| (*number, partition.next)).collect()
    }

    /// Reads the partitions it is told to own, until it is stopped.
    pub(crate) fn reader(&self, owned: impl IntoIterator<Item = i32>) -> Reader {
        self.reader_of(owned, false)
    }

    /// Reads what there is and ends.
    pub(crate) fn finite_reader(&self) -> Reader {
        let all: Vec<i32> = self.partitions.borrow().keys().copied().collect();
        self.reader_of(all, true)
    }

    fn reader_of(&self, owned: impl IntoIterator<Item = i32>, finite: bool) -> Reader {
        Reader(Arc::new(Reading {
            topic: self.clone(),
            owned: watch::Sender::new(owned.into_iter().collect()),
            finite,
            batch_messages: 7,
            committed: Mutex::default(),
            read_to: Mutex::default(),
            leaves_out: AtomicBool::new(false),
        }))
    }
}

pub(crate) fn kafka_partition(partition: i32) -> KafkaPartition {
    KafkaPartition::new("calls", partition)
}

/// One process's way into the topic. Clones are the same reader.
#[derive(Clone)]
pub(crate) struct Reader(Arc<Reading>);

struct Reading {
    topic: Topic,
    owned: watch::Sender<BTreeSet<i32>>,
    finite: bool,
    batch_messages: usize,
    committed: Mutex<Vec<OffsetRange>>,
    read_to: Mutex<BTreeMap<i32, i64>>,
    /// Leave the next batch out, as a log with a fault would.
    leaves_out: AtomicBool,
}

impl From<Reader> for Arc<dyn Log> {
    fn from(reader: Reader) -> Self {
        Arc::new(reader)
    }
}

impl Reader {
    pub(crate) fn give(&self, partition: i32) {
        self.0.owned.send_modify(|owned| _ = owned.insert(partition));
    }

    pub(crate) fn leave_a_batch_out(&self) {
        self.0.leaves_out.store(true, Ordering::SeqCst);
    }

    pub(crate) fn take_away(&self, partition: i32) {
        self.0.owned.send_modify(|owned| _ = owned.remove(&partition));
    }

    /// What ingest told the log, in order.
    pub(crate) fn committed(&self) -> Vec<(i32, i64, i64)> {
        let ranges = self.0.committed.lock();
        ranges.iter().map(|range| (range.kafka_partition.partition, range.from, range.to)).collect()
    }

    /// Offset up to which batches of a partition were handed over.
    pub(crate) fn read_to(&self, partition: i32) -> i64 {
        self.0.read_to.lock().get(&partition).copied().unwrap_or(0)
    }
}

impl Reading {
    /// The batch that starts at an offset; `None` while there is nothing.
    fn batch(&self, partition: i32, from: i64) -> Option<LogBatch> {
        let partitions = self.topic.partitions.borrow();
        let of = partitions.get(&partition)?;
        if from >= of.next {
            return None;
        }
        let messages: Vec<Message> =
            of.messages.range(from..).take(self.batch_messages).map(|(_, message)| message.clone()).collect();
        // Empty ranges at the end are a batch too: positions move on over them.
        let to = match messages.last() {
            Some(last) if messages.len() == self.batch_messages => last.offset + 1,
            _ => of.next,
        };
        Some(LogBatch { kafka_partition: kafka_partition(partition), from, to, messages, hole: None })
    }

    async fn feed(self: Arc<Self>, partition: i32, owner: Arc<dyn PartitionOwner>, assignment: Assignment) {
        let oldest = self.topic.partitions.borrow().get(&partition).map_or(0, |partition| partition.oldest);
        let mut next = match assignment.start {
            StartAt::Oldest => oldest,
            StartAt::Offset(offset) => offset,
        };
        let mut hole = None;
        if next < oldest {
            let range = OffsetRange { kafka_partition: kafka_partition(partition), from: next, to: oldest };
            if assignment.on_hole == OnHole::Stop {
                let kafka_partition = range.kafka_partition;
                let error = Error::Hole { kafka_partition: kafka_partition.clone(), stored: next, oldest };
                owner.stopped(&kafka_partition, error).await;
                return std::future::pending().await;
            }
            hole = Some(range);
        }
        let mut appended = self.topic.partitions.subscribe();
        loop {
            appended.borrow_and_update();
            while let Some(mut batch) = self.batch(partition, next) {
                batch.hole = hole.take();
                next = batch.to;
                if self.leaves_out.swap(false, Ordering::SeqCst) {
                    continue;
                }
                if assignment.batches.send(batch).await.is_err() {
                    return;
                }
                self.read_to.lock().insert(partition, next);
            }
            if self.finite || appended.changed().await.is_err() {
                return;
            }
        }
    }
}

#[async_trait]
impl Log for Reader {
    async fn run(&self, owner: Arc<dyn PartitionOwner>, stop: CancellationToken) -> Result<(), Error> {
        let mut wanted = self.0.owned.subscribe();
        let mut feeding: BTreeMap<i32, tokio::task::AbortHandle> = BTreeMap::new();
        let mut feeders = JoinSet::new();
        loop {
            let now = wanted.borrow_and_update().clone();
            let lost: Vec<i32> =
                feeding.keys().filter(|partition| !now.contains(partition)).copied().collect();
            for partition in lost {
                feeding.remove(&partition).expect("just listed").abort();
                owner.revoked(&kafka_partition(partition)).await;
            }
            let given: Vec<i32> =
                now.into_iter().filter(|partition| !feeding.contains_key(partition)).collect();
            for partition in given {
                let assignment = owner.assigned(&kafka_partition(partition)).await?;
                let feeder = Arc::clone(&self.0).feed(partition, Arc::clone(&owner), assignment);
                feeding.insert(partition, feeders.spawn(feeder));
            }
            // Also when there was never anything to read.
            if self.0.finite && feeders.is_empty() {
                break;
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = wanted.changed() => {}
                _ = feeders.join_next(), if !feeders.is_empty() => {}
            }
        }
        for (partition, feeder) in feeding {
            feeder.abort();
            owner.revoked(&kafka_partition(partition)).await;
        }
        Ok(())
    }

    async fn committed(&self, range: &OffsetRange) -> Result<(), Error> {
        self.0.committed.lock().push(range.clone());
        Ok(())
    }

    async fn lag(&self) -> Result<Vec<PartitionLag>, Error> {
        let partitions = self.0.topic.partitions.borrow();
        let read_to = self.0.read_to.lock();
        let lag = |(number, partition): (&i32, &Partition)| PartitionLag {
            kafka_partition: kafka_partition(*number),
            next_offset: read_to.get(number).copied().unwrap_or(partition.oldest),
            high_watermark: partition.next,
        };
        Ok(partitions.iter().map(lag).collect())
    }
}
