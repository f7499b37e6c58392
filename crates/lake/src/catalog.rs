//! The catalog: DuckLake 1.0 tables and our own, in one SQLite database, changed in one transaction per commit.

use std::collections::HashMap;
use std::sync::Arc;

use callhouse_core::position::OffsetRange;
use callhouse_core::{Clock, KafkaPartition, Timestamp};
use uuid::Uuid;

use crate::error::Error;
use crate::file::{ColumnStatistics, NewFile};
use crate::folder::DataFolder;
use crate::table::Table;

/// A live data file of one snapshot.
#[derive(Debug, Clone)]
pub struct DataFile {
    pub data_file_id: i64,
    pub table: Table,
    /// Relative to the table's folder.
    pub path: String,
    pub record_count: i64,
    pub file_size_bytes: i64,
    pub footer_size: i64,
    pub day: Option<i32>,
    pub begin_snapshot: i64,
    /// Statistics of the columns that queries prune by.
    pub columns: HashMap<String, ColumnStatistics>,
}

/// One version of the lake: the live files and the positions they cover.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub id: i64,
    pub at: Timestamp,
    /// Live files by table, in order of `data_file_id`.
    pub files: HashMap<Table, Vec<Arc<DataFile>>>,
    pub positions: HashMap<KafkaPartition, i64>,
}

/// Offsets that retention took before they were read, skipped on an operator's word.
#[derive(Debug, Clone)]
pub struct Hole {
    pub range: OffsetRange,
    pub reason: String,
}

/// Everything that becomes visible at once (ING-1).
#[derive(Debug, Clone)]
pub struct Commit {
    /// Names this commit for ever: a retry after a lost answer finds it and does nothing.
    pub id: Uuid,
    pub add: Vec<NewFile>,
    /// `data_file_id`s that must all still be live.
    pub remove: Vec<i64>,
    /// Log ranges taken in; each must start at the stored position (ING-2).
    pub positions: Vec<OffsetRange>,
    pub holes: Vec<Hole>,
    /// For the operator: `ingest`, `compact`, `rebuild`.
    pub message: &'static str,
}

/// The answer to a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    pub snapshot_id: i64,
}

/// The catalog of one data folder. Cheap to clone.
#[derive(Clone)]
pub struct Catalog {
    folder: DataFolder,
    clock: Arc<dyn Clock>,
}

impl Catalog {
    /// Opens the catalog of a data folder, creating folder, database and tables when they are not there.
    ///
    /// # Errors
    /// [`Error::Catalog`], [`Error::UnsupportedVersion`], [`Error::File`].
    pub async fn open(folder: DataFolder, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Ok(Self { folder, clock })
    }

    #[must_use]
    pub fn folder(&self) -> &DataFolder {
        &self.folder
    }

    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The newest snapshot. Costs one small query when nothing has changed since the last call.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }

    /// Makes a commit visible, whole or not at all; safe to repeat with the same id.
    ///
    /// # Errors
    /// [`Error::PositionMoved`] (ING-2), [`Error::FileNotLive`], [`Error::Catalog`].
    pub async fn commit(&self, commit: &Commit) -> Result<Committed, Error> {
        let _ = commit;
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }

    /// The stored position of a partition; `None` when nothing of it was ever taken in.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn position(&self, kafka_partition: &KafkaPartition) -> Result<Option<i64>, Error> {
        let _ = kafka_partition;
        Ok(None)
    }
}
