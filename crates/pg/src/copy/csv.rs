//! The CSV form: NULL is what it is set to, unquoted; a text that looks so is quoted.

use bytes::{BufMut, BytesMut};

use super::Csv;
use crate::encode::Rows;

pub(super) fn header(names: &[&str], csv: &Csv, out: &mut BytesMut) {
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.put_u8(csv.delimiter);
        }
        value(name.as_bytes(), csv, false, names.len() == 1, out);
    }
    out.put_u8(b'\n');
}

pub(super) fn row(rows: &Rows, row: usize, csv: &Csv, forced: &[bool], out: &mut BytesMut) {
    let mut text = BytesMut::new();
    for column in 0..rows.columns() {
        if column > 0 {
            out.put_u8(csv.delimiter);
        }
        text.clear();
        if rows.text(column, row, &mut text) {
            let forced = forced.get(column).copied().unwrap_or_default();
            value(&text, csv, forced, rows.columns() == 1, out);
        } else {
            out.put_slice(csv.null.as_bytes());
        }
    }
    out.put_u8(b'\n');
}

fn value(text: &[u8], csv: &Csv, forced: bool, alone: bool, out: &mut BytesMut) {
    let special = |byte: &u8| *byte == csv.delimiter || *byte == csv.quote || matches!(byte, b'\n' | b'\r');
    // A line of nothing but `\.` ends what is read.
    let quoted =
        forced || text == csv.null.as_bytes() || text.iter().any(special) || (alone && text == b"\\.");
    if !quoted {
        return out.put_slice(text);
    }
    out.put_u8(csv.quote);
    for byte in text {
        if *byte == csv.quote || *byte == csv.escape {
            out.put_u8(csv.escape);
        }
        out.put_u8(*byte);
    }
    out.put_u8(csv.quote);
}
