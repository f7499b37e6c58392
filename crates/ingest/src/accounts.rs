//! Whether an event's account exists, and whether whoever sent it may write for that account.

use std::collections::HashSet;

use callhouse_core::{AccountId, Rejection, RejectionReason};
use callhouse_lake::accounts::{AccountDirectory, Accounts};
use parking_lot::RwLock;
use tokio::runtime::Handle;

use crate::error::Error;
use crate::retry;

/// Checks accounts. Remembers what it found to be so: accounts are neither deleted nor moved.
pub(crate) struct AccountCheck {
    directory: AccountDirectory,
    accounts: Accounts,
    create: bool,
    known: RwLock<HashSet<AccountId>>,
    /// (account, principal) where the account is the principal's or below it.
    permitted: RwLock<HashSet<(AccountId, AccountId)>>,
}

impl AccountCheck {
    pub(crate) fn new(directory: AccountDirectory, accounts: Accounts, create: bool) -> Self {
        Self { directory, accounts, create, known: RwLock::default(), permitted: RwLock::default() }
    }

    /// Checks the account of one event; `principal` is the account whose credentials sent it, if it came through a
    /// door. Blocks while the directory is read: call it from a blocking thread.
    ///
    /// # Errors
    /// Outer: the directory could not be read. Inner: why the event is rejected.
    pub(crate) fn check(
        &self,
        runtime: &Handle,
        account: &AccountId,
        principal: Option<&AccountId>,
    ) -> Result<Result<(), Rejection>, Error> {
        if !self.known.read().contains(account) {
            let may_create = self.create && principal.is_none();
            if !runtime.block_on(self.exists(account, may_create))? {
                let detail = format!("account {account} is not one of this installation");
                return Ok(Err(Rejection::new(RejectionReason::UnknownAccount, detail)));
            }
            self.known.write().insert(account.clone());
        }
        match principal {
            Some(principal) if principal != account => self.permits(runtime, account, principal),
            _ => Ok(Ok(())),
        }
    }

    fn permits(
        &self,
        runtime: &Handle,
        account: &AccountId,
        principal: &AccountId,
    ) -> Result<Result<(), Rejection>, Error> {
        let pair = (account.clone(), principal.clone());
        if self.permitted.read().contains(&pair) {
            return Ok(Ok(()));
        }
        if !runtime.block_on(self.is_within(account, principal))? {
            let detail =
                format!("the credentials of account {principal} may not write for account {account}");
            return Ok(Err(Rejection::new(RejectionReason::ForbiddenAccount, detail)));
        }
        self.permitted.write().insert(pair);
        Ok(Ok(()))
    }

    async fn exists(&self, account: &AccountId, may_create: bool) -> Result<bool, Error> {
        if retry::look_up(|| self.directory.lookup(account.as_str())).await?.is_some() {
            return Ok(true);
        }
        // The directory may be a second old, and a rejection is for ever: ask the catalog itself.
        if retry::look_up(|| self.accounts.get(account)).await?.is_some() {
            return Ok(true);
        }
        if !may_create {
            return Ok(false);
        }
        match self.accounts.create(account, None).await {
            Ok(_) | Err(callhouse_lake::Error::AccountExists { .. }) => {
                tracing::info!(%account, "account created for events of the log");
                Ok(true)
            }
            Err(source) => Err(Error::LookUpAccount { source }),
        }
    }

    async fn is_within(&self, account: &AccountId, principal: &AccountId) -> Result<bool, Error> {
        if retry::look_up(|| self.directory.within(account, principal)).await? {
            return Ok(true);
        }
        let mut next = Some(account.clone());
        while let Some(id) = next {
            if id == *principal {
                return Ok(true);
            }
            next = retry::look_up(|| self.accounts.get(&id)).await?.and_then(|account| account.parent);
        }
        Ok(false)
    }
}
