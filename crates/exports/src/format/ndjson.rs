//! NDJSON: one object a line, every column in it.

use arrow::array::RecordBatch;

use super::cells::{self, Cell};
use super::instants::Printer;
use super::{Columns, Encode, Output, Written, encode};
use crate::error::Error;

pub(super) struct Ndjson {
    columns: Columns,
    /// `"name":` of each column.
    names: Vec<Vec<u8>>,
    times: Printer,
    output: Output,
    /// Reused from batch to batch.
    bytes: Vec<u8>,
}

impl Ndjson {
    pub(super) fn new(columns: Columns, times: Printer, output: Output) -> Self {
        let names = columns.names().map(|name| format!("{}:", serde_json::Value::from(name)).into_bytes());
        Self { names: names.collect(), columns, times, output, bytes: Vec::new() }
    }
}

impl Encode for Ndjson {
    fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let cells = cells::of(&self.columns.of(batch)?)?;
        self.bytes.clear();
        for row in 0..batch.num_rows() {
            for (index, (column, name)) in cells.iter().zip(&self.names).enumerate() {
                self.bytes.push(if index > 0 { b',' } else { b'{' });
                self.bytes.extend_from_slice(name);
                match column.get(row) {
                    None => self.bytes.extend_from_slice(b"null"),
                    Some(Cell::Text(text)) => serde_json::to_writer(&mut self.bytes, text).map_err(encode)?,
                    Some(Cell::Instant(micros)) => {
                        self.bytes.push(b'"');
                        self.times.write(micros, &mut self.bytes);
                        self.bytes.push(b'"');
                    }
                    Some(cell) => cell.write_plain(&mut self.times, &mut self.bytes),
                }
            }
            self.bytes.extend_from_slice(b"}\n");
        }
        self.output.write(&self.bytes)
    }

    fn finish(self: Box<Self>) -> Result<Written, Error> {
        self.output.finish()
    }
}
