//! Lanes: the deliveries of one account to one address, in order of when they are due. The dispatcher serves lanes
//! side by side, so that a slow one holds up nobody else.

use callhouse_core::{AccountId, Timestamp};
use sqlx::FromRow;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Webhooks;
use super::subscription::account_column;
use crate::error::Error;

/// A lane that has deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    pub lane: i64,
    pub account: AccountId,
    /// When the first of them is due; hundreds of thousands of years from now when all are parked.
    pub next_at: Timestamp,
}

impl FromRow<'_, SqliteRow> for Lane {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            lane: row.try_get("lane")?,
            account: account_column(row)?,
            next_at: Timestamp(row.try_get("next_at")?),
        })
    }
}

/// Lanes found, and how far the queue and the subscriptions were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lanes {
    pub lanes: Vec<Lane>,
    /// The newest delivery there was.
    pub newest_id: i64,
    /// Changes of subscriptions there were.
    pub changes: i64,
}

impl Webhooks {
    /// How far queue and subscriptions are: (newest id, changes). Cheap, to be asked often.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn queue_state(&self) -> Result<(i64, i64), Error> {
        sqlx::query_as(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'callhouse_webhook_queue'), 0), changes
             FROM callhouse_webhook_changes",
        )
        .fetch_one(self.catalog.pool())
        .await
        .map_err(Error::catalog("read of the webhook queue"))
    }

    /// The lanes of deliveries younger than `seen`.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn lanes_since(&self, seen: i64) -> Result<Lanes, Error> {
        let (newest_id, changes) = self.queue_state().await?;
        // SQLite takes a bare column from the row of the minimum; all rows of a lane have one account.
        let lanes = sqlx::query_as(
            "SELECT lane, account, min(next_at) AS next_at FROM callhouse_webhook_queue WHERE id > ?1 GROUP BY lane",
        )
        .bind(seen)
        .fetch_all(self.catalog.pool())
        .await
        .map_err(Error::catalog("read of webhook lanes"))?;
        Ok(Lanes { lanes, newest_id, changes })
    }

    /// All lanes. Goes from lane to lane through the index, so it costs what there are lanes, not deliveries.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn lanes(&self) -> Result<Lanes, Error> {
        let (newest_id, changes) = self.queue_state().await?;
        let lanes = sqlx::query_as(
            "WITH RECURSIVE lanes (lane) AS (
                 SELECT min(lane) FROM callhouse_webhook_queue
                 UNION ALL
                 SELECT (SELECT min(q.lane) FROM callhouse_webhook_queue q WHERE q.lane > lanes.lane)
                 FROM lanes WHERE lanes.lane IS NOT NULL)
             SELECT lanes.lane, q.account, q.next_at FROM lanes JOIN callhouse_webhook_queue q ON q.id = (
                 SELECT id FROM callhouse_webhook_queue f WHERE f.lane = lanes.lane ORDER BY f.next_at LIMIT 1)
             WHERE lanes.lane IS NOT NULL",
        )
        .fetch_all(self.catalog.pool())
        .await
        .map_err(Error::catalog("read of webhook lanes"))?;
        Ok(Lanes { lanes, newest_id, changes })
    }

    /// Deliveries in the queue, and those of them that wait for their hook to be enabled or for another delivery.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn depth(&self) -> Result<(i64, i64), Error> {
        sqlx::query_as("SELECT count(*), count(*) FILTER (WHERE next_at >= ?1) FROM callhouse_webhook_queue")
            .bind(super::PARKED)
            .fetch_one(self.catalog.pool())
            .await
            .map_err(Error::catalog("count of webhook deliveries"))
    }
}
