//! When compaction gives way to intake, and how much may be left undone for it (`docs/decisions/004-compaction-gives-way.md`).

use std::sync::Arc;

use callhouse_ingest::{Ingest, Load};
use callhouse_lake::{Pace, PaceNow};

/// With fewer small files than this, and fewer recent rows than half of the limit, compaction waits for intake.
const FILES_TO_WAIT: usize = 256;
/// From so many small files on, or three quarters of the limit of recent rows, it gives way no more.
const FILES_TO_HURRY: usize = 384;

/// The pace that gives way to `ingest`; `max_recent_rows` is where intake would begin to wait for compaction.
#[must_use]
pub(crate) fn giving_way_to(ingest: &Arc<Ingest>, max_recent_rows: i64) -> PaceNow {
    let ingest = Arc::clone(ingest);
    Arc::new(move || pace(ingest.load(), max_recent_rows))
}

fn pace(load: Load, max_recent_rows: i64) -> Pace {
    if !load.is_behind {
        return Pace::Full;
    }
    let has_fewer_than = |quarters: i64, files: usize| {
        load.recent_rows < max_recent_rows / 4 * quarters && load.small_files < files
    };
    if has_fewer_than(2, FILES_TO_WAIT) {
        Pace::Wait
    } else if has_fewer_than(3, FILES_TO_HURRY) {
        Pace::Half
    } else {
        Pace::Full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compaction_gives_way_until_too_much_is_left_undone() {
        let behind =
            |recent_rows, small_files| pace(Load { is_behind: true, recent_rows, small_files }, 1_000);
        assert_eq!([behind(0, 0), behind(499, 255)], [Pace::Wait; 2]);
        assert_eq!([behind(500, 0), behind(0, 256), behind(749, 383)], [Pace::Half; 3]);
        assert_eq!([behind(750, 0), behind(0, 384), behind(i64::MAX, usize::MAX)], [Pace::Full; 3]);
    }

    #[test]
    fn compaction_has_its_way_while_intake_keeps_up() {
        let load = Load { is_behind: false, ..Load::default() };
        assert_eq!(pace(load, 1_000), Pace::Full);
    }
}
