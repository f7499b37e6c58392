//! Whole rows of calls as bytes, to see whether two are the same.

use arrow::array::RecordBatch;
use arrow::row::{RowConverter, Rows, SortField};

use super::CallColumn;
use crate::error::Error;

/// Makes rows of bytes that are equal exactly when all columns are. Compare only rows of one of these.
pub(crate) struct CallBytes(RowConverter);

impl CallBytes {
    pub(crate) fn new() -> Result<Self, Error> {
        let fields = CallColumn::ALL.iter().map(|column| SortField::new(column.data_type())).collect();
        RowConverter::new(fields).map(Self).map_err(failed)
    }

    pub(crate) fn rows(&self, calls: &RecordBatch) -> Result<Rows, Error> {
        self.0.convert_columns(calls.columns()).map_err(failed)
    }
}

fn failed(source: arrow::error::ArrowError) -> Error {
    Error::Arrow { operation: "comparison of calls", source }
}
