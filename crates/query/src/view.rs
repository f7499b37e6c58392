//! What a reader sees: one snapshot and the hot rows above it, pinned together (LAK-2).

use std::sync::Arc;

use callhouse_lake::{HotChunk, Snapshot};

/// One version of everything. Cheap to clone; a clone sees the same rows for ever.
#[derive(Debug, Clone)]
pub struct ReadView {
    snapshot: Arc<Snapshot>,
    hot: Arc<Vec<Arc<HotChunk>>>,
}

impl ReadView {
    #[must_use]
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}
