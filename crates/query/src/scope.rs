//! Whose rows a question may see (TEN-1).

use callhouse_core::AccountId;

/// The accounts a question may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every account: an administrator, or the CLI on its own data folder.
    All,
    /// These and no others; an empty list sees nothing.
    Accounts(Vec<AccountId>),
}

impl Scope {
    /// The scope of one account.
    #[must_use]
    pub fn account(account: AccountId) -> Self {
        Self::Accounts(vec![account])
    }

    /// The names of the accounts, sorted and each once; `None` for all.
    #[must_use]
    pub fn names(&self) -> Option<Vec<&str>> {
        match self {
            Self::All => None,
            Self::Accounts(accounts) => {
                let mut names: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
                names.sort_unstable();
                names.dedup();
                Some(names)
            }
        }
    }
}
