//! `COPY … TO STDOUT`: rows in the forms of PostgreSQL's COPY ("COPY", File Formats), for psql's `\copy` and drivers.
//! It only reads; other directions and places are refused.

mod csv;
mod statement;
mod text;

use bytes::{BufMut, BytesMut};

use crate::encode::{Rows, fill_length};
use crate::types::{BINARY, TEXT};

pub(crate) use statement::read;

/// What a binary copy begins with: signature, flags, length of an extension.
const BINARY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// A copy that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CopyOut {
    /// What is copied, at the place in its line where the client wrote it.
    pub(crate) query: String,
    pub(crate) form: Form,
}

/// The form of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    Text { delimiter: u8, null: String, header: bool },
    Csv(Csv),
    Binary,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Csv {
    pub(crate) delimiter: u8,
    pub(crate) null: String,
    pub(crate) header: bool,
    pub(crate) quote: u8,
    pub(crate) escape: u8,
    pub(crate) force: Force,
}

/// Which columns are always quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Force {
    All,
    Columns(Vec<String>),
}

impl Form {
    /// 1 for binary, as messages say it.
    pub(crate) const fn number(&self) -> i16 {
        if matches!(self, Self::Binary) { BINARY } else { TEXT }
    }

    /// What comes before the first row: a message, if any.
    pub(crate) fn begin(&self, names: &[&str], out: &mut BytesMut) {
        match self {
            Self::Text { header: true, delimiter, .. } => {
                message(out, |out| text::header(names, *delimiter, out));
            }
            Self::Csv(csv) if csv.header => message(out, |out| csv::header(names, csv, out)),
            Self::Text { .. } | Self::Csv(_) | Self::Binary => {}
        }
    }

    /// One row, which is one message. In binary, as drivers expect it, the first has what the copy begins with.
    pub(crate) fn row(&self, rows: &Rows, row: usize, first: bool, forced: &[bool], out: &mut BytesMut) {
        message(out, |out| match self {
            Self::Text { delimiter, null, .. } => text::row(rows, row, *delimiter, null, out),
            Self::Csv(csv) => csv::row(rows, row, csv, forced, out),
            Self::Binary => {
                if first {
                    out.put_slice(BINARY_HEADER);
                }
                rows.fields(row, out);
            }
        });
    }

    /// What comes behind the last row; `none` when there was no row.
    pub(crate) fn end(&self, none: bool, out: &mut BytesMut) {
        if *self == Self::Binary {
            message(out, |out| {
                out.put_slice(if none { BINARY_HEADER } else { &[] });
                out.put_i16(-1);
            });
        }
    }

    /// Which of the columns are always quoted.
    pub(crate) fn forced(&self, names: &[&str]) -> Vec<bool> {
        let forced = |name: &&str| match self {
            Self::Csv(Csv { force: Force::All, .. }) => true,
            Self::Csv(Csv { force: Force::Columns(forced), .. }) => forced.iter().any(|known| known == name),
            Self::Text { .. } | Self::Binary => false,
        };
        names.iter().map(forced).collect()
    }
}

/// A CopyData message.
fn message(out: &mut BytesMut, put: impl FnOnce(&mut BytesMut)) {
    out.put_u8(b'd');
    let start = out.len();
    out.put_u32(0);
    put(out);
    fill_length(out, start, 0);
}

#[cfg(test)]
mod tests;
