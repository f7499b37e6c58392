//! `cdr.*`: call detail records.

mod filters;
pub(super) mod get;
mod options;
pub(super) mod record;
pub(super) mod search;
