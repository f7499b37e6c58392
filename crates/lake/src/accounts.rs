//! Accounts, API keys and sessions, kept in the catalog database; secrets only as hashes (SEC-1).

use callhouse_core::{AccountId, Timestamp};

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

/// Who a request is from, after its credentials were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub account: AccountId,
    /// Sees and writes every account.
    pub admin: bool,
    /// The API key or session used, if any.
    pub credential: Credential,
}

/// What proved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    Password,
    ApiKey(i64),
    Session(i64),
}
