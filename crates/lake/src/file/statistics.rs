//! Statistics of a file's columns in DuckLake's text form: made from the Parquet footer, compared by type.
//!
//! An extreme is written down only when it is exact; a reader that finds none prunes nothing by it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Schema, TimeUnit};
use callhouse_core::Timestamp;
use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::statistics::Statistics;

use super::ColumnStatistics;

/// A value as statistics compare it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Boolean(bool),
    /// Integers; decimals in units of their last digit; microseconds; days.
    Number(i128),
    Text(String),
}

/// Statistics per column of a flat schema.
pub(crate) fn column_statistics(
    schema: &Schema,
    metadata: &ParquetMetaData,
) -> BTreeMap<String, ColumnStatistics> {
    schema
        .fields()
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let chunks = metadata.row_groups().iter().map(|group| group.column(index));
            (field.name().clone(), of_column(field.data_type(), chunks))
        })
        .collect()
}

fn of_column<'a>(
    data_type: &DataType,
    chunks: impl Iterator<Item = &'a ColumnChunkMetaData>,
) -> ColumnStatistics {
    let mut total = ColumnStatistics::default();
    let mut extremes: Vec<Option<(Value, Value)>> = Vec::new();
    for chunk in chunks {
        let nulls = chunk.statistics().and_then(Statistics::null_count_opt).unwrap_or(0);
        let nulls = i64::try_from(nulls).unwrap_or(i64::MAX);
        let values = chunk.num_values() - nulls;
        total.column_size_bytes += chunk.compressed_size();
        total.null_count += nulls;
        total.value_count += values;
        if values > 0 {
            extremes.push(chunk.statistics().and_then(|statistics| extremes_of(data_type, statistics)));
        }
    }
    let known: Option<Vec<(Value, Value)>> = extremes.into_iter().collect();
    let (minima, maxima): (Vec<Value>, Vec<Value>) = known.unwrap_or_default().into_iter().unzip();
    total.min_value = minima.into_iter().min().and_then(|value| text(data_type, &value));
    total.max_value = maxima.into_iter().max().and_then(|value| text(data_type, &value));
    total
}

/// Exact minimum and maximum of a chunk, if both are known.
fn extremes_of(data_type: &DataType, statistics: &Statistics) -> Option<(Value, Value)> {
    if !(statistics.min_is_exact() && statistics.max_is_exact()) {
        return None;
    }
    let number = |min: i64, max: i64| (Value::Number(i128::from(min)), Value::Number(i128::from(max)));
    match statistics {
        Statistics::Boolean(of) => Some((Value::Boolean(*of.min_opt()?), Value::Boolean(*of.max_opt()?))),
        Statistics::Int32(of) => Some(number(i64::from(*of.min_opt()?), i64::from(*of.max_opt()?))),
        Statistics::Int64(of) => Some(number(*of.min_opt()?, *of.max_opt()?)),
        Statistics::ByteArray(_) | Statistics::FixedLenByteArray(_) => {
            let (min, max) = (statistics.min_bytes_opt()?, statistics.max_bytes_opt()?);
            match data_type {
                DataType::Decimal128(..) => Some((big_endian(min)?, big_endian(max)?)),
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some((utf8(min)?, utf8(max)?)),
                _ => None,
            }
        }
        // A float column may hold a NaN, which Parquet does not tell and which sorts above its maximum.
        Statistics::Float(_) | Statistics::Double(_) | Statistics::Int96(_) => None,
    }
}

fn big_endian(bytes: &[u8]) -> Option<Value> {
    let fill = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
    let mut wide = [fill; 16];
    wide.get_mut(16_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    Some(Value::Number(i128::from_be_bytes(wide)))
}

/// Text without a NUL, which would end it in DuckDB's statistics.
fn utf8(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then(|| Value::Text(text.to_owned()))
}

fn text(data_type: &DataType, value: &Value) -> Option<String> {
    match (data_type, value) {
        (_, Value::Boolean(value)) => Some(if *value { "1" } else { "0" }.to_owned()),
        (_, Value::Text(value)) => Some(value.clone()),
        (DataType::Timestamp(TimeUnit::Microsecond, _), Value::Number(micros)) => {
            timestamp_to_text(Timestamp(i64::try_from(*micros).ok()?))
        }
        (DataType::Decimal128(_, scale), Value::Number(units)) => decimal_to_text(*units, *scale),
        (DataType::Date32, Value::Number(days)) => {
            let epoch = chrono::NaiveDate::default();
            let date = epoch.checked_add_signed(TimeDelta::try_days(i64::try_from(*days).ok()?)?)?;
            Some(date.to_string())
        }
        (DataType::Int16 | DataType::Int32 | DataType::Int64, Value::Number(value)) => {
            Some(value.to_string())
        }
        _ => None,
    }
}

/// Orders two statistics of a column; `None` when one of them is not of the type's text form.
pub(crate) fn compare(data_type: &DataType, left: &str, right: &str) -> Option<Ordering> {
    let parse = |text: &str| match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(Value::Text(text.to_owned())),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            timestamp_from_text(text).map(|at| Value::Number(i128::from(at.micros())))
        }
        DataType::Decimal128(_, scale) => decimal_from_text(text, *scale).map(Value::Number),
        // ISO dates of four-digit years order as text.
        DataType::Date32 => Some(Value::Text(text.to_owned())),
        _ => text.parse().ok().map(Value::Number),
    };
    Some(parse(left)?.cmp(&parse(right)?))
}

/// `2026-11-20 21:23:40.369546+00`, trailing zeros of the fraction dropped; `None` outside the years 1 to 9999.
#[must_use]
pub fn timestamp_to_text(at: Timestamp) -> Option<String> {
    let at = at.to_datetime()?.naive_utc();
    if !(1..=9999).contains(&at.year()) {
        return None;
    }
    let mut text = at.format("%Y-%m-%d %H:%M:%S").to_string();
    let micros = at.nanosecond() / 1_000;
    if micros != 0 {
        text.push_str(format!(".{micros:06}").trim_end_matches('0'));
    }
    text.push_str("+00");
    Some(text)
}

/// The inverse of [`timestamp_to_text`].
#[must_use]
pub fn timestamp_from_text(text: &str) -> Option<Timestamp> {
    let at = NaiveDateTime::parse_from_str(text.strip_suffix("+00")?, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(at.and_utc().into())
}

/// `1.500000` of 1500000 with scale 6; `None` for a negative scale.
#[must_use]
pub fn decimal_to_text(units: i128, scale: i8) -> Option<String> {
    let places = usize::try_from(scale).ok()?;
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    Some(if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// The inverse of [`decimal_to_text`]: units of the last place; `None` when it has more places than `scale`.
#[must_use]
pub fn decimal_from_text(text: &str, scale: i8) -> Option<i128> {
    let places = usize::try_from(scale).ok()?;
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let missing = places.checked_sub(fraction.len())?;
    let units: i128 = format!("{whole}{fraction}{}", "0".repeat(missing)).parse().ok()?;
    Some(if negative { -units } else { units })
}
