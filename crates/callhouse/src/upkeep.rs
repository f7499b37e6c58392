//! Upkeep beside ingest and queries: compaction, which gives way to intake that is behind, deletion of files nobody reads any more, and the gauges of what
//! the lake holds.
//!
//! Of the processes on one data folder one at a time does it: whoever holds the lock file. The system lets go of
//! the lock when its process ends, however that happens.

use std::fs::{File, TryLockError};
use std::time::Duration;

use callhouse_lake::{Catalog, CompactionOptions, Compactor, Pace, PaceNow, Snapshot, Table, gc};
use metrics::{Unit, describe_gauge, gauge};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::config::Compaction;

const FILES: &str = "callhouse_files";
const FILE_ROWS: &str = "callhouse_file_rows";
const FILE_BYTES: &str = "callhouse_file_bytes";
const PACE: &str = "callhouse_compaction_pace";

/// Garbage waits at most so long to be looked for, and less when the grace time is short.
const LONGEST_COLLECT_INTERVAL: Duration = Duration::from_secs(60);

/// The upkeep of one process.
pub(crate) struct Upkeep {
    catalog: Catalog,
    compactor: Compactor,
    pace: PaceNow,
    enabled: bool,
    interval: Duration,
    grace: Duration,
    /// Every so many rounds garbage is collected.
    collect_every: u128,
}

impl Upkeep {
    #[must_use]
    pub(crate) fn new(catalog: Catalog, compactor: Compactor, pace: PaceNow, settings: &Compaction) -> Self {
        let interval = Duration::from_millis(settings.interval_ms.max(10));
        let grace = Duration::from_millis(settings.grace_ms);
        let collect_interval = (grace / 10).min(LONGEST_COLLECT_INTERVAL);
        Self {
            catalog,
            compactor,
            pace,
            enabled: settings.enabled,
            interval,
            grace,
            collect_every: (collect_interval.as_millis() / interval.as_millis()).max(1),
        }
    }

    /// Does rounds of upkeep until told to stop; finishes the step under way.
    pub(crate) async fn run(self, stop: CancellationToken) {
        describe_gauges();
        let mut rounds = tokio::time::interval(self.interval);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut round = 0_u128;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = rounds.tick() => {}
            }
            if let Err(error) = Box::pin(self.round(round, &stop)).await {
                tracing::error!(error = %format!("{error:#}"), "a round of upkeep failed; the next one tries again");
            }
            round += 1;
        }
    }

    /// Whether the next step may begin; shows the pace.
    fn may_begin(&self) -> bool {
        let pace = (self.pace)();
        gauge!(PACE).set(match pace {
            Pace::Full => 1.0,
            Pace::Half => 0.5,
            Pace::Wait => 0.0,
        });
        pace != Pace::Wait
    }

    async fn round(&self, round: u128, stop: &CancellationToken) -> anyhow::Result<()> {
        show_gauges(&*self.catalog.snapshot().await?);
        if !self.enabled {
            return Ok(());
        }
        let Some(_lock) = lock(&self.catalog)? else { return Ok(()) };
        while !stop.is_cancelled() && self.may_begin() && self.compactor.step().await?.commits > 0 {}
        if round.is_multiple_of(self.collect_every) {
            gc::collect(&self.catalog, self.grace).await?;
        }
        Ok(())
    }
}

/// The right to do upkeep on a data folder, unless another process has it. Given back when dropped.
fn lock(catalog: &Catalog) -> anyhow::Result<Option<File>> {
    let file = File::create(catalog.folder().root().join("upkeep.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn describe_gauges() {
    describe_gauge!(PACE, "How fast compaction may go beside intake: 1, 0.5, or 0 while it waits");
    describe_gauge!(FILES, "Live data files, by table");
    describe_gauge!(FILE_ROWS, "Rows in live data files, by table");
    describe_gauge!(FILE_BYTES, Unit::Bytes, "Size of live data files, by table");
}

fn show_gauges(snapshot: &Snapshot) {
    for table in Table::ALL {
        let files = snapshot.files.get(&table).map_or(&[][..], Vec::as_slice);
        let rows: i64 = files.iter().map(|file| file.record_count).sum();
        let bytes: i64 = files.iter().map(|file| file.file_size_bytes).sum();
        gauge!(FILES, "table" => table.name())
            .set(approximately(i64::try_from(files.len()).unwrap_or(i64::MAX)));
        gauge!(FILE_ROWS, "table" => table.name()).set(approximately(rows));
        gauge!(FILE_BYTES, "table" => table.name()).set(approximately(bytes));
    }
}

/// A gauge's form of a count: exact up to 2^53.
fn approximately(count: i64) -> f64 {
    count as f64
}

/// The settings of compaction.
#[must_use]
pub(crate) fn compaction_options(settings: &Compaction) -> CompactionOptions {
    CompactionOptions {
        settle_after: Duration::from_millis(settings.settle_after_ms),
        settle_every: Duration::from_millis(settings.settle_every_ms),
        memory_bytes: settings.memory_bytes,
        target_file_bytes: settings.target_file_bytes,
        ..CompactionOptions::default()
    }
}
