//! Rebuilding the calls from the archive (REC-2): the same events through the same decoder, fold, join and encoder,
//! beside what is live, compared row by row, and on request swapped in with one commit.
//!
//! **Memory**: calls are dealt into passes by a hash of their key, so that about `memory_rows` calls are held at a
//! time, once as rebuilt and once as live; each takes about three times [`crate::compaction::ROW_BYTES`] while it
//! is joined and sorted. Every pass scans the archive and the settled files once, so time grows with the number
//! of passes and memory does not grow with the lake.

mod differences;
mod live;
mod replay;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use callhouse_core::crash;
use uuid::Uuid;

use crate::catalog::{Catalog, Commit, DataFile, Snapshot};
use crate::error::Error;
use crate::file::{FileWriter, NewFile};
use crate::folder::DataFolder;
use crate::key_index::fingerprint;
use crate::overlay::{Overlay, OverlayReader};
use crate::sorted::by_month;
use crate::table::Table;

pub use differences::{Difference, DifferenceKind, Differences};

/// Memory for the key indexes of settled files while live rows are read.
const KEY_INDEX_BYTES: usize = 256 << 20;

/// How a rebuild goes about it.
#[derive(Debug, Clone)]
pub struct RebuildOptions {
    /// Calls held at a time.
    pub memory_rows: usize,
    /// Differences listed; all are counted.
    pub listed_differences: usize,
}

impl Default for RebuildOptions {
    fn default() -> Self {
        Self { memory_rows: 500_000, listed_differences: 20 }
    }
}

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildProgress {
    pub passes_done: u32,
    pub passes: u32,
    /// Events replayed so far.
    pub events: u64,
    /// Calls rebuilt so far.
    pub calls: u64,
}

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebuildReport {
    /// The snapshot that was rebuilt.
    pub snapshot_id: i64,
    pub events: u64,
    pub calls: u64,
    pub differences: Differences,
    /// The snapshot the rebuilt rows became visible in, if they were to be swapped in.
    pub swapped_in: Option<i64>,
}

/// Rebuilds the calls of one catalog.
#[derive(Clone)]
pub struct Rebuilder {
    catalog: Catalog,
    options: RebuildOptions,
}

impl Rebuilder {
    #[must_use]
    pub fn new(catalog: Catalog, options: RebuildOptions) -> Self {
        Self { catalog, options }
    }

    /// Rebuilds the newest snapshot's calls and compares; changes nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] when an archived event cannot be decoded any more; [`Error::Catalog`], [`Error::File`],
    /// [`Error::Parquet`], [`Error::Arrow`].
    pub async fn compare(
        &self,
        progress: Arc<dyn Fn(RebuildProgress) + Send + Sync>,
    ) -> Result<RebuildReport, Error> {
        let snapshot = self.catalog.snapshot().await?;
        let (report, _) = self.run(&snapshot, false, progress).await?;
        Ok(report)
    }

    /// As [`Rebuilder::compare`], then replaces the snapshot's `calls` and `calls_recent` by what was rebuilt. What
    /// ingest commits meanwhile stays beside it.
    ///
    /// # Errors
    /// As [`Rebuilder::compare`]; [`Error::FileNotLive`] when compaction was at work meanwhile: nothing is changed.
    pub async fn rebuild(
        &self,
        progress: Arc<dyn Fn(RebuildProgress) + Send + Sync>,
    ) -> Result<RebuildReport, Error> {
        let snapshot = self.catalog.snapshot().await?;
        let (mut report, add) = self.run(&snapshot, true, progress).await?;
        let replaced =
            [Table::Calls, Table::CallsRecent].into_iter().flat_map(|table| live_files(&snapshot, table));
        let remove: Vec<i64> = replaced.map(|file| file.data_file_id).collect();
        if add.is_empty() && remove.is_empty() {
            return Ok(report);
        }
        let commit = Commit {
            id: Uuid::now_v7(),
            add,
            remove,
            positions: Vec::new(),
            holes: Vec::new(),
            message: "rebuild",
        };
        crash::point("rebuild.before_commit");
        let committed = self.catalog.commit(&commit).await?;
        crash::point("rebuild.after_commit");
        report.swapped_in = Some(committed.snapshot_id);
        Ok(report)
    }

    async fn run(
        &self,
        snapshot: &Arc<Snapshot>,
        write: bool,
        progress: Arc<dyn Fn(RebuildProgress) + Send + Sync>,
    ) -> Result<(RebuildReport, Vec<NewFile>), Error> {
        let folder = self.catalog.folder().clone();
        let overlay = OverlayReader::new(folder.clone(), KEY_INDEX_BYTES).load(snapshot, &[]).await?;
        let writer = write.then(|| FileWriter::new(folder.clone()));
        let snapshot = Arc::clone(snapshot);
        let options = self.options.clone();
        let task = move || {
            let passes = Passes::of(&snapshot, options.memory_rows);
            Run { folder, snapshot, overlay, writer, options, passes }.all(&*progress)
        };
        let ran = tokio::task::spawn_blocking(task).await;
        ran.unwrap_or_else(|error| {
            Err(Error::Invalid { what: format!("a rebuild ended before its time: {error}") })
        })
    }
}

/// How calls are dealt into passes.
#[derive(Debug, Clone, Copy)]
struct Passes(u32);

impl Passes {
    fn of(snapshot: &Snapshot, memory_rows: usize) -> Self {
        let rows = |table| -> i64 { live_files(snapshot, table).iter().map(|file| file.record_count).sum() };
        // A call has a handful of events. Should they be fewer, or the live tables be lost, memory is the price.
        let calls = (rows(Table::Calls) + rows(Table::CallsRecent)).max(rows(Table::CallEvents) / 4);
        let memory_rows = i64::try_from(memory_rows.max(1)).unwrap_or(i64::MAX);
        Self(u32::try_from(calls / memory_rows + 1).unwrap_or(u32::MAX))
    }

    fn pass_of(self, account: &str, call_id: &str) -> u32 {
        fingerprint(account, call_id) % self.0
    }
}

/// One rebuild at work, in a blocking task.
struct Run {
    folder: DataFolder,
    snapshot: Arc<Snapshot>,
    overlay: Arc<Overlay>,
    writer: Option<FileWriter>,
    options: RebuildOptions,
    passes: Passes,
}

impl Run {
    fn all(&self, progress: &dyn Fn(RebuildProgress)) -> Result<(RebuildReport, Vec<NewFile>), Error> {
        let mut report = RebuildReport { snapshot_id: self.snapshot.id, ..RebuildReport::default() };
        let mut written = Vec::new();
        let mut phones = replay::phone_book();
        for pass in 0..self.passes.0 {
            let replayed = self.replay(pass, &mut phones)?;
            report.events += replayed.events;
            report.calls += u64::try_from(replayed.calls.num_rows()).unwrap_or(u64::MAX);
            report.differences.count(&replayed.calls, &self.live(pass)?, self.options.listed_differences)?;
            if let Some(writer) = &self.writer {
                for (month, calls) in by_month(&replayed.calls)? {
                    written.push(writer.write(Table::Calls, month, &[calls])?);
                }
            }
            crash::point("rebuild.after_pass");
            progress(RebuildProgress {
                passes_done: pass + 1,
                passes: self.passes.0,
                events: report.events,
                calls: report.calls,
            });
        }
        Ok((report, written))
    }
}

fn live_files(snapshot: &Snapshot, table: Table) -> &[Arc<DataFile>] {
    snapshot.files.get(&table).map_or(&[], Vec::as_slice)
}
