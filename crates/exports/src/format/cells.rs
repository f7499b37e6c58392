//! The values of a batch, as texts are made of them.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type, TimestampMicrosecondType};

use super::encode;
use super::instants::Printer;
use crate::error::Error;

/// A column of a batch.
pub(super) enum Cells {
    Text(StringArray),
    Int(Int64Array),
    Decimal { values: Decimal128Array, scale: u32 },
    Instant(TimestampMicrosecondArray),
    Bool(BooleanArray),
}

/// A value that is not null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Int(i64),
    Decimal { value: i128, scale: u32 },
    Instant(i64),
    Bool(bool),
}

/// All columns of a batch.
pub(super) fn of(batch: &RecordBatch) -> Result<Vec<Cells>, Error> {
    batch.columns().iter().map(Cells::new).collect()
}

impl Cells {
    fn new(column: &ArrayRef) -> Result<Self, Error> {
        Ok(match column.data_type() {
            DataType::Utf8 => Self::Text(column.as_string::<i32>().clone()),
            DataType::Boolean => Self::Bool(column.as_boolean().clone()),
            DataType::Timestamp(..) => {
                Self::Instant(column.as_primitive::<TimestampMicrosecondType>().clone())
            }
            DataType::Decimal128(_, scale) => {
                let values = column.as_primitive::<Decimal128Type>().clone();
                Self::Decimal { values, scale: u32::try_from(*scale).unwrap_or(0) }
            }
            kind if kind.is_integer() => {
                let column = cast(column, &DataType::Int64).map_err(encode)?;
                Self::Int(column.as_primitive::<Int64Type>().clone())
            }
            // Dates and the like have one text.
            _ => Self::Text(cast(column, &DataType::Utf8).map_err(encode)?.as_string::<i32>().clone()),
        })
    }

    /// The value of a row; `None` for null.
    pub(super) fn get(&self, row: usize) -> Option<Cell<'_>> {
        match self {
            Self::Text(values) => values.is_valid(row).then(|| Cell::Text(values.value(row))),
            Self::Int(values) => values.is_valid(row).then(|| Cell::Int(values.value(row))),
            Self::Bool(values) => values.is_valid(row).then(|| Cell::Bool(values.value(row))),
            Self::Instant(values) => values.is_valid(row).then(|| Cell::Instant(values.value(row))),
            Self::Decimal { values, scale } => {
                values.is_valid(row).then(|| Cell::Decimal { value: values.value(row), scale: *scale })
            }
        }
    }
}

impl Cell<'_> {
    /// Writes a value other than text.
    pub(super) fn write_plain(self, times: &mut Printer, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
            Self::Int(value) => {
                if value < 0 {
                    out.push(b'-');
                }
                digits(u128::from(value.unsigned_abs()), 1, out);
            }
            Self::Decimal { value, scale } => decimal(value, scale, out),
            Self::Instant(micros) => times.write(micros, out),
        }
    }
}

/// Writes an amount to its last digit (MON-1).
pub(crate) fn decimal(value: i128, scale: u32, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let magnitude = value.unsigned_abs();
    let unit = 10_u128.pow(scale.min(38));
    digits(magnitude / unit, 1, out);
    if scale > 0 {
        out.push(b'.');
        digits(magnitude % unit, scale, out);
    }
}

/// Writes a number with at least so many digits.
pub(super) fn digits(mut number: u128, least: u32, out: &mut Vec<u8>) {
    const MOST: usize = 39;
    let mut reversed = [b'0'; MOST];
    let mut length = 0;
    while number > 0 && length < MOST {
        // Numbers of 64 bits are divided much faster.
        let digit = match u64::try_from(number) {
            Ok(small) => {
                number = u128::from(small / 10);
                small % 10
            }
            Err(_) => {
                let digit = u64::try_from(number % 10).unwrap_or(0);
                number /= 10;
                digit
            }
        };
        reversed[length] = b'0' + u8::try_from(digit).unwrap_or(0);
        length += 1;
    }
    let length = length.max(usize::try_from(least).unwrap_or(MOST).min(MOST));
    out.extend(reversed[..length].iter().rev());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn mon_1_amounts_have_all_their_digits() {
        for (value, scale, text) in [
            (0, 6, "0.000000"),
            (1, 6, "0.000001"),
            (-1, 6, "-0.000001"),
            (1_234_567_890, 6, "1234.567890"),
            (-42, 0, "-42"),
            (999_999_999_999_999_999, 6, "999999999999.999999"),
            (12_345_678_901_234_567_890_123, 3, "12345678901234567890.123"),
            (i128::MIN, 6, "-170141183460469231731687303715884.105728"),
        ] {
            assert_eq!(written(|out| decimal(value, scale, out)), text);
        }
        assert_eq!(written(|out| digits(u128::MAX, 1, out)), u128::MAX.to_string());
        assert_eq!(written(|out| digits(0, 1, out)), "0");
    }
}
