//! What the methods of `analytics/*` share: their range, their options, and the length of the items of a history.

pub(super) mod granularity;
pub(super) mod options;
pub(super) mod range;
