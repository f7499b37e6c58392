//! Calls as terms of a sum: one row each, with what a dimension sums by and what is summed.
//!
//! This is the only definition of the sums. The rows of a file pass through it when the file is written, and the
//! rows that readers add to or take from the sums of files pass through it when they are read.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, RecordBatch, StringArray,
};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{
    DataType, Decimal128Type, Field, Int64Type, Schema, SchemaRef, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use callhouse_core::{Timestamp, phone};

use super::Dimension;
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
    /// `talk_seconds`, `debit`, `credit`. `at` is the start of the bucket; in a term the start of the call.
    #[must_use]
    pub fn schema(self) -> SchemaRef {
        let mut fields =
            vec![Field::new("direction", DataType::Utf8, false), Field::new("at", instant(), false)];
        fields.extend(self.value_names().iter().map(|name| Field::new(*name, DataType::Utf8, true)));
        fields.extend(
            ["calls", "answered_calls", "talk_seconds"].map(|name| Field::new(name, DataType::Int64, false)),
        );
        fields.extend(["debit", "credit"].map(|name| Field::new(name, MONEY, false)));
        Arc::new(Schema::new(fields))
    }

    /// The columns of `calls` that [`Dimension::terms`] looks at.
    #[must_use]
    pub fn call_columns(self) -> Vec<&'static str> {
        use CallColumn::{
            AnsweredAt, Credit, Debit, Direction, FromNumber, FromNumberRaw, StartedAt, TalkSeconds,
        };
        let callers: &[CallColumn] = if self == Self::Caller { &[FromNumber, FromNumberRaw] } else { &[] };
        let common = [Direction, StartedAt, AnsweredAt, TalkSeconds, Debit, Credit];
        common.iter().chain(callers).chain(self.columns()).map(|column| column.name()).collect()
    }

    /// A term for each call that is summed, of calls that started in `[from, to)`.
    ///
    /// # Errors
    /// When `calls` lacks one of [`Dimension::call_columns`] or has it with another type.
    pub fn terms(
        self,
        calls: &RecordBatch,
        from: Timestamp,
        to: Timestamp,
        sign: Sign,
    ) -> Result<RecordBatch, ArrowError> {
        let directions = text(calls, CallColumn::Direction)?;
        let started = column(calls, CallColumn::StartedAt)?;
        let started = started
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(|| wrong(CallColumn::StartedAt))?;
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
                && started.is_valid(row)
                && (from.micros()..to.micros()).contains(&started.value(row))
                && (required.is_empty() || required.iter().any(|value| value.is_valid(row)))
        };
        let summed: BooleanArray = (0..calls.num_rows()).map(|row| Some(is_summed(row))).collect();
        let one = if sign == Sign::Plus { 1 } else { -1 };
        let answered = column(calls, CallColumn::AnsweredAt)?;
        let mut columns: Vec<ArrayRef> = vec![Arc::new(directions.clone()), Arc::new(started.clone())];
        columns.append(&mut values);
        columns.push(Arc::new(Int64Array::from_value(one, calls.num_rows())));
        columns.push(Arc::new(Int64Array::from_iter_values(
            (0..calls.num_rows()).map(|row| if answered.is_valid(row) { one } else { 0 }),
        )));
        columns.push(signed_seconds(calls, one)?);
        for amount in [CallColumn::Debit, CallColumn::Credit] {
            columns.push(signed_money(calls, amount, one)?);
        }
        // Rows without direction or start are filtered out, and only they have nulls where the schema allows none.
        let loose = RecordBatch::try_from_iter_with_nullable(
            self.schema()
                .fields()
                .iter()
                .zip(columns)
                .map(|(field, column)| (field.name().clone(), column, true)),
        )?;
        let kept = if summed.true_count() == loose.num_rows() {
            loose
        } else {
            filter_record_batch(&loose, &summed)?
        };
        RecordBatch::try_new(self.schema(), kept.columns().to_vec())
    }
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
