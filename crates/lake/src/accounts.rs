//! Accounts, API keys and sessions, kept in the catalog database; secrets only as hashes (SEC-1).
//!
//! Owns who exists, who belongs to whom and which credentials are good. Leaves to the doors how credentials
//! travel, and to the query planner how an account's rows are walled off (TEN-1).

mod api_keys;
mod audit;
mod authenticate;
mod directory;
mod login_as;
mod password;
mod principal;
mod scopes;
mod scram;
mod secret;
mod sessions;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;

use callhouse_core::{AccountId, Timestamp};
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, Transaction};

use crate::catalog::Catalog;
use crate::error::Error;

pub use api_keys::{KeyOptions, NewApiKey};
pub use audit::{ActKind, Actor, AuditFilter, AuditPage, AuditRow, MAX_AUDIT_ROWS, record};
use authenticate::Verified;
pub use directory::{AccountDirectory, DirectoryEntry};
pub use login_as::LoginAs;
use login_as::LoginAsRows;
pub use principal::{CountedAs, Credential, Principal, RequestLimit};
pub use scopes::{AccessScope, AccessScopes};
pub use scram::{SCRAM_ITERATIONS, ScramOutcome, scram_salt};
pub use secret::Secret;

/// An account as the catalog knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    /// CALLR `hash` (8 of A-Z0-9), from [`AccountId::hash`].
    pub hash: String,
    pub parent: Option<AccountId>,
    pub login: String,
    pub enabled: bool,
    pub created_at: Timestamp,
}

/// A new account and its password, shown this once.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub account: Account,
    pub password: Secret,
}

/// An API key as it can be listed: without its token, which nobody keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: i64,
    pub account: AccountId,
    pub name: String,
    /// Sees and writes every account.
    pub admin: bool,
    /// What it is good for.
    pub scopes: AccessScopes,
    /// It works before this instant.
    pub expires_at: Option<Timestamp>,
    /// Its own limit of requests, instead of the one that holds for all.
    pub limit: Option<RequestLimit>,
    pub created_at: Timestamp,
    /// Last use, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A session as it can be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: i64,
    pub account: AccountId,
    /// The token works before this instant.
    pub valid_until: Timestamp,
    /// The refresh token works before this instant.
    pub refreshable_until: Timestamp,
    pub created_at: Timestamp,
}

/// A new or refreshed session and its tokens of 40 hex characters, shown this once.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub session: Session,
    pub token: Secret,
    pub refresh_token: Secret,
}

/// The accounts of one data folder. Cheap to clone; clones share what they have verified.
#[derive(Clone)]
pub struct Accounts {
    catalog: Catalog,
    verified: Verified,
    login_as_rows: LoginAsRows,
    /// Who does what is done through this handle.
    actor: Arc<Actor>,
}

impl Accounts {
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        let actor = Arc::new(Actor::callhouse());
        Self { catalog, verified: Verified::default(), login_as_rows: LoginAsRows::default(), actor }
    }

    /// The same accounts for somebody: the audit log names them for what is done through this handle.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor: Arc::new(actor), ..self.clone() }
    }

    /// A transaction that writes; there is one at a time.
    async fn begin(&self, operation: &'static str) -> Result<Transaction<'static, Sqlite>, Error> {
        self.catalog.pool().begin_with("BEGIN IMMEDIATE").await.map_err(Error::catalog(operation))
    }

    /// Creates an account whose login is its name, with a random password.
    ///
    /// # Errors
    /// [`Error::AccountExists`], [`Error::AccountUnknown`] for the parent, [`Error::Catalog`].
    pub async fn create(&self, id: &AccountId, parent: Option<&AccountId>) -> Result<NewAccount, Error> {
        let password = Secret::random_password();
        let password_hash = password::hash(password.clone()).await?;
        let failed = Error::catalog("creation of an account");
        let mut transaction = self.begin("creation of an account").await?;
        if let Some(parent) = parent {
            tree::must_exist(&mut transaction, parent).await?;
        }
        let account = Account {
            id: id.clone(),
            hash: id.hash(),
            parent: parent.cloned(),
            login: id.to_string(),
            enabled: true,
            created_at: self.catalog.clock().now(),
        };
        let inserted = sqlx::query(
            "INSERT INTO callhouse_accounts (name, hash, parent, login, password_hash, enabled, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6) ON CONFLICT DO NOTHING",
        )
        .bind(id.as_str())
        .bind(&account.hash)
        .bind(parent.map(AccountId::as_str))
        .bind(&account.login)
        .bind(password_hash)
        .bind(account.created_at.micros())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if inserted.rows_affected() == 0 {
            return Err(Error::AccountExists { name: id.clone() });
        }
        let details = json!({ "parent": parent.map(AccountId::as_str) });
        self.log(&mut transaction, ActKind::AccountCreated, id, &details).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(NewAccount { account, password })
    }

    /// All accounts in order of name.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn list(&self) -> Result<Vec<Account>, Error> {
        sqlx::query_as("SELECT * FROM callhouse_accounts ORDER BY name")
            .fetch_all(self.catalog.pool())
            .await
            .map_err(Error::catalog("list of accounts"))
    }

    /// One account by name.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn get(&self, id: &AccountId) -> Result<Option<Account>, Error> {
        self.find("SELECT * FROM callhouse_accounts WHERE name = ?1", id.as_str()).await
    }

    /// One account by its CALLR hash, letter case ignored.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn by_hash(&self, hash: &str) -> Result<Option<Account>, Error> {
        let hash = hash.to_ascii_uppercase();
        self.find("SELECT * FROM callhouse_accounts WHERE hash = ?1 ORDER BY created_at LIMIT 1", &hash).await
    }

    /// One account by its login.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn by_login(&self, login: &str) -> Result<Option<Account>, Error> {
        self.find("SELECT * FROM callhouse_accounts WHERE login = ?1", login).await
    }

    async fn find(&self, query: &'static str, key: &str) -> Result<Option<Account>, Error> {
        sqlx::query_as(query)
            .bind(key)
            .fetch_optional(self.catalog.pool())
            .await
            .map_err(Error::catalog("search of an account"))
    }

    /// Gives an account a new random password; the old one stops working, in other processes within a minute.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Catalog`].
    pub async fn reset_password(&self, id: &AccountId) -> Result<Secret, Error> {
        let password = Secret::random_password();
        let password_hash = password::hash(password.clone()).await?;
        let failed = Error::catalog("change of a password");
        let mut transaction = self.begin("change of a password").await?;
        tree::must_exist(&mut transaction, id).await?;
        sqlx::query("UPDATE callhouse_accounts SET password_hash = ?2 WHERE name = ?1")
            .bind(id.as_str())
            .bind(password_hash)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.log(&mut transaction, ActKind::PasswordChanged, id, &json!({})).await?;
        transaction.commit().await.map_err(failed)?;
        self.verified.forget();
        Ok(password)
    }

    /// Whether an account exists and it and all above it are enabled.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn is_enabled(&self, id: &AccountId) -> Result<bool, Error> {
        self.enabled(id).await
    }
}

fn account_id(name: &str) -> Result<AccountId, Error> {
    AccountId::new(name)
        .map_err(|_| Error::Invalid { what: format!("the catalog names an account {name:?}") })
}

/// An account name in a row; the catalog only ever holds valid ones.
pub(crate) fn account_column(row: &SqliteRow, column: &'static str) -> Result<AccountId, sqlx::Error> {
    let name: String = row.try_get(column)?;
    AccountId::new(&name)
        .map_err(|error| sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) })
}

impl FromRow<'_, SqliteRow> for Account {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let has_parent: Option<String> = row.try_get("parent")?;
        Ok(Self {
            id: account_column(row, "name")?,
            hash: row.try_get("hash")?,
            parent: has_parent.map(|_| account_column(row, "parent")).transpose()?,
            login: row.try_get("login")?,
            enabled: row.try_get("enabled")?,
            created_at: Timestamp(row.try_get("created_at")?),
        })
    }
}
