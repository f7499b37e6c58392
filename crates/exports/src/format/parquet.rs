//! Parquet: instants in UTC, amounts as decimals, zstd within, and only encodings that every reader has.
//!
//! A row group is in memory, encoded, until it is whole, and each of its columns has a dictionary and a context of
//! zstd: with sixty columns these are what memory is made of. Dictionaries and pages are small for it, and a row group
//! ends early when its rows are long.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::BatchCoalescer;
use arrow::datatypes::DataType;
use parking_lot::Mutex;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::{Columns, Encode, Output, Written, encode};
use crate::error::Error;

/// Rows of a row group.
const ROW_GROUP_ROWS: usize = 131_072;
/// Memory that a row group may take before it is written with fewer rows; one of calls takes half of it.
pub(super) const ROW_GROUP_BYTES: usize = 32 << 20;
/// Rows of a page. A context of zstd grows with the largest page it has seen, to a megabyte.
const PAGE_ROWS: usize = 8_192;
/// A column with more bytes of different values goes on without its dictionary, which would not make the file smaller.
const DICTIONARY_BYTES: usize = 128 << 10;
/// Rows written at once: where pages end depends on it, and must not depend on how rows come.
const BATCH_ROWS: usize = 8_192;

pub(super) struct Parquet {
    columns: Columns,
    rows: BatchCoalescer,
    writer: ArrowWriter<Handle>,
    output: Handle,
    row_group_bytes: usize,
}

/// The output, which the writer has and does not give back.
#[derive(Clone)]
struct Handle(Arc<Mutex<Output>>);

impl Write for Handle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.lock(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Parquet {
    /// A row group that takes more than so many bytes is written with the rows it has; usually [`ROW_GROUP_BYTES`].
    pub(super) fn new(columns: Columns, output: Output, row_group_bytes: usize) -> Result<Self, Error> {
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).map_err(encode)?))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_data_page_row_count_limit(PAGE_ROWS)
            .set_dictionary_page_size_limit(DICTIONARY_BYTES);
        let schema = Arc::clone(&columns.schema);
        // Instants hardly repeat.
        for field in
            schema.fields().iter().filter(|field| matches!(field.data_type(), DataType::Timestamp(..)))
        {
            let column = ColumnPath::from(field.name().as_str());
            properties = properties.set_column_dictionary_enabled(column, false);
        }
        let output = Handle(Arc::new(Mutex::new(output)));
        let writer = ArrowWriter::try_new(output.clone(), Arc::clone(&schema), Some(properties.build()));
        let writer = writer.map_err(encode)?;
        let rows = BatchCoalescer::new(schema, BATCH_ROWS);
        Ok(Self { columns, rows, writer, output, row_group_bytes })
    }

    fn write(&mut self) -> Result<(), Error> {
        while let Some(batch) = self.rows.next_completed_batch() {
            let mut written = self.writer.write(&batch);
            if written.is_ok() && self.writer.memory_size() > self.row_group_bytes {
                written = self.writer.flush();
            }
            self.output.0.lock().check()?;
            written.map_err(encode)?;
        }
        Ok(())
    }
}

impl Encode for Parquet {
    fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let batch = self.columns.of(batch)?;
        self.rows.push_batch(batch).map_err(encode)?;
        self.write()
    }

    fn finish(mut self: Box<Self>) -> Result<Written, Error> {
        self.rows.finish_buffered_batch().map_err(encode)?;
        self.write()?;
        let closed = self.writer.finish();
        self.output.0.lock().check()?;
        closed.map_err(encode)?;
        let Self { writer, output, .. } = *self;
        drop(writer);
        match Arc::into_inner(output.0) {
            Some(output) => output.into_inner().finish(),
            None => Err(Error::Encode("the writer of Parquet keeps its output".into())),
        }
    }
}
