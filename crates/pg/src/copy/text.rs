//! The text form: a row a line, control characters and backslashes behind a backslash.

use bytes::{BufMut, BytesMut};

use crate::encode::Rows;

pub(super) fn header(names: &[&str], delimiter: u8, out: &mut BytesMut) {
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.put_u8(delimiter);
        }
        escaped(name.as_bytes(), delimiter, out);
    }
    out.put_u8(b'\n');
}

pub(super) fn row(rows: &Rows, row: usize, delimiter: u8, null: &str, out: &mut BytesMut) {
    let mut value = BytesMut::new();
    for column in 0..rows.columns() {
        if column > 0 {
            out.put_u8(delimiter);
        }
        value.clear();
        if rows.text(column, row, &mut value) {
            escaped(&value, delimiter, out);
        } else {
            out.put_slice(null.as_bytes());
        }
    }
    out.put_u8(b'\n');
}

fn escaped(value: &[u8], delimiter: u8, out: &mut BytesMut) {
    for byte in value {
        let letter = match byte {
            b'\\' => b'\\',
            8 => b'b',
            12 => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            11 => b'v',
            byte if *byte == delimiter => delimiter,
            byte => {
                out.put_u8(*byte);
                continue;
            }
        };
        out.put_slice(&[b'\\', letter]);
    }
}
