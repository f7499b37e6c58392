//! Settled files: the one place where joined records of a month, in order, become files of their settled table.
//!
//! Settling comes here with records that were recent, [`Compactor::settle_whole`] with calls that never were: a
//! generated set that is too large to go through events. What belongs to a settled file is written here, so that
//! both have it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::{Change, CompactionReport, Compactor, Shared, count, output};
use crate::error::Error;
use crate::family::Family;
use crate::sorted::{Input, SortedMerge, by_month};
use crate::table::Table;

/// Writes sorted records of one month as settled files of about the target size and adds them to `change`.
pub(super) fn write(
    family: Family,
    shared: &Shared,
    month: Option<i32>,
    records: impl Iterator<Item = Result<RecordBatch, Error>>,
    change: &mut Change,
) -> Result<(), Error> {
    let target_bytes = shared.options.target_file_bytes;
    change.add.extend(output::write(shared, family.settled(), month, target_bytes, records)?);
    Ok(())
}

/// Whole calls of one UTC month of start, each once, as runs that are sorted like the files of `calls`.
#[derive(Debug, Clone)]
pub struct WholeCalls {
    month: Option<i32>,
    runs: Vec<RecordBatch>,
}

impl WholeCalls {
    /// Calls in any order, one batch of `calls`, as one sorted run a month.
    ///
    /// # Errors
    /// [`Error::Arrow`], [`Error::Invalid`] for more rows than a batch can number.
    pub fn by_month(calls: &RecordBatch) -> Result<Vec<Self>, Error> {
        let months: BTreeMap<Option<i32>, RecordBatch> = by_month(Table::Calls, calls)?;
        Ok(months.into_iter().map(|(month, run)| Self { month, runs: vec![run] }).collect())
    }

    /// The month, counted from January 1970; `None` for calls without a start.
    #[must_use]
    pub fn month(&self) -> Option<i32> {
        self.month
    }

    #[must_use]
    pub fn row_count(&self) -> usize {
        self.runs.iter().map(RecordBatch::num_rows).sum()
    }

    /// Takes the calls of the same month in.
    ///
    /// # Panics
    /// When it is not the same month.
    pub fn append(&mut self, mut other: Self) {
        assert_eq!(self.month, other.month, "calls of two months");
        self.runs.append(&mut other.runs);
    }

    /// Every run in pieces of at most so many rows.
    #[must_use]
    pub fn pieces(&self, rows: usize) -> Vec<Self> {
        let pieces = self.runs.iter().flat_map(|run| {
            let starts = (0..run.num_rows()).step_by(rows.max(1));
            starts.map(|start| run.slice(start, rows.max(1).min(run.num_rows() - start)))
        });
        pieces.map(|run| Self { month: self.month, runs: vec![run] }).collect()
    }

    fn sorted(self) -> Result<SortedMerge, Error> {
        let inputs = self.runs.into_iter().map(|run| -> Input { Box::new(output::slices(run)) });
        SortedMerge::new(Table::Calls, inputs.collect())
    }
}

impl Compactor {
    /// Makes calls settled that are not in the lake yet, each element in files of its own, all in one commit. The
    /// archive knows nothing of them: a rebuild would take them away.
    ///
    /// # Errors
    /// As [`Compactor::step`]. Nothing is changed halfway.
    pub async fn settle_whole(&self, calls: Vec<WholeCalls>) -> Result<CompactionReport, Error> {
        let shared = Arc::clone(&self.shared);
        let written = tokio::task::spawn_blocking(move || {
            let settled_rows = count(calls.iter().map(WholeCalls::row_count).sum());
            let mut change = Change { settled_rows, ..Change::default() };
            for calls in calls {
                write(Family::Calls, &shared, calls.month, calls.sorted()?, &mut change)?;
            }
            Ok(change)
        });
        let change = super::finished(written.await)?;
        if change.add.is_empty() {
            return Ok(CompactionReport::default());
        }
        self.commit(&change).await
    }
}
