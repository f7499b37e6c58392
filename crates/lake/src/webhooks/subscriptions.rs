//! Subscribing and unsubscribing, enabling and disabling.

use callhouse_core::AccountId;
use callhouse_core::ids::short_hash;
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::{Endpoint, HookStatus, PARKED, Signing, Subscription, Webhooks};
use crate::error::Error;

/// Subscriptions one account may have: each event of the account is looked up in all of them.
pub const MAX_HOOKS: i64 = 1_000;

/// What became of a wish to subscribe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscribed {
    New(Subscription),
    /// The account has this type at this endpoint already.
    Duplicate,
    /// The account has [`MAX_HOOKS`].
    TooMany,
}

impl Webhooks {
    /// Subscribes an account. Events that are appended to the log after this returns are announced.
    ///
    /// # Errors
    /// [`Error::Catalog`]; [`Error::File`] when the secret cannot be sealed.
    pub async fn subscribe(
        &self,
        account: &AccountId,
        webhook_type: &str,
        endpoint: &Endpoint,
        signing: Option<&Signing>,
    ) -> Result<Subscribed, Error> {
        let failed = Error::catalog("subscription of a webhook");
        let sealed = signing.map(|signing| self.seal(account, signing)).transpose()?;
        let now = self.catalog.clock().now();
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let hooks: i64 = sqlx::query_scalar("SELECT count(*) FROM callhouse_webhooks WHERE account = ?1")
            .bind(account.as_str())
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed)?;
        if hooks >= MAX_HOOKS {
            return Ok(Subscribed::TooMany);
        }
        let inserted: Option<Subscription> = sqlx::query_as(
            "INSERT INTO callhouse_webhooks
                 (hash, account, type, endpoint, hmac_algo, hmac_secret, status, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'ENABLED', ?7, ?7)
             ON CONFLICT (account, type, endpoint) DO NOTHING RETURNING *",
        )
        .bind(short_hash(&["webhook", &Uuid::new_v4().to_string()]))
        .bind(account.as_str())
        .bind(webhook_type)
        .bind(endpoint.as_str())
        .bind(sealed.as_ref().map(|sealed| sealed.algorithm.as_str()))
        .bind(sealed.as_ref().map(|sealed| &*sealed.secret))
        .bind(now.micros())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        let Some(subscription) = inserted else { return Ok(Subscribed::Duplicate) };
        note_change(&mut transaction).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(Subscribed::New(subscription))
    }

    /// Removes a subscription of an account, and what is still to be delivered to it; false when it has none such.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn unsubscribe(&self, account: &AccountId, hash: &str) -> Result<bool, Error> {
        let failed = Error::catalog("removal of a webhook");
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let endpoint: Option<String> = sqlx::query_scalar(
            "DELETE FROM callhouse_webhooks WHERE hash = ?1 AND account = ?2 RETURNING endpoint",
        )
        .bind(hash)
        .bind(account.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        let Some(endpoint) = endpoint else { return Ok(false) };
        sqlx::query("DELETE FROM callhouse_webhook_queue WHERE lane = ?1 AND hook_hash = ?2")
            .bind(super::endpoint::lane(account, &endpoint))
            .bind(hash)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        note_change(&mut transaction).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(true)
    }

    /// Subscriptions of an account, or of all, oldest first.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn list(&self, account: Option<&AccountId>) -> Result<Vec<Subscription>, Error> {
        sqlx::query_as(
            "SELECT * FROM callhouse_webhooks WHERE ?1 IS NULL OR account = ?1 ORDER BY created_at, hash",
        )
        .bind(account.map(AccountId::as_str))
        .fetch_all(self.catalog.pool())
        .await
        .map_err(Error::catalog("list of webhooks"))
    }

    /// One subscription of an account, or of any.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn get(&self, account: Option<&AccountId>, hash: &str) -> Result<Option<Subscription>, Error> {
        sqlx::query_as("SELECT * FROM callhouse_webhooks WHERE hash = ?1 AND (?2 IS NULL OR account = ?2)")
            .bind(hash)
            .bind(account.map(AccountId::as_str))
            .fetch_optional(self.catalog.pool())
            .await
            .map_err(Error::catalog("search of a webhook"))
    }

    /// Enables or disables a subscription; `None` when there is none such. What is to be delivered to a disabled one
    /// waits; enabled again, it is due at once. An enabled hook counts as one that has not failed yet.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn set_status(&self, hash: &str, status: HookStatus) -> Result<Option<Subscription>, Error> {
        let failed = Error::catalog("change of a webhook");
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let changed: Option<Subscription> = sqlx::query_as(
            "UPDATE callhouse_webhooks
             SET status = ?2, updated_at = ?3, failing_since = NULL, failures = 0 WHERE hash = ?1 RETURNING *",
        )
        .bind(hash)
        .bind(status.as_str())
        .bind(self.catalog.clock().now().micros())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        let Some(changed) = changed else { return Ok(None) };
        if status == HookStatus::Enabled {
            unpark(&mut transaction, &changed, self.catalog.clock().now().micros()).await?;
        } else {
            park(&mut transaction, &changed).await?;
        }
        note_change(&mut transaction).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(changed))
    }
}

/// Tells every reader to read the subscriptions again.
pub(super) async fn note_change(transaction: &mut Transaction<'_, Sqlite>) -> Result<(), Error> {
    sqlx::query("UPDATE callhouse_webhook_changes SET changes = changes + 1")
        .execute(&mut **transaction)
        .await
        .map_err(Error::catalog("change of a webhook"))?;
    Ok(())
}

/// Lets what is to be delivered to a hook wait. What is being delivered ends as it does.
pub(super) async fn park(
    transaction: &mut Transaction<'_, Sqlite>,
    hook: &Subscription,
) -> Result<(), Error> {
    const PARK: &str = "UPDATE callhouse_webhook_queue SET next_at = ?3
        WHERE lane = ?1 AND hook_hash = ?2 AND next_at < ?3";
    move_deliveries(transaction, hook, PARK, PARKED).await
}

async fn unpark(
    transaction: &mut Transaction<'_, Sqlite>,
    hook: &Subscription,
    now: i64,
) -> Result<(), Error> {
    const UNPARK: &str = "UPDATE callhouse_webhook_queue SET next_at = ?3
        WHERE lane = ?1 AND hook_hash = ?2 AND next_at = 9223372036854775806";
    move_deliveries(transaction, hook, UNPARK, now).await
}

async fn move_deliveries(
    transaction: &mut Transaction<'_, Sqlite>,
    hook: &Subscription,
    statement: &'static str,
    next_at: i64,
) -> Result<(), Error> {
    sqlx::query(statement)
        .bind(super::endpoint::lane(&hook.account, &hook.endpoint))
        .bind(&*hook.hash)
        .bind(next_at)
        .execute(&mut **transaction)
        .await
        .map_err(Error::catalog("change of a webhook's deliveries"))?;
    Ok(())
}
