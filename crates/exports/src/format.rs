//! Files of rows: their forms, and how rows become bytes.
//!
//! Batches go in one by one and bytes go out as they are made, so a file of any length takes the memory of a batch (of a
//! row group for Parquet). The same rows give the same bytes, however they were cut into batches.

mod cells;
mod csv;
mod instants;
mod ndjson;
mod output;
mod parquet;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::spec::CsvOptions;
pub(crate) use cells::decimal as write_decimal;
use instants::Printer;
pub(crate) use output::{Output, Written};

/// The form of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RFC 4180 with a header. A null is an empty field, an empty text is `""`.
    #[default]
    Csv,
    /// One JSON object a line, nulls written, amounts as numbers with all their digits.
    Ndjson,
    Parquet,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Csv, Self::Ndjson, Self::Parquet];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// What a file looks like.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) format: Format,
    pub(crate) columns: Vec<String>,
    pub(crate) time_zone: Tz,
    pub(crate) csv: CsvOptions,
}

/// Makes bytes of batches.
pub(crate) trait Encode: Send {
    /// Takes rows of the schema that the encoder was made for.
    ///
    /// # Errors
    /// [`Error::Encode`], and those of the output.
    fn push(&mut self, batch: &RecordBatch) -> Result<(), Error>;

    /// Writes what is left.
    ///
    /// # Errors
    /// As [`Encode::push`].
    fn finish(self: Box<Self>) -> Result<Written, Error>;
}

/// An encoder of rows that have at least the columns of the shape.
pub(crate) fn encoder(shape: &Shape, rows: &SchemaRef, output: Output) -> Result<Box<dyn Encode>, Error> {
    let columns = Columns::new(rows, &shape.columns)?;
    Ok(match shape.format {
        Format::Csv => {
            let times = Printer::new(shape.time_zone, shape.csv.times);
            Box::new(csv::Csv::new(columns, times, shape.csv, output)?)
        }
        Format::Ndjson => {
            let times = Printer::new(shape.time_zone, crate::spec::TimeStyle::Rfc3339);
            Box::new(ndjson::Ndjson::new(columns, times, output))
        }
        Format::Parquet => Box::new(parquet::Parquet::new(columns, output, parquet::ROW_GROUP_BYTES)?),
    })
}

/// The columns of a file, taken out of the rows.
#[derive(Debug)]
struct Columns {
    indexes: Vec<usize>,
    schema: SchemaRef,
}

impl Columns {
    fn new(rows: &SchemaRef, wanted: &[String]) -> Result<Self, Error> {
        let indexes = wanted.iter().map(|name| rows.index_of(name)).collect::<Result<Vec<_>, _>>();
        let indexes = indexes.map_err(encode)?;
        let plain = |index: &usize| {
            let field = rows.field(*index);
            Field::new(field.name(), plain_type(field.data_type()), field.is_nullable())
        };
        let schema = Arc::new(Schema::new(indexes.iter().map(plain).collect::<Vec<_>>()));
        Ok(Self { indexes, schema })
    }

    /// The columns of a batch, in the types of the file.
    fn of(&self, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let columns = self.indexes.iter().zip(self.schema.fields()).map(|(index, field)| {
            let column = batch.column(*index);
            if column.data_type() == field.data_type() {
                Ok(Arc::clone(column))
            } else {
                cast(column, field.data_type())
            }
        });
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(encode)?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(encode)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.schema.fields().iter().map(|field| field.name().as_str())
    }
}

/// The type a column has in a file, whatever a plan made of it.
fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::Dictionary(_, value) => plain_type(value),
        DataType::Timestamp(_, _) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        other => other.clone(),
    }
}

fn encode(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Encode(Box::new(error))
}
