//! The join of `callhouse_core::record`, over Arrow batches (REC-1): all rows of a call become one.
//!
//! Rows are ordered by (account, `call_id`). Where a key occurs once, its row is the answer. For the others the
//! winner of every group is found by stamp and content, and the columns of the result are gathered from the
//! winners; only what follows from several groups (stored stamps, derived columns) is computed anew, and only for
//! those calls. A property test holds the result equal to the pure function's.

mod gather;
mod runs;
#[cfg(test)]
mod tests;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use crate::error::Error;
use crate::rows::{self, check_schema};
use crate::table::Table;
use runs::Runs;

/// Joins all rows of the same (account, `call_id`) into one; the output is sorted by them. Holds the rows twice in
/// memory while it works, so callers bound what they hand in.
///
/// # Errors
/// [`Error::Invalid`] for a batch that is not of the schema of `calls`, or more rows than a batch can number;
/// [`Error::Arrow`] when Arrow refuses (a column of more than 2 GiB).
pub fn join_calls(batches: &[RecordBatch]) -> Result<RecordBatch, Error> {
    let failed = |source| Error::Arrow { operation: "join of calls", source };
    for batch in batches {
        check_schema(batch, Table::Calls)?;
    }
    let all = match batches {
        [only] => only.clone(),
        several => concat_batches(&rows::schema(Table::Calls), several).map_err(failed)?,
    };
    let runs = Runs::of(&all)?;
    if runs.is_identity() {
        return Ok(all);
    }
    gather::gather(&all, &runs).map_err(failed)
}
