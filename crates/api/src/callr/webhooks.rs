//! `webhooks.*`: who is told what, what was sent, and sending it again.

pub(super) mod data;
pub(super) mod get_event_types;
pub(super) mod get_list;
pub(super) mod get_log;
mod log;
mod object;
pub(super) mod options;
pub(super) mod replay;
pub(super) mod search_logs;
pub(super) mod set_status;
pub(super) mod subscribe;
pub(super) mod test;
pub(super) mod unsubscribe;

pub(super) use options::read_dynamic;

use callhouse_core::AccountId;
use callhouse_lake::webhooks::Subscription;

use crate::callr::error::Error;
use crate::callr::method::Context;
use crate::callr::params::Hash;

/// Whose hooks a caller may see: an administrator everybody's (TEN-1).
fn whose(context: &Context) -> Option<&AccountId> {
    (!context.principal.admin).then_some(&context.principal.account)
}

/// A hook the caller may see.
async fn find(context: &Context, hash: &Hash) -> Result<Subscription, Error> {
    let found = context.app.webhooks.get(whose(context), &hash.0).await?;
    found.ok_or_else(unknown_hash)
}

fn unknown_hash() -> Error {
    let detail = "there is no such webhook; webhooks.get_list lists them".to_owned();
    Error::PropertyValue { path: "hash".to_owned(), detail }
}
