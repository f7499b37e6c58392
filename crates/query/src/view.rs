//! What a reader sees: one snapshot and the hot rows above it, pinned together (LAK-2).

use std::sync::Arc;

use callhouse_lake::{Catalog, HotChunk, HotRows, Snapshot};
use parking_lot::Mutex;

use crate::error::Error;
use crate::scan::SnapshotStatistics;
use crate::tables::Unsettled;

/// One version of everything. Cheap to clone; a clone sees the same rows for ever.
#[derive(Debug, Clone)]
pub struct ReadView {
    snapshot: Arc<Snapshot>,
    hot: Arc<Vec<Arc<HotChunk>>>,
    statistics: Arc<SnapshotStatistics>,
}

impl ReadView {
    #[must_use]
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The hot chunks that the snapshot does not cover.
    pub(crate) fn hot(&self) -> &[Arc<HotChunk>] {
        &self.hot
    }

    pub(crate) fn statistics(&self) -> &SnapshotStatistics {
        &self.statistics
    }

    /// The calls that may still change, joined, and the rows of settled files they stand for.
    #[expect(clippy::unused_async, reason = "the overlay reads files")]
    pub(crate) async fn overlay(&self) -> Result<Unsettled, Error> {
        let batches = self.hot.iter().map(|chunk| chunk.calls.clone()).collect();
        Ok(Unsettled { batches, ..Unsettled::default() })
    }
}

/// Takes views, and keeps the parsed statistics of the newest snapshot between them.
pub(crate) struct Views {
    catalog: Catalog,
    hot: HotRows,
    newest: Mutex<Option<Arc<SnapshotStatistics>>>,
}

impl Views {
    pub(crate) fn new(catalog: Catalog, hot: HotRows) -> Self {
        Self { catalog, hot, newest: Mutex::new(None) }
    }

    /// The view of now: the hot rows first, the snapshot after them (LAK-2).
    pub(crate) async fn take(&self) -> Result<ReadView, Error> {
        let hot = self.hot.view();
        let snapshot = self.catalog.snapshot().await.map_err(Error::Lake)?;
        let hot = Arc::new(hot.above(&snapshot));
        let statistics = self.statistics_of(&snapshot);
        Ok(ReadView { snapshot, hot, statistics })
    }

    fn statistics_of(&self, snapshot: &Snapshot) -> Arc<SnapshotStatistics> {
        let mut newest = self.newest.lock();
        if let Some(known) = newest.as_ref().filter(|known| known.snapshot_id() == snapshot.id) {
            return Arc::clone(known);
        }
        Arc::clone(newest.insert(Arc::new(SnapshotStatistics::new(snapshot))))
    }
}
