//! The audit log: every administrative act, written in the transaction that does it, so that neither is there without
//! the other. Rows are only appended (a trigger of the catalog holds that) and hold no secret (SEC-1).
//!
//! Whoever adds an act adds a kind here and calls [`record`] with its transaction.

use callhouse_core::{AccountId, Timestamp};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, Transaction};

use super::{Accounts, Credential, Principal, account_column};
use crate::error::Error;

/// Rows of one page of the log at most.
pub const MAX_AUDIT_ROWS: u32 = 10_000;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActKind {
    AccountCreated,
    AccountEnabled,
    AccountDisabled,
    AccountMoved,
    /// Somebody acts as the account; one row stands for a minute of the same credentials from the same place.
    LoginAs,
    PasswordChanged,
    ApiKeyCreated,
    ApiKeyDeleted,
    ApiKeyScopesChanged,
    ApiKeyLimitChanged,
    WebhookCreated,
    WebhookDeleted,
    WebhookStatusChanged,
    ExportCreated,
    ExportCanceled,
}

impl ActKind {
    pub const ALL: [Self; 15] = [
        Self::AccountCreated,
        Self::AccountEnabled,
        Self::AccountDisabled,
        Self::AccountMoved,
        Self::LoginAs,
        Self::PasswordChanged,
        Self::ApiKeyCreated,
        Self::ApiKeyDeleted,
        Self::ApiKeyScopesChanged,
        Self::ApiKeyLimitChanged,
        Self::WebhookCreated,
        Self::WebhookDeleted,
        Self::WebhookStatusChanged,
        Self::ExportCreated,
        Self::ExportCanceled,
    ];

    /// The stored and printed word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountCreated => "account.created",
            Self::AccountEnabled => "account.enabled",
            Self::AccountDisabled => "account.disabled",
            Self::AccountMoved => "account.moved",
            Self::LoginAs => "account.login-as",
            Self::PasswordChanged => "password.changed",
            Self::ApiKeyCreated => "api-key.created",
            Self::ApiKeyDeleted => "api-key.deleted",
            Self::ApiKeyScopesChanged => "api-key.scopes-changed",
            Self::ApiKeyLimitChanged => "api-key.limit-changed",
            Self::WebhookCreated => "webhook.created",
            Self::WebhookDeleted => "webhook.deleted",
            Self::WebhookStatusChanged => "webhook.status-changed",
            Self::ExportCreated => "export.created",
            Self::ExportCanceled => "export.canceled",
        }
    }
}

/// Who does things, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    /// Whose credentials; `None` at the command line and for callhouse itself.
    account: Option<AccountId>,
    /// Which credentials, never a secret.
    credential: String,
    /// A network address, or the user of this machine.
    origin: String,
}

impl Actor {
    /// The caller of a door: whoever logged in, also where they act as an account below theirs.
    #[must_use]
    pub fn of(principal: &Principal, origin: impl Into<String>) -> Self {
        let credential = match principal.credential {
            Credential::Password => "password".to_owned(),
            Credential::ApiKey(id) => format!("api key {id}"),
            Credential::Session(id) => format!("session {id}"),
        };
        let account = principal.entered_by.as_ref().unwrap_or(&principal.account);
        Self { account: Some(account.clone()), credential, origin: origin.into() }
    }

    /// Somebody at the command line of this machine.
    #[must_use]
    pub fn command_line(user: impl Into<String>) -> Self {
        Self { account: None, credential: "command line".to_owned(), origin: user.into() }
    }

    /// callhouse itself, as where ingest makes accounts that the log names.
    #[must_use]
    pub fn callhouse() -> Self {
        Self { account: None, credential: "callhouse".to_owned(), origin: String::new() }
    }
}

/// One row of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    pub id: i64,
    pub at: Timestamp,
    /// A word of [`ActKind::name`], or of a younger callhouse.
    pub act: String,
    /// The account it was done to.
    pub account: Option<AccountId>,
    /// Whose credentials did it; `None` for the command line and callhouse itself.
    pub by_account: Option<AccountId>,
    pub credential: String,
    pub origin: String,
    /// An object.
    pub details: Value,
}

/// Which rows.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of these accounts only, those of nobody left out; all when `None`.
    pub accounts: Option<Vec<AccountId>>,
    pub act: Option<String>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Rows to pass over, newest first.
    pub offset: u64,
    pub limit: u32,
}

/// A page of the log, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    pub rows: Vec<AuditRow>,
    /// How many rows the filter finds.
    pub total: u64,
}

/// Writes one act to the log, in the transaction that does it. `details` is an object that holds no secret.
///
/// # Errors
/// [`Error::Catalog`].
pub async fn record(
    transaction: &mut Transaction<'_, Sqlite>,
    actor: &Actor,
    at: Timestamp,
    kind: ActKind,
    account: Option<&AccountId>,
    details: &Value,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO callhouse_audit (at, act, account, by_account, credential, origin, details)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(at.micros())
    .bind(kind.name())
    .bind(account.map(AccountId::as_str))
    .bind(actor.account.as_ref().map(AccountId::as_str))
    .bind(&actor.credential)
    .bind(&actor.origin)
    .bind(details.to_string())
    .execute(&mut **transaction)
    .await
    .map_err(Error::catalog("writing of the audit log"))?;
    Ok(())
}

impl Accounts {
    /// Writes an act of this handle's actor to the log, in the transaction that does it.
    pub(crate) async fn log(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        kind: ActKind,
        account: &AccountId,
        details: &Value,
    ) -> Result<(), Error> {
        record(transaction, &self.actor, self.catalog.clock().now(), kind, Some(account), details).await
    }

    /// A page of the log.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn audit(&self, filter: &AuditFilter) -> Result<AuditPage, Error> {
        let failed = Error::catalog("reading of the audit log");
        let accounts = filter.accounts.as_ref().map(|accounts| {
            Value::from(accounts.iter().map(AccountId::as_str).collect::<Vec<_>>()).to_string()
        });
        // Both of one instant: a page and its total.
        let mut transaction = self.catalog.pool().begin().await.map_err(failed)?;
        let total: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM callhouse_audit
             WHERE (?1 IS NULL OR account IN (SELECT value FROM json_each(?1))) AND (?2 IS NULL OR act = ?2)
               AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4)",
        )
        .bind(&accounts)
        .bind(&filter.act)
        .bind(filter.from.map(Timestamp::micros))
        .bind(filter.to.map(Timestamp::micros))
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        let rows = sqlx::query_as(
            "SELECT * FROM callhouse_audit
             WHERE (?1 IS NULL OR account IN (SELECT value FROM json_each(?1))) AND (?2 IS NULL OR act = ?2)
               AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4)
             ORDER BY id DESC LIMIT ?5 OFFSET ?6",
        )
        .bind(&accounts)
        .bind(&filter.act)
        .bind(filter.from.map(Timestamp::micros))
        .bind(filter.to.map(Timestamp::micros))
        .bind(filter.limit.min(MAX_AUDIT_ROWS))
        .bind(i64::try_from(filter.offset).unwrap_or(i64::MAX))
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        Ok(AuditPage { rows, total: u64::try_from(total).unwrap_or(0) })
    }
}

impl FromRow<'_, SqliteRow> for AuditRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let optional = |column: &'static str| {
            let name: Option<String> = row.try_get(column)?;
            name.map(|_| account_column(row, column)).transpose()
        };
        let details: String = row.try_get("details")?;
        Ok(Self {
            id: row.try_get("id")?,
            at: Timestamp(row.try_get("at")?),
            act: row.try_get("act")?,
            account: optional("account")?,
            by_account: optional("by_account")?,
            credential: row.try_get("credential")?,
            origin: row.try_get("origin")?,
            details: serde_json::from_str(&details).unwrap_or(Value::Null),
        })
    }
}
