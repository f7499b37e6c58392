//! `session.*`: short-lived tokens, so that a login and password need not be kept.

pub(super) mod all;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod refresh;

use callhouse_lake::accounts::NewSession;
use serde::Serialize;

use crate::callr::format::datetime;

/// CALLR's `Authentication.Session`.
#[derive(Serialize)]
struct Granted {
    refresh_token: String,
    refreshable_until: String,
    token: String,
    valid_until: String,
}

impl From<NewSession> for Granted {
    fn from(new: NewSession) -> Self {
        Self {
            refresh_token: new.refresh_token.expose().to_owned(),
            refreshable_until: datetime(new.session.refreshable_until),
            token: new.token.expose().to_owned(),
            valid_until: datetime(new.session.valid_until),
        }
    }
}
