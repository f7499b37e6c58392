//! Pinned searches: what page 1 saw is what page 2 is cut from, whatever arrives in between.

use callhouse_core::Timestamp;
use callhouse_core::time::MICROS_PER_SECOND;
use parking_lot::Mutex;

use crate::scope::Scope;
use crate::view::ReadView;

/// How long a search stays pinned. Shorter than the time the lake keeps files that are no longer live.
const KEPT_MICROS: i64 = 600 * MICROS_PER_SECOND;

/// Searches that are being paged through, oldest first. Few enough to be looked through one by one.
pub(crate) struct PinnedSearches {
    capacity: usize,
    pinned: Mutex<Vec<Pinned>>,
}

/// What a search saw first.
#[derive(Clone)]
pub(crate) struct Pinned {
    scope: Scope,
    /// The search without its page.
    search: String,
    pub(crate) view: ReadView,
    pub(crate) total: u64,
    at: Timestamp,
}

impl PinnedSearches {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, pinned: Mutex::default() }
    }

    /// What the search of that name saw first; `None` when it is not pinned or was pinned too long ago.
    pub(crate) fn find(&self, scope: &Scope, search: &str, now: Timestamp) -> Option<Pinned> {
        let is_it = |pinned: &&Pinned| pinned.is_fresh(now) && pinned.is_of(scope, search);
        self.pinned.lock().iter().find(is_it).cloned()
    }

    /// Pins a search, in place of its earlier pin and of the oldest when there are too many.
    pub(crate) fn pin(&self, scope: &Scope, search: String, view: ReadView, total: u64, now: Timestamp) {
        let mut pinned = self.pinned.lock();
        pinned.retain(|other| other.is_fresh(now) && !other.is_of(scope, &search));
        if pinned.len() >= self.capacity.max(1) {
            pinned.remove(0);
        }
        pinned.push(Pinned { scope: scope.clone(), search, view, total, at: now });
    }
}

impl Pinned {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.micros_since(self.at) < KEPT_MICROS
    }

    fn is_of(&self, scope: &Scope, search: &str) -> bool {
        self.scope == *scope && self.search == search
    }
}
