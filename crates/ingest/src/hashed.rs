//! Maps whose keys are hashes already.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by 64-bit hashes, which are not hashed again. They must come from a keyed hash of what senders choose.
pub(crate) type HashedMap<V> = HashMap<u64, V, BuildHasherDefault<Unchanged>>;

/// Hashes one number to itself.
#[derive(Debug, Default)]
pub(crate) struct Unchanged(u64);

impl Hasher for Unchanged {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn write(&mut self, bytes: &[u8]) {
        debug_assert!(false, "only numbers are hashed: {bytes:?}");
    }
}
