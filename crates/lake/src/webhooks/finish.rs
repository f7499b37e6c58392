//! How claimed deliveries ended: recorded once, by the claimer whose number still stands.

use std::collections::HashMap;
use std::time::Duration;

use callhouse_core::{Timestamp, crash};
use serde_json::{Value, json};
use sqlx::{Sqlite, Transaction};

use super::subscriptions::{note_change, park};
use super::{PARKED, Subscription, Webhooks};
use crate::error::Error;

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Delivered,
    /// It failed, and is due again at an instant; never when that is `None`.
    Failed {
        again_at: Option<Timestamp>,
    },
    /// It was not sent, so that was no try; it is due again at this instant.
    NotTried {
        again_at: Timestamp,
    },
    /// There is nothing to send.
    Void,
}

/// A claimed delivery and how its try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub id: i64,
    pub tries: i64,
    pub hook_hash: Option<Box<str>>,
    pub ended: Ended,
}

/// Failures a hook must have before it is disabled, however long they took.
const FAILURES_TO_DISABLE: i64 = 10;

/// What followed from a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consequences {
    /// Hooks that were disabled: those none of whose attempts has succeeded for long, and at least ten.
    pub disabled: Vec<Subscription>,
    /// Lanes of deliveries that waited for one that has ended, and are due now.
    pub due_lanes: Vec<i64>,
}

impl Webhooks {
    /// Records how tries ended. A hook to which nothing was delivered for `disable_after` is disabled.
    ///
    /// # Errors
    /// [`Error::Catalog`]; then nothing is recorded, and the deliveries are due again when their leases are over.
    pub async fn finish(
        &self,
        finished: &[Finished],
        disable_after: Duration,
    ) -> Result<Consequences, Error> {
        let failed = Error::catalog("record of webhook deliveries");
        let now = self.catalog.clock().now();
        crash::point("webhooks.finish.before");
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let is_done =
            |ended| matches!(ended, Ended::Delivered | Ended::Failed { again_at: None } | Ended::Void);
        let done = finished.iter().filter(|one| is_done(one.ended));
        let done = done.map(|one| json!([one.id, one.tries])).collect();
        let due_lanes = remove(&mut transaction, done, now).await?;
        let again = finished.iter().filter_map(|one| match one.ended {
            Ended::Failed { again_at: Some(at) } => Some(json!([one.id, one.tries, at.micros(), 0])),
            Ended::NotTried { again_at } => Some(json!([one.id, one.tries, again_at.micros(), 1])),
            Ended::Delivered | Ended::Failed { again_at: None } | Ended::Void => None,
        });
        put_off(&mut transaction, again.collect()).await?;
        let disabled = note_health(&mut transaction, finished, now, disable_after).await?;
        crash::point("webhooks.finish.in_transaction");
        transaction.commit().await.map_err(failed)?;
        crash::point("webhooks.finish.after");
        Ok(Consequences { disabled, due_lanes })
    }
}

/// Takes deliveries out of the queue, remembers their ids, and lets those go that waited for them; returns the lanes of these.
async fn remove(
    transaction: &mut Transaction<'_, Sqlite>,
    done: Vec<Value>,
    now: Timestamp,
) -> Result<Vec<i64>, Error> {
    if done.is_empty() {
        return Ok(Vec::new());
    }
    let failed = Error::catalog("record of webhook deliveries");
    let done = Value::from(done).to_string();
    sqlx::query(
        "INSERT OR REPLACE INTO callhouse_webhook_done
         SELECT q.event_id, ?2 FROM json_each(?1) JOIN callhouse_webhook_queue q
         ON q.id = value ->> 0 AND q.tries = value ->> 1",
    )
    .bind(&done)
    .bind(now.micros())
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    let gone: Vec<i64> = sqlx::query_scalar(
        "DELETE FROM callhouse_webhook_queue WHERE id IN (
             SELECT q.id FROM json_each(?1) JOIN callhouse_webhook_queue q
             ON q.id = value ->> 0 AND q.tries = value ->> 1) RETURNING id",
    )
    .bind(&done)
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)?;
    sqlx::query_scalar(
        "UPDATE callhouse_webhook_queue SET next_at = ?2, after_id = NULL
         WHERE after_id IN (SELECT value FROM json_each(?1)) RETURNING lane",
    )
    .bind(Value::from(gone).to_string())
    .bind(now.micros())
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)
}

/// Makes deliveries due later, or when their hook is enabled again.
async fn put_off(transaction: &mut Transaction<'_, Sqlite>, again: Vec<Value>) -> Result<(), Error> {
    if again.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE callhouse_webhook_queue AS q SET tries = q.tries - (j.value ->> 3), next_at = iif(
             q.hook_hash IN (SELECT hash FROM callhouse_webhooks WHERE status <> 'ENABLED'), ?2, j.value ->> 2)
         FROM json_each(?1) AS j WHERE q.id = j.value ->> 0 AND q.tries = j.value ->> 1",
    )
    .bind(Value::from(again).to_string())
    .bind(PARKED)
    .execute(&mut **transaction)
    .await
    .map_err(Error::catalog("record of webhook deliveries"))?;
    Ok(())
}

/// What a batch says of one hook.
#[derive(Debug, Clone, Copy, Default)]
struct Health {
    has_succeeded: bool,
    failures: i64,
}

async fn note_health(
    transaction: &mut Transaction<'_, Sqlite>,
    finished: &[Finished],
    now: Timestamp,
    disable_after: Duration,
) -> Result<Vec<Subscription>, Error> {
    let mut healths: HashMap<&str, Health> = HashMap::new();
    for one in finished {
        let Some(hash) = &one.hook_hash else { continue };
        let health = healths.entry(hash).or_default();
        match one.ended {
            Ended::Delivered => health.has_succeeded = true,
            Ended::Failed { .. } => health.failures += 1,
            Ended::NotTried { .. } | Ended::Void => {}
        }
    }
    let mut disabled = Vec::new();
    for (hash, health) in healths {
        if health.has_succeeded {
            recovered(transaction, hash).await?;
        } else if health.failures > 0 {
            disabled.extend(failing(transaction, hash, health.failures, now, disable_after).await?);
        }
    }
    Ok(disabled)
}

async fn recovered(transaction: &mut Transaction<'_, Sqlite>, hash: &str) -> Result<(), Error> {
    sqlx::query(
        "UPDATE callhouse_webhooks SET failing_since = NULL, failures = 0
         WHERE hash = ?1 AND failing_since IS NOT NULL",
    )
    .bind(hash)
    .execute(&mut **transaction)
    .await
    .map_err(Error::catalog("record of a webhook's health"))?;
    Ok(())
}

/// Counts failures; the hook when it is disabled for them.
async fn failing(
    transaction: &mut Transaction<'_, Sqlite>,
    hash: &str,
    failures: i64,
    now: Timestamp,
    disable_after: Duration,
) -> Result<Option<Subscription>, Error> {
    let failed = Error::catalog("record of a webhook's health");
    let disable_after = i64::try_from(disable_after.as_micros()).unwrap_or(i64::MAX);
    sqlx::query(
        "UPDATE callhouse_webhooks SET failing_since = coalesce(failing_since, ?2), failures = failures + ?3
         WHERE hash = ?1",
    )
    .bind(hash)
    .bind(now.micros())
    .bind(failures)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    let disabled: Option<Subscription> = sqlx::query_as(
        "UPDATE callhouse_webhooks SET status = 'DISABLED_SYSTEM', updated_at = ?2
         WHERE hash = ?1 AND status = 'ENABLED' AND failures >= ?3 AND failing_since <= ?4 RETURNING *",
    )
    .bind(hash)
    .bind(now.micros())
    .bind(FAILURES_TO_DISABLE)
    .bind(now.micros().saturating_sub(disable_after))
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    if let Some(hook) = &disabled {
        park(transaction, hook).await?;
        note_change(transaction).await?;
    }
    Ok(disabled)
}
