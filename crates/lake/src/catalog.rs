//! The catalog: DuckLake 1.0 tables and our own, in one SQLite database, changed in one transaction per commit.
//!
//! Owns which files are live and how far each log partition has been taken in. Keeps ING-1 (positions and rows in
//! one transaction) and ING-2 (a commit states where it starts); leaves the files themselves to `file` and what
//! becomes of dead ones to `gc`. The DuckLake rows are those that DuckDB itself writes; `tests/interop` holds
//! the two together. Our own tables are `catalog/callhouse.sql`.

mod create;
mod load;
mod mark;
mod open;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod write;
mod younger;

use std::collections::HashMap;
use std::sync::Arc;

use callhouse_core::position::OffsetRange;
use callhouse_core::{Clock, KafkaPartition, Timestamp};
use parking_lot::RwLock;
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::error::Error;
use crate::file::{ColumnStatistics, NewFile};
use crate::folder::DataFolder;
use crate::table::Table;
use crate::webhooks::Due;

use mark::Mark;
pub(crate) use tables::TableIds;

/// A live data file of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    pub data_file_id: i64,
    pub table: Table,
    /// Relative to the table's folder; [`DataFolder::file_path`] makes it whole.
    pub path: String,
    pub record_count: i64,
    pub file_size_bytes: i64,
    pub footer_size: i64,
    pub month: Option<i32>,
    pub begin_snapshot: i64,
    /// Statistics of the columns that queries prune by.
    pub columns: HashMap<String, ColumnStatistics>,
}

/// One version of the lake: the live files and the positions they cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub id: i64,
    pub at: Timestamp,
    /// Live files by table, in order of `data_file_id`. Every table has an entry.
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
    /// Log ranges taken in; each must start at the stored position (ING-2), or at the end of one before it here.
    /// A partition without a stored position starts anywhere.
    pub positions: Vec<OffsetRange>,
    /// For the record only: the ranges must be covered by `positions` too.
    pub holes: Vec<Hole>,
    /// For the operator: `ingest`, `compact`, `rebuild`.
    pub message: &'static str,
}

/// The answer to a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    pub snapshot_id: i64,
}

/// The catalog of one data folder. Cheap to clone; clones share connections and the newest snapshot.
#[derive(Clone)]
pub struct Catalog {
    folder: DataFolder,
    clock: Arc<dyn Clock>,
    pool: SqlitePool,
    tables: Arc<TableIds>,
    newest: Arc<RwLock<Option<Newest>>>,
    loading: Arc<tokio::sync::Mutex<()>>,
}

/// The last snapshot read.
#[derive(Debug, Clone)]
struct Newest {
    snapshot: Arc<Snapshot>,
    /// As long as the database is in this state, no snapshot is newer.
    mark: Option<Mark>,
}

impl Catalog {
    /// Opens the catalog of a data folder, creating folder, database and tables when they are not there.
    /// Any number of processes may do so at once.
    ///
    /// # Errors
    /// [`Error::Catalog`], [`Error::UnsupportedVersion`], [`Error::File`].
    pub async fn open(folder: DataFolder, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let pool = open::connect(&folder).await?;
        let tables = open::prepare(&pool, &folder, clock.now()).await?;
        Ok(Self {
            folder,
            clock,
            pool,
            tables: Arc::new(tables),
            newest: Arc::default(),
            loading: Arc::default(),
        })
    }

    #[must_use]
    pub fn folder(&self) -> &DataFolder {
        &self.folder
    }

    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// The newest snapshot. Costs a look at a few bytes when nothing was committed since the last call, else the reading
    /// of what has changed.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        // Before SQLite is asked: what is committed in between is in the snapshot and not in the mark, never the other
        // way round.
        let mark = Mark::read(&self.folder);
        if let Some(snapshot) = mark.as_ref().and_then(|mark| self.unchanged_since(mark)) {
            return Ok(snapshot);
        }
        let newest_id = load::newest_id(&self.pool).await?;
        if let Some(snapshot) = self.cached(newest_id) {
            self.remember(&snapshot, mark);
            return Ok(snapshot);
        }
        let _loading = self.loading.lock().await;
        if let Some(snapshot) = self.cached(newest_id) {
            return Ok(snapshot);
        }
        let previous = self.newest.read().as_ref().map(|newest| Arc::clone(&newest.snapshot));
        let snapshot = Arc::new(load::load(&self.pool, &self.tables, previous.as_deref()).await?);
        self.remember(&snapshot, mark);
        Ok(snapshot)
    }

    /// The last snapshot read, if the database is still in the state it was read in.
    fn unchanged_since(&self, mark: &Mark) -> Option<Arc<Snapshot>> {
        let newest = self.newest.read();
        let newest = newest.as_ref().filter(|newest| newest.mark.as_ref() == Some(mark))?;
        Some(Arc::clone(&newest.snapshot))
    }

    /// The last snapshot read, if it is this one or a later one.
    fn cached(&self, id: i64) -> Option<Arc<Snapshot>> {
        let newest = self.newest.read();
        let newest = newest.as_ref().filter(|newest| newest.snapshot.id >= id)?;
        Some(Arc::clone(&newest.snapshot))
    }

    /// Keeps a snapshot that was the newest when the database was in the state of a mark, or later.
    fn remember(&self, snapshot: &Arc<Snapshot>, mark: Option<Mark>) {
        let mut newest = self.newest.write();
        if newest.as_ref().is_none_or(|known| known.snapshot.id <= snapshot.id) {
            *newest = Some(Newest { snapshot: Arc::clone(snapshot), mark });
        }
    }

    /// Makes a commit visible, whole or not at all; safe to repeat with the same id.
    ///
    /// # Errors
    /// [`Error::PositionMoved`] (ING-2), [`Error::FileNotLive`], [`Error::Catalog`]; [`Error::File`] when a file to
    /// add is not in its place.
    pub async fn commit(&self, commit: &Commit) -> Result<Committed, Error> {
        write::commit(self, commit, None).await
    }

    /// As [`Catalog::commit`], and announces facts to the webhooks subscribed then, in the same transaction.
    ///
    /// # Errors
    /// As [`Catalog::commit`].
    pub async fn commit_and_announce(&self, commit: &Commit, due: &Due) -> Result<Committed, Error> {
        write::commit(self, commit, Some(due)).await
    }

    /// The stored position of a partition; `None` when nothing of it was ever taken in.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn position(&self, kafka_partition: &KafkaPartition) -> Result<Option<i64>, Error> {
        sqlx::query_scalar(
            "SELECT next_offset FROM callhouse_positions WHERE topic = ?1 AND kafka_partition = ?2",
        )
        .bind(kafka_partition.topic.as_ref())
        .bind(kafka_partition.partition)
        .fetch_optional(&self.pool)
        .await
        .map_err(Error::catalog("read of a position"))
    }

    /// Closes the connections; what is still running on them ends first. Later calls fail.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
