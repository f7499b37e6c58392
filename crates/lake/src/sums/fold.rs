//! Records as terms of a sum: one row each, with what a dimension sums by and what is summed.
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

use super::dimension::{Counted, Value};
use super::{Bucket, Dimension};
use crate::rows::instant;

/// The type of summed money: no sum of amounts outgrows it.
pub(super) const MONEY: DataType = DataType::Decimal128(38, 6);

/// The column of the way a record went; every family has it.
const DIRECTION: &str = "direction";

/// Adds records to a sum or takes them away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Plus,
    Minus,
}

impl Dimension {
    /// The columns of sums and of their terms: `direction`, `at`, the values by name, the counts of the family, of
    /// which the first is of records, and its amounts; where records are only counted, nothing behind that first count.
    /// `at` is the start of the bucket; in a term the instant of the record, but where buckets are months the start of
    /// that month.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        let mut fields =
            vec![Field::new("direction", DataType::Utf8, false), Field::new("at", instant(), false)];
        fields.extend(self.values.iter().map(|value| Field::new(value.name(), DataType::Utf8, true)));
        fields.extend(self.counts().iter().map(|count| Field::new(count.name, DataType::Int64, false)));
        fields.extend(self.amounts().iter().map(|name| Field::new(*name, MONEY, false)));
        Arc::new(Schema::new(fields))
    }

    /// The columns of the family's records that [`Dimension::terms`] looks at for some columns of the schema.
    #[must_use]
    pub fn record_columns(&self, columns: &[usize]) -> Vec<&'static str> {
        let summed = columns.iter().filter_map(|column| match self.part(*column) {
            Part::Count(Counted::Sum(column) | Counted::Present(column)) | Part::Amount(column) => {
                Some(column)
            }
            Part::Count(Counted::Records) | Part::Direction | Part::At | Part::Value(_) => None,
        });
        let values = self.values.iter().flat_map(|value| value.columns().iter().copied());
        let always = [DIRECTION, self.family.began()];
        let mut needed: Vec<&'static str> = always.into_iter().chain(values).chain(summed).collect();
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// Some columns of the schema, by index, of a term for each record that is summed, of records whose instant is in
    /// `[from, to)`.
    ///
    /// # Errors
    /// When `records` lacks one of [`Dimension::record_columns`] or has it with another type.
    pub fn terms(
        &self,
        records: &RecordBatch,
        from: Timestamp,
        to: Timestamp,
        sign: Sign,
        columns: &[usize],
    ) -> Result<RecordBatch, ArrowError> {
        let at = self.family.began();
        let directions = text(records, DIRECTION)?;
        let stated = column(records, at)?;
        let instants = stated.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| wrong(at))?;
        let values: Vec<ArrayRef> =
            self.values.iter().map(|value| value.of(records)).collect::<Result<_, _>>()?;
        let required = &values[..self.required_values];
        let is_summed = |row: usize| {
            directions.is_valid(row)
                && self.direction.is_none_or(|wanted| directions.value(row) == wanted)
                && instants.is_valid(row)
                && (from.micros()..to.micros()).contains(&instants.value(row))
                && (required.is_empty() || required.iter().any(|value| value.is_valid(row)))
        };
        let summed: BooleanArray = (0..records.num_rows()).map(|row| Some(is_summed(row))).collect();
        let one = if sign == Sign::Plus { 1 } else { -1 };
        let mut shown = Vec::with_capacity(columns.len());
        for wanted in columns {
            let whole: ArrayRef = match self.part(*wanted) {
                Part::Direction => Arc::new(directions.clone()),
                Part::At if self.bucket == Bucket::Month => Arc::new(months(instants)),
                Part::At => Arc::clone(stated),
                Part::Value(value) => Arc::clone(&values[value]),
                Part::Count(counted) => counted.signed(records, one)?,
                Part::Amount(amount) => signed_money(records, amount, one)?,
            };
            shown.push(filter(&whole, &summed)?);
        }
        // Records without direction or instant are not summed, and only they have nulls where the schema allows none.
        let options = RecordBatchOptions::new().with_row_count(Some(summed.true_count()));
        RecordBatch::try_new_with_options(Arc::new(self.schema().project(columns)?), shown, &options)
    }

    /// What a column of the schema is.
    fn part(&self, column: usize) -> Part {
        let (values, counts) = (self.values.len(), self.counts());
        match column {
            0 => Part::Direction,
            1 => Part::At,
            value if value < 2 + values => Part::Value(value - 2),
            count if count < 2 + values + counts.len() => Part::Count(counts[count - 2 - values].of),
            amount => Part::Amount(self.amounts()[amount - 2 - values - counts.len()]),
        }
    }
}

/// The columns of [`Dimension::schema`].
enum Part {
    Direction,
    At,
    Value(usize),
    Count(Counted),
    Amount(&'static str),
}

impl Value {
    fn of(&self, records: &RecordBatch) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::Column(column) => Ok(Arc::new(text(records, column)?.clone())),
            Self::Caller => {
                let [numbers, stated] =
                    ["from_number", "from_number_raw"].map(|column| text(records, column));
                let pairs = numbers?.iter().zip(stated?);
                let callers: StringArray = pairs.map(|(number, raw)| phone::caller(number, raw)).collect();
                Ok(Arc::new(callers))
            }
        }
    }
}

impl Counted {
    /// What each record counts for.
    fn signed(self, records: &RecordBatch, one: i64) -> Result<ArrayRef, ArrowError> {
        let rows = records.num_rows();
        Ok(Arc::new(match self {
            Self::Records => Int64Array::from_value(one, rows),
            Self::Present(wanted) => {
                let present = column(records, wanted)?;
                let ones = (0..rows).map(|row| if present.is_valid(row) { one } else { 0 });
                Int64Array::from_iter_values(ones)
            }
            Self::Sum(wanted) => {
                let wide = cast(column(records, wanted)?, &DataType::Int64)?;
                let numbers = wide.as_primitive_opt::<Int64Type>().ok_or_else(|| wrong(wanted))?;
                Int64Array::from_iter_values(numbers.iter().map(|number| one * number.unwrap_or(0)))
            }
        }))
    }
}

fn column<'r>(records: &'r RecordBatch, wanted: &str) -> Result<&'r ArrayRef, ArrowError> {
    records.column_by_name(wanted).ok_or_else(|| wrong(wanted))
}

fn text<'r>(records: &'r RecordBatch, wanted: &str) -> Result<&'r StringArray, ArrowError> {
    column(records, wanted)?.as_string_opt().ok_or_else(|| wrong(wanted))
}

fn wrong(column: &str) -> ArrowError {
    ArrowError::SchemaError(format!("{column} is missing among the records to sum, or of another type"))
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

fn signed_money(records: &RecordBatch, amount: &str, one: i64) -> Result<ArrayRef, ArrowError> {
    let wide = cast(column(records, amount)?, &MONEY)?;
    let amounts = wide.as_primitive::<Decimal128Type>();
    let signed = amounts.iter().map(|units| i128::from(one) * units.unwrap_or(0));
    Ok(Arc::new(Decimal128Array::from_iter_values(signed).with_data_type(MONEY)))
}
