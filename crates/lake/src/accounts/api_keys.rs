//! API keys: made, listed, changed and deleted. Each says what it is good for and until when.

use callhouse_core::{AccountId, Timestamp};
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, Transaction};

use super::scram::Verifier;
use super::{
    AccessScopes, Accounts, ActKind, ApiKey, RequestLimit, Secret, account_column, account_id, tree,
};
use crate::error::Error;

/// Random bytes of an API key: 100 hex characters, as CALLR clients check.
const TOKEN_BYTES: usize = 50;

/// A new API key and its token of 100 hex characters, shown this once.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub key: ApiKey,
    pub token: Secret,
}

/// What a new key is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOptions {
    /// What it is for, in words.
    pub name: String,
    /// Sees and writes every account.
    pub admin: bool,
    pub scopes: AccessScopes,
    /// When it ends; must be to come.
    pub expires_at: Option<Timestamp>,
    pub limit: Option<RequestLimit>,
}

impl KeyOptions {
    /// A key that is good for everything, for ever.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), admin: false, scopes: AccessScopes::ALL, expires_at: None, limit: None }
    }
}

impl Accounts {
    /// Makes an API key that is good for everything, for ever.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Catalog`].
    pub async fn create_api_key(
        &self,
        account: &AccountId,
        name: &str,
        admin: bool,
    ) -> Result<NewApiKey, Error> {
        self.create_api_key_with(account, &KeyOptions { admin, ..KeyOptions::named(name) }).await
    }

    /// Makes an API key.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Invalid`] for an end that is past or no scope at all, [`Error::Catalog`].
    pub async fn create_api_key_with(
        &self,
        account: &AccountId,
        options: &KeyOptions,
    ) -> Result<NewApiKey, Error> {
        let created_at = self.catalog.clock().now();
        if options.expires_at.is_some_and(|expires_at| expires_at <= created_at) {
            return Err(Error::Invalid { what: "a key must end after it was made".to_owned() });
        }
        if options.scopes.is_empty() {
            return Err(Error::Invalid {
                what: "a key must be good for something: it has no scope".to_owned(),
            });
        }
        let token = Secret::random_hex::<TOKEN_BYTES>();
        let verifier = verifier(account.clone(), token.clone()).await?;
        let failed = Error::catalog("creation of an API key");
        let mut transaction = self.begin("creation of an API key").await?;
        tree::must_exist(&mut transaction, account).await?;
        let key: ApiKey = sqlx::query_as(
            "INSERT INTO callhouse_api_keys
                 (account, name, admin, token_hash, created_at, scopes, expires_at, requests_per_second, burst)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING *",
        )
        .bind(account.as_str())
        .bind(&options.name)
        .bind(options.admin)
        .bind(token.digest())
        .bind(created_at.micros())
        .bind(options.scopes.to_string())
        .bind(options.expires_at.map(Timestamp::micros))
        .bind(options.limit.map(|limit| limit.per_second.get()))
        .bind(options.limit.map(|limit| limit.burst.get()))
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        keep_verifier(&mut transaction, key.id, verifier).await?;
        let details = json!({
            "id": key.id, "name": key.name, "all_accounts": key.admin, "scopes": key.scopes.names(),
            "expires_at": key.expires_at.map(Timestamp::to_rfc3339),
        });
        self.log(&mut transaction, ActKind::ApiKeyCreated, account, &details).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(NewApiKey { key, token })
    }

    /// API keys of one account, or of all, oldest first; also those that have ended.
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

    /// Deletes an API key and the sessions made with it, of that account only when one is given; false when there is
    /// none such. It stops working in other processes within a minute.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn delete_api_key(&self, account: Option<&AccountId>, id: i64) -> Result<bool, Error> {
        let failed = Error::catalog("deletion of an API key");
        let mut transaction = self.begin("deletion of an API key").await?;
        let deleted: Option<(String, String)> = sqlx::query_as(
            "DELETE FROM callhouse_api_keys WHERE id = ?1 AND (?2 IS NULL OR account = ?2) RETURNING account, name",
        )
        .bind(id)
        .bind(account.map(AccountId::as_str))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        let Some((account, name)) = deleted else { return Ok(false) };
        sqlx::query("DELETE FROM callhouse_sessions WHERE api_key = ?1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let details = json!({ "id": id, "name": name });
        self.log(&mut transaction, ActKind::ApiKeyDeleted, &account_id(&account)?, &details).await?;
        transaction.commit().await.map_err(failed)?;
        self.verified.forget();
        Ok(true)
    }

    /// Says anew what a key is good for, and so the sessions made with it; false when there is no such key. Other
    /// processes follow within a minute.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no scope at all, [`Error::Catalog`].
    pub async fn set_api_key_scopes(&self, id: i64, scopes: AccessScopes) -> Result<bool, Error> {
        if scopes.is_empty() {
            return Err(Error::Invalid {
                what: "a key must be good for something: it has no scope".to_owned(),
            });
        }
        let failed = Error::catalog("change of an API key");
        let mut transaction = self.begin("change of an API key").await?;
        let Some(before) = key(&mut transaction, id).await? else { return Ok(false) };
        sqlx::query("UPDATE callhouse_api_keys SET scopes = ?2 WHERE id = ?1")
            .bind(id)
            .bind(scopes.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let details =
            json!({ "id": id, "name": before.name, "from": before.scopes.names(), "to": scopes.names() });
        self.log(&mut transaction, ActKind::ApiKeyScopesChanged, &before.account, &details).await?;
        transaction.commit().await.map_err(failed)?;
        self.verified.forget();
        Ok(true)
    }

    /// Gives a key a limit of its own, or takes it away; false when there is no such key. Other processes follow
    /// within a minute.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn set_api_key_limit(&self, id: i64, limit: Option<RequestLimit>) -> Result<bool, Error> {
        let failed = Error::catalog("change of an API key");
        let mut transaction = self.begin("change of an API key").await?;
        let Some(before) = key(&mut transaction, id).await? else { return Ok(false) };
        sqlx::query("UPDATE callhouse_api_keys SET requests_per_second = ?2, burst = ?3 WHERE id = ?1")
            .bind(id)
            .bind(limit.map(|limit| limit.per_second.get()))
            .bind(limit.map(|limit| limit.burst.get()))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let details = json!({
            "id": id, "name": before.name,
            "requests_per_second": limit.map(|limit| limit.per_second.get()),
            "burst": limit.map(|limit| limit.burst.get()),
        });
        self.log(&mut transaction, ActKind::ApiKeyLimitChanged, &before.account, &details).await?;
        transaction.commit().await.map_err(failed)?;
        self.verified.forget();
        Ok(true)
    }
}

async fn key(transaction: &mut Transaction<'_, Sqlite>, id: i64) -> Result<Option<ApiKey>, Error> {
    sqlx::query_as("SELECT * FROM callhouse_api_keys WHERE id = ?1")
        .bind(id)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(Error::catalog("search of an API key"))
}

async fn keep_verifier(
    transaction: &mut Transaction<'_, Sqlite>,
    id: i64,
    verifier: Verifier,
) -> Result<(), Error> {
    let (stored_key, server_key) = verifier.stored();
    sqlx::query(
        "INSERT OR REPLACE INTO callhouse_scram_verifiers (api_key_id, stored_key, server_key) VALUES (?1, ?2, ?3)",
    )
    .bind(id)
    .bind(stored_key)
    .bind(server_key)
    .execute(&mut **transaction)
    .await
    .map_err(Error::catalog("creation of an API key"))?;
    Ok(())
}

/// Thousands of rounds of hashing: not on a thread that serves others.
async fn verifier(account: AccountId, token: Secret) -> Result<Verifier, Error> {
    let made = tokio::task::spawn_blocking(move || Verifier::of(&account, &token)).await;
    made.map_err(|error| Error::Invalid { what: format!("making of a verifier: {error}") })
}

impl FromRow<'_, SqliteRow> for ApiKey {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let instant = |column: &str| row.try_get::<Option<i64>, _>(column).map(|at| at.map(Timestamp));
        let number = |column: &str| row.try_get::<Option<u32>, _>(column).map(Option::unwrap_or_default);
        let scopes: Option<String> = row.try_get("scopes")?;
        Ok(Self {
            id: row.try_get("id")?,
            account: account_column(row, "account")?,
            name: row.try_get("name")?,
            admin: row.try_get("admin")?,
            scopes: AccessScopes::stored(scopes.as_deref()),
            expires_at: instant("expires_at")?,
            limit: RequestLimit::of(number("requests_per_second")?, number("burst")?),
            created_at: Timestamp(row.try_get("created_at")?),
            last_used_at: instant("last_used_at")?,
        })
    }
}
