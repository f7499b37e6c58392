//! Sorting and merging rows by a table's sort columns, the order its files are written in.

mod merge;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{SortOptions, take_record_batch};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::row::{RowConverter, Rows, SortField};
use callhouse_core::Timestamp;

use crate::error::Error;
use crate::table::Table;

pub(crate) use merge::{Input, SortedMerge};

/// Turns the sort columns of a table into rows of bytes that compare like them: ascending, nulls last.
pub(crate) struct SortKeys {
    converter: RowConverter,
    columns: Vec<usize>,
}

impl SortKeys {
    pub(crate) fn of(table: Table) -> Result<Self, Error> {
        let schema = table.schema();
        let mut columns = Vec::new();
        let mut fields = Vec::new();
        for name in table.sort_columns() {
            let index = schema.index_of(name).map_err(failed)?;
            let options = SortOptions { descending: false, nulls_first: false };
            fields.push(SortField::new_with_options(schema.field(index).data_type().clone(), options));
            columns.push(index);
        }
        Ok(Self { converter: RowConverter::new(fields).map_err(failed)?, columns })
    }

    pub(crate) fn rows(&self, batch: &RecordBatch) -> Result<Rows, Error> {
        let columns: Vec<_> = self.columns.iter().map(|index| Arc::clone(batch.column(*index))).collect();
        self.converter.convert_columns(&columns).map_err(failed)
    }
}

/// The rows of a batch in the order of the table's sort columns; equal ones keep their order.
pub(crate) fn sort(table: Table, batch: &RecordBatch) -> Result<RecordBatch, Error> {
    let keys = SortKeys::of(table)?.rows(batch)?;
    let mut order: Vec<usize> = (0..batch.num_rows()).collect();
    order.sort_by(|left, right| keys.row(*left).cmp(&keys.row(*right)));
    take(batch, order)
}

/// Rows of a table by the UTC month of its month column, each month sorted for its file. Rows whose instant is not known are
/// of no month.
pub(crate) fn by_month(
    table: Table,
    rows: &RecordBatch,
) -> Result<BTreeMap<Option<i32>, RecordBatch>, Error> {
    let Some(column) = table.month_column() else {
        return Err(Error::Invalid { what: format!("{} is not partitioned by month", table.name()) });
    };
    let column = table.schema().index_of(column).map_err(failed)?;
    let instants = rows.column(column).as_primitive::<TimestampMicrosecondType>();
    let mut months: BTreeMap<Option<i32>, Vec<usize>> = BTreeMap::new();
    for row in 0..rows.num_rows() {
        let month = instants.is_valid(row).then(|| Timestamp(instants.value(row)).utc_month());
        months.entry(month).or_default().push(row);
    }
    let sorted = |(month, of_month)| Ok((month, sort(table, &take(rows, of_month)?)?));
    months.into_iter().map(sorted).collect()
}

/// The rows of these numbers.
pub(crate) fn take(batch: &RecordBatch, rows: Vec<usize>) -> Result<RecordBatch, Error> {
    let rows: Result<Vec<u32>, _> = rows.into_iter().map(u32::try_from).collect();
    let rows =
        rows.map_err(|_| Error::Invalid { what: "a batch has too many rows to be sorted".to_owned() })?;
    take_record_batch(batch, &UInt32Array::from(rows)).map_err(failed)
}

fn failed(source: arrow::error::ArrowError) -> Error {
    Error::Arrow { operation: "sort", source }
}
