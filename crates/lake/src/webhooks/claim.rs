//! Claiming: from the queue to whoever sends it, under a lease.

use std::collections::HashMap;
use std::sync::Arc;

use callhouse_core::{AccountId, Timestamp, crash};
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, Transaction};

use super::subscription::{account_column, signing_columns};
use super::{HookStatus, PARKED, SealedSigning, Subscription, SubscriptionView, Webhooks};
use crate::error::Error;

/// A delivery that is the claimer's until the lease is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub id: i64,
    /// Tries begun, this one included. What is said of it must name this number.
    pub tries: i64,
    pub event_id: Box<str>,
    pub account: AccountId,
    /// `None` for a dynamic webhook.
    pub hook: Option<Arc<Subscription>>,
    pub webhook_type: Box<str>,
    pub subject: Box<str>,
    pub event_at: Timestamp,
    pub queued_at: Timestamp,
    pub lane: i64,
    pub endpoint: Box<str>,
    pub signing: Option<SealedSigning>,
    /// `None` until the first try.
    pub data: Option<Box<str>>,
}

impl Claimed {
    /// The number of this try, from 0.
    #[must_use]
    pub const fn number(&self) -> i64 {
        self.tries - 1
    }
}

/// A claimed delivery's data, to be kept for all its tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready<'a> {
    pub id: i64,
    pub tries: i64,
    pub data: &'a str,
}

/// What a claim gave.
#[derive(Debug, Default)]
pub struct Claims {
    pub claimed: Vec<Claimed>,
    /// By lane asked for: when the next of its deliveries is due; `None` when it has none left.
    pub next_at: HashMap<i64, Option<Timestamp>>,
}

impl Webhooks {
    /// Keeps the data made for deliveries claimed before, and claims from each lane at most so many that are due now. Both
    /// in one transaction: once this returns, what is `ready` may be sent, and will be sent the same in every try.
    ///
    /// Deliveries of disabled hooks are parked, those of removed ones dropped.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn claim(
        &self,
        ready: &[Ready<'_>],
        lanes: &[(i64, usize)],
        lease_until: Timestamp,
    ) -> Result<Claims, Error> {
        let failed = Error::catalog("claim of webhook deliveries");
        let now = self.catalog.clock().now();
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        keep(&mut transaction, ready).await?;
        let view = self.subscriptions.view_in(&mut transaction).await?;
        let mut claims = Claims::default();
        for (lane, most) in lanes {
            let rows = claim_lane(&mut transaction, *lane, *most, now, lease_until).await?;
            for row in rows {
                match row.admit(&view) {
                    Admitted::Yes(claimed) => claims.claimed.push(*claimed),
                    Admitted::Parked(id) => {
                        put_back(&mut transaction, id, PARKED).await?;
                    }
                    Admitted::Dropped(id) => drop_delivery(&mut transaction, id).await?,
                }
            }
            claims.next_at.insert(*lane, next_of(&mut transaction, *lane).await?);
        }
        crash::point("webhooks.claim.in_transaction");
        transaction.commit().await.map_err(failed)?;
        crash::point("webhooks.claim.after");
        Ok(claims)
    }
}

async fn keep(transaction: &mut Transaction<'_, Sqlite>, ready: &[Ready<'_>]) -> Result<(), Error> {
    if ready.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = ready.iter().map(|ready| json!([ready.id, ready.tries, ready.data])).collect();
    sqlx::query(
        "UPDATE callhouse_webhook_queue AS q SET data = j.value ->> 2 FROM json_each(?1) AS j
         WHERE q.id = j.value ->> 0 AND q.tries = j.value ->> 1 AND q.data IS NULL",
    )
    .bind(serde_json::Value::from(rows).to_string())
    .execute(&mut **transaction)
    .await
    .map_err(Error::catalog("keeping of webhook data"))?;
    Ok(())
}

async fn claim_lane(
    transaction: &mut Transaction<'_, Sqlite>,
    lane: i64,
    most: usize,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Vec<ClaimedRow>, Error> {
    let mut rows: Vec<ClaimedRow> = sqlx::query_as(
        "UPDATE callhouse_webhook_queue SET tries = tries + 1, next_at = ?4
         WHERE id IN (SELECT id FROM callhouse_webhook_queue WHERE lane = ?1 AND next_at <= ?2
                      ORDER BY next_at, id LIMIT ?3)
         RETURNING *",
    )
    .bind(lane)
    .bind(now.micros())
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .bind(lease_until.micros())
    .fetch_all(&mut **transaction)
    .await
    .map_err(Error::catalog("claim of webhook deliveries"))?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

async fn next_of(transaction: &mut Transaction<'_, Sqlite>, lane: i64) -> Result<Option<Timestamp>, Error> {
    let next_at: Option<i64> =
        sqlx::query_scalar("SELECT min(next_at) FROM callhouse_webhook_queue WHERE lane = ?1")
            .bind(lane)
            .fetch_one(&mut **transaction)
            .await
            .map_err(Error::catalog("claim of webhook deliveries"))?;
    Ok(next_at.map(Timestamp))
}

/// Undoes a claim that came to nothing.
async fn put_back(transaction: &mut Transaction<'_, Sqlite>, id: i64, next_at: i64) -> Result<(), Error> {
    sqlx::query("UPDATE callhouse_webhook_queue SET tries = tries - 1, next_at = ?2 WHERE id = ?1")
        .bind(id)
        .bind(next_at)
        .execute(&mut **transaction)
        .await
        .map_err(Error::catalog("parking of webhook deliveries"))?;
    Ok(())
}

async fn drop_delivery(transaction: &mut Transaction<'_, Sqlite>, id: i64) -> Result<(), Error> {
    sqlx::query("DELETE FROM callhouse_webhook_queue WHERE id = ?1")
        .bind(id)
        .execute(&mut **transaction)
        .await
        .map_err(Error::catalog("dropping of webhook deliveries"))?;
    Ok(())
}

/// A row as it was claimed, before its hook was looked at.
struct ClaimedRow {
    id: i64,
    tries: i64,
    event_id: Box<str>,
    account: AccountId,
    hook_hash: Option<Box<str>>,
    webhook_type: Box<str>,
    subject: Box<str>,
    event_at: Timestamp,
    queued_at: Timestamp,
    lane: i64,
    endpoint: Option<Box<str>>,
    signing: Option<SealedSigning>,
    data: Option<Box<str>>,
}

enum Admitted {
    Yes(Box<Claimed>),
    Parked(i64),
    Dropped(i64),
}

impl ClaimedRow {
    fn admit(self, view: &SubscriptionView) -> Admitted {
        let (hook, endpoint, signing) = match &self.hook_hash {
            None => (None, self.endpoint, self.signing),
            Some(hash) => {
                let Some(hook) = view.get(hash) else { return Admitted::Dropped(self.id) };
                if hook.status != HookStatus::Enabled {
                    return Admitted::Parked(self.id);
                }
                (Some(Arc::clone(hook)), Some(hook.endpoint.clone()), hook.signing.clone())
            }
        };
        let Some(endpoint) = endpoint else { return Admitted::Dropped(self.id) };
        Admitted::Yes(Box::new(Claimed {
            id: self.id,
            tries: self.tries,
            event_id: self.event_id,
            account: self.account,
            hook,
            webhook_type: self.webhook_type,
            subject: self.subject,
            event_at: self.event_at,
            queued_at: self.queued_at,
            lane: self.lane,
            endpoint,
            signing,
            data: self.data,
        }))
    }
}

impl FromRow<'_, SqliteRow> for ClaimedRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let text = |column: &str| row.try_get::<String, _>(column).map(String::into_boxed_str);
        let maybe = |column: &str| {
            row.try_get::<Option<String>, _>(column).map(|text| text.map(String::into_boxed_str))
        };
        Ok(Self {
            id: row.try_get("id")?,
            tries: row.try_get("tries")?,
            event_id: text("event_id")?,
            account: account_column(row)?,
            hook_hash: maybe("hook_hash")?,
            webhook_type: text("type")?,
            subject: text("subject")?,
            event_at: Timestamp(row.try_get("event_at")?),
            queued_at: Timestamp(row.try_get("queued_at")?),
            lane: row.try_get("lane")?,
            endpoint: maybe("endpoint")?,
            signing: signing_columns(row)?,
            data: maybe("data")?,
        })
    }
}
