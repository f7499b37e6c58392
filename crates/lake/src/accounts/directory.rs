//! A cached view of the accounts, for paths that ask about one at every message (ingest).

use std::collections::HashMap;
use std::sync::Arc;

use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_core::{AccountId, Timestamp};
use parking_lot::RwLock;

use super::{Account, Accounts};
use crate::error::Error;

/// Age at which the view is read again.
const MAX_AGE_MICROS: i64 = 60 * MICROS_PER_SECOND;
/// Age below which an unknown name is believed to be unknown.
const MIN_AGE_MICROS: i64 = MICROS_PER_SECOND;

/// What a directory knows of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    pub id: AccountId,
    pub parent: Option<AccountId>,
    /// The account and all above it are enabled.
    pub enabled: bool,
}

/// The accounts at one instant.
#[derive(Debug)]
struct View {
    entries: HashMap<Box<str>, DirectoryEntry>,
    read_at: Timestamp,
}

/// Names to accounts, at most a minute old, read again (at most once a second) for a name it does not know.
/// Cheap to clone; clones share the view.
#[derive(Clone)]
pub struct AccountDirectory {
    accounts: Accounts,
    view: Arc<RwLock<Option<Arc<View>>>>,
}

impl AccountDirectory {
    #[must_use]
    pub fn new(accounts: Accounts) -> Self {
        Self { accounts, view: Arc::default() }
    }

    /// The account of that name, if there is one.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn lookup(&self, name: &str) -> Result<Option<DirectoryEntry>, Error> {
        Ok(self.view_knowing(name).await?.entries.get(name).cloned())
    }

    /// Whether `account` is `ancestor` or below it.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn within(&self, account: &AccountId, ancestor: &AccountId) -> Result<bool, Error> {
        let view = self.view_knowing(account.as_str()).await?;
        Ok(view.upwards(account.as_str()).any(|entry| entry.id == *ancestor))
    }

    /// A view young enough to answer for a name.
    async fn view_knowing(&self, name: &str) -> Result<Arc<View>, Error> {
        let now = self.accounts.catalog.clock().now();
        let young_enough = |view: &View| {
            let max_age = if view.entries.contains_key(name) { MAX_AGE_MICROS } else { MIN_AGE_MICROS };
            (0..max_age).contains(&now.micros_since(view.read_at))
        };
        if let Some(view) = self.view.read().clone().filter(|view| young_enough(view)) {
            return Ok(view);
        }
        let view = Arc::new(View::new(self.accounts.list().await?, now));
        *self.view.write() = Some(Arc::clone(&view));
        Ok(view)
    }
}

impl View {
    fn new(accounts: Vec<Account>, read_at: Timestamp) -> Self {
        let entries = accounts.into_iter().map(|account| {
            let Account { id, parent, enabled, .. } = account;
            (Box::from(id.as_str()), DirectoryEntry { id, parent, enabled })
        });
        let mut view = Self { entries: entries.collect(), read_at };
        let disabled: Vec<Box<str>> = view
            .entries
            .keys()
            .filter(|name| view.upwards(name).any(|entry| !entry.enabled))
            .cloned()
            .collect();
        for name in disabled {
            if let Some(entry) = view.entries.get_mut(&name) {
                entry.enabled = false;
            }
        }
        view
    }

    /// The account and those above it. Nothing makes circles; a catalog changed by hand must not hang us either.
    fn upwards(&self, name: &str) -> impl Iterator<Item = &DirectoryEntry> {
        let parent_of = |entry: &&DirectoryEntry| {
            entry.parent.as_ref().and_then(|parent| self.entries.get(parent.as_str()))
        };
        std::iter::successors(self.entries.get(name), parent_of).take(self.entries.len())
    }
}
