//! Files being written by compaction: a new one is begun when one has reached the target size.

use arrow::array::RecordBatch;

use super::Shared;
use super::pace::Pauses;
use crate::error::Error;
use crate::file::NewFile;
use crate::table::Table;

/// Writes sorted batches of one table and partition to files of at most about `target_bytes`.
pub(super) fn write(
    shared: &Shared,
    table: Table,
    month: Option<i32>,
    target_bytes: usize,
    batches: impl Iterator<Item = Result<RecordBatch, Error>>,
) -> Result<Vec<NewFile>, Error> {
    let mut finished = Vec::new();
    let mut open = None;
    let mut pauses = Pauses::new(&shared.pace);
    for batch in batches {
        let batch = batch?;
        if batch.num_rows() == 0 {
            continue;
        }
        let mut file = match open.take() {
            Some(file) => file,
            None => shared.writer.begin(table, month)?,
        };
        file.push(&batch)?;
        if file.size_bytes() < target_bytes {
            open = Some(file);
        } else {
            finished.push(file.finish()?);
        }
        pauses.between_batches();
    }
    if let Some(file) = open {
        finished.push(file.finish()?);
    }
    Ok(finished)
}

/// A batch in slices, so that it merges and is written piece by piece.
pub(super) fn slices(batch: RecordBatch) -> impl Iterator<Item = Result<RecordBatch, Error>> {
    let starts = (0..batch.num_rows()).step_by(crate::read::BATCH_ROWS);
    starts.map(move |start| Ok(batch.slice(start, crate::read::BATCH_ROWS.min(batch.num_rows() - start))))
}
