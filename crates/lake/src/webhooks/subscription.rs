//! A subscription: one type of webhook of one account, and where it is sent.

use callhouse_core::{AccountId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::{HmacAlgorithm, SealedSigning};

/// Whether a hook is served, in CALLR's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookStatus {
    Enabled,
    /// By its owner.
    Disabled,
    /// By an administrator; its owner cannot enable it.
    DisabledAdmin,
    /// By callhouse, because nothing could be delivered for long.
    DisabledSystem,
}

impl HookStatus {
    pub const ALL: [Self; 4] = [Self::Enabled, Self::Disabled, Self::DisabledAdmin, Self::DisabledSystem];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
            Self::DisabledAdmin => "DISABLED_ADMIN",
            Self::DisabledSystem => "DISABLED_SYSTEM",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// 8 of A-Z0-9.
    pub hash: Box<str>,
    pub account: AccountId,
    pub webhook_type: Box<str>,
    pub endpoint: Box<str>,
    pub signing: Option<SealedSigning>,
    pub status: HookStatus,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When attempts began to fail; `None` when the last one succeeded.
    pub failing_since: Option<Timestamp>,
}

/// An algorithm and a sealed secret in a row; both or none.
pub(super) fn signing_columns(row: &SqliteRow) -> Result<Option<SealedSigning>, sqlx::Error> {
    let algorithm: Option<String> = row.try_get("hmac_algo")?;
    let secret: Option<String> = row.try_get("hmac_secret")?;
    let (Some(algorithm), Some(secret)) = (algorithm, secret) else { return Ok(None) };
    let algorithm = HmacAlgorithm::parse(&algorithm).ok_or_else(|| unknown("hmac_algo", &algorithm))?;
    Ok(Some(SealedSigning { algorithm, secret: secret.into() }))
}

pub(super) fn account_column(row: &SqliteRow) -> Result<AccountId, sqlx::Error> {
    let name: String = row.try_get("account")?;
    AccountId::new(&name).map_err(|_| unknown("account", &name))
}

fn unknown(column: &str, value: &str) -> sqlx::Error {
    let source = format!("{value:?} is no {column}").into();
    sqlx::Error::ColumnDecode { index: column.to_owned(), source }
}

impl FromRow<'_, SqliteRow> for Subscription {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let text = |column: &str| row.try_get::<String, _>(column).map(String::into_boxed_str);
        let status = text("status")?;
        let failing_since: Option<i64> = row.try_get("failing_since")?;
        Ok(Self {
            hash: text("hash")?,
            account: account_column(row)?,
            webhook_type: text("type")?,
            endpoint: text("endpoint")?,
            signing: signing_columns(row)?,
            status: HookStatus::parse(&status).ok_or_else(|| unknown("status", &status))?,
            created_at: Timestamp(row.try_get("created_at")?),
            updated_at: Timestamp(row.try_get("updated_at")?),
            failing_since: failing_since.map(Timestamp),
        })
    }
}
