//! `cdr.*`: call detail records.

pub(super) mod export_async;
mod filters;
pub(super) mod get;
mod options;
mod record;
pub(super) mod search;
