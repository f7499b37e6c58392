//! Who runs a job: one process at a time, for as long as it keeps its lease.
//!
//! A lease is renewed well before it runs out. One that has run out may be taken over; then, and when the job was
//! canceled, every later word of the first holder is refused, so a job ends once. Processes on one data folder must agree
//! on the time to well within a lease.

use std::time::Duration;

use callhouse_core::Timestamp;
use serde_json::Value;

use super::{Job, Jobs, Percent};
use crate::error::Error;

/// How many jobs run at once, over all processes on the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub running: u32,
    pub running_of_account: u32,
}

/// What a job made.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub result: Value,
    /// Its file in [`crate::DataFolder::exports_path`], and how long it is kept.
    pub file: Option<(String, u64)>,
    pub expires_at: Option<Timestamp>,
}

/// The right to run a job.
#[derive(Clone)]
pub struct Lease {
    jobs: Jobs,
    job: Job,
    owner: String,
    length: Duration,
}

impl Jobs {
    /// Takes the job of a kind that waits longest, or one whose holder let its lease run out; `None` when there is
    /// nothing to run, or as much runs as may. `owner` names this process.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn claim(
        &self,
        kind: &str,
        owner: &str,
        length: Duration,
        limits: Limits,
    ) -> Result<Option<Lease>, Error> {
        let failed = Error::catalog("claim of a job");
        let now = self.catalog.clock().now();
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let claimed: Option<Job> = sqlx::query_as(
            "UPDATE callhouse_jobs
             SET status = 'RUNNING', lease_owner = ?2, lease_until = ?3, attempt = attempt + 1, percent = 0,
                 failures = failures + (status = 'RUNNING'), snapshot_id = NULL, started_at = coalesce(started_at, ?1)
             WHERE id = (
                 SELECT j.id FROM callhouse_jobs j
                 WHERE j.kind = ?4 AND (j.status = 'PENDING' OR (j.status = 'RUNNING' AND j.lease_until <= ?1))
                     AND ?5 > (SELECT count(*) FROM callhouse_jobs r WHERE r.status = 'RUNNING' AND r.lease_until > ?1)
                     AND ?6 > (SELECT count(*) FROM callhouse_jobs r
                               WHERE r.account = j.account AND r.status = 'RUNNING' AND r.lease_until > ?1)
                 ORDER BY j.created_at, j.id LIMIT 1)
             RETURNING *",
        )
        .bind(now.micros())
        .bind(owner)
        .bind(until(now, length).micros())
        .bind(kind)
        .bind(limits.running)
        .bind(limits.running_of_account)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        let Some(job) = claimed else { return Ok(None) };
        self.tell_and_commit(transaction, &job).await?;
        Ok(Some(Lease { jobs: self.clone(), job, owner: owner.to_owned(), length }))
    }
}

impl Lease {
    /// The job as it was claimed.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// How long it lasts without being renewed.
    #[must_use]
    pub const fn length(&self) -> Duration {
        self.length
    }

    /// Keeps the lease and says how far the job is; false when it is lost: the job was canceled, or is another's.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn renew(&self, percent: Percent) -> Result<bool, Error> {
        let now = self.jobs.catalog.clock().now();
        let renewed = sqlx::query(
            "UPDATE callhouse_jobs SET lease_until = ?4, percent = ?5
             WHERE id = ?1 AND lease_owner = ?2 AND attempt = ?3 AND status = 'RUNNING'",
        )
        .bind(self.job.id.as_str())
        .bind(&self.owner)
        .bind(self.job.attempt)
        .bind(until(now, self.length).micros())
        .bind(percent.hundredths())
        .execute(self.jobs.catalog.pool())
        .await
        .map_err(Error::catalog("renewal of a lease"))?;
        Ok(renewed.rows_affected() > 0)
    }

    /// Keeps the files of a snapshot from garbage collection until the lease ends; false when it is lost.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn pin(&self, snapshot_id: i64) -> Result<bool, Error> {
        let pinned = sqlx::query(
            "UPDATE callhouse_jobs SET snapshot_id = ?4
             WHERE id = ?1 AND lease_owner = ?2 AND attempt = ?3 AND status = 'RUNNING'",
        )
        .bind(self.job.id.as_str())
        .bind(&self.owner)
        .bind(self.job.attempt)
        .bind(snapshot_id)
        .execute(self.jobs.catalog.pool())
        .await
        .map_err(Error::catalog("pin of a snapshot"))?;
        Ok(pinned.rows_affected() > 0)
    }

    /// Ends the job with what it made; false when the lease is lost, and then what it made is to be thrown away.
    ///
    /// # Errors
    /// [`Error::Catalog`]; then the job may have ended or not, and the catalog knows.
    pub async fn finish(&self, outcome: Outcome) -> Result<bool, Error> {
        self.end(Some(outcome), None).await
    }

    /// Ends the job with an error (`code`, `detail`); false when the lease is lost.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn fail(&self, error: &Value) -> Result<bool, Error> {
        self.end(None, Some(error)).await
    }

    async fn end(&self, outcome: Option<Outcome>, error: Option<&Value>) -> Result<bool, Error> {
        let failed = Error::catalog("end of a job");
        let now = self.jobs.catalog.clock().now();
        let file = outcome.as_ref().and_then(|outcome| outcome.file.clone());
        let mut transaction = self.jobs.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let ended: Option<Job> = sqlx::query_as(
            "UPDATE callhouse_jobs
             SET status = 'DONE', percent = CASE WHEN ?5 IS NULL THEN percent ELSE 10000 END, result = ?5, error = ?6,
                 done_at = ?4, file = ?7, file_bytes = ?8, expires_at = ?9,
                 lease_owner = NULL, lease_until = NULL, snapshot_id = NULL
             WHERE id = ?1 AND lease_owner = ?2 AND attempt = ?3 AND status = 'RUNNING' RETURNING *",
        )
        .bind(self.job.id.as_str())
        .bind(&self.owner)
        .bind(self.job.attempt)
        .bind(now.micros())
        .bind(outcome.as_ref().map(|outcome| outcome.result.to_string()))
        .bind(error.map(Value::to_string))
        .bind(file.as_ref().map(|(name, _)| name.as_str()))
        .bind(file.as_ref().and_then(|(_, bytes)| i64::try_from(*bytes).ok()))
        .bind(outcome.as_ref().and_then(|outcome| outcome.expires_at).map(Timestamp::micros))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        let Some(job) = ended else { return Ok(false) };
        self.jobs.tell_and_commit(transaction, &job).await?;
        Ok(true)
    }

    /// Puts the job back into the queue: because this process stops, or (`failed`) because something went wrong that
    /// may not go wrong again. False when the lease is lost.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn give_back(&self, failed: bool) -> Result<bool, Error> {
        let given_back = sqlx::query(
            "UPDATE callhouse_jobs SET status = 'PENDING', percent = 0, failures = failures + ?4,
                 lease_owner = NULL, lease_until = NULL, snapshot_id = NULL
             WHERE id = ?1 AND lease_owner = ?2 AND attempt = ?3 AND status = 'RUNNING'",
        )
        .bind(self.job.id.as_str())
        .bind(&self.owner)
        .bind(self.job.attempt)
        .bind(failed)
        .execute(self.jobs.catalog.pool())
        .await
        .map_err(Error::catalog("return of a job"))?;
        Ok(given_back.rows_affected() > 0)
    }
}

fn until(now: Timestamp, length: Duration) -> Timestamp {
    now.plus_micros(i64::try_from(length.as_micros()).unwrap_or(i64::MAX))
}
