//! Sums of settled records, carried by each settled file (`file/attachment.rs`), so that a summary need not read rows.
//!
//! What a file says is exact for the rows in it. The sums of a snapshot are those of its settled files, minus the
//! rows that the overlay replaces, plus the rows of the overlay (LAK-3): all of it is addition, so nothing has to be
//! read again where a record has changed. Different callers are counted exactly, because a month names each of them
//! with its number of calls.
//!
//! - `sums/dimension.rs`: what a family is summed by; `sums/calls.rs` and `sums/sms.rs` say it;
//! - `sums/bucket.rs`: buckets of time;
//! - `sums/fold.rs`: from rows to sums;
//! - `sums/blob.rs`: sums as bytes and back as rows;
//! - `sums/callers.rs`: callers as numbers, to be counted;
//! - `sums/builder.rs` and `sums/reader.rs`: writing them with a file, finding them again.

mod blob;
mod bucket;
mod builder;
mod callers;
mod calls;
mod dimension;
mod fold;
mod reader;
mod sms;
#[cfg(test)]
mod tests;

pub use bucket::Bucket;
pub(crate) use builder::SumsBuilder;
pub use callers::{CallerCount, Callers, callers, counted_columns};
pub use dimension::{Dimension, FamilySums};
pub use fold::Sign;
pub use reader::SumsReader;

/// The attachment's name. The number is the version of its layout.
const ATTACHMENT: &str = "sums.1";
