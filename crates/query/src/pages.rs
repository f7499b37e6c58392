//! Pinned searches: what page 1 saw is what page 2 is cut from, whatever arrives in between.

use std::collections::HashMap;

use callhouse_core::Timestamp;
use callhouse_core::time::MICROS_PER_SECOND;
use parking_lot::Mutex;

use crate::scope::Scope;
use crate::search::CallSearch;
use crate::view::ReadView;

/// How long a search stays pinned. Shorter than the time the lake keeps files that are no longer live.
const KEPT_MICROS: i64 = 600 * MICROS_PER_SECOND;

/// Searches that are being paged through.
pub(crate) struct PinnedSearches {
    capacity: usize,
    pinned: Mutex<HashMap<String, Pinned>>,
}

/// What a search saw first.
#[derive(Clone)]
pub(crate) struct Pinned {
    scope: Scope,
    search: CallSearch,
    pub(crate) view: ReadView,
    pub(crate) total: u64,
    at: Timestamp,
}

impl PinnedSearches {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, pinned: Mutex::default() }
    }

    /// What the search saw first; `None` when it is not pinned, too old, or the key now names another search.
    pub(crate) fn find(&self, scope: &Scope, search: &CallSearch, now: Timestamp) -> Option<Pinned> {
        let pinned = self.pinned.lock();
        let found = pinned.get(search.page_key.as_ref()?)?;
        let fresh = now.micros_since(found.at) < KEPT_MICROS;
        let same = found.scope == *scope && found.search == without_page(search);
        (fresh && same).then(|| found.clone())
    }

    /// Pins a search, in place of the one its key named before and of the oldest when there are too many.
    pub(crate) fn pin(&self, scope: &Scope, search: &CallSearch, view: ReadView, total: u64, now: Timestamp) {
        let Some(key) = search.page_key.clone() else { return };
        let mut pinned = self.pinned.lock();
        pinned.retain(|_, other| now.micros_since(other.at) < KEPT_MICROS);
        while pinned.len() >= self.capacity.max(1) && !pinned.contains_key(&key) {
            let oldest = pinned.iter().min_by_key(|(_, other)| other.at).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            pinned.remove(&oldest);
        }
        pinned
            .insert(key, Pinned { scope: scope.clone(), search: without_page(search), view, total, at: now });
    }
}

fn without_page(search: &CallSearch) -> CallSearch {
    CallSearch { offset: 0, quantity: 0, ..search.clone() }
}
