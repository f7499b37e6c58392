//! What a reader sees: one snapshot and the hot rows above it, pinned together (LAK-2).

use std::sync::Arc;

use callhouse_lake::overlay::{Overlay, OverlayReader};
use callhouse_lake::{Catalog, Family, HotChunk, HotRows, HotView, Snapshot};
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::error::Error;
use crate::scan::SnapshotStatistics;

/// One version of everything. Cheap to clone; a clone sees the same rows for ever.
#[derive(Debug, Clone)]
pub struct ReadView {
    snapshot: Arc<Snapshot>,
    hot: Arc<Vec<Arc<HotChunk>>>,
    statistics: Arc<SnapshotStatistics>,
    overlays: OverlayReader,
    /// By family. Built by the first question about its records, and kept, because later ones must see the same.
    overlays_built: Arc<[(Family, OnceCell<Arc<Overlay>>)]>,
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

    /// Whether this view, which has no hot rows, shows all that another one shows.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let is_covered = |chunk: &Arc<HotChunk>| {
            let next = self.snapshot.positions.get(&chunk.range.kafka_partition);
            next.is_some_and(|next| *next >= chunk.range.to)
        };
        self.snapshot.id >= other.snapshot.id && other.hot.iter().all(is_covered)
    }

    pub(crate) fn statistics(&self) -> &SnapshotStatistics {
        &self.statistics
    }

    /// The records of a family that may still change, joined, and the rows of settled files they stand for.
    pub(crate) async fn overlay(&self, family: Family) -> Result<Arc<Overlay>, Error> {
        let build = || self.overlays.load(family, &self.snapshot, &self.hot);
        let built = match self.overlays_built.iter().find(|(known, _)| *known == family) {
            Some((_, kept)) => kept.get_or_try_init(build).await.cloned(),
            None => build().await,
        };
        built.map_err(Error::Lake)
    }
}

/// Takes views, and keeps the parsed statistics of the newest snapshot between them.
pub(crate) struct Views {
    catalog: Catalog,
    hot: HotRows,
    overlays: OverlayReader,
    newest: Mutex<Option<Arc<SnapshotStatistics>>>,
}

impl Views {
    pub(crate) fn new(catalog: Catalog, hot: HotRows, overlays: OverlayReader) -> Self {
        Self { catalog, hot, overlays, newest: Mutex::new(None) }
    }

    /// The view of now: the hot rows first, the snapshot after them (LAK-2).
    pub(crate) async fn take(&self) -> Result<ReadView, Error> {
        self.over(&self.hot.view()).await
    }

    /// The newest snapshot and nothing above it.
    pub(crate) async fn committed(&self) -> Result<ReadView, Error> {
        self.over(&HotView::default()).await
    }

    async fn over(&self, hot: &HotView) -> Result<ReadView, Error> {
        let snapshot = self.catalog.snapshot().await.map_err(Error::Lake)?;
        let hot = Arc::new(hot.above(&snapshot));
        let statistics = self.statistics_of(&snapshot);
        let overlays = self.overlays.clone();
        let overlays_built = Family::ALL.map(|family| (family, OnceCell::new()));
        let overlays_built: Arc<[_]> = Arc::new(overlays_built);
        Ok(ReadView { snapshot, hot, statistics, overlays, overlays_built })
    }

    fn statistics_of(&self, snapshot: &Snapshot) -> Arc<SnapshotStatistics> {
        let mut newest = self.newest.lock();
        if let Some(known) = newest.as_ref().filter(|known| known.snapshot_id() == snapshot.id) {
            return Arc::clone(known);
        }
        let statistics = SnapshotStatistics::new(snapshot, newest.as_deref());
        Arc::clone(newest.insert(Arc::new(statistics)))
    }
}
