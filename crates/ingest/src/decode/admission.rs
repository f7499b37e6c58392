//! Which events of a unit may be taken in for their account. Accounts repeat, so each is asked about once a unit.

use std::collections::HashMap;

use callhouse_core::{AccountId, Rejection};
use tokio::runtime::Handle;

use crate::accounts::AccountCheck;
use crate::error::Error;

/// What was found of the accounts of a unit.
pub(super) struct Admission<'a> {
    accounts: &'a AccountCheck,
    runtime: &'a Handle,
    /// Accounts that events of `principal` may be taken in for, and where each is by its name.
    admitted: Vec<AccountId>,
    places: HashMap<Box<str>, usize>,
    principal: Option<AccountId>,
    /// Asking again for each event of a refused account would be slow: the answer is not remembered beyond the unit.
    refused: HashMap<(AccountId, Option<AccountId>), Rejection>,
}

impl<'a> Admission<'a> {
    pub(super) fn new(accounts: &'a AccountCheck, runtime: &'a Handle) -> Self {
        Self {
            accounts,
            runtime,
            admitted: Vec::new(),
            places: HashMap::new(),
            principal: None,
            refused: HashMap::new(),
        }
    }

    /// The account of that name, if it is one and events of `principal` are taken in for it. Blocks while the
    /// directory is read.
    ///
    /// # Errors
    /// [`Error::LookUpAccount`].
    pub(super) fn account(
        &mut self,
        name: &str,
        principal: Option<&AccountId>,
    ) -> Result<Option<&AccountId>, Error> {
        if self.principal.as_ref() != principal {
            self.admitted.clear();
            self.places.clear();
            self.principal = principal.cloned();
        }
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                let Ok(account) = AccountId::new(name) else { return Ok(None) };
                if self.check(&account, principal)?.is_err() {
                    return Ok(None);
                }
                self.admitted.push(account);
                self.places.insert(name.into(), self.admitted.len() - 1);
                self.admitted.len() - 1
            }
        };
        Ok(self.admitted.get(place))
    }

    /// Checks an account; inside, why its events are rejected.
    ///
    /// # Errors
    /// [`Error::LookUpAccount`].
    pub(super) fn check(
        &mut self,
        account: &AccountId,
        principal: Option<&AccountId>,
    ) -> Result<Result<(), Rejection>, Error> {
        if !self.refused.is_empty()
            && let Some(rejection) = self.refused.get(&(account.clone(), principal.cloned()))
        {
            return Ok(Err(rejection.clone()));
        }
        let checked = self.accounts.check(self.runtime, account, principal)?;
        if let Err(rejection) = &checked {
            self.refused.insert((account.clone(), principal.cloned()), rejection.clone());
        }
        Ok(checked)
    }
}
