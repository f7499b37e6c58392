//! `analytics/calls.*`: sums over calls. What is summed and how lies in `queries/`; this folder reads parameters
//! and prints CALLR's objects.

pub(super) mod cli_countries;
mod country;
mod figures;
pub(super) mod history;
pub(super) mod inbound_did;
pub(super) mod outbound_countries;
pub(super) mod outbound_destinations;
mod ranking;
pub(super) mod summary;
pub(super) mod top_apps;
