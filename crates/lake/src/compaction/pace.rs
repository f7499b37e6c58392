//! Giving way: pauses of compaction while intake wants the same cores. Who decides about them is the caller of the
//! [`super::Compactor`]; `docs/decisions/004-compaction-gives-way.md` has how a server does.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How fast compaction may go at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    #[default]
    Full,
    /// Pauses for as long as it works.
    Half,
    /// Not now: nothing new should be begun.
    Wait,
}

/// Says how fast compaction may go now; asked about every batch.
pub type PaceNow = Arc<dyn Fn() -> Pace + Send + Sync>;

/// Work that has begun holds memory, and its inputs may be gone when it ends: it waits no longer than this for each
/// run of files it writes.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How often one that waits looks whether it may go on.
const LOOK: Duration = Duration::from_millis(10);

/// The pauses of one run of batches.
pub(super) struct Pauses<'a> {
    pace: &'a PaceNow,
    working_since: Instant,
    wait_left: Duration,
}

impl<'a> Pauses<'a> {
    pub(super) fn new(pace: &'a PaceNow) -> Self {
        Self { pace, working_since: Instant::now(), wait_left: LONGEST_WAIT }
    }

    /// To be called between batches. Blocks as long as the pace asks for.
    pub(super) fn between_batches(&mut self) {
        match (self.pace)() {
            Pace::Full => {}
            Pace::Half => sleep(self.working_since.elapsed()),
            Pace::Wait => self.wait(),
        }
        self.working_since = Instant::now();
    }

    fn wait(&mut self) {
        while !self.wait_left.is_zero() && (self.pace)() == Pace::Wait {
            sleep(LOOK);
            self.wait_left = self.wait_left.saturating_sub(LOOK);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A pace that asks to wait so many times before it lets go.
    fn waits(times: usize) -> (PaceNow, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let pace =
            move || if counted.fetch_add(1, Ordering::SeqCst) < times { Pace::Wait } else { Pace::Full };
        (Arc::new(pace), asked)
    }

    #[test]
    fn a_batch_waits_until_the_pace_lets_it_go_on() {
        let (pace, asked) = waits(3);
        Pauses::new(&pace).between_batches();
        assert_eq!(asked.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn a_run_of_files_does_not_wait_for_ever() {
        let (pace, asked) = waits(usize::MAX);
        let mut pauses = Pauses { wait_left: LOOK * 2, ..Pauses::new(&pace) };
        pauses.between_batches();
        // Asked by the batch, before each of two waits, and not any more.
        assert_eq!((asked.load(Ordering::SeqCst), pauses.wait_left), (3, Duration::ZERO));
    }
}
