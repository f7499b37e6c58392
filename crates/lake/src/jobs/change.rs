//! What their owners do to jobs: ask for them, cancel and forget them.

use callhouse_core::Timestamp;

use super::{Job, JobId, Jobs, NewJob, Viewer};
use crate::error::Error;

impl Jobs {
    /// Puts a job into the queue, unless `most_unfinished` of the account's are in it or running.
    ///
    /// # Errors
    /// [`Error::TooManyJobs`], [`Error::Catalog`].
    pub async fn create(&self, new: NewJob, most_unfinished: u32) -> Result<Job, Error> {
        let failed = Error::catalog("creation of a job");
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let unfinished: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM callhouse_jobs WHERE account = ?1 AND status IN ('PENDING', 'RUNNING')",
        )
        .bind(new.account.as_str())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        if unfinished >= i64::from(most_unfinished) {
            return Err(Error::TooManyJobs { limit: most_unfinished });
        }
        let job: Job = sqlx::query_as(
            "INSERT INTO callhouse_jobs
                 (id, account, all_accounts, kind, parameters, webhook, status, percent, created_at, attempt, failures)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'PENDING', 0, ?7, 0, 0) RETURNING *",
        )
        .bind(JobId::random().as_str())
        .bind(new.account.as_str())
        .bind(new.all_accounts)
        .bind(new.kind)
        .bind(new.parameters.to_string())
        .bind(new.webhook.as_ref().map(|webhook| serde_json::json!(webhook).to_string()))
        .bind(self.catalog.clock().now().micros())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        self.tell_and_commit(transaction, &job).await?;
        Ok(job)
    }

    /// Cancels a job that has not ended: whoever runs it finds out at the next look and throws away what it made.
    /// The job as it is then, canceled or ended before; `None` when there is none that the viewer may see.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn cancel(&self, viewer: &Viewer, id: &JobId) -> Result<Option<Job>, Error> {
        let failed = Error::catalog("cancel of a job");
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let canceled: Option<Job> = sqlx::query_as(
            "UPDATE callhouse_jobs SET status = 'CANCELED', done_at = ?3, lease_owner = NULL, lease_until = NULL,
                 snapshot_id = NULL
             WHERE id = ?1 AND (?2 IS NULL OR (account = ?2 AND all_accounts = 0))
                 AND status IN ('PENDING', 'RUNNING') RETURNING *",
        )
        .bind(id.as_str())
        .bind(viewer.account())
        .bind(self.catalog.clock().now().micros())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        match canceled {
            Some(job) => {
                self.tell_and_commit(transaction, &job).await?;
                Ok(Some(job))
            }
            None => self.get(viewer, id).await,
        }
    }

    /// Forgets a job that has ended; what it made goes with the next upkeep. False when there is none such.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn forget(&self, viewer: &Viewer, id: &JobId) -> Result<bool, Error> {
        let deleted = sqlx::query(
            "DELETE FROM callhouse_jobs WHERE id = ?1 AND (?2 IS NULL OR (account = ?2 AND all_accounts = 0))
                 AND status IN ('CANCELED', 'DONE')",
        )
        .bind(id.as_str())
        .bind(viewer.account())
        .execute(self.catalog.pool())
        .await
        .map_err(Error::catalog("deletion of a job"))?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Forgets jobs that ended before an instant and have no file that is still to be fetched; returns how many.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn forget_ended_before(&self, instant: Timestamp) -> Result<u64, Error> {
        let deleted = sqlx::query(
            "DELETE FROM callhouse_jobs WHERE status IN ('CANCELED', 'DONE') AND done_at < ?1
                 AND (expires_at IS NULL OR expires_at < ?1)",
        )
        .bind(instant.micros())
        .execute(self.catalog.pool())
        .await
        .map_err(Error::catalog("deletion of old jobs"))?;
        Ok(deleted.rows_affected())
    }
}
