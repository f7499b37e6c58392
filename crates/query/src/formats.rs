//! Answers as bytes: the forms every door and the command line offer.
//!
//! Batches go in one by one and bytes come out as they are made, so an answer of any length takes the memory of a batch
//! (of a row group for Parquet).

mod buffer;
mod types;

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv::WriterBuilder as CsvBuilder;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use arrow::json::writer::{JsonArray, LineDelimited, Writer as JsonWriter, WriterBuilder as JsonBuilder};
use futures::{StreamExt, TryStreamExt};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::engine::Answer;
use crate::error::Error;
use buffer::Buffer;

pub use types::{columns_json, sql_type};

/// Rows of a row group of Parquet, which are kept until it is full.
const ROW_GROUP_ROWS: usize = 131_072;

/// The end of a JSON answer.
const CLOSING: &[u8] = b"}\n";

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One object: `columns`, each with name and SQL type, and `rows`, one object each.
    Json,
    /// One array of rows.
    JsonRows,
    /// One object a line.
    Ndjson,
    /// RFC 4180 with a header; nulls are empty fields.
    Csv,
    /// The stream format of Arrow IPC.
    Arrow,
    Parquet,
}

impl Format {
    /// Those a door offers by name.
    pub const NAMED: [Self; 5] = [Self::Json, Self::Ndjson, Self::Csv, Self::Arrow, Self::Parquet];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json | Self::JsonRows => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
        }
    }

    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json | Self::JsonRows => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

impl Format {
    /// The first form that an `Accept` header names.
    #[must_use]
    pub fn of_accept(accept: &str) -> Option<Self> {
        let essence =
            |media_type: &str| media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        accept
            .split(',')
            .map(essence)
            .find_map(|wanted| Self::NAMED.into_iter().find(|format| essence(format.media_type()) == wanted))
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::NAMED.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let known = Self::NAMED.map(Self::name).join(", ");
            Error::Invalid { what: format!("there is no format {name:?}; there are {known}") }
        })
    }
}

/// The bytes of an answer, as they are made. An error ends them; what came before it is then not whole, and no form but
/// NDJSON and CSV can be read in part.
pub fn encode(
    format: Format,
    schema: &SchemaRef,
    answer: Answer,
) -> impl futures::Stream<Item = Result<Vec<u8>, Error>> + Send + use<> {
    let state = Encoder::new(format, schema).map(|encoder| (encoder, answer));
    futures::stream::once(async move { state })
        .map_ok(|(encoder, answer)| {
            futures::stream::unfold(Some((encoder, answer)), |state| async move {
                let (mut encoder, mut answer) = state?;
                let made = match answer.next().await {
                    Some(Ok(batch)) => encoder.push(&batch),
                    Some(Err(error)) => Err(error),
                    None => return Some((encoder.finish(), None)),
                };
                let next = made.is_ok().then_some((encoder, answer));
                Some((made, next))
            })
        })
        .try_flatten()
        .try_filter(|bytes| futures::future::ready(!bytes.is_empty()))
}

/// Makes bytes of batches.
pub struct Encoder {
    out: Buffer,
    writer: Writer,
}

enum Writer {
    Json { rows: JsonWriter<Buffer, JsonArray>, closing: &'static [u8] },
    Ndjson(JsonWriter<Buffer, LineDelimited>),
    Csv(Box<arrow::csv::Writer<Buffer>>),
    Arrow(Box<StreamWriter<Buffer>>),
    Parquet(Box<ArrowWriter<Buffer>>),
}

impl Encoder {
    /// An encoder of batches of one schema.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a column that the format has no type for.
    pub fn new(format: Format, schema: &SchemaRef) -> Result<Self, Error> {
        let out = Buffer::default();
        let writer = match format {
            Format::Json => {
                out.append(types::opening(schema).as_bytes());
                Writer::Json { rows: nulls_written().build(out.clone()), closing: CLOSING }
            }
            Format::JsonRows => Writer::Json { rows: nulls_written().build(out.clone()), closing: b"\n" },
            Format::Ndjson => Writer::Ndjson(nulls_written().build(out.clone())),
            Format::Csv => {
                let mut writer = CsvBuilder::new().with_header(true).build(out.clone());
                // So that an answer without rows has a header, too.
                writer.write(&RecordBatch::new_empty(Arc::clone(schema))).map_err(|error| refused(&error))?;
                Writer::Csv(Box::new(writer))
            }
            Format::Arrow => {
                let writer = StreamWriter::try_new(out.clone(), schema);
                Writer::Arrow(Box::new(writer.map_err(|error| refused(&error))?))
            }
            Format::Parquet => {
                let level = ZstdLevel::try_new(3).map_err(|error| refused_by_parquet(&error))?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(level))
                    .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
                    .build();
                let writer = ArrowWriter::try_new(out.clone(), Arc::clone(schema), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(|error| refused_by_parquet(&error))?))
            }
        };
        Ok(Self { out, writer })
    }

    /// Takes a batch and gives what bytes are ready, often none.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a value the format cannot hold.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Error> {
        match &mut self.writer {
            Writer::Json { rows, .. } => rows.write(batch).map_err(|error| refused(&error))?,
            Writer::Ndjson(writer) => writer.write(batch).map_err(|error| refused(&error))?,
            Writer::Csv(writer) => writer.write(batch).map_err(|error| refused(&error))?,
            Writer::Arrow(writer) => writer.write(batch).map_err(|error| refused(&error))?,
            Writer::Parquet(writer) => writer.write(batch).map_err(|error| refused_by_parquet(&error))?,
        }
        Ok(self.out.take())
    }

    /// The last bytes.
    ///
    /// # Errors
    /// As [`Encoder::push`].
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        match self.writer {
            Writer::Json { mut rows, closing } => {
                rows.finish().map_err(|error| refused(&error))?;
                self.out.append(closing);
            }
            Writer::Ndjson(mut writer) => writer.finish().map_err(|error| refused(&error))?,
            Writer::Csv(writer) => drop(writer),
            Writer::Arrow(mut writer) => writer.finish().map_err(|error| refused(&error))?,
            Writer::Parquet(writer) => drop(writer.close().map_err(|error| refused_by_parquet(&error))?),
        }
        Ok(self.out.take())
    }

    /// The last bytes of an answer that broke: in JSON its member `error` is this JSON. `None` for all other forms,
    /// which cannot say so: then the connection must.
    #[must_use]
    pub fn fail(self, error: &[u8]) -> Option<Vec<u8>> {
        let Writer::Json { mut rows, closing: CLOSING } = self.writer else { return None };
        rows.finish().ok()?;
        self.out.append(b",\"error\":");
        self.out.append(error);
        self.out.append(CLOSING);
        Some(self.out.take())
    }
}

fn nulls_written() -> JsonBuilder {
    JsonBuilder::new().with_explicit_nulls(true)
}

fn refused(error: &ArrowError) -> Error {
    Error::Invalid { what: format!("the answer cannot be written in this format: {error}") }
}

fn refused_by_parquet(error: &ParquetError) -> Error {
    Error::Invalid { what: format!("the answer cannot be written as Parquet: {error}") }
}

#[cfg(test)]
mod tests;
