//! The overlay: calls that may still change, joined, and the settled rows they stand for (LAK-2, LAK-3).
//!
//! A reader of `calls` scans the settled files of a snapshot without the rows in [`Overlay::skip`] and adds the rows
//! of [`Overlay::batches`]. Those are the join of the snapshot's `calls_recent`, of the hot rows above it, and of
//! the settled rows of the same calls. What is read and found is kept per file and per hot chunk, so the next
//! overlay costs what is new in it. Compaction finds late rows with the same look-ups (`touch`).

mod base;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use parking_lot::Mutex;

use crate::catalog::Snapshot;
use crate::error::Error;
use crate::folder::DataFolder;
use crate::hot::HotChunk;
use crate::touch::Toucher;
use base::Base;
use sources::Sources;

/// Row numbers of settled files that are not to be shown, ascending, by `data_file_id`.
pub type Skip = HashMap<i64, Vec<u32>>;

/// What readers add to and leave out of the settled files of one snapshot.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Joined calls in the schema of `calls`; no call occurs twice. Each batch is sorted by (account, `call_id`).
    pub batches: Vec<RecordBatch>,
    pub skip: Arc<Skip>,
    /// The settled rows behind `skip`, each once, for readers that know the sum of a file and not its rows. Each batch is
    /// of one file and sorted as it is, by account first.
    pub replaced: Vec<RecordBatch>,
}

impl Overlay {
    /// Calls in the overlay.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
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
    /// Held while an overlay is built, in a blocking task: two at once would read the same files twice.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sources: Sources,
    base: Option<Arc<Base>>,
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    snapshot_id: i64,
    hot: Vec<Arc<HotChunk>>,
    overlay: Arc<Overlay>,
}

impl Last {
    fn is_of(&self, snapshot: &Snapshot, hot: &[Arc<HotChunk>]) -> bool {
        let same_hot = || self.hot.iter().zip(hot).all(|(left, right)| Arc::ptr_eq(left, right));
        self.snapshot_id == snapshot.id && self.hot.len() == hot.len() && same_hot()
    }
}

impl OverlayReader {
    /// A reader whose indexes of settled files take at most `key_index_bytes` (8 bytes a row).
    #[must_use]
    pub fn new(folder: DataFolder, key_index_bytes: usize) -> Self {
        let toucher = Arc::new(Toucher::new(folder.clone(), key_index_bytes));
        Self { shared: Arc::new(Shared { folder, toucher, state: Mutex::default() }) }
    }

    pub(crate) fn toucher(&self) -> Arc<Toucher> {
        Arc::clone(&self.shared.toucher)
    }

    /// The overlay of a snapshot and the hot chunks above it ([`crate::HotView::above`]).
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Parquet`], [`Error::Arrow`], [`Error::Invalid`] as reading and joining give them.
    pub async fn load(&self, snapshot: &Arc<Snapshot>, hot: &[Arc<HotChunk>]) -> Result<Arc<Overlay>, Error> {
        if let Some(state) = self.shared.state.try_lock()
            && let Some(last) = state.last.as_ref().filter(|last| last.is_of(snapshot, hot))
        {
            return Ok(Arc::clone(&last.overlay));
        }
        let shared = Arc::clone(&self.shared);
        let snapshot = Arc::clone(snapshot);
        let hot = hot.to_vec();
        let built = tokio::task::spawn_blocking(move || shared.build(&snapshot, hot)).await;
        built.unwrap_or_else(|error| {
            Err(Error::Invalid { what: format!("building an overlay ended: {error}") })
        })
    }
}

impl Shared {
    fn build(&self, snapshot: &Snapshot, hot: Vec<Arc<HotChunk>>) -> Result<Arc<Overlay>, Error> {
        let mut state = self.state.lock();
        if let Some(last) = state.last.as_ref().filter(|last| last.is_of(snapshot, &hot)) {
            return Ok(Arc::clone(&last.overlay));
        }
        state.sources.retain(snapshot, &hot);
        let recent = state.sources.recent(&self.folder, snapshot)?;
        let base = match state.base.as_ref().filter(|base| base.serves(snapshot, &recent)) {
            Some(base) => Arc::clone(base),
            None => Arc::new(Base::build(&self.toucher, snapshot, &recent)?),
        };
        state.base = Some(Arc::clone(&base));
        let mut newer: Vec<_> = recent.into_iter().filter(|source| !base.has(source)).collect();
        newer.extend(state.sources.hot(&hot));
        let overlay = Arc::new(base.with_newer(&self.toucher, snapshot, &newer)?);
        state.last = Some(Last { snapshot_id: snapshot.id, hot, overlay: Arc::clone(&overlay) });
        Ok(overlay)
    }
}
