//! Which accounts a caller may name: those below its own (TEN-1), for an administrator's key all others.

use std::collections::HashSet;

use callhouse_core::AccountId;
use callhouse_lake::accounts::Account;

use crate::callr::error::Error;
use crate::callr::method::Context;
use crate::callr::params::{Hash, Params};

/// The accounts within reach, in order of name.
pub(super) struct Reach {
    pub(super) accounts: Vec<Account>,
}

impl Reach {
    pub(super) async fn of(context: &Context) -> Result<Self, Error> {
        let (accounts, own) = (&context.app.accounts, &context.principal.account);
        let within = if context.principal.admin {
            accounts.list().await?.into_iter().filter(|account| account.id != *own).collect()
        } else {
            accounts.below(own).await?
        };
        Ok(Self { accounts: within })
    }

    /// Those that are disabled, themselves or by one above them that is within reach. The caller's own account is not.
    pub(super) fn stopped(&self) -> HashSet<AccountId> {
        let mut stopped: HashSet<AccountId> = HashSet::new();
        loop {
            let more = self.accounts.iter().filter(|account| {
                !account.enabled || account.parent.as_ref().is_some_and(|parent| stopped.contains(parent))
            });
            let next: HashSet<AccountId> = more.map(|account| account.id.clone()).collect();
            if next.len() == stopped.len() {
                return stopped;
            }
            stopped = next;
        }
    }

    /// The account of the hash that is the next parameter.
    pub(super) fn take(&self, params: &mut Params) -> Result<&Account, Error> {
        let hash: Hash = params.required("hash")?;
        self.accounts.iter().find(|account| account.hash == hash.0).ok_or_else(|| Error::PropertyValue {
            path: "hash".to_owned(),
            detail: "there is no such account below this one".to_owned(),
        })
    }
}
