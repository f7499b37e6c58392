//! Ingest of one process: what its runs share, how a run starts and ends, and what it says about itself.

use std::sync::Arc;
use std::time::Duration;

use callhouse_lake::accounts::{AccountDirectory, Accounts};
use callhouse_lake::webhooks::SubscriptionCache;
use callhouse_lake::{Catalog, FileWriter, HotRows};
use callhouse_log::{Log, PartitionOwner};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::accounts::AccountCheck;
use crate::announcer::Announcer;
use crate::committer::Committer;
use crate::decode::Decoder;
use crate::ending::{Ending, Reason, chain};
use crate::error::Error;
use crate::gate::Gate;
use crate::load::{Behind, Load};
use crate::options::Options;
use crate::owner::Owner;
use crate::partitions::Partitions;
use crate::staging::Staging;
use crate::status::{Status, Summary};
use crate::worker::Shared;
use crate::{metrics, retry};

/// Requests for a flush that may be waiting; each partition being revoked makes one.
const FLUSH_REQUESTS: usize = 64;

/// Times in a row that reading may start over without having committed anything.
const START_OVER_LIMIT: u32 = 10;

/// Takes logs into the lake. One per process; several logs may be run at the same time.
pub struct Ingest {
    catalog: Catalog,
    hot: HotRows,
    shared: Arc<Shared>,
    subscriptions: SubscriptionCache,
    partitions: Arc<Partitions>,
    failure: Mutex<Option<String>>,
}

impl Ingest {
    #[must_use]
    pub fn new(catalog: Catalog, hot: HotRows, accounts: AccountDirectory, options: Options) -> Arc<Self> {
        let created = Accounts::new(catalog.clone());
        let check = AccountCheck::new(accounts, created, options.create_accounts);
        let subscriptions = SubscriptionCache::new(catalog.clone());
        let announcer = Announcer::new(subscriptions.clone(), options.announce_within_ms);
        let shared = Shared {
            decoder: Decoder::new(check, announcer, &options, Arc::clone(catalog.clock())),
            decoding: Semaphore::new(options.decoders.max(1)),
            gate: Gate::new(options.hot_max_bytes, options.overlay_max_rows),
            behind: Behind::default(),
            clock: Arc::clone(catalog.clock()),
            options,
        };
        Arc::new(Self {
            catalog,
            hot,
            shared: Arc::new(shared),
            subscriptions,
            partitions: Arc::default(),
            failure: Mutex::default(),
        })
    }

    /// Takes a log in until `stop` is cancelled or the log ends; then commits all that was read and returns what this
    /// run has committed.
    ///
    /// # Errors
    /// What cannot go on: see [`Error`]. A message never is one, and a partition that stops does not end the others.
    pub async fn run(self: &Arc<Self>, log: Arc<dyn Log>, stop: CancellationToken) -> Result<Summary, Error> {
        *self.failure.lock() = None;
        let outcome = self.run_log(log, &stop).await;
        if let Err(error) = &outcome {
            *self.failure.lock() = Some(chain(error));
        }
        outcome
    }

    /// Where every partition stands.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            partitions: self.partitions.list(),
            waiting_for: self.shared.gate.waiting_for(),
            failure: self.failure.lock().clone(),
        }
    }

    /// What it has on its hands now. Cheap.
    #[must_use]
    pub fn load(&self) -> Load {
        let gate = &self.shared.gate;
        Load {
            is_behind: self.shared.behind.is_behind(Instant::now()),
            recent_rows: gate.overlay_rows(),
            small_files: gate.small_files(),
        }
    }

    /// No partition has stopped and nothing has failed.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.status().is_healthy()
    }

    /// Reads, and starts over from the stored positions when a partition cannot go on where it is.
    async fn run_log(&self, log: Arc<dyn Log>, stop: &CancellationToken) -> Result<Summary, Error> {
        let summary: Arc<Mutex<Summary>> = Arc::default();
        let mut times = 0;
        loop {
            let commits = summary.lock().commits;
            let reason = self.read(&log, stop.child_token(), &summary).await?;
            let total = *summary.lock();
            let (kafka_partition, why) = match reason {
                Some(Reason::Failed(error)) => return Err(error),
                Some(Reason::StartOver { kafka_partition, why }) => (kafka_partition, why),
                None => return Ok(total),
            };
            if stop.is_cancelled() {
                return Ok(total);
            }
            times = if total.commits > commits { 1 } else { times + 1 };
            if times > START_OVER_LIMIT {
                return Err(Error::StartOver { times, kafka_partition, why });
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(total),
                () = tokio::time::sleep(retry::pause_after(times)) => {}
            }
        }
    }

    /// Reads until `reading` is cancelled or the log ends. On return everything read is committed or abandoned.
    async fn read(
        &self,
        log: &Arc<dyn Log>,
        reading: CancellationToken,
        summary: &Arc<Mutex<Summary>>,
    ) -> Result<Option<Reason>, Error> {
        let ending = Arc::new(Ending::new(reading.clone()));
        let staging = Arc::new(Staging::new(self.hot.clone()));
        let _dropped = Dropped { reading: reading.clone(), staging: Arc::clone(&staging) };
        let committing = Arc::default();
        let (flush_requests, requests) = mpsc::channel(FLUSH_REQUESTS);
        let owner = Arc::new(Owner::new(
            self.catalog.clone(),
            Arc::clone(&self.shared),
            Arc::clone(&staging),
            Arc::clone(&self.partitions),
            Arc::clone(&committing),
            flush_requests.downgrade(),
            Arc::clone(&ending),
        ));
        let committer = Committer {
            catalog: self.catalog.clone(),
            writer: FileWriter::new(self.catalog.folder().clone()),
            subscriptions: self.subscriptions.clone(),
            log: Arc::clone(log),
            staging,
            partitions: Arc::clone(&self.partitions),
            gate: self.shared.gate.clone(),
            options: self.shared.options.clone(),
            committing,
            summary: Arc::clone(summary),
            ending: Arc::clone(&ending),
        };
        // Dropped with this future, which aborts what it holds.
        let mut committing = JoinSet::new();
        committing.spawn(committer.run(requests));

        let read = tokio::select! {
            read = log.run(Arc::clone(&owner) as Arc<dyn PartitionOwner>, reading) => read,
            never = self.watch(log.as_ref()) => match never {},
        };
        let has_log_ended = !ending.has_begun();
        // The log has revoked everything if it keeps its word; nothing may be left staged in any case.
        owner.revoke_all().await;
        drop(flush_requests);
        if let Some(ended) = committing.join_next().await {
            ended.map_err(|source| Error::Worker { worker: "committer", source })?;
        }
        if let Some(reason) = ending.take() {
            return Ok(Some(reason));
        }
        read.map_err(|source| Error::ReadLog { source })?;
        // Nobody else reads a log that has ended: what was given up is read again.
        let abandoned = owner.abandoned().filter(|_| has_log_ended);
        Ok(abandoned.map(|kafka_partition| Reason::StartOver {
            kafka_partition,
            why: "the end of the log could not be committed in time".to_owned(),
        }))
    }

    /// Keeps lag and loads fresh.
    async fn watch(&self, log: &dyn Log) -> std::convert::Infallible {
        let period = Duration::from_millis(self.shared.options.lag_interval_ms.max(1));
        let mut ticks = tokio::time::interval(period);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            metrics::loads(&self.hot, &self.shared.gate);
            match log.lag().await {
                Ok(lags) => self.partitions.set_lag(&lags),
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "the log's lag could not be read");
                }
            }
        }
    }
}

/// Ends the reading also when the run is dropped half way: nothing of it is shown or committed afterwards.
struct Dropped {
    reading: CancellationToken,
    staging: Arc<Staging>,
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.reading.cancel();
        self.staging.end_all();
    }
}
