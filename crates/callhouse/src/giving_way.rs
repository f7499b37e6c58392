//! When compaction gives way to intake, and how much may be left undone for it (`docs/decisions/004-compaction-gives-way.md`).

use std::sync::Arc;

use callhouse_ingest::{Ingest, Load};
use callhouse_lake::{Pace, PaceNow};

/// With fewer small files than this, and few enough recent rows, compaction waits for intake.
const FILES_TO_WAIT: usize = 256;
/// From so many small files on, or with too many recent rows, it gives way no more.
const FILES_TO_HURRY: usize = 384;

/// The recent rows up to which compaction waits for intake, and from which on it gives way no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Debt {
    wait_below: i64,
    hurry_from: i64,
}

impl Debt {
    /// In a server, whose intake itself would begin to wait at `max_recent_rows`, and whose readers meet the rows at once.
    pub(crate) const fn of_server(max_recent_rows: i64) -> Self {
        Self { wait_below: max_recent_rows / 2, hurry_from: max_recent_rows / 4 * 3 }
    }

    /// In an import, which waits for nothing and has no readers: what it leaves is what a server can begin with.
    pub(crate) const fn of_import(max_recent_rows: i64) -> Self {
        Self { wait_below: max_recent_rows, hurry_from: max_recent_rows.saturating_add(max_recent_rows / 4) }
    }
}

/// The pace that gives way to `ingest`, up to a debt.
#[must_use]
pub(crate) fn giving_way_to(ingest: &Arc<Ingest>, debt: Debt) -> PaceNow {
    let ingest = Arc::clone(ingest);
    Arc::new(move || pace(ingest.load(), debt))
}

fn pace(load: Load, debt: Debt) -> Pace {
    if !load.is_behind {
        return Pace::Full;
    }
    if load.recent_rows < debt.wait_below && load.small_files < FILES_TO_WAIT {
        Pace::Wait
    } else if load.recent_rows < debt.hurry_from && load.small_files < FILES_TO_HURRY {
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
        let behind = |recent_rows, small_files| {
            pace(Load { is_behind: true, recent_rows, small_files }, Debt::of_server(1_000))
        };
        assert_eq!([behind(0, 0), behind(499, 255)], [Pace::Wait; 2]);
        assert_eq!([behind(500, 0), behind(0, 256), behind(749, 383)], [Pace::Half; 3]);
        assert_eq!([behind(750, 0), behind(0, 384), behind(i64::MAX, usize::MAX)], [Pace::Full; 3]);
    }

    #[test]
    fn an_import_leaves_what_a_server_can_begin_with() {
        let at =
            |recent_rows| pace(Load { is_behind: true, recent_rows, small_files: 0 }, Debt::of_import(1_000));
        assert_eq!(
            [at(999), at(1_000), at(1_249), at(1_250)],
            [Pace::Wait, Pace::Half, Pace::Half, Pace::Full]
        );
        assert_eq!(Debt::of_import(i64::MAX).hurry_from, i64::MAX);
    }

    #[test]
    fn compaction_has_its_way_while_intake_keeps_up() {
        let load = Load { is_behind: false, ..Load::default() };
        assert_eq!(pace(load, Debt::of_server(1_000)), Pace::Full);
    }
}
