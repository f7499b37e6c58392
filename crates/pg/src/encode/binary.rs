//! Values in PostgreSQL's binary forms (the `*_send` functions of its types).

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int16Type,
    Int32Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType,
};
use bytes::{BufMut, BytesMut};

use super::{elements, text, with_length};
use crate::types;

/// From 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;

pub(super) fn put(column: &ArrayRef, row: usize, out: &mut BytesMut) {
    match column.data_type() {
        DataType::Boolean => out.put_u8(u8::from(column.as_boolean().value(row))),
        DataType::Int16 => out.put_i16(column.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => out.put_i32(column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => out.put_i64(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => out.put_f32(column.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => out.put_f64(column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            numeric(column.as_primitive::<Decimal128Type>().value(row), *scale, out);
        }
        DataType::Binary => out.put_slice(column.as_binary::<i32>().value(row)),
        DataType::Date32 => {
            out.put_i32(column.as_primitive::<Date32Type>().value(row).saturating_sub(EPOCH_DAYS));
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            out.put_i64(column.as_primitive::<Time64MicrosecondType>().value(row));
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let at = column.as_primitive::<TimestampMicrosecondType>().value(row);
            out.put_i64(at.saturating_sub(EPOCH_MICROS));
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = column.as_primitive::<IntervalMonthDayNanoType>().value(row);
            out.put_i64(value.nanoseconds / 1_000);
            out.put_i32(value.days);
            out.put_i32(value.months);
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            out.put_i64(column.as_primitive::<DurationMicrosecondType>().value(row));
            out.put_i64(0);
        }
        DataType::List(_) => list(column, row, out),
        // Texts are the same in both forms, and JSON is text.
        _ => text::put(column, row, out),
    }
}

/// Digits of base 10,000, their weight, sign and scale (`numeric_send`).
fn numeric(value: i128, scale: i8, out: &mut BytesMut) {
    let shown = u16::try_from(scale).unwrap_or_default();
    // Whole groups of four digits on both sides of the point.
    let pad = (4 - u32::from(shown) % 4) % 4;
    let mut rest = value.unsigned_abs();
    if scale < 0 {
        rest = rest.saturating_mul(10_u128.saturating_pow(u32::from(scale.unsigned_abs())));
    }
    let mut digits: Vec<u16> = Vec::new();
    let mut push = |digit: u128| digits.push(u16::try_from(digit).unwrap_or_default());
    if pad > 0 {
        // The last group has only so many digits that are ours; the others are zeros behind them.
        let ours = 10_u128.pow(4 - pad);
        push(rest % ours * 10_u128.pow(pad));
        rest /= ours;
    }
    while rest > 0 {
        push(rest % 10_000);
        rest /= 10_000;
    }
    digits.reverse();
    let fractions = i64::from((u32::from(shown) + pad) / 4);
    let mut weight = i64::try_from(digits.len()).unwrap_or_default() - fractions - 1;
    let leading = digits.iter().take_while(|digit| **digit == 0).count();
    digits.drain(..leading);
    weight -= i64::try_from(leading).unwrap_or_default();
    while digits.last() == Some(&0) {
        digits.pop();
    }
    if digits.is_empty() {
        weight = 0;
    }
    out.put_u16(u16::try_from(digits.len()).unwrap_or_default());
    out.put_i16(i16::try_from(weight).unwrap_or_default());
    out.put_u16(if value < 0 { 0x4000 } else { 0 });
    out.put_u16(shown);
    for digit in digits {
        out.put_u16(digit);
    }
}

/// One dimension from 1 (`array_send`). Arrays in arrays go as an array of texts, as they are described.
fn list(column: &ArrayRef, row: usize, out: &mut BytesMut) {
    let Some(values) = elements(column, row) else { return };
    let (element, _) = types::of(values.data_type());
    let nested = matches!(values.data_type(), DataType::List(_));
    out.put_i32(i32::from(!values.is_empty()));
    out.put_i32(i32::from(values.null_count() > 0));
    out.put_u32(if nested { types::oid::TEXT } else { element });
    if values.is_empty() {
        return;
    }
    out.put_i32(i32::try_from(values.len()).unwrap_or(i32::MAX));
    out.put_i32(1);
    for index in 0..values.len() {
        if values.is_null(index) {
            out.put_i32(-1);
        } else {
            with_length(
                out,
                |out| {
                    if nested { text::put(&values, index, out) } else { put(&values, index, out) }
                },
            );
        }
    }
}
