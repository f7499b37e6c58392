//! What a generated set is a function of.

use callhouse_core::Timestamp;

/// The arguments of a generated set. The same options give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) seed: u64,
    /// Call records (legs) to make.
    pub(crate) calls: u64,
    /// Text messages to make.
    pub(crate) sms: u64,
    /// Webhook deliveries to make, of one attempt or more each.
    pub(crate) deliveries: u64,
    /// Index of the first of each: sets of one seed with other indexes have the same accounts and numbers and
    /// other calls, messages and deliveries.
    pub(crate) first_call: u64,
    /// Accounts that share them.
    pub(crate) accounts: u32,
    /// First instant a call may start or a message be made at.
    pub(crate) start: Timestamp,
    /// Days over which they do.
    pub(crate) days: u32,
    pub(crate) pattern: Pattern,
}

/// How calls spread over the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Office hours and weekends, UTC, with noise and one flash crowd.
    Office,
    /// The same rate all the time.
    Flat,
}

/// 2026-01-01T00:00:00Z: fixed, because a start that moved with the clock would give other bytes every day.
pub(crate) const DEFAULT_START: Timestamp = Timestamp(1_767_225_600_000_000);
