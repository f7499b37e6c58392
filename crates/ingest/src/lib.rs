//! Ingest: from the log to the lake, every message once.
//!
//! Owns the way of a message from a [`callhouse_log::LogBatch`] to hot rows and to the commit that holds its rows and
//! its position (ING-1), the fence against owners that are none any more (ING-2), rejections (ING-3), and back
//! pressure. Leaves to others what bytes mean and how records join (`core`), how rows become files and commits
//! become visible (`lake`), and where messages come from (`log`).

mod error;
mod ingest;
mod options;
mod status;

pub use error::Error;
pub use ingest::Ingest;
pub use options::Options;
pub use status::{PartitionStatus, Status, Summary};
