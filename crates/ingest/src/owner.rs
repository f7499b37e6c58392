//! The reader's side of partition ownership: one worker per partition, begun by the log, ended by the log or the
//! fence.
//!
//! A partition that cannot go on where it is (the fence, a gap in the offsets) makes the run start over: the log lets
//! go of everything and asks [`PartitionOwner::assigned`] again, which answers with the stored positions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use callhouse_core::KafkaPartition;
use callhouse_lake::Catalog;
use callhouse_log::{Assignment, PartitionOwner, StartAt};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::committer::FlushRequest;
use crate::ending::{Ending, chain};
use crate::error::Error;
use crate::partitions::Partitions;
use crate::staging::{Staging, Tenure};
use crate::worker::{Ended, Shared, Worker};

/// Batches between the log and a worker. More would only be read ahead; the bound on memory is the log's batch size.
const BATCHES_IN_CHANNEL: usize = 2;

/// The owner of the partitions of one run.
pub(crate) struct Owner {
    catalog: Catalog,
    shared: Arc<Shared>,
    staging: Arc<Staging>,
    partitions: Arc<Partitions>,
    committing: Arc<tokio::sync::Mutex<()>>,
    /// Weak, so that a log that keeps its owner does not keep the committer from ending.
    flush_requests: mpsc::WeakSender<FlushRequest>,
    running: Mutex<HashMap<KafkaPartition, Running>>,
    /// The first partition of which something read was not committed.
    abandoned: Mutex<Option<KafkaPartition>>,
    tracker: TaskTracker,
    ending: Arc<Ending>,
}

struct Running {
    tenure: Tenure,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Owner {
    pub(crate) fn new(
        catalog: Catalog,
        shared: Arc<Shared>,
        staging: Arc<Staging>,
        partitions: Arc<Partitions>,
        committing: Arc<tokio::sync::Mutex<()>>,
        flush_requests: mpsc::WeakSender<FlushRequest>,
        ending: Arc<Ending>,
    ) -> Self {
        Self {
            catalog,
            shared,
            staging,
            partitions,
            committing,
            flush_requests,
            running: Mutex::default(),
            abandoned: Mutex::default(),
            tracker: TaskTracker::new(),
            ending,
        }
    }

    /// A partition of which something read was given up because committing it took too long.
    pub(crate) fn abandoned(&self) -> Option<KafkaPartition> {
        self.abandoned.lock().clone()
    }

    /// Ends every tenure there is, as [`PartitionOwner::revoked`] does.
    pub(crate) async fn revoke_all(&self) {
        let owned: Vec<KafkaPartition> = self.running.lock().keys().cloned().collect();
        for kafka_partition in owned {
            self.revoked(&kafka_partition).await;
        }
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Commits what is staged, if that can be done in time. A rebalance waits only so long; the end of a run waits
    /// for as long as the commit is being tried.
    async fn flush(&self) -> bool {
        let (done, answer) = oneshot::channel();
        let Some(requests) = self.flush_requests.upgrade() else { return false };
        let flush = async { requests.send(done).await.is_ok() && answer.await.is_ok() };
        if self.ending.has_begun() {
            return flush.await;
        }
        let limit = Duration::from_millis(self.shared.options.revoke_flush_ms);
        timeout(limit, flush).await.unwrap_or(false)
    }

    /// Ends a tenure. On return nothing of it will be committed any more.
    async fn end(&self, tenure: &Tenure) {
        self.staging.end(tenure);
        drop(self.committing.lock().await);
    }

    fn start(&self, tenure: &Tenure, stored: Option<i64>, batches: mpsc::Receiver<callhouse_log::LogBatch>) {
        let stop = CancellationToken::new();
        let worker = Worker::new(
            tenure.clone(),
            stored,
            Arc::clone(&self.shared),
            Arc::clone(&self.staging),
            Arc::clone(&self.partitions),
            batches,
            stop.clone(),
        );
        let (tenure, ended) = (tenure.clone(), tenure.clone());
        let (staging, partitions, ending) =
            (Arc::clone(&self.staging), Arc::clone(&self.partitions), Arc::clone(&self.ending));
        let task = self.tracker.spawn(async move {
            match worker.run().await {
                Ok(Ended::Finished | Ended::Lost) => {}
                Ok(Ended::Discontinuous(gap)) => {
                    staging.end(&ended);
                    partitions.stop(&ended.kafka_partition, gap.to_string());
                    ending.start_over(&ended.kafka_partition, gap.to_string());
                }
                Err(error) => ending.fail(error),
            }
        });
        let running = Running { tenure, stop, task };
        self.running.lock().insert(running.tenure.kafka_partition.clone(), running);
    }

    /// Stops reading a partition and waits until all that was read is staged.
    async fn stop_worker(&self, kafka_partition: &KafkaPartition) -> Option<Tenure> {
        let Running { tenure, stop, task } = self.running.lock().remove(kafka_partition)?;
        stop.cancel();
        if let Err(source) = task.await {
            self.ending.fail(Error::Worker { worker: "partition", source });
        }
        Some(tenure)
    }
}

#[async_trait]
impl PartitionOwner for Owner {
    async fn assigned(&self, kafka_partition: &KafkaPartition) -> Result<Assignment, callhouse_log::Error> {
        if let Some(earlier) = self.stop_worker(kafka_partition).await {
            self.end(&earlier).await;
        }
        let stored =
            self.catalog.position(kafka_partition).await.map_err(|error| callhouse_log::Error::Owner {
                operation: "reading the stored position",
                kafka_partition: kafka_partition.clone(),
                source: Box::new(error),
            })?;
        tracing::info!(%kafka_partition, stored, "partition assigned");
        let (sender, batches) = mpsc::channel(BATCHES_IN_CHANNEL);
        let tenure = self.staging.begin(kafka_partition);
        self.partitions.assigned(kafka_partition, stored);
        self.start(&tenure, stored, batches);
        Ok(Assignment {
            start: stored.map_or(StartAt::Oldest, StartAt::Offset),
            on_hole: self.shared.options.on_hole,
            batches: sender,
        })
    }

    async fn revoked(&self, kafka_partition: &KafkaPartition) {
        let Some(tenure) = self.stop_worker(kafka_partition).await else { return };
        if !self.flush().await {
            tracing::warn!(%kafka_partition, "what was read and not committed is left to the next owner");
            self.abandoned.lock().get_or_insert_with(|| kafka_partition.clone());
        }
        self.end(&tenure).await;
        self.partitions.revoked(kafka_partition);
        tracing::info!(%kafka_partition, "partition revoked");
    }

    async fn stopped(&self, kafka_partition: &KafkaPartition, error: callhouse_log::Error) {
        let reason: &dyn std::error::Error = &error;
        tracing::error!(%kafka_partition, error = reason, "reading of a partition has stopped");
        self.partitions.stop(kafka_partition, chain(&error));
    }
}
