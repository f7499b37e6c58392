//! `analytics/sms.*`: sums over text messages. What is summed and how lies in `queries/`; this folder reads parameters and
//! prints CALLR's objects.

mod figures;
pub(super) mod history;
pub(super) mod history_out;
pub(super) mod history_out_by_status;
mod items;
mod members;
pub(super) mod summary;
pub(super) mod summary_out;
pub(super) mod summary_out_by_status;
