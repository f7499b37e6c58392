//! Accounts, API keys and sessions, kept in the catalog database; secrets only as hashes (SEC-1).
//!
//! Owns who exists, who belongs to whom and which credentials are good. Leaves to the doors how credentials
//! travel, and to the query planner how an account's rows are walled off (TEN-1).

mod directory;
mod secret;

use callhouse_core::{AccountId, Timestamp};

use crate::catalog::Catalog;
use crate::error::Error;

pub use directory::{AccountDirectory, DirectoryEntry};
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
    pub created_at: Timestamp,
    /// Last use, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A new API key and its token of 100 hex characters, shown this once.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub key: ApiKey,
    pub token: Secret,
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

/// The accounts of one data folder. Cheap to clone; clones share their caches.
#[derive(Clone)]
pub struct Accounts {
    catalog: Catalog,
}

fn unwritten<T>() -> Result<T, Error> {
    Err(Error::Invalid { what: "not written yet".to_owned() })
}

impl Accounts {
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog }
    }

    /// Creates an account whose login is its name, with a random password.
    ///
    /// # Errors
    /// [`Error::AccountExists`], [`Error::AccountUnknown`] for the parent, [`Error::Catalog`].
    pub async fn create(&self, id: &AccountId, parent: Option<&AccountId>) -> Result<NewAccount, Error> {
        let _ = (id, parent, &self.catalog);
        unwritten()
    }

    /// All accounts in order of name.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn list(&self) -> Result<Vec<Account>, Error> {
        unwritten()
    }

    /// One account by name.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn get(&self, id: &AccountId) -> Result<Option<Account>, Error> {
        let _ = id;
        unwritten()
    }

    /// One account by its CALLR hash, letter case ignored.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn by_hash(&self, hash: &str) -> Result<Option<Account>, Error> {
        let _ = hash;
        unwritten()
    }

    /// One account by its login.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn by_login(&self, login: &str) -> Result<Option<Account>, Error> {
        let _ = login;
        unwritten()
    }

    /// The account itself and all accounts below it; empty when it does not exist.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn descendants(&self, id: &AccountId) -> Result<Vec<AccountId>, Error> {
        let _ = id;
        unwritten()
    }

    /// Enables or disables an account: a disabled one, and every account below it, cannot authenticate.
    /// Other processes follow within a minute.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Catalog`].
    pub async fn set_enabled(&self, id: &AccountId, enabled: bool) -> Result<(), Error> {
        let _ = (id, enabled);
        unwritten()
    }

    /// Gives an account a new random password; the old one stops working.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Catalog`].
    pub async fn reset_password(&self, id: &AccountId) -> Result<Secret, Error> {
        let _ = id;
        unwritten()
    }

    /// Makes an API key.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Catalog`].
    pub async fn create_api_key(&self, account: &AccountId, name: &str, admin: bool) -> Result<NewApiKey, Error> {
        let _ = (account, name, admin);
        unwritten()
    }

    /// API keys of one account, or of all, oldest first.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn api_keys(&self, account: Option<&AccountId>) -> Result<Vec<ApiKey>, Error> {
        let _ = account;
        unwritten()
    }

    /// Deletes an API key, of that account only when one is given; false when there is none such.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn delete_api_key(&self, account: Option<&AccountId>, id: i64) -> Result<bool, Error> {
        let _ = (account, id);
        unwritten()
    }

    /// Starts a session: its token works for an hour, its refresh token for a day.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Catalog`].
    pub async fn create_session(&self, account: &AccountId, admin: bool) -> Result<NewSession, Error> {
        let _ = (account, admin);
        unwritten()
    }

    /// Exchanges a refresh token, of this account only, for new tokens; the old ones stop working. `None` when it is not good.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn refresh_session(
        &self,
        account: &AccountId,
        refresh_token: &Secret,
    ) -> Result<Option<NewSession>, Error> {
        let _ = (account, refresh_token);
        unwritten()
    }

    /// Sessions of an account that are valid or refreshable, oldest first.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn sessions(&self, account: &AccountId) -> Result<Vec<Session>, Error> {
        let _ = account;
        unwritten()
    }

    /// Ends a session; false when there is none such.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn delete_session(&self, id: i64) -> Result<bool, Error> {
        let _ = id;
        unwritten()
    }

    /// Who a login and password are; `None` when they are not good.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn authenticate_password(&self, login: &str, password: &Secret) -> Result<Option<Principal>, Error> {
        let _ = (login, password);
        unwritten()
    }

    /// Whose API key a token is; `None` when it is not good.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn authenticate_api_key(&self, token: &Secret) -> Result<Option<Principal>, Error> {
        let _ = token;
        unwritten()
    }

    /// Whose session a token is; `None` when it is not good.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn authenticate_session(&self, token: &Secret) -> Result<Option<Principal>, Error> {
        let _ = token;
        unwritten()
    }
}
