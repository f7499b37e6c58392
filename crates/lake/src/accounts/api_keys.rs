//! API keys: made, listed and deleted.

use callhouse_core::{AccountId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::scram::Verifier;
use super::{Accounts, ApiKey, NewApiKey, Secret, account_column};
use crate::error::Error;

/// Random bytes of an API key: 100 hex characters, as CALLR clients check.
const TOKEN_BYTES: usize = 50;

impl Accounts {
    /// Makes an API key.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Catalog`].
    pub async fn create_api_key(
        &self,
        account: &AccountId,
        name: &str,
        admin: bool,
    ) -> Result<NewApiKey, Error> {
        self.must_exist(account).await?;
        let token = Secret::random_hex::<TOKEN_BYTES>();
        let (stored_key, server_key) = verifier(account.clone(), token.clone()).await?.stored();
        let created_at = self.catalog.clock().now();
        let failed = Error::catalog("creation of an API key");
        let mut transaction = self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO callhouse_api_keys (account, name, admin, token_hash, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
        )
        .bind(account.as_str())
        .bind(name)
        .bind(admin)
        .bind(token.digest())
        .bind(created_at.micros())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        sqlx::query(
            "INSERT OR REPLACE INTO callhouse_scram_verifiers (api_key_id, stored_key, server_key)
             VALUES (?1, ?2, ?3)",
        )
        .bind(id)
        .bind(stored_key)
        .bind(server_key)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let (account, name) = (account.clone(), name.to_owned());
        Ok(NewApiKey { key: ApiKey { id, account, name, admin, created_at, last_used_at: None }, token })
    }

    /// API keys of one account, or of all, oldest first.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn api_keys(&self, account: Option<&AccountId>) -> Result<Vec<ApiKey>, Error> {
        sqlx::query_as("SELECT * FROM callhouse_api_keys WHERE ?1 IS NULL OR account = ?1 ORDER BY id")
            .bind(account.map(AccountId::as_str))
            .fetch_all(self.catalog.pool())
            .await
            .map_err(Error::catalog("list of API keys"))
    }

    /// Deletes an API key, of that account only when one is given; false when there is none such.
    /// It stops working in other processes within a minute.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn delete_api_key(&self, account: Option<&AccountId>, id: i64) -> Result<bool, Error> {
        let deleted =
            sqlx::query("DELETE FROM callhouse_api_keys WHERE id = ?1 AND (?2 IS NULL OR account = ?2)")
                .bind(id)
                .bind(account.map(AccountId::as_str))
                .execute(self.catalog.pool())
                .await
                .map_err(Error::catalog("deletion of an API key"))?;
        self.verified.forget();
        Ok(deleted.rows_affected() > 0)
    }
}

/// Thousands of rounds of hashing: not on a thread that serves others.
async fn verifier(account: AccountId, token: Secret) -> Result<Verifier, Error> {
    let made = tokio::task::spawn_blocking(move || Verifier::of(&account, &token)).await;
    made.map_err(|error| Error::Invalid { what: format!("making of a verifier: {error}") })
}

impl FromRow<'_, SqliteRow> for ApiKey {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let last_used_at: Option<i64> = row.try_get("last_used_at")?;
        Ok(Self {
            id: row.try_get("id")?,
            account: account_column(row, "account")?,
            name: row.try_get("name")?,
            admin: row.try_get("admin")?,
            created_at: Timestamp(row.try_get("created_at")?),
            last_used_at: last_used_at.map(Timestamp),
        })
    }
}
