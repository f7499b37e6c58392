//! The tree of accounts: who is below whom, moved without ever making a circle, and switched off with all below.

use callhouse_core::AccountId;
use serde_json::json;
use sqlx::{Sqlite, Transaction};

use super::{Account, Accounts, ActKind, account_id};
use crate::error::Error;

impl Accounts {
    /// The account itself and all accounts below it, in order of name; empty when it does not exist.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn descendants(&self, id: &AccountId) -> Result<Vec<AccountId>, Error> {
        let names: Vec<String> = sqlx::query_scalar(
            "WITH RECURSIVE below (name) AS (
                 SELECT name FROM callhouse_accounts WHERE name = ?1
                 UNION SELECT a.name FROM callhouse_accounts a JOIN below ON a.parent = below.name)
             SELECT name FROM below ORDER BY name",
        )
        .bind(id.as_str())
        .fetch_all(self.catalog.pool())
        .await
        .map_err(Error::catalog("search of sub accounts"))?;
        names.iter().map(|name| account_id(name)).collect()
    }

    /// The accounts below one, itself left out, in order of name.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn below(&self, id: &AccountId) -> Result<Vec<Account>, Error> {
        sqlx::query_as(
            "WITH RECURSIVE below (name) AS (
                 SELECT name FROM callhouse_accounts WHERE parent = ?1
                 UNION SELECT a.name FROM callhouse_accounts a JOIN below ON a.parent = below.name)
             SELECT * FROM callhouse_accounts WHERE name IN (SELECT name FROM below) AND name <> ?1 ORDER BY name",
        )
        .bind(id.as_str())
        .fetch_all(self.catalog.pool())
        .await
        .map_err(Error::catalog("search of sub accounts"))
    }

    /// Enables or disables an account: a disabled one, and every account below it, cannot authenticate.
    /// Other processes follow within a minute. Doing it again changes nothing and is not logged.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Catalog`].
    pub async fn set_enabled(&self, id: &AccountId, enabled: bool) -> Result<(), Error> {
        let failed = Error::catalog("change of an account");
        let mut transaction = self.begin("change of an account").await?;
        must_exist(&mut transaction, id).await?;
        let changed =
            sqlx::query("UPDATE callhouse_accounts SET enabled = ?2 WHERE name = ?1 AND enabled <> ?2")
                .bind(id.as_str())
                .bind(enabled)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        if changed.rows_affected() > 0 {
            let kind = if enabled { ActKind::AccountEnabled } else { ActKind::AccountDisabled };
            self.log(&mut transaction, kind, id, &json!({})).await?;
        }
        transaction.commit().await.map_err(failed)?;
        self.verified.forget();
        Ok(())
    }

    /// Puts an account, with all below it, below another one, or below none. Sessions on it end, because who was
    /// above it may have made them.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::AccountCircle`] when the new parent is the account itself or below it,
    /// [`Error::Catalog`].
    pub async fn move_below(&self, id: &AccountId, parent: Option<&AccountId>) -> Result<(), Error> {
        let failed = Error::catalog("move of an account");
        // One writer at a time: what is looked at here cannot change before it is changed here.
        let mut transaction = self.begin("move of an account").await?;
        must_exist(&mut transaction, id).await?;
        if let Some(parent) = parent {
            must_exist(&mut transaction, parent).await?;
            if is_within(&mut transaction, parent, id).await? {
                return Err(Error::AccountCircle { name: id.clone(), parent: parent.clone() });
            }
        }
        let from: Option<String> =
            sqlx::query_scalar("SELECT parent FROM callhouse_accounts WHERE name = ?1")
                .bind(id.as_str())
                .fetch_one(&mut *transaction)
                .await
                .map_err(failed)?;
        if from.as_deref() == parent.map(AccountId::as_str) {
            return Ok(());
        }
        sqlx::query("UPDATE callhouse_accounts SET parent = ?2 WHERE name = ?1")
            .bind(id.as_str())
            .bind(parent.map(AccountId::as_str))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query(
            "WITH RECURSIVE below (name) AS (
                 SELECT ?1 UNION SELECT a.name FROM callhouse_accounts a JOIN below ON a.parent = below.name)
             DELETE FROM callhouse_sessions WHERE account IN (SELECT name FROM below)",
        )
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let details = json!({ "from": from, "to": parent.map(AccountId::as_str) });
        self.log(&mut transaction, ActKind::AccountMoved, id, &details).await?;
        transaction.commit().await.map_err(failed)?;
        self.verified.forget();
        Ok(())
    }

    /// Whether an account exists and it and all above it are enabled.
    pub(super) async fn enabled(&self, id: &AccountId) -> Result<bool, Error> {
        let enabled: Option<bool> = sqlx::query_scalar(
            "WITH RECURSIVE above (name, parent, enabled) AS (
                 SELECT name, parent, enabled FROM callhouse_accounts WHERE name = ?1
                 UNION SELECT a.name, a.parent, a.enabled FROM callhouse_accounts a JOIN above ON a.name = above.parent)
             SELECT min(enabled) FROM above",
        )
        .bind(id.as_str())
        .fetch_one(self.catalog.pool())
        .await
        .map_err(Error::catalog("check of an account"))?;
        Ok(enabled == Some(true))
    }
}

/// Whether `account` is `ancestor` or below it.
async fn is_within(
    transaction: &mut Transaction<'_, Sqlite>,
    account: &AccountId,
    ancestor: &AccountId,
) -> Result<bool, Error> {
    let found: i64 = sqlx::query_scalar(
        "WITH RECURSIVE above (name) AS (
             SELECT ?1
             UNION SELECT a.parent FROM callhouse_accounts a JOIN above ON a.name = above.name WHERE a.parent IS NOT NULL)
         SELECT count(*) FROM above WHERE name = ?2",
    )
    .bind(account.as_str())
    .bind(ancestor.as_str())
    .fetch_one(&mut **transaction)
    .await
    .map_err(Error::catalog("search of sub accounts"))?;
    Ok(found > 0)
}

/// Refuses names of no account.
pub(super) async fn must_exist(
    transaction: &mut Transaction<'_, Sqlite>,
    id: &AccountId,
) -> Result<(), Error> {
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM callhouse_accounts WHERE name = ?1")
        .bind(id.as_str())
        .fetch_one(&mut **transaction)
        .await
        .map_err(Error::catalog("search of an account"))?;
    if found > 0 { Ok(()) } else { Err(Error::AccountUnknown { name: id.clone() }) }
}
