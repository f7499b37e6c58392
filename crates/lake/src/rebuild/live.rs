//! The live calls of one pass, as every reader sees them.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use super::{Run, live_files};
use crate::error::Error;
use crate::read::{FileReader, Wanted};
use crate::sorted::sort;
use crate::table::Table;

impl Run {
    /// The live rows, sorted by (account, `call_id`) and not joined, so that a call that is there twice shows.
    pub(super) fn live(&self, pass: u32) -> Result<RecordBatch, Error> {
        let mut batches = Vec::new();
        for rows in &self.overlay.rows {
            batches.push(self.of_pass(pass, &rows.shown_only()?)?);
        }
        for file in live_files(&self.snapshot, Table::Calls) {
            let skipped = self.overlay.skip.get(&file.data_file_id).map_or(&[][..], Vec::as_slice);
            for batch in FileReader::open(&self.folder, file)?.rows(Wanted::AllBut(skipped))? {
                batches.push(self.of_pass(pass, &batch?)?);
            }
        }
        let all = concat_batches(&Table::Calls.schema(), &batches)
            .map_err(|source| Error::Arrow { operation: "read of the live calls", source })?;
        sort(Table::CallsRecent, &all)
    }
}
