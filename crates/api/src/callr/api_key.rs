//! `api-key.*`: the keys of the caller's account.

pub(super) mod all;
pub(super) mod create;
pub(super) mod delete;

use callhouse_lake::accounts::ApiKey;
use serde::Serialize;

use crate::callr::format::datetime;

/// CALLR's `Authentication.ApiKey`, with the `id` its clients read, and what the key is good for and until when. What can
/// change of a key is the operator's, so for its owner it was updated when it was created.
#[derive(Serialize)]
struct Listed {
    created_at: String,
    expires_at: Option<String>,
    id: i64,
    last_used_at: Option<String>,
    name: String,
    scopes: Vec<&'static str>,
    updated_at: String,
}

impl From<ApiKey> for Listed {
    fn from(key: ApiKey) -> Self {
        Self {
            created_at: datetime(key.created_at),
            expires_at: key.expires_at.map(datetime),
            id: key.id,
            last_used_at: key.last_used_at.map(datetime),
            name: key.name,
            scopes: key.scopes.names(),
            updated_at: datetime(key.created_at),
        }
    }
}
