//! Forgetting the ids of deliveries that are done.

use callhouse_core::Timestamp;

use super::Webhooks;
use crate::error::Error;

/// Ids forgotten in one transaction, so that commits hardly wait for it.
const IDS_PER_TRANSACTION: i64 = 5_000;

impl Webhooks {
    /// Forgets ids that were done before an instant; returns how many, which may be a part of them only: call again.
    ///
    /// Safe when that instant is at least a day more before now than the age from which events are not announced any
    /// more: an event may be of a clock a day ahead, and no delivery is done before it is queued.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn forget(&self, done_before: Timestamp) -> Result<u64, Error> {
        let deleted = sqlx::query(
            "DELETE FROM callhouse_webhook_done WHERE event_id IN (
                 SELECT event_id FROM callhouse_webhook_done WHERE done_at < ?1 LIMIT ?2)",
        )
        .bind(done_before.micros())
        .bind(IDS_PER_TRANSACTION)
        .execute(self.catalog.pool())
        .await
        .map_err(Error::catalog("forgetting of webhook ids"))?;
        Ok(deleted.rows_affected())
    }
}
