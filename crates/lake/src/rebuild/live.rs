//! The live records of one pass, as every reader sees them.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use super::{Run, live_files};
use crate::error::Error;
use crate::read::{FileReader, Wanted};
use crate::sorted::sort;

impl Run {
    /// The live rows, sorted by (account, id) and not joined, so that a record that is there twice shows.
    pub(super) fn live(&self, pass: u32) -> Result<RecordBatch, Error> {
        let mut batches = Vec::new();
        for rows in &self.overlay.rows {
            batches.push(self.of_pass(pass, &rows.shown_only()?)?);
        }
        for file in live_files(&self.snapshot, self.family.settled()) {
            let skipped = self.overlay.skip.get(&file.data_file_id).map_or(&[][..], Vec::as_slice);
            for batch in FileReader::open(&self.folder, file)?.rows(Wanted::AllBut(skipped))? {
                batches.push(self.of_pass(pass, &batch?)?);
            }
        }
        let all = concat_batches(&self.family.rows().schema, &batches)
            .map_err(|source| Error::Arrow { operation: "read of the live records", source })?;
        sort(self.family.recent(), &all)
    }
}
