//! Exports: every row of a question as a file that can be fetched, with its control totals.
//!
//! An export is a job (`callhouse_lake::jobs`) with an [`ExportSpec`]. A [`Service`] takes them up, writes files into the
//! data folder's `exports/`, and throws them away when they expire. Owns the forms of files (CSV, NDJSON, Parquet), links
//! that fetch them without credentials, and what a job says of itself; leaves to `query` which rows an account has
//! (TEN-1) and in which order, and to the doors how exports are asked for.
//!
//! What a file promises: it is of one snapshot, its totals are those of its rows, and the same export of the same
//! snapshot has the same bytes. It is complete and fsynced, under a name of its own, before its job is `DONE`
//! (LAK-1); a run that dies leaves a file that no job names, and the next upkeep removes it.

mod announce;
mod error;
mod folder;
mod format;
mod link;
mod object;
mod options;
mod run;
mod service;
mod source;
mod spec;
mod sweep;
#[cfg(test)]
mod tests;
mod totals;

pub use announce::Announcer;
pub use error::Error;
pub use format::Format;
pub use link::{Links, SigningKey};
pub use object::job_object;
pub use options::Options;
pub use service::{Asked, KIND, Service};
pub use source::{SOURCES, Source, source};
pub use spec::{CsvOptions, Delimiter, ExportSpec, Refusal, TimeStyle};
