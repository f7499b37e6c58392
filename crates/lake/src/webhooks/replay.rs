//! Deliveries once more: events that were delivered, or given up, go into the queue again under their old id.

use callhouse_core::{AccountId, Timestamp};
use sqlx::{Sqlite, Transaction};

use super::{BLOCKED, Subscription, Webhooks};
use crate::error::Error;

/// An event to be delivered again, as the log of deliveries knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    pub event_id: Box<str>,
    pub subject: Box<str>,
    pub event_at: Timestamp,
    /// JSON, as it was sent.
    pub data: Box<str>,
    /// Tries made before; the next one has this number.
    pub tries: i64,
}

/// What became of a wish to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    pub queued: usize,
    /// Still in the queue: made due at once instead.
    pub hastened: usize,
}

impl Webhooks {
    /// Queues events of one hook again, due at once. In order means that each begins when the one before it was delivered
    /// or given up.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn replay(
        &self,
        hook: &Subscription,
        replays: &[Replay],
        in_order: bool,
    ) -> Result<Replayed, Error> {
        let failed = Error::catalog("replay of webhook deliveries");
        let now = self.catalog.clock().now();
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let mut replayed = Replayed::default();
        let mut before = None;
        for replay in replays {
            let after = before.filter(|_| in_order);
            let next_at = if after.is_some() { BLOCKED } else { now.micros() };
            if let Some(id) = hasten(&mut transaction, &hook.account, replay, after, next_at).await? {
                replayed.hastened += 1;
                before = Some(id);
            } else {
                before = Some(queue_again(&mut transaction, hook, replay, after, next_at, now).await?);
                replayed.queued += 1;
            }
        }
        // Rows that were there already may be due earlier now: the dispatcher must look at all lanes.
        super::subscriptions::note_change(&mut transaction).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(replayed)
    }

    /// Queues an event that announces nothing: whether an endpoint answers. Returns its id.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn queue_test(
        &self,
        hook: &Subscription,
        webhook_type: &str,
        event_id: &str,
        data: &str,
    ) -> Result<(), Error> {
        let now = self.catalog.clock().now();
        sqlx::query(
            "INSERT INTO callhouse_webhook_queue (event_id, account, hook_hash, type, subject, event_at, queued_at, lane,
                 data, tries, next_at) VALUES (?1, ?2, ?3, ?4, ?1, ?5, ?5, ?6, ?7, 0, ?5)",
        )
        .bind(event_id)
        .bind(hook.account.as_str())
        .bind(&*hook.hash)
        .bind(webhook_type)
        .bind(now.micros())
        .bind(super::endpoint::lane(&hook.account, &hook.endpoint))
        .bind(data)
        .execute(self.catalog.pool())
        .await
        .map_err(Error::catalog("queueing of a test event"))?;
        Ok(())
    }
}

/// Makes an event that is still queued due; its row, if there is one.
async fn hasten(
    transaction: &mut Transaction<'_, Sqlite>,
    account: &AccountId,
    replay: &Replay,
    after: Option<i64>,
    next_at: i64,
) -> Result<Option<i64>, Error> {
    sqlx::query_scalar(
        "UPDATE callhouse_webhook_queue SET next_at = iif(?4 IS NULL, min(next_at, ?3), ?3), after_id = ?4
         WHERE event_id = ?1 AND account = ?2 RETURNING id",
    )
    .bind(&*replay.event_id)
    .bind(account.as_str())
    .bind(next_at)
    .bind(after)
    .fetch_optional(&mut **transaction)
    .await
    .map_err(Error::catalog("replay of webhook deliveries"))
}

async fn queue_again(
    transaction: &mut Transaction<'_, Sqlite>,
    hook: &Subscription,
    replay: &Replay,
    after: Option<i64>,
    next_at: i64,
    now: Timestamp,
) -> Result<i64, Error> {
    let failed = Error::catalog("replay of webhook deliveries");
    sqlx::query_scalar(
        "INSERT INTO callhouse_webhook_queue (event_id, account, hook_hash, type, subject, event_at, queued_at, lane, data,
             tries, next_at, after_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id",
    )
    .bind(&*replay.event_id)
    .bind(hook.account.as_str())
    .bind(&*hook.hash)
    .bind(&*hook.webhook_type)
    .bind(&*replay.subject)
    .bind(replay.event_at.micros())
    .bind(now.micros())
    .bind(super::endpoint::lane(&hook.account, &hook.endpoint))
    .bind(&*replay.data)
    .bind(replay.tries)
    .bind(next_at)
    .bind(after)
    .fetch_one(&mut **transaction)
    .await
    .map_err(failed)
}
