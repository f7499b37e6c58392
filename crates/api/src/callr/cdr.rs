//! `cdr.*`: call detail records.

pub(super) mod export_async;
mod filters;
pub(super) mod get;
mod options;
pub(super) mod record;
pub(super) mod search;
