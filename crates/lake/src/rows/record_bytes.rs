//! Whole rows of records as bytes, to see whether two are the same.

use arrow::array::RecordBatch;
use arrow::row::{RowConverter, Rows, SortField};

use crate::error::Error;
use crate::family::Family;

/// Makes rows of bytes that are equal exactly when all columns are. Compare only rows of one of these.
pub(crate) struct RecordBytes(RowConverter);

impl RecordBytes {
    pub(crate) fn of(family: Family) -> Result<Self, Error> {
        let fields = family.rows().schema.fields().iter();
        let fields = fields.map(|field| SortField::new(field.data_type().clone())).collect();
        RowConverter::new(fields).map(Self).map_err(failed)
    }

    pub(crate) fn rows(&self, records: &RecordBatch) -> Result<Rows, Error> {
        self.0.convert_columns(records.columns()).map_err(failed)
    }
}

fn failed(source: arrow::error::ArrowError) -> Error {
    Error::Arrow { operation: "comparison of records", source }
}
