//! What was made of data files and is kept in memory; what is used least is forgotten when it takes too much.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

/// About so many values are expected, which sizes the cache's own tables.
const EXPECTED: usize = 1_024;
/// What a value takes beside itself.
const ENTRY_BYTES: usize = 128;

/// Values by key, of at most so many bytes together. A value larger than that is made anew each time.
#[derive(Debug)]
pub struct Kept<K, V> {
    cache: Cache<K, Entry<V>, BySize>,
}

#[derive(Debug)]
struct Entry<V> {
    value: Arc<V>,
    size_bytes: usize,
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), size_bytes: self.size_bytes }
    }
}

#[derive(Debug, Clone, Copy)]
struct BySize;

impl<K, V> Weighter<K, Entry<V>> for BySize {
    fn weight(&self, _key: &K, entry: &Entry<V>) -> u64 {
        u64::try_from(entry.size_bytes + ENTRY_BYTES).unwrap_or(u64::MAX)
    }
}

impl<K: Debug + Hash + Eq + Clone, V> Kept<K, V> {
    /// Room for values of at most so many bytes.
    ///
    /// # Panics
    /// Never: the options of the cache below are complete.
    #[must_use]
    pub fn new(capacity_bytes: usize) -> Self {
        let options = OptionsBuilder::new()
            // The bound is one for all: a shard would keep nothing larger than its share.
            .shards(1)
            .estimated_items_capacity(EXPECTED)
            .weight_capacity(u64::try_from(capacity_bytes).unwrap_or(u64::MAX))
            .build()
            .expect("items and weight are set");
        let (hashes, lifecycle) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self { cache: Cache::with_options(options, BySize, hashes, lifecycle) }
    }

    /// The value of a key, if it is at hand.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        self.cache.get(key).map(|entry| entry.value)
    }

    /// Keeps a value of so many bytes, if it fits, and gives it back.
    pub fn put(&self, key: K, value: V, size_bytes: usize) -> Arc<V> {
        let value = Arc::new(value);
        self.cache.insert(key, Entry { value: Arc::clone(&value), size_bytes });
        value
    }

    /// The value of a key, made when it is not at hand; who asks for the same meanwhile waits for it.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get_or_make<E>(
        &self,
        key: &K,
        make: impl FnOnce() -> Result<V, E>,
        size_bytes: impl FnOnce(&V) -> usize,
    ) -> Result<Arc<V>, E> {
        let make = || {
            let value = Arc::new(make()?);
            Ok(Entry { size_bytes: size_bytes(&value), value })
        };
        self.cache.get_or_insert_with(key, make).map(|entry| entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_fits_and_what_is_used_stays() {
        let kept = Kept::new(8 * (ENTRY_BYTES + 100));
        let get = |key: i64| {
            let mut made = false;
            let make = || {
                made = true;
                Ok::<_, ()>(key)
            };
            assert_eq!(kept.get_or_make(&key, make, |_| 100).as_deref(), Ok(&key));
            made
        };
        assert_eq!([get(0), get(0)], [true, false]);
        for key in 1..100 {
            assert!(get(key));
            assert!(!get(0), "used all the time");
        }
        assert!(kept.cache.weight() <= kept.cache.capacity(), "{} bytes", kept.cache.weight());
        assert!((1..100).any(get), "not all of a hundred fit");
    }
}
