//! What a generated set is a function of.

use callhouse_core::Timestamp;

/// The arguments of a generated set. The same options give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub seed: u64,
    /// Call records (legs) to make.
    pub calls: u64,
    /// Accounts that share them.
    pub accounts: u32,
    /// First instant a call may start at.
    pub start: Timestamp,
    /// Days over which calls start.
    pub days: u32,
    pub pattern: Pattern,
}

/// How calls spread over the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Office hours and weekends, UTC, with noise and one flash crowd.
    Office,
    /// The same rate all the time.
    Flat,
}

/// 2026-01-01T00:00:00Z: fixed, because a start that moved with the clock would give other bytes every day.
pub const DEFAULT_START: Timestamp = Timestamp(1_767_225_600_000_000);
