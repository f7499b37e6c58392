//! `account/audit.*`: who did what to the caller's account and those below it.

pub(super) mod search;
