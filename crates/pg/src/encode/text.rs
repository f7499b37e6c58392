//! Values as PostgreSQL prints them: ISO dates, instants in UTC, `t` and `f`, hexadecimal bytes.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int16Type,
    Int32Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::{BufMut, BytesMut};
use chrono::{DateTime, Days, NaiveDate, Timelike};

use super::elements;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A writer of text into bytes.
struct Text<'a>(&'a mut BytesMut);

impl std::fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.put_slice(text.as_bytes());
        Ok(())
    }
}

pub(super) fn put(column: &ArrayRef, row: usize, out: &mut BytesMut) {
    match column.data_type() {
        DataType::Utf8 => return out.put_slice(column.as_string::<i32>().value(row).as_bytes()),
        DataType::Utf8View => return out.put_slice(column.as_string_view().value(row).as_bytes()),
        _ => {}
    }
    if write(column, row, &mut Text(out)).is_err() {
        // Writing to memory does not fail; only values no calendar has do.
        out.put_slice(b"?");
    }
}

fn write(column: &ArrayRef, row: usize, out: &mut Text<'_>) -> std::fmt::Result {
    match column.data_type() {
        DataType::Boolean => out.write_str(if column.as_boolean().value(row) { "t" } else { "f" }),
        DataType::Int16 => write!(out, "{}", column.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => write!(out, "{}", column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => write!(out, "{}", column.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => float(&format!("{:?}", column.as_primitive::<Float32Type>().value(row)), out),
        DataType::Float64 => float(&format!("{:?}", column.as_primitive::<Float64Type>().value(row)), out),
        DataType::Decimal128(_, scale) => {
            decimal(column.as_primitive::<Decimal128Type>().value(row), *scale, out)
        }
        DataType::Binary => {
            out.write_str("\\x")?;
            column.as_binary::<i32>().value(row).iter().try_for_each(|byte| write!(out, "{byte:02x}"))
        }
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().value(row);
            let date = date(days).ok_or(std::fmt::Error)?;
            write!(out, "{date}")
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            time(column.as_primitive::<Time64MicrosecondType>().value(row), out)
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            instant(column.as_primitive::<TimestampMicrosecondType>().value(row), out)?;
            if zone.is_some() { out.write_str("+00") } else { Ok(()) }
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            interval(column.as_primitive::<IntervalMonthDayNanoType>().value(row), out)
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            let micros = column.as_primitive::<DurationMicrosecondType>().value(row);
            interval(IntervalMonthDayNano::new(0, 0, micros.saturating_mul(1_000)), out)
        }
        DataType::List(_) => list(column, row, out),
        _ => other(column, row, out),
    }
}

/// Rust prints the shortest digits that read back; PostgreSQL prints them without `.0` and with its own names.
fn float(shortest: &str, out: &mut Text<'_>) -> std::fmt::Result {
    match shortest {
        "inf" => out.write_str("Infinity"),
        "-inf" => out.write_str("-Infinity"),
        number => {
            let number = number.strip_suffix(".0").unwrap_or(number);
            match number.split_once('e') {
                Some((digits, power)) if !power.starts_with('-') => write!(out, "{digits}e+{power:0>2}"),
                Some((digits, power)) => write!(out, "{digits}e-{:0>2}", power.trim_start_matches('-')),
                None => out.write_str(number),
            }
        }
    }
}

fn decimal(value: i128, scale: i8, out: &mut Text<'_>) -> std::fmt::Result {
    let Ok(scale) = usize::try_from(scale) else {
        let zeros = "0".repeat(usize::from(scale.unsigned_abs()));
        return if value == 0 { out.write_str("0") } else { write!(out, "{value}{zeros}") };
    };
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    if part.is_empty() { write!(out, "{sign}{whole}") } else { write!(out, "{sign}{whole}.{part}") }
}

fn date(days: i32) -> Option<NaiveDate> {
    let epoch = NaiveDate::default();
    let distance = Days::new(u64::from(days.unsigned_abs()));
    if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) }
}

fn fraction(micros: u32, out: &mut Text<'_>) -> std::fmt::Result {
    if micros == 0 {
        return Ok(());
    }
    write!(out, ".{}", format!("{micros:06}").trim_end_matches('0'))
}

fn time(micros: i64, out: &mut Text<'_>) -> std::fmt::Result {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    write!(out, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)?;
    fraction(u32::try_from(micros.rem_euclid(MICROS_PER_SECOND)).unwrap_or_default(), out)
}

fn instant(micros: i64, out: &mut Text<'_>) -> std::fmt::Result {
    let at = DateTime::from_timestamp_micros(micros).ok_or(std::fmt::Error)?.naive_utc();
    write!(out, "{} {:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second())?;
    fraction(at.nanosecond() / 1_000, out)
}

/// `intervalstyle = postgres`.
fn interval(value: IntervalMonthDayNano, out: &mut Text<'_>) -> std::fmt::Result {
    let (years, months) = (value.months / 12, value.months % 12);
    let plural = |count: i32| if count == 1 { "" } else { "s" };
    let mut parts = Vec::new();
    for (count, name) in [(years, "year"), (months, "mon"), (value.days, "day")] {
        if count != 0 {
            parts.push(format!("{count} {name}{}", plural(count)));
        }
    }
    out.write_str(&parts.join(" "))?;
    let micros = value.nanoseconds / 1_000;
    if micros == 0 && !parts.is_empty() {
        return Ok(());
    }
    if !parts.is_empty() {
        out.write_str(" ")?;
    }
    if micros < 0 {
        out.write_str("-")?;
    }
    time(micros.checked_abs().unwrap_or(i64::MAX), out)
}

/// `{a,"b c",NULL}`.
fn list(column: &ArrayRef, row: usize, out: &mut Text<'_>) -> std::fmt::Result {
    let Some(values) = elements(column, row) else { return out.write_str("{}") };
    let nested = matches!(values.data_type(), DataType::List(_));
    out.write_str("{")?;
    for index in 0..values.len() {
        if index > 0 {
            out.write_str(",")?;
        }
        if values.is_null(index) {
            out.write_str("NULL")?;
            continue;
        }
        let mut element = BytesMut::new();
        put(&values, index, &mut element);
        let text = String::from_utf8_lossy(&element);
        let special = |letter: char| matches!(letter, '{' | '}' | ',' | '"' | '\\') || letter.is_whitespace();
        if !nested && (text.is_empty() || text.contains(special) || text.eq_ignore_ascii_case("null")) {
            write!(out, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))?;
        } else {
            out.write_str(&text)?;
        }
    }
    out.write_str("}")
}

/// What has no form of PostgreSQL, as Arrow shows it.
fn other(column: &ArrayRef, row: usize, out: &mut Text<'_>) -> std::fmt::Result {
    let options = FormatOptions::default();
    match ArrayFormatter::try_new(column.as_ref(), &options) {
        Ok(formatter) => write!(out, "{}", formatter.value(row)),
        Err(_) => Err(std::fmt::Error),
    }
}
