//! Compaction: fewer and better files with the same answers (LAK-3), in the background, in bounded memory.
//!
//! One [`Compactor::step`] does what is due of:
//!
//! - **settle** (`compaction/settle.rs`), family by family: recent files that were left alone for `settle_after` are
//!   joined; records that are quiet and in no settled file become settled files by month, late rows of settled records
//!   are joined into their file when there are enough of them or they have waited, and the rest is written back
//!   as one file;
//! - **merge** (`compaction/merge.rs`): files of one table and month and about one size become one. Sizes are tiers,
//!   each `fan_in` times the one before.
//!
//! A recent row is thus written once per tier it passes until it has been quiet, and once more when it settles.
//!
//! Every change is one commit that removes its inputs; when another process was faster, [`Error::FileNotLive`]
//! sends the step back to its start. Settling always takes the recent file with the least id too. So of two
//! compactors that settle at once one loses, and no record is settled twice: the second to commit had seen the
//! other's first input, or a file that has gone since. What a crash leaves unnamed, `gc` removes.
//!
//! **Memory**: settling reads at most `memory_bytes` of recent rows (at [`ROW_BYTES`] a row), or two files if they
//! have more, and holds them about four times while it joins and sorts; a merge holds one batch of each of at most `fan_in` inputs and one
//! unfinished row group. Either holds the lookup index of the one file it writes: 16 to 64 bytes a row (`lookup/build.rs`).
//!
//! **Live files**, when compaction keeps up, with `m` months that have rows, `b` bytes in a table, `T` the target and
//! `t = 1 + ⌈log_fan_in(T / SMALLEST_TIER_BYTES)⌉` tiers: a settled table at most `m·t·(fan_in − 1) + 2·b/T`, each
//! archive and `rejections` at most `t·(fan_in − 1) + 2·b/T`, and a recent table with `r` rows at most
//! `t·(fan_in − 1) + r·fan_in·ROW_BYTES/memory_bytes`. With the defaults `t` is 5; months that are over stop growing,
//! and `compact_all` leaves about `b/T` files, at least one a month. While compaction gives way to intake there are
//! more, by a bound that the caller keeps ([`Pace`]).

mod late;
mod merge;
mod output;
mod pace;
mod report;
mod settle;
mod settled;
#[cfg(test)]
mod tests;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use callhouse_core::crash;
use parking_lot::Mutex;
use uuid::Uuid;

use crate::catalog::{Catalog, Commit, DataFile, Snapshot};
use crate::error::Error;
use crate::family::Family;
use crate::file::{FileWriter, NewFile};
use crate::overlay::OverlayReader;
use crate::table::Table;
use crate::touch::Toucher;
pub use pace::{Pace, PaceNow};
pub use report::CompactionReport;
pub use settled::WholeCalls;
use waiting::Waiting;

/// What a decoded row of records takes, for the memory bound: up to 68 columns, most of them null or short.
pub const ROW_BYTES: usize = 1_024;

/// How often a step starts over because another compactor was faster.
const ATTEMPTS: usize = 4;

/// When compaction does what.
#[derive(Debug, Clone)]
pub struct CompactionOptions {
    /// A record is quiet when it is closed (a call has ended) and nothing of it happened for so long.
    pub settle_after: Duration,
    /// A record that is not closed settles when nothing of it happened for so long.
    pub open_for_at_most: Duration,
    /// Settling pauses so long when it has taken all that was ripe, so that a pass has something to do.
    pub settle_every: Duration,
    /// More recent rows of a family than this, and records settle as soon as they are closed.
    pub recent_rows: usize,
    /// Late rows of one settled file that make rewriting it due, and not less than a 32nd of its rows.
    pub late_rows: usize,
    /// How long late rows of a file wait at most. An erasure does not wait.
    pub late_after: Duration,
    /// Files of one tier that are merged at once.
    pub fan_in: usize,
    /// The size at which a file is left alone and a new one begun.
    pub target_file_bytes: usize,
    /// Decoded recent rows taken at once, at [`ROW_BYTES`] each.
    pub memory_bytes: usize,
    /// Indexes of settled keys kept in memory, 8 bytes a record.
    pub key_index_bytes: usize,
}

impl Default for CompactionOptions {
    fn default() -> Self {
        Self {
            settle_after: Duration::from_secs(300),
            open_for_at_most: Duration::from_secs(2 * 86_400),
            settle_every: Duration::from_secs(30),
            recent_rows: 300_000,
            late_rows: 1_000,
            late_after: Duration::from_secs(3_600),
            fan_in: 8,
            target_file_bytes: 256 << 20,
            memory_bytes: 256 << 20,
            key_index_bytes: 256 << 20,
        }
    }
}

/// One change: what goes, what comes, and its numbers for the report.
#[derive(Debug, Default)]
struct Change {
    remove: Vec<Arc<DataFile>>,
    add: Vec<NewFile>,
    settled_rows: u64,
    late_rows: u64,
}

/// How eager to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Eagerness {
    /// What is due by the options.
    Due,
    /// As `Due`, but records need not have been quiet: there are too many recent rows.
    Pressed,
    /// Everything, whatever its age and size.
    Everything,
}

/// Compacts the lake of one catalog. Cheap to clone.
#[derive(Clone)]
pub struct Compactor {
    catalog: Catalog,
    shared: Arc<Shared>,
}

struct Shared {
    options: CompactionOptions,
    writer: FileWriter,
    toucher: Arc<Toucher>,
    pace: PaceNow,
    /// By family.
    waiting: [Mutex<Waiting>; Family::COUNT],
}

impl Compactor {
    #[must_use]
    pub fn new(catalog: Catalog, options: CompactionOptions) -> Self {
        let toucher = Toucher::new(catalog.folder().clone(), options.key_index_bytes);
        Self::with_toucher(catalog, options, Arc::new(toucher), Arc::new(Pace::default))
    }

    /// A compactor that shares the indexes of settled keys with readers of the same process, whose bound then
    /// holds for both, and keeps a pace while it writes.
    #[must_use]
    pub fn sharing(
        catalog: Catalog,
        options: CompactionOptions,
        overlays: &OverlayReader,
        pace: PaceNow,
    ) -> Self {
        Self::with_toucher(catalog, options, overlays.toucher(), pace)
    }

    /// A compactor of its own that keeps a pace while it writes.
    #[must_use]
    pub fn paced(catalog: Catalog, options: CompactionOptions, pace: PaceNow) -> Self {
        let toucher = Toucher::new(catalog.folder().clone(), options.key_index_bytes);
        Self::with_toucher(catalog, options, Arc::new(toucher), pace)
    }

    fn with_toucher(
        catalog: Catalog,
        options: CompactionOptions,
        toucher: Arc<Toucher>,
        pace: PaceNow,
    ) -> Self {
        let writer = FileWriter::new(catalog.folder().clone());
        let shared = Shared { options, writer, toucher, pace, waiting: Default::default() };
        Self { catalog, shared: Arc::new(shared) }
    }

    /// Does what is due now: settles, then merges one group of files. To be called again and again, at once while
    /// the report says that something was done.
    ///
    /// # Errors
    /// [`Error::Catalog`], [`Error::File`], [`Error::Parquet`], [`Error::Arrow`], [`Error::Invalid`];
    /// [`Error::FileNotLive`] when other compactors were faster several times. Nothing is changed halfway.
    pub async fn step(&self) -> Result<CompactionReport, Error> {
        let mut report = CompactionReport::default();
        let rows = |file: &Arc<DataFile>| usize::try_from(file.record_count).unwrap_or(0);
        for family in Family::ALL {
            let snapshot = self.catalog.snapshot().await?;
            let recent_rows: usize = live(&snapshot, family.recent()).iter().map(rows).sum();
            let pressed = recent_rows > self.shared.options.recent_rows;
            let eagerness = if pressed { Eagerness::Pressed } else { Eagerness::Due };
            report.add(self.apply(Work::Settle(family), eagerness).await?);
        }
        report.add(self.apply(Work::Merge, Eagerness::Due).await?);
        Ok(report)
    }

    /// Settles every record whatever its age and merges files up to their target size. `progress` is told after every
    /// commit what was done so far. What ingest adds meanwhile may remain.
    ///
    /// # Errors
    /// As [`Compactor::step`]; what was committed before stays.
    pub async fn compact_all(
        &self,
        progress: &(dyn Fn(&CompactionReport) + Send + Sync),
    ) -> Result<CompactionReport, Error> {
        let mut report = CompactionReport::default();
        for work in Family::ALL.map(Work::Settle).into_iter().chain([Work::Merge]) {
            loop {
                let done = self.apply(work, Eagerness::Everything).await?;
                if done.commits == 0 {
                    break;
                }
                report.add(done);
                progress(&report);
            }
        }
        Ok(report)
    }

    /// Plans a change against the newest snapshot, writes its files and commits it.
    async fn apply(&self, work: Work, eagerness: Eagerness) -> Result<CompactionReport, Error> {
        let mut attempt = 1;
        loop {
            let snapshot = self.catalog.snapshot().await?;
            let now = self.catalog.clock().now();
            let shared = Arc::clone(&self.shared);
            let folder = self.catalog.folder().clone();
            let planned = tokio::task::spawn_blocking(move || match work {
                Work::Settle(family) => settle::settle(family, &shared, &folder, &snapshot, now, eagerness),
                Work::Merge => merge::merge(&shared, &folder, &snapshot, eagerness),
            });
            let Some(change) = finished(planned.await)? else { return Ok(CompactionReport::default()) };
            match self.commit(&change).await {
                Err(Error::FileNotLive { .. }) if attempt < ATTEMPTS => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    async fn commit(&self, change: &Change) -> Result<CompactionReport, Error> {
        crash::point("compaction.before_commit");
        self.catalog.commit(&commit_of(change)).await?;
        crash::point("compaction.after_commit");
        Ok(CompactionReport::of(change))
    }
}

/// What blocking work came to.
fn finished<T>(outcome: Result<Result<T, Error>, tokio::task::JoinError>) -> Result<T, Error> {
    outcome.unwrap_or_else(|error| {
        Err(Error::Invalid { what: format!("compaction ended before its time: {error}") })
    })
}

#[derive(Debug, Clone, Copy)]
enum Work {
    Settle(Family),
    Merge,
}

fn commit_of(change: &Change) -> Commit {
    Commit {
        id: Uuid::now_v7(),
        add: change.add.clone(),
        remove: change.remove.iter().map(|file| file.data_file_id).collect(),
        positions: Vec::new(),
        holes: Vec::new(),
        message: "compact",
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn live(snapshot: &Snapshot, table: Table) -> &[Arc<DataFile>] {
    snapshot.files.get(&table).map_or(&[], Vec::as_slice)
}
