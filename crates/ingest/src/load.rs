//! How much intake has on its hands, for those who would give way to it.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Intake counts as behind for so long after it last was.
const BEHIND_FOR: Duration = Duration::from_secs(1);

/// What intake has on its hands, and what it has left to compaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Within the last second messages came faster than they were decoded: a unit was full before its time.
    pub is_behind: bool,
    /// Live rows of the recent tables after the last commit.
    pub recent_rows: i64,
    /// Live files small enough to be merged, of the tables intake writes to, after the last commit.
    pub small_files: usize,
}

/// When intake was last behind.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    at: Mutex<Option<Instant>>,
}

impl Behind {
    pub(crate) fn note(&self, now: Instant) {
        *self.at.lock() = Some(now);
    }

    pub(crate) fn is_behind(&self, now: Instant) -> bool {
        self.at.lock().is_some_and(|at| now.duration_since(at) < BEHIND_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intake_is_behind_for_a_second() {
        let (behind, now) = (Behind::default(), Instant::now());
        assert!(!behind.is_behind(now));
        behind.note(now);
        assert!(behind.is_behind(now + BEHIND_FOR - Duration::from_millis(1)));
        assert!(!behind.is_behind(now + BEHIND_FOR));
    }
}
