//! How long things took, from the instants of a record.

use crate::time::Timestamp;

/// Microseconds between two known instants, at least 0: instants of different clocks may contradict each other.
pub(super) fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<i64> {
    Some(to?.micros_since(from?).max(0))
}

/// Milliseconds, rounded half up.
pub(super) const fn rounded_ms(micros: i64) -> i64 {
    (micros + 500) / 1_000
}
