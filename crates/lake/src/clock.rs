//! The system clock, the one place outside tests where the wall clock is read.

use callhouse_core::{Clock, Timestamp};

/// Reads the machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        chrono::Utc::now().into()
    }
}
