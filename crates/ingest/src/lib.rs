//! Ingest: from the log to the lake, every message once.
//!
//! Owns the way of a message from a [`callhouse_log::LogBatch`] to hot rows and to the commit that holds its rows and
//! its position (ING-1), the fence against owners that are none any more (ING-2), rejections (ING-3), and back
//! pressure. Leaves to others what bytes mean and how records join (`core`), how rows become files and commits
//! become visible (`lake`), and where messages come from (`log`).
//!
//! ```text
//! log ─► owner: one worker per partition ──────────────────► staging ─► committer ─► catalog
//!          gather → decode (parallel) → fold → columns  └─► hot rows     one flush for all partitions
//! ```

mod accounts;
mod announcer;
mod chunk;
mod committer;
mod decode;
mod ending;
mod error;
mod families;
mod files;
mod gate;
mod gather;
mod hashed;
pub mod headers;
mod ingest;
mod load;
pub mod metrics;
mod open_records;
mod options;
mod order;
mod owner;
mod partitions;
mod retry;
mod staging;
mod status;
mod unit;
mod unit_records;
mod worker;

pub use error::Error;
pub use ingest::Ingest;
pub use load::Load;
pub use options::Options;
pub use status::{PartitionStatus, Status, Summary};
