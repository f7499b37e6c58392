//! Why an export made no file.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The job was canceled, or is another process's now.
    #[error("the job is no longer this process's")]
    Lost,
    /// This process stops.
    #[error("the process stops")]
    Stopped,
    #[error("the file would have more than {limit} bytes; ask for less, or for gzip")]
    TooLarge { limit: u64 },
    #[error("the files of exports take {used} of {limit} bytes; delete some, or wait until they expire")]
    Full { used: u64, limit: u64 },
    #[error("the disk is full")]
    DiskFull,
    #[error("what was taken in did not become part of a snapshot within {seconds} s")]
    NotCommitted { seconds: u64 },
    #[error("the export runs no more after {failures} attempts that ended without an end")]
    GivenUp { failures: i64 },
    /// What was stored as the request cannot be read as one.
    #[error("the request cannot be understood: {detail}")]
    Request { detail: String },
    /// The file does not have the rows there are: a fault of callhouse.
    #[error("{written} rows were written and {counted} counted")]
    Miscounted { counted: u64, written: u64 },
    #[error("{operation} {path} failed")]
    File {
        operation: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("writing rows failed")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("reading rows failed")]
    Query(#[source] callhouse_query::Error),
    #[error("keeping the job failed")]
    Lake(#[source] callhouse_lake::Error),
    #[error("a task died")]
    Task(#[source] tokio::task::JoinError),
}

impl Error {
    pub(crate) fn file(operation: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::File { operation, path: path.to_owned(), source },
        }
    }

    /// The constant that programs are told; `None` for what may not fail again.
    pub(crate) fn constant(&self) -> Option<&'static str> {
        Some(match self {
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::Full { .. } => "EXPORTS_FULL",
            Self::DiskFull => "DISK_FULL",
            Self::GivenUp { .. } => "GIVEN_UP",
            Self::Request { .. } => "BAD_REQUEST",
            Self::Query(callhouse_query::Error::OutOfMemory { .. }) => "OUT_OF_MEMORY",
            Self::Query(error) if error.is_callers_fault() => "BAD_REQUEST",
            Self::Miscounted { .. } => "INTERNAL_ERROR",
            _ => return None,
        })
    }

    /// What the job says: a constant, and what a person can do about it.
    pub(crate) fn to_json(&self) -> Value {
        let code = self.constant().unwrap_or("INTERNAL_ERROR");
        let detail = match self {
            Self::Query(error) if code != "INTERNAL_ERROR" => error.to_string(),
            _ if code == "INTERNAL_ERROR" => {
                "a fault of callhouse; its log has the details under this job's id".to_owned()
            }
            error => error.to_string(),
        };
        json!({ "code": code, "detail": detail })
    }
}

impl From<callhouse_query::Error> for Error {
    fn from(error: callhouse_query::Error) -> Self {
        Self::Query(error)
    }
}

impl From<callhouse_lake::Error> for Error {
    fn from(error: callhouse_lake::Error) -> Self {
        Self::Lake(error)
    }
}
