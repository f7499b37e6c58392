//! Credentials to principals. What was verified is believed for a minute, so that a password sent with every
//! request is not hashed at every request; only SHA-256 of it is kept meanwhile (SEC-1).

use std::collections::HashMap;
use std::sync::Arc;

use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_core::{AccountId, Timestamp};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{Accounts, Credential, Principal, Secret, account_id, password};
use crate::error::Error;

const BELIEVED_MICROS: i64 = 60 * MICROS_PER_SECOND;
/// Credentials believed at once; beyond that all are verified anew.
const BELIEVED_MAX: usize = 10_000;
/// Passwords hashed at once: guessers wait for each other and leave the machine to the others.
const HASHING_MAX: usize = 2;

/// What proves an identity, as a key that holds no secret.
type CredentialKey = (&'static str, String, String);

/// Credentials verified in the last minute. Clones share them.
#[derive(Clone)]
pub(super) struct Verified {
    principals: Arc<Mutex<HashMap<CredentialKey, (Principal, Timestamp)>>>,
    hashing: Arc<Semaphore>,
}

impl Default for Verified {
    fn default() -> Self {
        Self { principals: Arc::default(), hashing: Arc::new(Semaphore::new(HASHING_MAX)) }
    }
}

impl Verified {
    /// Verifies everything anew from here on.
    pub(super) fn forget(&self) {
        self.principals.lock().clear();
    }

    fn find(&self, key: &CredentialKey, now: Timestamp) -> Option<Principal> {
        let principals = self.principals.lock();
        let (principal, until) = principals.get(key)?;
        (now < *until).then(|| principal.clone())
    }

    fn believe(&self, key: CredentialKey, principal: &Principal, until: Timestamp) {
        let mut principals = self.principals.lock();
        if principals.len() >= BELIEVED_MAX {
            principals.clear();
        }
        principals.insert(key, (principal.clone(), until));
    }
}

impl Accounts {
    /// Who a login and password are; `None` when they are not good.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn authenticate_password(
        &self,
        login: &str,
        password: &Secret,
    ) -> Result<Option<Principal>, Error> {
        let now = self.catalog.clock().now();
        let key = ("password", login.to_owned(), password.digest());
        if let Some(principal) = self.verified.find(&key, now) {
            return Ok(Some(principal));
        }
        let found: Option<(String, String)> =
            sqlx::query_as("SELECT name, password_hash FROM callhouse_accounts WHERE login = ?1")
                .bind(login)
                .fetch_optional(self.catalog.pool())
                .await
                .map_err(Error::catalog("check of a password"))?;
        let Some((name, password_hash)) = found else { return Ok(None) };
        let hashing = self.verified.hashing.acquire().await;
        let good = password::verify(password.clone(), &password_hash).await?;
        drop(hashing);
        if !good {
            return Ok(None);
        }
        let principal =
            Principal { account: account_id(&name)?, admin: false, credential: Credential::Password };
        self.admit(key, principal, now.plus_micros(BELIEVED_MICROS)).await
    }

    /// Whose API key a token is; `None` when it is not good.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn authenticate_api_key(&self, token: &Secret) -> Result<Option<Principal>, Error> {
        let now = self.catalog.clock().now();
        let key = ("api key", String::new(), token.digest());
        if let Some(principal) = self.verified.find(&key, now) {
            return Ok(Some(principal));
        }
        let found: Option<(i64, String, bool)> = sqlx::query_as(
            "UPDATE callhouse_api_keys SET last_used_at = ?2 WHERE token_hash = ?1 RETURNING id, account, admin",
        )
        .bind(token.digest())
        .bind(now.micros())
        .fetch_optional(self.catalog.pool())
        .await
        .map_err(Error::catalog("check of an API key"))?;
        let Some((id, account, admin)) = found else { return Ok(None) };
        let principal =
            Principal { account: account_id(&account)?, admin, credential: Credential::ApiKey(id) };
        self.admit(key, principal, now.plus_micros(BELIEVED_MICROS)).await
    }

    /// Whose session a token is; `None` when it is not good.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn authenticate_session(&self, token: &Secret) -> Result<Option<Principal>, Error> {
        let now = self.catalog.clock().now();
        let key = ("session", String::new(), token.digest());
        if let Some(principal) = self.verified.find(&key, now) {
            return Ok(Some(principal));
        }
        let found: Option<(i64, String, bool, i64)> = sqlx::query_as(
            "SELECT id, account, admin, valid_until FROM callhouse_sessions
             WHERE token_hash = ?1 AND valid_until > ?2",
        )
        .bind(token.digest())
        .bind(now.micros())
        .fetch_optional(self.catalog.pool())
        .await
        .map_err(Error::catalog("check of a session"))?;
        let Some((id, account, admin, valid_until)) = found else { return Ok(None) };
        let principal =
            Principal { account: account_id(&account)?, admin, credential: Credential::Session(id) };
        let until = now.plus_micros(BELIEVED_MICROS).min(Timestamp(valid_until));
        self.admit(key, principal, until).await
    }

    /// Lets a proven principal in when its account and all above it are enabled.
    async fn admit(
        &self,
        key: CredentialKey,
        principal: Principal,
        until: Timestamp,
    ) -> Result<Option<Principal>, Error> {
        if !self.enabled(&principal.account).await? {
            return Ok(None);
        }
        self.verified.believe(key, &principal, until);
        Ok(Some(principal))
    }

    /// Whether an account exists and it and all above it are enabled.
    pub(crate) async fn enabled(&self, id: &AccountId) -> Result<bool, Error> {
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
