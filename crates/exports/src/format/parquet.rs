//! Parquet: instants in UTC, amounts as decimals, zstd within.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::BatchCoalescer;
use parking_lot::Mutex;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::{Columns, Encode, Output, Written, encode};
use crate::error::Error;

/// Rows of a row group, which are kept, encoded, until it is full.
const ROW_GROUP_ROWS: usize = 131_072;
/// Rows written at once: where pages end depends on it, and must not depend on how rows come.
const BATCH_ROWS: usize = 8_192;

pub(super) struct Parquet {
    columns: Columns,
    rows: BatchCoalescer,
    writer: ArrowWriter<Handle>,
    output: Handle,
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
    pub(super) fn new(columns: Columns, output: Output) -> Result<Self, Error> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).map_err(encode)?))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let schema = Arc::clone(&columns.schema);
        let output = Handle(Arc::new(Mutex::new(output)));
        let writer = ArrowWriter::try_new(output.clone(), Arc::clone(&schema), Some(properties));
        let writer = writer.map_err(encode)?;
        Ok(Self { columns, rows: BatchCoalescer::new(schema, BATCH_ROWS), writer, output })
    }

    fn write(&mut self) -> Result<(), Error> {
        while let Some(batch) = self.rows.next_completed_batch() {
            let written = self.writer.write(&batch);
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
