//! Whose records a method adds up, where its options let the caller choose: beyond CALLR, for resellers. Whatever is
//! chosen becomes a scope, and the wall below the plan keeps it (TEN-1).

use callhouse_core::AccountId;
use callhouse_query::Scope;
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::method::Context;
use crate::callr::params::{Fault, FromJson, Hash, Properties};

/// The properties of options that choose accounts, read and not yet looked up.
#[derive(Debug, Default)]
pub(super) struct Whose {
    /// The caller's account and all below it.
    sub_accounts: bool,
    /// These accounts, each the caller's or below it.
    accounts: Option<Vec<String>>,
}

/// A list of hashes.
struct Hashes(Vec<String>);

impl FromJson for Hashes {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "a list of hashes of accounts";
        let Value::Array(values) = value else { return Err(Fault::Type(WANTED)) };
        let hashes = values.into_iter().map(|value| Hash::from_json(value).map(|hash| hash.0));
        hashes.collect::<Result<_, _>>().map(Self).map_err(|_| Fault::Value(WANTED))
    }
}

impl Whose {
    /// Reads `sub_accounts` and `accounts`.
    pub(super) fn take(options: &mut Properties) -> Result<Self, Error> {
        let sub_accounts = options.optional::<bool>("sub_accounts")?.unwrap_or(false);
        let accounts = options.optional::<Hashes>("accounts")?.map(|hashes| hashes.0);
        if sub_accounts && accounts.is_some() {
            return Err(options.unusable("accounts", "give sub_accounts or accounts, not both"));
        }
        Ok(Self { sub_accounts, accounts })
    }

    /// The scope that is chosen; the usual one when nothing is.
    pub(super) async fn scope(self, context: &Context) -> Result<Scope, Error> {
        match self.accounts {
            Some(hashes) => chosen(context, &hashes).await,
            None if self.sub_accounts && !context.principal.admin => {
                Ok(Scope::Accounts(context.app.accounts.descendants(&context.principal.account).await?))
            }
            None => Ok(context.scope()),
        }
    }
}

/// Accounts by their hashes. One that is out of reach is refused as one that does not exist is.
async fn chosen(context: &Context, hashes: &[String]) -> Result<Scope, Error> {
    let accounts = &context.app.accounts;
    let within: Vec<AccountId> = if context.principal.admin {
        accounts.list().await?.into_iter().map(|account| account.id).collect()
    } else {
        accounts.descendants(&context.principal.account).await?
    };
    let known: Vec<(String, AccountId)> = within.into_iter().map(|id| (id.hash(), id)).collect();
    let mut scope = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let before = scope.len();
        scope.extend(known.iter().filter(|(known, _)| known == hash).map(|(_, id)| id.clone()));
        if scope.len() == before {
            let detail = format!("there is no account {hash} here or below");
            return Err(Error::PropertyValue { path: "options.accounts".to_owned(), detail });
        }
    }
    Ok(Scope::Accounts(scope))
}
