//! From who asks to whose rows they may see (TEN-1). Every question a door asks takes its scope from here.

use callhouse_lake::accounts::Principal;
use callhouse_lake::jobs::Viewer;
use callhouse_query::Scope;

/// An administrator sees every account, everybody else their own. Sub accounts are reached by logging in as them.
pub(crate) fn of(principal: &Principal) -> Scope {
    if principal.admin { Scope::All } else { Scope::account(principal.account.clone()) }
}

/// Whose jobs they may see: an administrator all, everybody else their own.
pub(crate) fn viewer(principal: &Principal) -> Viewer {
    if principal.admin { Viewer::Administrator } else { Viewer::Account(principal.account.clone()) }
}
