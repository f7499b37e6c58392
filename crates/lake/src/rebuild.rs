//! Rebuilding the records of every family from its archive (REC-2): the same events through the same decoder, fold, join and encoder,
//! beside what is live, compared row by row, and on request swapped in with one commit.
//!
//! **Memory**: records are dealt into passes by a hash of their key, so that about `memory_rows` records are held at a
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
use crate::family::Family;
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
    /// Records held at a time.
    pub memory_rows: usize,
    /// Differences listed; all are counted.
    pub listed_differences: usize,
}

impl Default for RebuildOptions {
    fn default() -> Self {
        Self { memory_rows: 500_000, listed_differences: 20 }
    }
}

/// How far a rebuild is, all families together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RebuildProgress {
    pub passes_done: u32,
    pub passes: u32,
    /// Events replayed so far.
    pub events: u64,
    /// Records rebuilt so far.
    pub records: u64,
}

/// What a rebuild found of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyRebuild {
    pub family: Family,
    /// Events in its archive, those of unknown types included.
    pub events: u64,
    pub records: u64,
    pub differences: Differences,
}

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebuildReport {
    /// The snapshot that was rebuilt.
    pub snapshot_id: i64,
    /// In the order of [`Family::ALL`].
    pub families: Vec<FamilyRebuild>,
    /// The snapshot the rebuilt rows became visible in, if they were to be swapped in.
    pub swapped_in: Option<i64>,
}

impl RebuildReport {
    /// What was found of a family; `None` when it was not rebuilt.
    #[must_use]
    pub fn of(&self, family: Family) -> Option<&FamilyRebuild> {
        self.families.iter().find(|found| found.family == family)
    }

    /// Whether live and rebuilt records were the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.families.iter().all(|found| found.differences.is_empty())
    }
}

/// Receives progress.
pub type OnProgress = Arc<dyn Fn(RebuildProgress) + Send + Sync>;

/// Rebuilds the records of one catalog.
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

    /// Rebuilds the newest snapshot's records and compares; changes nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] when an archived event cannot be decoded any more; [`Error::Catalog`], [`Error::File`],
    /// [`Error::Parquet`], [`Error::Arrow`].
    pub async fn compare(&self, progress: OnProgress) -> Result<RebuildReport, Error> {
        let snapshot = self.catalog.snapshot().await?;
        let (report, _) = self.run(&snapshot, false, progress).await?;
        Ok(report)
    }

    /// As [`Rebuilder::compare`], then replaces the snapshot's settled and recent rows by what was rebuilt. What
    /// ingest commits meanwhile stays beside it.
    ///
    /// # Errors
    /// As [`Rebuilder::compare`]; [`Error::FileNotLive`] when compaction was at work meanwhile: nothing is changed.
    pub async fn rebuild(&self, progress: OnProgress) -> Result<RebuildReport, Error> {
        let snapshot = self.catalog.snapshot().await?;
        let (mut report, add) = self.run(&snapshot, true, progress).await?;
        let tables = Family::ALL.into_iter().flat_map(|family| [family.settled(), family.recent()]);
        let replaced = tables.flat_map(|table| live_files(&snapshot, table));
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
        progress: OnProgress,
    ) -> Result<(RebuildReport, Vec<NewFile>), Error> {
        let folder = self.catalog.folder();
        let overlays = OverlayReader::new(folder.clone(), KEY_INDEX_BYTES);
        let mut runs = Vec::new();
        for family in Family::ALL {
            runs.push(Run {
                family,
                folder: folder.clone(),
                snapshot: Arc::clone(snapshot),
                overlay: overlays.load(family, snapshot, &[]).await?,
                writer: write.then(|| FileWriter::new(folder.clone())),
                listed_differences: self.options.listed_differences,
                passes: Passes::of(family, snapshot, self.options.memory_rows),
            });
        }
        let snapshot_id = snapshot.id;
        let task = move || {
            let mut report = RebuildReport { snapshot_id, ..RebuildReport::default() };
            let mut written = Vec::new();
            let passes = runs.iter().map(|run| run.passes.0).sum();
            let mut done = RebuildProgress { passes, ..RebuildProgress::default() };
            for run in runs {
                report.families.push(run.all(&mut written, &mut done, &*progress)?);
            }
            Ok((report, written))
        };
        let ran = tokio::task::spawn_blocking(task).await;
        ran.unwrap_or_else(|error| {
            Err(Error::Invalid { what: format!("a rebuild ended before its time: {error}") })
        })
    }
}

/// How the records of a family are dealt into passes.
#[derive(Debug, Clone, Copy)]
struct Passes(u32);

impl Passes {
    fn of(family: Family, snapshot: &Snapshot, memory_rows: usize) -> Self {
        let rows = |table| -> i64 { live_files(snapshot, table).iter().map(|file| file.record_count).sum() };
        // A record has a handful of events. Should they be fewer, or the live tables be lost, memory is the price.
        let records = (rows(family.settled()) + rows(family.recent())).max(rows(family.archive()) / 4);
        let memory_rows = i64::try_from(memory_rows.max(1)).unwrap_or(i64::MAX);
        Self(u32::try_from(records / memory_rows + 1).unwrap_or(u32::MAX))
    }

    fn pass_of(self, account: &str, id: &str) -> u32 {
        fingerprint(account, id) % self.0
    }
}

/// The rebuild of one family at work, in a blocking task.
struct Run {
    family: Family,
    folder: DataFolder,
    snapshot: Arc<Snapshot>,
    overlay: Arc<Overlay>,
    writer: Option<FileWriter>,
    listed_differences: usize,
    passes: Passes,
}

impl Run {
    fn all(
        &self,
        written: &mut Vec<NewFile>,
        done: &mut RebuildProgress,
        progress: &dyn Fn(RebuildProgress),
    ) -> Result<FamilyRebuild, Error> {
        let differences = Differences::default();
        let mut found = FamilyRebuild { family: self.family, events: 0, records: 0, differences };
        let mut phones = replay::phone_book();
        for pass in 0..self.passes.0 {
            let replayed = self.replay(pass, &mut phones)?;
            let records = u64::try_from(replayed.records.num_rows()).unwrap_or(u64::MAX);
            found.events += replayed.events;
            found.records += records;
            let live = self.live(pass)?;
            found.differences.count(self.family, &replayed.records, &live, self.listed_differences)?;
            if let Some(writer) = &self.writer {
                let settled = self.family.settled();
                for (month, records) in by_month(settled, &replayed.records)? {
                    written.push(writer.write(settled, month, &[records])?);
                }
            }
            crash::point("rebuild.after_pass");
            done.passes_done += 1;
            done.events += replayed.events;
            done.records += records;
            progress(*done);
        }
        Ok(found)
    }
}

fn live_files(snapshot: &Snapshot, table: Table) -> &[Arc<DataFile>] {
    snapshot.files.get(&table).map_or(&[], Vec::as_slice)
}
