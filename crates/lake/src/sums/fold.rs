//! Calls as terms of a sum: one row each, with what a dimension sums by and what is summed.
//!
//! This is the only definition of the sums. The rows of a file pass through it when the file is written, and the
//! rows that readers add to or take from the sums of files pass through it when they are read.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, RecordBatch, RecordBatchOptions,
    StringArray, TimestampMicrosecondArray,
};
use arrow::compute::{cast, filter};
use arrow::datatypes::{
    DataType, Decimal128Type, Field, Int64Type, Schema, SchemaRef, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use callhouse_core::{Timestamp, phone};

use super::{Bucket, Dimension};
use crate::rows::{CallColumn, instant};

/// The type of summed money: no sum of amounts outgrows it.
pub(super) const MONEY: DataType = DataType::Decimal128(38, 6);

/// Adds calls to a sum or takes them away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Plus,
    Minus,
}

impl Dimension {
    /// The columns of sums and of their terms: `direction`, `at`, the values by name, `calls`, `answered_calls`,
    /// `talk_seconds`, `debit`, `credit`, the last four not where calls are only counted. `at` is the start of the bucket;
    /// in a term the start of the call, but where buckets are months that of the month.
    #[must_use]
    pub fn schema(self) -> SchemaRef {
        let mut fields =
            vec![Field::new("direction", DataType::Utf8, false), Field::new("at", instant(), false)];
        fields.extend(self.value_names().iter().map(|name| Field::new(*name, DataType::Utf8, true)));
        fields.push(Field::new("calls", DataType::Int64, false));
        if !self.is_only_counted() {
            fields.extend(
                ["answered_calls", "talk_seconds"].map(|name| Field::new(name, DataType::Int64, false)),
            );
            fields.extend(["debit", "credit"].map(|name| Field::new(name, MONEY, false)));
        }
        Arc::new(Schema::new(fields))
    }

    /// The columns of `calls` that [`Dimension::terms`] looks at for some columns of the schema.
    #[must_use]
    pub fn call_columns(self, columns: &[usize]) -> Vec<&'static str> {
        let callers: &[CallColumn] =
            if self == Self::Caller { &[CallColumn::FromNumber, CallColumn::FromNumberRaw] } else { &[] };
        let summed = columns.iter().filter_map(|column| match self.part(*column) {
            Part::Summed(column) => Some(column),
            Part::AnsweredCalls => Some(CallColumn::AnsweredAt),
            Part::Direction | Part::At | Part::Value(_) | Part::Calls => None,
        });
        let mut needed: Vec<CallColumn> = [CallColumn::Direction, CallColumn::StartedAt]
            .into_iter()
            .chain(callers.iter().chain(self.columns()).copied())
            .chain(summed)
            .collect();
        needed.sort_unstable();
        needed.dedup();
        needed.into_iter().map(CallColumn::name).collect()
    }

    /// Some columns of the schema, by index, of a term for each call that is summed, of calls that started in
    /// `[from, to)`.
    ///
    /// # Errors
    /// When `calls` lacks one of [`Dimension::call_columns`] or has it with another type.
    pub fn terms(
        self,
        calls: &RecordBatch,
        from: Timestamp,
        to: Timestamp,
        sign: Sign,
        columns: &[usize],
    ) -> Result<RecordBatch, ArrowError> {
        let directions = text(calls, CallColumn::Direction)?;
        let started = column(calls, CallColumn::StartedAt)?;
        let instants = started.as_primitive_opt::<TimestampMicrosecondType>();
        let instants = instants.ok_or_else(|| wrong(CallColumn::StartedAt))?;
        let mut values: Vec<ArrayRef> = Vec::new();
        if self == Self::Caller {
            values.push(Arc::new(callers(calls)?));
        }
        for value in self.columns() {
            values.push(Arc::new(text(calls, *value)?.clone()));
        }
        let required = &values[..self.required_values()];
        let is_summed = |row: usize| {
            directions.is_valid(row)
                && self.direction().is_none_or(|wanted| directions.value(row) == wanted)
                && instants.is_valid(row)
                && (from.micros()..to.micros()).contains(&instants.value(row))
                && (required.is_empty() || required.iter().any(|value| value.is_valid(row)))
        };
        let summed: BooleanArray = (0..calls.num_rows()).map(|row| Some(is_summed(row))).collect();
        let one = if sign == Sign::Plus { 1 } else { -1 };
        let mut shown = Vec::with_capacity(columns.len());
        for wanted in columns {
            let whole: ArrayRef = match self.part(*wanted) {
                Part::Direction => Arc::new(directions.clone()),
                Part::At if self.bucket() == Bucket::Month => Arc::new(months(instants)),
                Part::At => Arc::clone(started),
                Part::Value(value) => Arc::clone(&values[value]),
                Part::Calls => Arc::new(Int64Array::from_value(one, calls.num_rows())),
                Part::AnsweredCalls => {
                    let answered = column(calls, CallColumn::AnsweredAt)?;
                    let answered =
                        (0..calls.num_rows()).map(|row| if answered.is_valid(row) { one } else { 0 });
                    Arc::new(Int64Array::from_iter_values(answered))
                }
                Part::Summed(CallColumn::TalkSeconds) => signed_seconds(calls, one)?,
                Part::Summed(amount) => signed_money(calls, amount, one)?,
            };
            shown.push(filter(&whole, &summed)?);
        }
        // Calls without direction or start are not summed, and only they have nulls where the schema allows none.
        let options = RecordBatchOptions::new().with_row_count(Some(summed.true_count()));
        RecordBatch::try_new_with_options(Arc::new(self.schema().project(columns)?), shown, &options)
    }

    /// What a column of the schema is.
    fn part(self, column: usize) -> Part {
        match (column, column.saturating_sub(2 + self.value_names().len())) {
            (0, _) => Part::Direction,
            (1, _) => Part::At,
            (column, _) if column < 2 + self.value_names().len() => Part::Value(column - 2),
            (_, 0) => Part::Calls,
            (_, 1) => Part::AnsweredCalls,
            (_, 2) => Part::Summed(CallColumn::TalkSeconds),
            (_, 3) => Part::Summed(CallColumn::Debit),
            _ => Part::Summed(CallColumn::Credit),
        }
    }
}

/// The columns of [`Dimension::schema`].
enum Part {
    Direction,
    At,
    Value(usize),
    Calls,
    AnsweredCalls,
    Summed(CallColumn),
}

fn column(calls: &RecordBatch, wanted: CallColumn) -> Result<&ArrayRef, ArrowError> {
    calls.column_by_name(wanted.name()).ok_or_else(|| wrong(wanted))
}

fn text(calls: &RecordBatch, wanted: CallColumn) -> Result<&StringArray, ArrowError> {
    column(calls, wanted)?.as_string_opt().ok_or_else(|| wrong(wanted))
}

fn wrong(column: CallColumn) -> ArrowError {
    ArrowError::SchemaError(format!(
        "{} is missing among the calls to sum, or of another type",
        column.name()
    ))
}

fn callers(calls: &RecordBatch) -> Result<StringArray, ArrowError> {
    let (numbers, stated) = (text(calls, CallColumn::FromNumber)?, text(calls, CallColumn::FromNumberRaw)?);
    Ok(numbers.iter().zip(stated).map(|(number, raw)| phone::caller(number, raw)).collect())
}

/// The start of the month of each instant.
fn months(instants: &TimestampMicrosecondArray) -> TimestampMicrosecondArray {
    let month = |at: i64| Bucket::Month.start(Bucket::Month.of(Timestamp(at))).micros();
    // Rows lie in order of time, so most have the month of the one before.
    let (mut known, mut until) = (0, i64::MIN);
    let mut start = |at: i64| {
        if !(known..until).contains(&at) {
            known = month(at);
            until = Bucket::Month.start(Bucket::Month.of(Timestamp(at)) + 1).micros();
        }
        known
    };
    let starts = instants.values().iter().map(|at| start(*at)).collect();
    TimestampMicrosecondArray::new(starts, instants.nulls().cloned()).with_data_type(instant())
}

fn signed_seconds(calls: &RecordBatch, one: i64) -> Result<ArrayRef, ArrowError> {
    let seconds = column(calls, CallColumn::TalkSeconds)?;
    let seconds = seconds.as_primitive_opt::<Int64Type>().ok_or_else(|| wrong(CallColumn::TalkSeconds))?;
    Ok(Arc::new(Int64Array::from_iter_values(seconds.iter().map(|seconds| one * seconds.unwrap_or(0)))))
}

fn signed_money(calls: &RecordBatch, amount: CallColumn, one: i64) -> Result<ArrayRef, ArrowError> {
    let wide = cast(column(calls, amount)?, &MONEY)?;
    let amounts = wide.as_primitive::<Decimal128Type>();
    let signed = amounts.iter().map(|units| i128::from(one) * units.unwrap_or(0));
    Ok(Arc::new(Decimal128Array::from_iter_values(signed).with_data_type(MONEY)))
}
