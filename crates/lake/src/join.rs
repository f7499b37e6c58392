//! The join of `callhouse_core::record`, over Arrow batches (REC-1): all rows of a record become one.
//!
//! Rows are ordered by their key, account and id. Where a key occurs once, its row is the answer. For the others the
//! winner of every group is found by stamp and content, and the columns of the result are gathered from the
//! winners; only what follows from several groups (stored stamps, derived columns) is computed anew, and only for
//! those records. A property test holds the result equal to the pure function's.

mod gather;
mod runs;
#[cfg(test)]
mod tests;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use crate::error::Error;
use crate::family::Family;
use crate::rows::check_schema;
use runs::Runs;

/// Joins all rows of the same (account, id) into one; the output is sorted by them. Holds the rows twice in memory while it
/// works, so callers bound what they hand in.
///
/// # Errors
/// [`Error::Invalid`] for a batch that is not of the schema of the family, or more rows than a batch can number;
/// [`Error::Arrow`] when Arrow refuses (a column of more than 2 GiB).
pub fn join_records(family: Family, batches: &[RecordBatch]) -> Result<RecordBatch, Error> {
    let failed = |source| Error::Arrow { operation: "join of records", source };
    for batch in batches {
        check_schema(batch, family.settled())?;
    }
    let all = match batches {
        [only] => only.clone(),
        several => concat_batches(&family.rows().schema, several).map_err(failed)?,
    };
    let runs = Runs::of(&all)?;
    if runs.is_identity() {
        return Ok(all);
    }
    gather::gather(family, &all, &runs)
}
