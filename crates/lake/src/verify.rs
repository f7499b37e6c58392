//! Verifying a lake: every file against the catalog, positions against the archives, records against a rebuild.
//!
//! - **files**: in place, of the stated size, footer and row count, statistics as the footer says, rows in the
//!   table's order and of the file's month, attachments what these rows make;
//! - **positions**: below each lie only rows it covers (ING-1), no (partition, offset, element) occurs twice
//!   (ING-3); offsets without a row are counted beside the recorded holes, because a log may leave offsets out;
//! - **records**: equal to what [`Rebuilder::compare`] makes of the archives (REC-2).
//!
//! Findings are listed, not errors; an error means that verifying itself could not go on. Memory: as the rebuild,
//! and 16 bytes for each of at most [`OFFSETS_AT_A_TIME`] rows while offsets are compared.

mod files;
mod offsets;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::error::Error;
use crate::rebuild::{RebuildOptions, RebuildReport, Rebuilder};

pub use offsets::PartitionOffsets;

/// Rows whose offsets are compared in one pass.
pub const OFFSETS_AT_A_TIME: i64 = 8_000_000;

/// What is being verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyProgress {
    pub stage: Stage,
    pub done: u64,
    pub total: u64,
}

/// Part of a verification. `done` and `total` count files, passes and passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Files,
    Offsets,
    Records,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, partition or table it is about.
    pub subject: String,
    /// What is wrong, for a person.
    pub what: String,
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    pub snapshot_id: i64,
    pub files: u64,
    pub rows: u64,
    pub partitions: Vec<PartitionOffsets>,
    pub records: RebuildReport,
    /// Empty when the lake is sound and `records` has no differences.
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    /// Whether nothing was found wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.records.agrees()
    }
}

/// Receives progress.
pub type OnProgress = Arc<dyn Fn(VerifyProgress) + Send + Sync>;

/// Verifies the newest snapshot of a catalog. Changes nothing.
///
/// # Errors
/// [`Error::Catalog`] when the catalog cannot be read; files that cannot be read are findings, except that the
/// records are then not compared.
pub async fn verify(
    catalog: &Catalog,
    options: RebuildOptions,
    on_progress: OnProgress,
) -> Result<VerifyReport, Error> {
    let snapshot = catalog.snapshot().await?;
    let holes = offsets::recorded_holes(catalog).await?;
    let folder = catalog.folder().clone();
    let progress = Arc::clone(&on_progress);
    let checking = tokio::task::spawn_blocking(move || {
        let mut report = VerifyReport { snapshot_id: snapshot.id, ..VerifyReport::default() };
        files::check(&folder, &snapshot, &mut report, &*progress);
        // Offsets are read from the same files; what cannot be read was found above.
        if report.findings.is_empty() {
            offsets::check(&folder, &snapshot, &holes, &mut report, &*progress)?;
        }
        Ok(report)
    });
    let checked: Result<VerifyReport, Error> = checking.await.unwrap_or_else(|error| {
        Err(Error::Invalid { what: format!("verifying ended before its time: {error}") })
    });
    let mut report = checked?;
    if report.findings.is_empty() {
        let rebuilder = Rebuilder::new(catalog.clone(), options);
        let on_pass = Arc::new(move |progress: crate::rebuild::RebuildProgress| {
            on_progress(VerifyProgress {
                stage: Stage::Records,
                done: u64::from(progress.passes_done),
                total: u64::from(progress.passes),
            });
        });
        report.records = rebuilder.compare(on_pass).await?;
    }
    Ok(report)
}
