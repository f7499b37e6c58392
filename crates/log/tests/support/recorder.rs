//! A partition owner that keeps positions as the lake would and remembers what happened in which order.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use callhouse_core::KafkaPartition;
use callhouse_log::{Assignment, Error, Log, LogBatch, Message, OnHole, PartitionOwner, StartAt};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// No step of these tests takes longer, however busy the machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// What a log asked of an owner. The text is the owner's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happened {
    Assigned(&'static str, KafkaPartition),
    Revoking(&'static str, KafkaPartition),
    Revoked(&'static str, KafkaPartition),
    Stopped(&'static str, KafkaPartition, String),
}

/// The positions and the history that owners share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) positions: Mutex<HashMap<KafkaPartition, i64>>,
    pub(crate) history: Mutex<Vec<Happened>>,
}

#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) name: &'static str,
    pub(crate) shared: Arc<Shared>,
    pub(crate) on_hole: OnHole,
    /// Batches a partition's channel takes.
    pub(crate) capacity: usize,
    /// Whether it can say where to start.
    pub(crate) knows_positions: bool,
    /// How long a revocation takes.
    pub(crate) revoke_takes: Duration,
    pub(crate) open: tokio::sync::Mutex<HashMap<KafkaPartition, mpsc::Receiver<LogBatch>>>,
}

impl Recorder {
    /// The only owner there is.
    pub(crate) fn alone() -> Self {
        Self::new("only", Arc::default())
    }

    pub(crate) fn new(name: &'static str, shared: Arc<Shared>) -> Self {
        Self {
            name,
            shared,
            on_hole: OnHole::Stop,
            capacity: 16,
            knows_positions: true,
            revoke_takes: Duration::ZERO,
            open: tokio::sync::Mutex::default(),
        }
    }

    /// This owner with `position` stored for `kafka_partition`.
    pub(crate) fn at(self, kafka_partition: &KafkaPartition, position: i64) -> Self {
        self.shared.positions.lock().insert(kafka_partition.clone(), position);
        self
    }

    pub(crate) fn history(&self) -> Vec<Happened> {
        self.shared.history.lock().clone()
    }

    pub(crate) fn position(&self, kafka_partition: &KafkaPartition) -> Option<i64> {
        self.shared.positions.lock().get(kafka_partition).copied()
    }

    /// Reads one batch and "commits" it. `None` when the log has closed the channel and all was read.
    pub(crate) async fn next_batch(&self, kafka_partition: &KafkaPartition) -> Option<LogBatch> {
        let receive = async {
            loop {
                let mut open = self.open.lock().await;
                if let Some(receiver) = open.get_mut(kafka_partition)
                    && let Ok(received) =
                        tokio::time::timeout(Duration::from_millis(20), receiver.recv()).await
                {
                    return received;
                }
                drop(open);
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let batch = tokio::time::timeout(DEADLINE, receive).await.expect("a batch in time")?;
        let before = self.shared.positions.lock().insert(kafka_partition.clone(), batch.to);
        assert!(before.is_none_or(|before| before == batch.from), "not contiguous: {before:?}, {batch:?}");
        let offsets: Vec<_> = batch.messages.iter().map(|message| message.offset).collect();
        assert!(offsets.is_sorted_by(|a, b| a < b), "{offsets:?}");
        assert!(offsets.iter().all(|offset| (batch.from..batch.to).contains(offset)), "{batch:?}");
        Some(batch)
    }

    /// Reads until everything below `to` has been read.
    pub(crate) async fn read_to(&self, kafka_partition: &KafkaPartition, to: i64) -> Vec<Message> {
        let mut messages = Vec::new();
        while self.position(kafka_partition).unwrap_or(0) < to {
            let batch = self.next_batch(kafka_partition).await.expect("the log goes on");
            messages.extend(batch.messages);
        }
        messages
    }
}

#[async_trait]
impl PartitionOwner for Recorder {
    async fn assigned(&self, kafka_partition: &KafkaPartition) -> Result<Assignment, Error> {
        if !self.knows_positions {
            return Err(Error::Closed);
        }
        let (batches, receiver) = mpsc::channel(self.capacity);
        self.open.lock().await.insert(kafka_partition.clone(), receiver);
        self.shared.history.lock().push(Happened::Assigned(self.name, kafka_partition.clone()));
        let start = self.position(kafka_partition).map_or(StartAt::Oldest, StartAt::Offset);
        Ok(Assignment { start, on_hole: self.on_hole, batches })
    }

    async fn revoked(&self, kafka_partition: &KafkaPartition) {
        self.shared.history.lock().push(Happened::Revoking(self.name, kafka_partition.clone()));
        tokio::time::sleep(self.revoke_takes).await;
        self.shared.history.lock().push(Happened::Revoked(self.name, kafka_partition.clone()));
    }

    async fn stopped(&self, kafka_partition: &KafkaPartition, error: Error) {
        let happened = Happened::Stopped(self.name, kafka_partition.clone(), error.to_string());
        self.shared.history.lock().push(happened);
    }
}

/// A log being read; a test that fails stops it.
pub(crate) struct Running {
    stop: DropGuard,
    task: JoinHandle<Result<(), Error>>,
}

impl Running {
    pub(crate) fn start(log: &Arc<impl Log>, owner: &Arc<Recorder>) -> Self {
        let (log, owner, stop) = (Arc::clone(log), Arc::clone(owner), CancellationToken::new());
        let told = stop.clone();
        Self { stop: stop.drop_guard(), task: tokio::spawn(async move { log.run(owner, told).await }) }
    }

    /// Stops reading and waits for it.
    pub(crate) async fn stop(self) -> Result<(), Error> {
        drop(self.stop);
        joined(self.task).await
    }

    /// Waits until reading has ended by itself.
    pub(crate) async fn ended(self) -> Result<(), Error> {
        let ended = joined(self.task).await;
        drop(self.stop);
        ended
    }
}

async fn joined(task: JoinHandle<Result<(), Error>>) -> Result<(), Error> {
    tokio::time::timeout(DEADLINE, task).await.expect("the log ends in time").expect("no panic")
}
