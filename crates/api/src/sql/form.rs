//! The forms of an answer, and the bytes of each. MON-1: decimals keep their digits in all of them.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use arrow::json::writer::{JsonArray, LineDelimited, Writer as JsonWriter, WriterBuilder};
use parking_lot::Mutex;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::json;

use crate::status::Problem;

/// Rows of a row group: what is held in memory before it is written.
const ROWS_OF_GROUP: usize = 128 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `{"columns": […], "rows": [{…}, …]}`
    Json,
    /// One object a line.
    Ndjson,
    Csv,
    /// Arrow IPC stream.
    Arrow,
    Parquet,
}

impl Form {
    pub(super) const NAMES: [&str; 5] = ["json", "ndjson", "csv", "arrow", "parquet"];

    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "json" => Self::Json,
            "ndjson" => Self::Ndjson,
            "csv" => Self::Csv,
            "arrow" => Self::Arrow,
            "parquet" => Self::Parquet,
            _ => return None,
        })
    }

    /// The first form an `Accept` header names that there is.
    pub(super) fn of_accept(accept: &str) -> Option<Self> {
        const ALL: [Form; 5] = [Form::Json, Form::Ndjson, Form::Csv, Form::Arrow, Form::Parquet];
        accept.split(',').find_map(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            ALL.into_iter().find(|form| form.content_type().split(';').next() == Some(kind))
        })
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// Names and types of the columns, as JSON.
pub(super) fn columns_json(schema: &Schema) -> String {
    let columns = schema.fields().iter().map(|field| {
        json!({"name": field.name(), "type": field.data_type().to_string(), "nullable": field.is_nullable()})
    });
    let text = serde_json::Value::Array(columns.collect()).to_string();
    // In a header only ASCII is safe; JSON can say everything in it.
    let mut ascii = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                ascii += &format!("\\u{unit:04x}");
            }
        }
    }
    ascii
}

/// Bytes written and not taken yet.
#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Batches in, bytes out.
pub(super) struct Encoder {
    buffer: Buffer,
    writer: Writer,
}

enum Writer {
    Json(Box<JsonWriter<Buffer, JsonArray>>),
    Ndjson(Box<JsonWriter<Buffer, LineDelimited>>),
    Csv(Box<arrow::csv::Writer<Buffer>>),
    Arrow(Box<StreamWriter<Buffer>>),
    Parquet(Box<ArrowWriter<Buffer>>),
}

impl Encoder {
    /// # Errors
    /// [`ArrowError`] when the form has no such type.
    pub(super) fn new(form: Form, schema: &SchemaRef) -> Result<Self, ArrowError> {
        let mut buffer = Buffer::default();
        let out = buffer.clone();
        let json = || WriterBuilder::new().with_explicit_nulls(true);
        let writer = match form {
            Form::Json => {
                write!(buffer, "{{\"columns\":{},\"rows\":", columns_json(schema))?;
                Writer::Json(Box::new(json().build(out)))
            }
            Form::Ndjson => Writer::Ndjson(Box::new(json().build(out))),
            Form::Csv => {
                let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(out);
                writer.write(&RecordBatch::new_empty(Arc::clone(schema)))?;
                Writer::Csv(Box::new(writer))
            }
            Form::Arrow => Writer::Arrow(Box::new(StreamWriter::try_new(out, schema)?)),
            Form::Parquet => {
                let properties = WriterProperties::builder()
                    .set_max_row_group_row_count(Some(ROWS_OF_GROUP))
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .build();
                let writer = ArrowWriter::try_new(out, Arc::clone(schema), Some(properties))?;
                Writer::Parquet(Box::new(writer))
            }
        };
        Ok(Self { buffer, writer })
    }

    /// The bytes of a batch, as far as they are ready.
    ///
    /// # Errors
    /// [`ArrowError`] when the form has no such value.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        match &mut self.writer {
            Writer::Json(writer) => writer.write(batch)?,
            Writer::Ndjson(writer) => writer.write(batch)?,
            Writer::Csv(writer) => writer.write(batch)?,
            Writer::Arrow(writer) => writer.write(batch)?,
            Writer::Parquet(writer) => writer.write(batch)?,
        }
        Ok(self.take())
    }

    /// The bytes at the end.
    ///
    /// # Errors
    /// [`ArrowError`].
    pub(super) fn finish(mut self) -> Result<Vec<u8>, ArrowError> {
        match &mut self.writer {
            Writer::Json(writer) => {
                writer.finish()?;
                self.buffer.write_all(b"}\n")?;
            }
            Writer::Ndjson(writer) => writer.finish()?,
            Writer::Csv(_) => {}
            Writer::Arrow(writer) => writer.finish()?,
            Writer::Parquet(writer) => drop(writer.finish()?),
        }
        // A CSV writer gives its last bytes when it goes.
        let Self { buffer, writer } = self;
        drop(writer);
        let bytes = std::mem::take(&mut *buffer.0.lock());
        Ok(bytes)
    }

    /// The bytes at the end of an answer that broke, if the form can say so; else the connection must.
    pub(super) fn fail(mut self, problem: &Problem) -> Option<Vec<u8>> {
        let Writer::Json(writer) = &mut self.writer else { return None };
        writer.finish().ok()?;
        self.buffer.write_all(b",\"error\":").ok()?;
        self.buffer.write_all(&problem.json()).ok()?;
        self.buffer.write_all(b"}\n").ok()?;
        Some(self.take())
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.buffer.0.lock())
    }
}
