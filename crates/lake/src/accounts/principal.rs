//! Who a request is from, after its credentials were checked, and what these are good for.

use std::num::NonZeroU32;

use callhouse_core::{AccountId, Timestamp};

use super::{AccessScope, AccessScopes, ApiKey};

/// Who a request is from, after its credentials were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub account: AccountId,
    /// Sees and writes every account.
    pub admin: bool,
    /// The API key or session used, if any.
    pub credential: Credential,
    /// What they are good for.
    pub scopes: AccessScopes,
    /// The API key that was used, or with which the session was made.
    pub api_key: Option<i64>,
    /// When that key ends.
    pub expires_at: Option<Timestamp>,
    /// The key's own limit of requests.
    pub limit: Option<RequestLimit>,
    /// The account whose credentials they are, where it acts as `account`, which is below it.
    pub entered_by: Option<AccountId>,
}

/// What proved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    Password,
    ApiKey(i64),
    Session(i64),
}

/// How many requests credentials may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestLimit {
    pub per_second: NonZeroU32,
    /// At once, after a pause.
    pub burst: NonZeroU32,
}

/// Whose requests are counted together: those of a key and of all sessions made with it, or those of a login.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CountedAs {
    ApiKey(i64),
    Login(AccountId),
}

impl Principal {
    /// Somebody with the password of an account: good for everything on it.
    #[must_use]
    pub const fn of_login(account: AccountId) -> Self {
        Self {
            account,
            admin: false,
            credential: Credential::Password,
            scopes: AccessScopes::ALL,
            api_key: None,
            expires_at: None,
            limit: None,
            entered_by: None,
        }
    }

    /// Somebody with an API key.
    pub(super) fn of_key(key: &ApiKey) -> Self {
        Self {
            account: key.account.clone(),
            admin: key.admin,
            credential: Credential::ApiKey(key.id),
            scopes: key.scopes,
            api_key: Some(key.id),
            expires_at: key.expires_at,
            limit: key.limit,
            entered_by: None,
        }
    }

    #[must_use]
    pub const fn may(&self, scope: AccessScope) -> bool {
        self.scopes.has(scope)
    }

    /// Whose requests these are counted with.
    #[must_use]
    pub fn counted_as(&self) -> CountedAs {
        match self.api_key {
            Some(id) => CountedAs::ApiKey(id),
            None => CountedAs::Login(self.entered_by.as_ref().unwrap_or(&self.account).clone()),
        }
    }
}

impl RequestLimit {
    /// None for 0 a second; a burst of 0 is a second's worth.
    #[must_use]
    pub fn of(per_second: u32, burst: u32) -> Option<Self> {
        let per_second = NonZeroU32::new(per_second)?;
        Some(Self { per_second, burst: NonZeroU32::new(burst).unwrap_or(per_second) })
    }
}
