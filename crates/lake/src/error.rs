//! What can go wrong in the lake, and what a caller may do about it.

use std::path::PathBuf;

use callhouse_core::{AccountId, KafkaPartition};

/// What a caller may do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Try again, a bounded number of times.
    Transient,
    /// This owner must stop writing: somebody else has moved on (ING-2).
    Fenced,
    /// Stop; a person has to look.
    Fatal,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("catalog {operation} failed")]
    Catalog {
        operation: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// ING-2: the stored position is not where this commit starts.
    #[error(
        "{kafka_partition} is at offset {stored} in the catalog, the commit starts at {from}: another owner has written"
    )]
    PositionMoved { kafka_partition: KafkaPartition, from: i64, stored: i64 },
    /// A file to be removed is no longer live: another compaction took it.
    #[error("data file {data_file_id} is not live any more")]
    FileNotLive { data_file_id: i64 },
    #[error("{operation} {path} failed")]
    File {
        operation: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("parquet {operation} of {path} failed")]
    Parquet {
        operation: &'static str,
        path: PathBuf,
        #[source]
        source: parquet::errors::ParquetError,
    },
    #[error("arrow {operation} failed")]
    Arrow {
        operation: &'static str,
        #[source]
        source: arrow::error::ArrowError,
    },
    #[error("the catalog is of version {found}, this callhouse reads version {supported}")]
    UnsupportedVersion { found: String, supported: &'static str },
    #[error("account {name} exists already")]
    AccountExists { name: AccountId },
    #[error("there is no account {name}")]
    AccountUnknown { name: AccountId },
    #[error("{limit} jobs of the account wait or run already")]
    TooManyJobs { limit: u32 },
    /// A tree has no circles.
    #[error("{parent} is {name} itself or below it, and cannot be put above it")]
    AccountCircle { name: AccountId, parent: AccountId },
    #[error("{what}")]
    Invalid { what: String },
}

impl Error {
    /// Makes an error of what SQLite said during an operation.
    pub(crate) fn catalog(operation: &'static str) -> impl Fn(sqlx::Error) -> Self + Copy {
        move |source| Self::Catalog { operation, source }
    }

    /// What a caller may do.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::PositionMoved { .. } => Disposition::Fenced,
            Self::Catalog { .. } | Self::FileNotLive { .. } => Disposition::Transient,
            Self::File { .. } | Self::Parquet { .. } | Self::Arrow { .. } => Disposition::Fatal,
            Self::UnsupportedVersion { .. } | Self::Invalid { .. } => Disposition::Fatal,
            Self::AccountExists { .. } | Self::AccountUnknown { .. } | Self::AccountCircle { .. } => {
                Disposition::Fatal
            }
            Self::TooManyJobs { .. } => Disposition::Transient,
        }
    }
}
