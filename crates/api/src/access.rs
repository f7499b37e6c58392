//! What a door asks of credentials beyond being good, and who the audit log names for what is done through it.
//!
//! A REST door begins with [`enter`], which says the scope it wants; a JSON-RPC method names it in its `METHOD`. A new
//! door that does neither is open to every credential, so it must not be there.

use callhouse_lake::accounts::{AccessScope, Accounts, Actor, Principal};

use axum::http::HeaderMap;

use crate::app::App;
use crate::status::Problem;
use crate::{credentials, request};

/// Who a request is from, if its credentials are good for this.
///
/// # Errors
/// As [`credentials::authenticate`], and [`Problem::Forbidden`].
pub(crate) async fn enter(app: &App, headers: &HeaderMap, scope: AccessScope) -> Result<Principal, Problem> {
    let principal = credentials::authenticate(app, headers).await?;
    require(&principal, scope)?;
    Ok(principal)
}

/// Refuses credentials that lack a scope, and says which.
///
/// # Errors
/// [`Problem::Forbidden`].
pub(crate) fn require(principal: &Principal, scope: AccessScope) -> Result<(), Problem> {
    if principal.may(scope) { Ok(()) } else { Err(Problem::Forbidden { detail: scope.missing() }) }
}

/// The accounts as the caller of this request changes them: the audit log names the caller and where from.
pub(crate) fn accounts(app: &App, principal: &Principal) -> Accounts {
    app.accounts.by(Actor::of(principal, request::origin()))
}
