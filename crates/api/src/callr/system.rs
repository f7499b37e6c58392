//! `system.*`.

pub(super) mod get_timestamp;
