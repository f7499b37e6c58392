//! Looking at jobs (TEN-1: each look names a [`Viewer`]).

use super::{Job, JobId, Jobs, Viewer};
use crate::error::Error;

impl Jobs {
    /// One job; `None` when there is none that the viewer may see.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn get(&self, viewer: &Viewer, id: &JobId) -> Result<Option<Job>, Error> {
        sqlx::query_as(
            "SELECT * FROM callhouse_jobs WHERE id = ?1 AND (?2 IS NULL OR (account = ?2 AND all_accounts = 0))",
        )
        .bind(id.as_str())
        .bind(viewer.account())
        .fetch_optional(self.catalog.pool())
        .await
        .map_err(Error::catalog("search of a job"))
    }

    /// Jobs, newest first, at most `limit`: of one kind if one is named, and older than the job `before`.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn list(
        &self,
        viewer: &Viewer,
        kind: Option<&str>,
        before: Option<&Job>,
        limit: u32,
    ) -> Result<Vec<Job>, Error> {
        sqlx::query_as(
            "SELECT * FROM callhouse_jobs
             WHERE (?1 IS NULL OR (account = ?1 AND all_accounts = 0)) AND (?2 IS NULL OR kind = ?2)
                 AND (?3 IS NULL OR (created_at, id) < (?3, ?4))
             ORDER BY created_at DESC, id DESC LIMIT ?5",
        )
        .bind(viewer.account())
        .bind(kind)
        .bind(before.map(|job| job.created_at.micros()))
        .bind(before.map(|job| job.id.as_str()))
        .bind(limit)
        .fetch_all(self.catalog.pool())
        .await
        .map_err(Error::catalog("list of jobs"))
    }

    /// Bytes of all files that are still to be fetched.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn file_bytes(&self) -> Result<u64, Error> {
        let bytes: i64 = sqlx::query_scalar(
            "SELECT coalesce(sum(file_bytes), 0) FROM callhouse_jobs WHERE status = 'DONE' AND expires_at > ?1",
        )
        .bind(self.catalog.clock().now().micros())
        .fetch_one(self.catalog.pool())
        .await
        .map_err(Error::catalog("sum of files"))?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }
}
