//! `account/sub.*`: the accounts below the caller's, at any depth.

pub(super) mod disable;
pub(super) mod enable;
pub(super) mod get;
pub(super) mod get_quota;
mod object;
mod reach;
pub(super) mod search;
