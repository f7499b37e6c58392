//! Rows of batches as DataRow messages.

mod binary;
mod text;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use arrow::error::ArrowError;
use bytes::{BufMut, BytesMut};

use crate::types::{BINARY, format};

/// The columns of a batch in forms that can be written.
pub(crate) struct Rows {
    columns: Vec<(ArrayRef, i16)>,
    rows: usize,
}

impl Rows {
    /// # Errors
    /// When a value does not fit the type it is shown as.
    pub(crate) fn new(batch: &RecordBatch, formats: &[i16]) -> Result<Self, ArrowError> {
        let columns = batch.columns().iter().enumerate();
        let columns = columns.map(|(index, column)| Ok((canonical(column)?, format(formats, index))));
        Ok(Self { columns: columns.collect::<Result<_, ArrowError>>()?, rows: batch.num_rows() })
    }

    pub(crate) const fn len(&self) -> usize {
        self.rows
    }

    /// Shows the columns in other formats from here on.
    pub(crate) fn set_formats(&mut self, formats: &[i16]) {
        for (index, (_, shown)) in self.columns.iter_mut().enumerate() {
            *shown = format(formats, index);
        }
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Writes one row.
    pub(crate) fn write(&self, row: usize, out: &mut BytesMut) {
        out.put_u8(b'D');
        let start = out.len();
        out.put_u32(0);
        self.fields(row, out);
        fill_length(out, start, 0);
    }

    /// Writes the text of a value; false and nothing when it is NULL.
    pub(crate) fn text(&self, column: usize, row: usize, out: &mut BytesMut) -> bool {
        let value = self.columns.get(column).filter(|(values, _)| !values.is_null(row));
        if let Some((values, _)) = value {
            text::put(values, row, out);
        }
        value.is_some()
    }

    /// Writes how many values there are, and each with its length.
    pub(crate) fn fields(&self, row: usize, out: &mut BytesMut) {
        out.put_u16(u16::try_from(self.columns.len()).unwrap_or(u16::MAX));
        for (column, format) in &self.columns {
            if column.is_null(row) {
                out.put_i32(-1);
                continue;
            }
            with_length(out, |out| {
                if *format == BINARY { binary::put(column, row, out) } else { text::put(column, row, out) }
            });
        }
    }
}

/// Writes what `put` writes with its length before it.
fn with_length(out: &mut BytesMut, put: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u32(0);
    put(out);
    fill_length(out, start, 4);
}

/// Puts the bytes since `start`, less `own`, into the four bytes there.
pub(crate) fn fill_length(out: &mut BytesMut, start: usize, own: usize) {
    let length = u32::try_from(out.len() - start - own).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// One of few types for every type there is, so that few have to be written.
fn canonical(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let micros = |zone| DataType::Timestamp(TimeUnit::Microsecond, zone);
    let wanted = match column.data_type() {
        DataType::Dictionary(_, value) => return canonical(&cast(column, value)?),
        DataType::Int8 | DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::UInt64 => DataType::Decimal128(20, 0),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Float16 => DataType::Float32,
        DataType::LargeUtf8 | DataType::Null => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Date64 => DataType::Date32,
        DataType::Time32(_) | DataType::Time64(TimeUnit::Nanosecond) => {
            DataType::Time64(TimeUnit::Microsecond)
        }
        DataType::Timestamp(unit, zone) if *unit != TimeUnit::Microsecond => micros(zone.clone()),
        DataType::Duration(unit) if *unit != TimeUnit::Microsecond => {
            DataType::Duration(TimeUnit::Microsecond)
        }
        DataType::Interval(unit) if *unit != IntervalUnit::MonthDayNano => {
            DataType::Interval(IntervalUnit::MonthDayNano)
        }
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => DataType::List(Arc::clone(item)),
        _ => return Ok(ArrayRef::clone(column)),
    };
    cast(column, &wanted)
}

/// The elements of a row of a list, in forms that can be written.
fn elements(column: &ArrayRef, row: usize) -> Option<ArrayRef> {
    let values = column.as_list_opt::<i32>()?.value(row);
    canonical(&values).ok()
}

#[cfg(test)]
mod tests;
