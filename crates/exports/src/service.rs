//! The service of one process: takes requests, takes up jobs, and keeps the folder clean.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use callhouse_core::{AccountId, Clock};
use callhouse_lake::jobs::{Job, Jobs, Lease, Limits, NewJob, Viewer};
use callhouse_lake::webhooks::Dynamic;
use callhouse_query::Exporter;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::Error;
use crate::folder::{Folder, manifest_name};
use crate::link::Links;
use crate::object::{job_object, with_links};
use crate::options::Options;
use crate::run::Run;
use crate::spec::{ExportSpec, Refusal};
use crate::sweep::sweep;

/// The kind of these jobs.
pub const KIND: &str = "export";

/// Runs that may end without an end before a job is given up.
const MAX_FAILURES: i64 = 5;

/// Why an export was not taken on.
#[derive(Debug, thiserror::Error)]
pub enum Asked {
    #[error(transparent)]
    Refused(Refusal),
    #[error(transparent)]
    Lake(callhouse_lake::Error),
}

/// Exports of one data folder. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Shared>,
}

struct Shared {
    jobs: Jobs,
    folder: Folder,
    links: Links,
    options: Options,
    clock: Arc<dyn Clock>,
    /// Something new is in the queue.
    asked: Notify,
}

impl Service {
    /// Exports over these jobs.
    #[must_use]
    pub fn new(jobs: Jobs, links: Links, options: Options) -> Self {
        let folder = Folder::of(jobs.catalog().folder());
        let clock = Arc::clone(jobs.catalog().clock());
        Self { shared: Arc::new(Shared { jobs, folder, links, options, clock, asked: Notify::new() }) }
    }

    #[must_use]
    pub fn jobs(&self) -> &Jobs {
        &self.shared.jobs
    }

    #[must_use]
    pub fn links(&self) -> &Links {
        &self.shared.links
    }

    /// Puts an export into the queue: of the rows of an account, or (`all_accounts`) of every account.
    ///
    /// # Errors
    /// [`Asked::Refused`] for a request that cannot be done, [`Asked::Lake`].
    pub async fn ask(
        &self,
        account: &AccountId,
        all_accounts: bool,
        spec: &ExportSpec,
        webhook: Option<Dynamic>,
    ) -> Result<Job, Asked> {
        spec.check().map_err(Asked::Refused)?;
        let parameters = serde_json::to_value(spec).unwrap_or_default();
        let new = NewJob { account: account.clone(), all_accounts, kind: KIND, parameters, webhook };
        let job = self.shared.jobs.create(new, self.shared.options.unfinished_of_account).await;
        let job = job.map_err(Asked::Lake)?;
        self.shared.asked.notify_one();
        Ok(job)
    }

    /// A job as CALLR's `Job`.
    #[must_use]
    pub fn job_object(&self, job: &Job) -> Value {
        job_object(job, &self.shared.links, self.shared.clock.now())
    }

    /// The result of a job with links; null when it has none.
    #[must_use]
    pub fn result(&self, job: &Job) -> Value {
        with_links(job, &self.shared.links, self.shared.clock.now())
    }

    /// Whether the file of a job that had one has expired.
    #[must_use]
    pub fn has_expired(&self, job: &Job) -> bool {
        job.expires_at.is_some_and(|expires_at| expires_at <= self.shared.clock.now())
    }

    /// Opens the file of a job; `None` when it has none. Blocks.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn open_file(&self, job: &Job) -> Result<Option<File>, Error> {
        job.file.as_deref().map(|name| self.open(name)).transpose()
    }

    /// Opens its manifest, as [`Service::open_file`] the file.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn open_manifest(&self, job: &Job) -> Result<Option<File>, Error> {
        job.file.as_ref().map(|_| self.open(&manifest_name(job))).transpose()
    }

    fn open(&self, name: &str) -> Result<File, Error> {
        let path = self.shared.folder.path(name);
        File::open(&path).map_err(|source| Error::file("open", &path, source))
    }

    /// Cancels a job that has not ended, and forgets one that has, with its file. False when there is none such.
    ///
    /// # Errors
    /// [`Error::Lake`]; [`Error::File`] when the file, which no job names any more, was left for upkeep.
    pub async fn delete(&self, viewer: &Viewer, job: &Job) -> Result<bool, Error> {
        if !job.status.is_final() {
            let canceled = self.shared.jobs.cancel(viewer, &job.id).await?;
            return Ok(canceled.is_some());
        }
        let forgotten = self.shared.jobs.forget(viewer, &job.id).await?;
        if forgotten && let Some(file) = &job.file {
            self.shared.folder.remove(file)?;
            self.shared.folder.remove(&manifest_name(job))?;
        }
        Ok(forgotten)
    }

    /// Takes up jobs and keeps the folder clean until told to stop; then gives back what it runs.
    pub async fn run(self, exporter: Exporter, stop: CancellationToken) {
        let owner = Uuid::new_v4().to_string();
        let mut running = JoinSet::new();
        let mut swept_at: Option<Instant> = None;
        loop {
            if swept_at.is_none_or(|at| at.elapsed() >= self.shared.options.sweep) {
                swept_at = Some(Instant::now());
                self.upkeep().await;
            }
            while running.len() < usize::try_from(self.shared.options.running).unwrap_or(usize::MAX) {
                let Some(lease) = self.claim(&owner).await else { break };
                let (service, exporter, stop) = (self.clone(), exporter.clone(), stop.clone());
                running.spawn(async move { service.one(&exporter, &lease, &stop).await });
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.shared.asked.notified() => {}
                Some(_) = running.join_next() => {}
                () = sleep(self.shared.options.poll) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn claim(&self, owner: &str) -> Option<Lease> {
        let options = &self.shared.options;
        let limits = Limits { running: options.running, running_of_account: options.running_of_account };
        match self.shared.jobs.claim(KIND, owner, options.lease, limits).await {
            Ok(lease) => lease,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "no export can be taken up now");
                None
            }
        }
    }

    async fn upkeep(&self) {
        let now = self.shared.clock.now();
        let remember = self.shared.options.remember.max(self.shared.options.keep);
        let old = now.plus_micros(-micros(remember));
        let kept = async {
            self.shared.jobs.forget_ended_before(old).await?;
            sweep(&self.shared.jobs, &self.shared.folder, now).await
        };
        if let Err(error) = kept.await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "upkeep of exports failed; the next round tries again"
            );
        }
    }

    /// One run of a job, to whatever end.
    pub(crate) async fn one(&self, exporter: &Exporter, lease: &Lease, stop: &CancellationToken) {
        let job = lease.job();
        let id = job.id.as_str();
        tracing::info!(job = id, account = %job.account, attempt = job.attempt, "an export runs");
        let begun = Instant::now();
        let ended = match self.attempt(exporter, lease, stop).await {
            Ok(()) => {
                tracing::info!(job = id, took = ?begun.elapsed(), "an export is done");
                metrics::counter!("callhouse_exports_total", "outcome" => "done").increment(1);
                Ok(true)
            }
            Err(Error::Lost) => {
                tracing::info!(job = id, "an export was canceled, or is run by another process");
                Ok(true)
            }
            Err(Error::Stopped) => lease.give_back(false).await,
            Err(error) => {
                tracing::error!(job = id, error = &error as &dyn std::error::Error, "an export failed");
                metrics::counter!("callhouse_exports_total", "outcome" => "failed").increment(1);
                self.failed(lease, &error, stop).await
            }
        };
        if let Err(error) = ended {
            // Its lease runs out, and it is taken up again.
            tracing::error!(
                job = id,
                error = &error as &dyn std::error::Error,
                "the end of an export was not noted"
            );
        }
    }

    async fn failed(
        &self,
        lease: &Lease,
        error: &Error,
        stop: &CancellationToken,
    ) -> Result<bool, callhouse_lake::Error> {
        let failures = lease.job().failures + 1;
        if error.constant().is_some() || failures >= MAX_FAILURES {
            return lease.fail(&error.to_json()).await;
        }
        // What was wrong for a moment is given one.
        let pause = Duration::from_secs(failures.unsigned_abs()).min(lease.length() / 2);
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(pause) => {}
        }
        lease.give_back(true).await
    }

    async fn attempt(
        &self,
        exporter: &Exporter,
        lease: &Lease,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let failures = lease.job().failures;
        if failures >= MAX_FAILURES {
            return Err(Error::GivenUp { failures });
        }
        let Shared { jobs, folder, options, clock, .. } = self.shared.as_ref();
        folder.ensure()?;
        let used = jobs.file_bytes().await?;
        if used >= options.max_bytes {
            return Err(Error::Full { used, limit: options.max_bytes });
        }
        let limit = options.max_file_bytes.min(options.max_bytes - used);
        Run { exporter, folder, options, lease, limit, clock }.run(stop).await
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

impl std::fmt::Debug for Service {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Service(exports)")
    }
}
