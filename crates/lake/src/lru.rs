//! What was made of data files and is kept in memory, the least recently used forgotten when it takes too much.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// Values by `data_file_id`, of at most so many bytes together; one value is kept whatever its size.
#[derive(Debug)]
pub(crate) struct ByFile<V> {
    capacity_bytes: usize,
    kept: Mutex<Kept<V>>,
}

#[derive(Debug)]
struct Kept<V> {
    values: HashMap<i64, Entry<V>>,
    size_bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: Arc<V>,
    size_bytes: usize,
    used: u64,
}

impl<V> ByFile<V> {
    pub(crate) fn new(capacity_bytes: usize) -> Self {
        let kept = Kept { values: HashMap::new(), size_bytes: 0, uses: 0 };
        Self { capacity_bytes, kept: Mutex::new(kept) }
    }

    /// The value of a file, made when it is not at hand. Two callers at once may both make it.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn get_or_make<E>(
        &self,
        data_file_id: i64,
        make: impl FnOnce() -> Result<V, E>,
        size_bytes: impl FnOnce(&V) -> usize,
    ) -> Result<Arc<V>, E> {
        if let Some(known) = self.kept.lock().touch(data_file_id) {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        let size_bytes = size_bytes(&made);
        self.kept.lock().insert(data_file_id, Arc::clone(&made), size_bytes, self.capacity_bytes);
        Ok(made)
    }
}

impl<V> Kept<V> {
    fn touch(&mut self, data_file_id: i64) -> Option<Arc<V>> {
        self.uses += 1;
        let entry = self.values.get_mut(&data_file_id)?;
        entry.used = self.uses;
        Some(Arc::clone(&entry.value))
    }

    fn insert(&mut self, data_file_id: i64, value: Arc<V>, size_bytes: usize, capacity_bytes: usize) {
        self.uses += 1;
        let replaced = self.values.insert(data_file_id, Entry { value, size_bytes, used: self.uses });
        self.size_bytes = self.size_bytes + size_bytes - replaced.map_or(0, |entry| entry.size_bytes);
        while self.size_bytes > capacity_bytes && self.values.len() > 1 {
            let oldest = self.values.iter().min_by_key(|(_, entry)| entry.used).map(|(id, _)| *id);
            let Some(dropped) = oldest.and_then(|id| self.values.remove(&id)) else { return };
            self.size_bytes -= dropped.size_bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_value_is_forgotten() {
        let kept = ByFile::new(32);
        let get = |id: i64| {
            let mut made = false;
            let make = || {
                made = true;
                Ok::<_, ()>(id)
            };
            assert_eq!(kept.get_or_make(id, make, |_| 16).as_deref(), Ok(&id));
            made
        };
        assert_eq!([get(1), get(2), get(1)], [true, true, false]);
        assert!(get(3));
        assert_eq!([get(1), get(3), get(2)], [false, false, true]);
        assert_eq!(kept.kept.lock().size_bytes, 32);
    }
}
