//! A cached view of the accounts, for paths that ask about one at every message (ingest).

use callhouse_core::AccountId;

use super::Accounts;
use crate::error::Error;

/// What a directory knows of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    pub id: AccountId,
    pub parent: Option<AccountId>,
    /// The account and all above it are enabled.
    pub enabled: bool,
}

/// Names to accounts, at most a minute old, read again (at most once a second) for a name it does not know.
/// Cheap to clone; clones share the view.
#[derive(Clone)]
pub struct AccountDirectory {
    accounts: Accounts,
}

impl AccountDirectory {
    #[must_use]
    pub fn new(accounts: Accounts) -> Self {
        Self { accounts }
    }

    /// The account of that name, if there is one.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn lookup(&self, name: &str) -> Result<Option<DirectoryEntry>, Error> {
        let _ = (&self.accounts, name);
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }

    /// Whether `account` is `ancestor` or below it.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn within(&self, account: &AccountId, ancestor: &AccountId) -> Result<bool, Error> {
        let _ = (account, ancestor);
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }
}
