//! The system clock, the one place outside tests where the wall clock is read.

use callhouse_core::{Clock, Timestamp};

/// Reads the machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that reads the machine's")]
    fn now(&self) -> Timestamp {
        chrono::Utc::now().into()
    }
}
