//! The lookup index of a settled file: which of its rows may have an id, a number or another value.
//!
//! Settled files lie by month and are sorted by account and instant, so an id or a number may be in any of them.
//! A file of a table that has a [`LookupSpec`] therefore carries the attachment `lookup.1`, which maps hashes of the
//! values of the spec's columns to blocks of [`BLOCK_ROWS`] rows. It may name a block in vain, never leave one out;
//! whoever reads the rows compares the values. Nulls are not in it. Accounts are not part of the hashes: who may see a
//! row is for others to say (TEN-1).
//!
//! Layout, integers little endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | rows of the file |
//! | 4 a section | buckets of each section, in the order of the table's spec |
//! | 8 a bucket | where the bucket ends, counted from the first byte of the first, and the low half of the xxh64 of its bytes, seeded by its number |
//! | 8 | xxh64 of all of the above |
//! | | the buckets |
//!
//! A probe reads one bucket (`lookup/section.rs`); what precedes the buckets is kept in memory (`lookup/read.rs`). How
//! many sections there are, and of what, only the spec says (`lookup/spec.rs`).
//!
//! A value that another column of the row says as well may be found by that one and have no entry of its own: a
//! `call_id` that is the decimal text of its `callid`, an `sms_id` that is its `hash`.

mod bits;
mod build;
mod read;
mod section;
mod spec;
#[cfg(test)]
mod tests;

use std::ops::Range;

use twox_hash::XxHash64;

use crate::catalog::DataFile;
use crate::error::Error;

pub(crate) use build::LookupBuilder;
pub use read::Lookups;
pub use spec::LookupSpec;
pub(crate) use spec::Section;

/// The attachment's name; the number is that of its layout.
pub(crate) const NAME: &str = "lookup.1";

/// Rows of a block. Fewer make more entries, more make more rows to be read in vain.
pub const BLOCK_ROWS: usize = 256;

/// A value looked for in a column, as [`LookupSpec`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    own: Probe,
    /// The section that may say the same, if there is one.
    other: Option<Probe>,
}

/// Where entries of a value may be: the section of a column, and under which hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Probe {
    column: &'static str,
    hash: u64,
}

impl Lookup {
    fn probes(&self) -> impl Iterator<Item = Probe> {
        std::iter::once(self.own).chain(self.other)
    }
}

/// The number whose decimal text this is, written as numbers are.
fn plain_number(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    let first = text.bytes().next()?;
    let plain = matches!(first, b'1'..=b'9') || text == "0";
    plain.then_some(number)
}

fn hash_of_text(text: &str) -> u64 {
    XxHash64::oneshot(0, text.as_bytes())
}

fn hash_of_number(number: i64) -> u64 {
    XxHash64::oneshot(0, &number.to_le_bytes())
}

/// The low half of a hash of bytes, for noticing that they have changed.
fn checksum(seed: u32, bytes: &[u8]) -> u32 {
    let [.., a, b, c, d] = XxHash64::oneshot(u64::from(seed), bytes).to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The rows of ascending, different blocks of a file, as few ranges.
fn rows_of_blocks(blocks: &[u32], row_count: usize) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for block in blocks {
        let start = (index(*block) * BLOCK_ROWS).min(row_count);
        let end = (start + BLOCK_ROWS).min(row_count);
        match ranges.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => ranges.push(start..end),
        }
    }
    ranges
}

/// How many blocks so many rows are; `None` when they are too many to be numbered.
fn block_count(rows: usize) -> Option<u32> {
    u32::try_from(rows.div_ceil(BLOCK_ROWS)).ok().filter(|blocks| *blocks <= section::MOST_BLOCKS)
}

fn index(number: u32) -> usize {
    usize::try_from(number).expect("32 bits fit the address space")
}

fn damaged(file: &DataFile, what: &str) -> Error {
    Error::Invalid { what: format!("the lookup index of {} {what}", file.path) }
}
