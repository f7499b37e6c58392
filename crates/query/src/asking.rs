//! How many questions somebody waits for, so that work nobody waits for can give way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts questions being worked on. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asking(Arc<AtomicUsize>);

/// One of them, until dropped.
#[derive(Debug)]
pub(crate) struct Asked(Arc<AtomicUsize>);

impl Asking {
    /// Counts one more.
    pub(crate) fn ask(&self) -> Asked {
        self.0.fetch_add(1, Ordering::Relaxed);
        Asked(Arc::clone(&self.0))
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
