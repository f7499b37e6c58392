//! `cdr.*`: call detail records.

mod filters;
pub(super) mod get;
mod options;
mod record;
pub(super) mod search;
