//! Credentials to principals. What was verified is believed for a minute, so that a password sent with every
//! request is not hashed at every request; only SHA-256 of it is kept meanwhile (SEC-1).

use std::collections::HashMap;
use std::sync::Arc;

use callhouse_core::Timestamp;
use callhouse_core::time::MICROS_PER_SECOND;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{Accounts, ApiKey, Credential, Principal, Secret, account_id, password};
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
        let principal = Principal::of_login(account_id(&name)?);
        self.admit(key, principal, now.plus_micros(BELIEVED_MICROS)).await
    }

    /// Whose API key a token is; `None` when it is not good, or no longer.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn authenticate_api_key(&self, token: &Secret) -> Result<Option<Principal>, Error> {
        let now = self.catalog.clock().now();
        let key = ("api key", String::new(), token.digest());
        if let Some(principal) = self.verified.find(&key, now) {
            return Ok(Some(principal));
        }
        let found: Option<ApiKey> = sqlx::query_as(
            "UPDATE callhouse_api_keys SET last_used_at = ?2
             WHERE token_hash = ?1 AND (expires_at IS NULL OR expires_at > ?2) RETURNING *",
        )
        .bind(token.digest())
        .bind(now.micros())
        .fetch_optional(self.catalog.pool())
        .await
        .map_err(Error::catalog("check of an API key"))?;
        let Some(found) = found else { return Ok(None) };
        self.admit(key, Principal::of_key(&found), believed_until(now, found.expires_at)).await
    }

    /// Whose session a token is; `None` when it is not good, or no longer. A session that was made with an API key
    /// ends with it, and is good for what that key is good for now.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn authenticate_session(&self, token: &Secret) -> Result<Option<Principal>, Error> {
        let now = self.catalog.clock().now();
        let key = ("session", String::new(), token.digest());
        if let Some(principal) = self.verified.find(&key, now) {
            return Ok(Some(principal));
        }
        let failed = Error::catalog("check of a session");
        let found: Option<KeptSession> = sqlx::query_as(
            "SELECT id, account, admin, valid_until, api_key, entered_by FROM callhouse_sessions
             WHERE token_hash = ?1 AND valid_until > ?2",
        )
        .bind(token.digest())
        .bind(now.micros())
        .fetch_optional(self.catalog.pool())
        .await
        .map_err(failed)?;
        let Some(KeptSession { id, account, admin, valid_until, api_key, entered_by }) = found else {
            return Ok(None);
        };
        let account = account_id(&account)?;
        let rights = match api_key {
            None => Principal::of_login(account.clone()),
            Some(api_key) => match self.good_key(api_key).await? {
                Some(made_with) => Principal::of_key(&made_with),
                None => return Ok(None),
            },
        };
        let entered_by = entered_by.map(|name| account_id(&name)).transpose()?;
        let principal =
            Principal { account, admin, credential: Credential::Session(id), entered_by, ..rights };
        let until = believed_until(now, principal.expires_at).min(Timestamp(valid_until));
        self.admit(key, principal, until).await
    }

    /// An API key that has not ended, whose account and all above it are enabled.
    pub(super) async fn good_key(&self, id: i64) -> Result<Option<ApiKey>, Error> {
        let found: Option<ApiKey> = sqlx::query_as(
            "SELECT * FROM callhouse_api_keys WHERE id = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
        )
        .bind(id)
        .bind(self.catalog.clock().now().micros())
        .fetch_optional(self.catalog.pool())
        .await
        .map_err(Error::catalog("check of an API key"))?;
        match found {
            Some(key) if self.enabled(&key.account).await? => Ok(Some(key)),
            _ => Ok(None),
        }
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
}

/// What is kept of a session that matters for its rights.
#[derive(sqlx::FromRow)]
struct KeptSession {
    id: i64,
    account: String,
    admin: bool,
    valid_until: i64,
    api_key: Option<i64>,
    entered_by: Option<String>,
}

/// Credentials that end are not believed beyond their end.
fn believed_until(now: Timestamp, expires_at: Option<Timestamp>) -> Timestamp {
    let until = now.plus_micros(BELIEVED_MICROS);
    expires_at.map_or(until, |expires_at| until.min(expires_at))
}
