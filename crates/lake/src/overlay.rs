//! The overlay: records of a family that may still change, joined, and the settled rows they stand for (LAK-2, LAK-3).
//!
//! A reader of records scans the settled files of a snapshot without the rows in [`Overlay::skip`] and adds the rows
//! of [`Overlay::rows`]. Those are the join of the snapshot's recent files, of the hot rows above it, and of
//! the settled rows of the same records. They lie in layers (`overlay/layers.rs`), so the next overlay costs what is new
//! in it. Compaction finds late rows with the same look-ups (`touch`).

mod layer;
mod layers;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use parking_lot::Mutex;

use crate::catalog::Snapshot;
use crate::error::Error;
use crate::family::Family;
use crate::folder::DataFolder;
use crate::hot::{Flush, HotChunk};
use crate::touch::Toucher;
use layers::{Layers, Reading};

/// Layers kept for readers that come late.
const KEPT_LAYERS: usize = 4;

/// Row numbers of settled files that are not to be shown, ascending, by `data_file_id`.
pub type Skip = HashMap<i64, Vec<u32>>;

/// What readers add to and leave out of the settled files of one snapshot.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Joined records; none is shown twice.
    pub rows: Vec<OverlayRows>,
    pub skip: Arc<Skip>,
    /// The settled rows behind `skip`, each once, for readers that know the sum of a file and not its rows. Each batch is
    /// of one file and sorted as it is, by account first.
    pub replaced: Vec<RecordBatch>,
}

impl Overlay {
    /// Records in the overlay.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.rows.iter().map(OverlayRows::shown_count).sum()
    }
}

/// Some of an overlay's records. What hides rows is beside them, because most readers want few columns, and of those
/// the rows of one account.
#[derive(Debug, Clone)]
pub struct OverlayRows {
    /// In the schema of the settled table, sorted by (account, id).
    pub records: RecordBatch,
    /// Which rows count; `None` when all do. Has no nulls.
    pub shown: Option<BooleanArray>,
}

impl OverlayRows {
    #[must_use]
    pub fn shown_count(&self) -> usize {
        self.shown.as_ref().map_or(self.records.num_rows(), BooleanArray::true_count)
    }

    /// The rows that count, with all columns.
    ///
    /// # Errors
    /// [`Error::Arrow`].
    pub fn shown_only(&self) -> Result<RecordBatch, Error> {
        let Some(shown) = &self.shown else { return Ok(self.records.clone()) };
        filter_record_batch(&self.records, shown)
            .map_err(|source| Error::Arrow { operation: "selection of shown rows", source })
    }
}

/// Builds overlays. Cheap to clone; clones share what is cached.
#[derive(Debug, Clone)]
pub struct OverlayReader {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: DataFolder,
    toucher: Arc<Toucher>,
    /// By family. Held while an overlay is built, in a blocking task: two at once would read the same files twice.
    states: [Mutex<State>; Family::COUNT],
}

#[derive(Debug, Default)]
struct State {
    /// The latest layers, oldest first. More than one, because a reader may come late with an earlier view.
    layers: VecDeque<Layers>,
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    snapshot_id: i64,
    hot: Vec<Flush>,
    overlay: Arc<Overlay>,
}

impl Last {
    fn is_of(&self, snapshot: &Snapshot, hot: &[Arc<HotChunk>]) -> bool {
        let same_hot = || {
            let mut pairs = self.hot.iter().zip(hot);
            pairs.all(|(known, chunk)| known.identity() == chunk.flush.identity())
        };
        self.snapshot_id == snapshot.id && self.hot.len() == hot.len() && same_hot()
    }
}

impl OverlayReader {
    /// A reader whose indexes of settled files take at most `key_index_bytes` (8 bytes a row).
    #[must_use]
    pub fn new(folder: DataFolder, key_index_bytes: usize) -> Self {
        let toucher = Arc::new(Toucher::new(folder.clone(), key_index_bytes));
        Self { shared: Arc::new(Shared { folder, toucher, states: Default::default() }) }
    }

    pub(crate) fn toucher(&self) -> Arc<Toucher> {
        Arc::clone(&self.shared.toucher)
    }

    /// The overlay of a family in a snapshot and the hot chunks above it ([`crate::HotView::above`]).
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Parquet`], [`Error::Arrow`], [`Error::Invalid`] as reading and joining give them.
    pub async fn load(
        &self,
        family: Family,
        snapshot: &Arc<Snapshot>,
        hot: &[Arc<HotChunk>],
    ) -> Result<Arc<Overlay>, Error> {
        if let Some(state) = self.shared.states[family.index()].try_lock()
            && let Some(last) = state.last.as_ref().filter(|last| last.is_of(snapshot, hot))
        {
            return Ok(Arc::clone(&last.overlay));
        }
        let shared = Arc::clone(&self.shared);
        let snapshot = Arc::clone(snapshot);
        let hot = hot.to_vec();
        let built = tokio::task::spawn_blocking(move || shared.build(family, &snapshot, &hot)).await;
        built.unwrap_or_else(|error| {
            Err(Error::Invalid { what: format!("building an overlay ended: {error}") })
        })
    }
}

impl Shared {
    fn build(
        &self,
        family: Family,
        snapshot: &Snapshot,
        hot: &[Arc<HotChunk>],
    ) -> Result<Arc<Overlay>, Error> {
        let mut state = self.states[family.index()].lock();
        if let Some(last) = state.last.as_ref().filter(|last| last.is_of(snapshot, hot)) {
            return Ok(Arc::clone(&last.overlay));
        }
        let started_at = Instant::now();
        let reading = Reading { family, folder: &self.folder, toucher: &self.toucher, snapshot };
        let earlier = state.layers.iter().filter(|layers| layers.lead_to(&reading, hot));
        let earlier = earlier.max_by_key(|layers| layers.age()).cloned().unwrap_or_default();
        let layers = earlier.follow(&reading, hot)?;
        let overlay = Arc::new(layers.overlay()?);
        let (rows, layers_shown) = (overlay.row_count(), overlay.rows.len());
        tracing::debug!(?family, rows, layers = layers_shown, took = ?started_at.elapsed(), "an overlay was built");
        state.keep(layers);
        let hot = hot.iter().map(|chunk| chunk.flush.clone()).collect();
        state.last = Some(Last { snapshot_id: snapshot.id, hot, overlay: Arc::clone(&overlay) });
        Ok(overlay)
    }
}

impl State {
    fn keep(&mut self, layers: Layers) {
        let at = self.layers.partition_point(|known| known.age() <= layers.age());
        self.layers.insert(at, layers);
        if self.layers.len() > KEPT_LAYERS {
            self.layers.pop_front();
        }
    }
}
