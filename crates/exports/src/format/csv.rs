//! CSV by RFC 4180: a header, lines that end in CRLF, quotes where they are needed.
//!
//! What RFC 4180 leaves open: a null is an empty field and an empty text is `""`, as PostgreSQL and DuckDB write and
//! read it, so that a file reads back as it was. A writer that can do so field by field was not to be had.

use arrow::array::RecordBatch;

use super::cells::{self, Cell};
use super::instants::Printer;
use super::{Columns, Encode, Output, Written};
use crate::error::Error;
use crate::spec::CsvOptions;

const BOM: &[u8] = "\u{feff}".as_bytes();

pub(super) struct Csv {
    columns: Columns,
    times: Printer,
    field: Field,
    output: Output,
    /// Reused from batch to batch.
    bytes: Vec<u8>,
}

impl Csv {
    pub(super) fn new(
        columns: Columns,
        times: Printer,
        options: CsvOptions,
        mut output: Output,
    ) -> Result<Self, Error> {
        let field = Field { delimiter: options.delimiter.byte(), neutralise: options.neutralise_formulas };
        let mut bytes = Vec::new();
        if options.bom {
            bytes.extend_from_slice(BOM);
        }
        for (index, name) in columns.names().enumerate() {
            if index > 0 {
                bytes.push(field.delimiter);
            }
            field.text(name, &mut bytes);
        }
        bytes.extend_from_slice(b"\r\n");
        output.write(&bytes)?;
        Ok(Self { columns, times, field, output, bytes })
    }
}

impl Encode for Csv {
    fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let cells = cells::of(&self.columns.of(batch)?)?;
        self.bytes.clear();
        for row in 0..batch.num_rows() {
            for (index, column) in cells.iter().enumerate() {
                if index > 0 {
                    self.bytes.push(self.field.delimiter);
                }
                match column.get(row) {
                    None => {}
                    Some(Cell::Text(text)) => self.field.text(text, &mut self.bytes),
                    Some(cell) => cell.write_plain(&mut self.times, &mut self.bytes),
                }
            }
            self.bytes.extend_from_slice(b"\r\n");
        }
        self.output.write(&self.bytes)
    }

    fn finish(self: Box<Self>) -> Result<Written, Error> {
        self.output.finish()
    }
}

/// How texts are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) delimiter: u8,
    pub(super) neutralise: bool,
}

impl Field {
    pub(super) fn text(self, text: &str, out: &mut Vec<u8>) {
        let neutralised = self.neutralise && begins_like_a_formula(text);
        if !neutralised && !self.needs_quotes(text) {
            out.extend_from_slice(text.as_bytes());
            return;
        }
        if !self.needs_quotes(text) {
            out.push(b'\'');
            out.extend_from_slice(text.as_bytes());
            return;
        }
        out.push(b'"');
        if neutralised {
            out.push(b'\'');
        }
        for (index, piece) in text.as_bytes().split(|byte| *byte == b'"').enumerate() {
            if index > 0 {
                out.extend_from_slice(b"\"\"");
            }
            out.extend_from_slice(piece);
        }
        out.push(b'"');
    }

    fn needs_quotes(self, text: &str) -> bool {
        let special = |byte: u8| byte == self.delimiter || matches!(byte, b'"' | b'\r' | b'\n');
        // A space at an end is kept by RFC 4180 and lost by some readers; an empty text without quotes is a null.
        text.is_empty() || text.starts_with(' ') || text.ends_with(' ') || text.bytes().any(special)
    }
}

/// Whether a spreadsheet may take the text for a formula (OWASP, CSV injection), or the text begins as neutralised ones
/// do.
fn begins_like_a_formula(text: &str) -> bool {
    text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\'', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}
