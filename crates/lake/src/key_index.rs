//! Where in a settled file the rows of a call are: fingerprints of the keys, sorted, in memory.
//!
//! An entry is 32 bits of a hash of (account, `call_id`) above the 32-bit row number, so a file of a million calls
//! takes 8 MB. A fingerprint may be shared: rows found are candidates, and whoever reads them compares the keys.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use parking_lot::Mutex;

use crate::catalog::DataFile;
use crate::error::Error;
use crate::folder::DataFolder;
use crate::read::FileReader;

const ROW_BITS: u32 = 32;

/// The hash by which calls are looked up; the same only within one process of one build.
#[must_use]
pub(crate) fn fingerprint(account: &str, call_id: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    (account, call_id).hash(&mut hasher);
    u32::try_from(hasher.finish() >> ROW_BITS).expect("32 bits are left")
}

/// The keys of one settled file.
#[derive(Debug)]
pub struct KeyIndex {
    /// `fingerprint << 32 | row number`, ascending.
    entries: Vec<u64>,
}

impl KeyIndex {
    /// Reads the two key columns of a file. Blocking.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Parquet`]; [`Error::Invalid`] when the file has more rows than 32 bits can number.
    pub fn read(folder: &DataFolder, file: &DataFile) -> Result<Self, Error> {
        let reader = FileReader::open(folder, file)?;
        let mut entries = Vec::with_capacity(usize::try_from(file.record_count).unwrap_or(0));
        let mut next_row = 0_u64;
        for batch in reader.columns(&["account", "call_id"])? {
            for fingerprint in fingerprints(&batch?) {
                entries.push((u64::from(fingerprint) << ROW_BITS) | next_row);
                next_row += 1;
            }
        }
        if next_row > u64::from(u32::MAX) {
            return Err(Error::Invalid { what: format!("{} has too many rows to be indexed", file.path) });
        }
        entries.sort_unstable();
        Ok(Self { entries })
    }

    /// Row numbers that may hold a key of this fingerprint, ascending.
    pub fn rows_matching(&self, fingerprint: u32) -> impl Iterator<Item = u32> {
        let from = u64::from(fingerprint) << ROW_BITS;
        let start = self.entries.partition_point(|entry| *entry < from);
        self.entries[start..]
            .iter()
            .take_while(move |entry| *entry >> ROW_BITS == u64::from(fingerprint))
            .map(|entry| u32::try_from(entry & u64::from(u32::MAX)).expect("masked to 32 bits"))
    }

    /// Memory taken.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.entries.len() * size_of::<u64>()
    }
}

/// Fingerprints of the rows of a batch whose first two columns are the key.
pub(crate) fn fingerprints(batch: &RecordBatch) -> impl Iterator<Item = u32> {
    let accounts = batch.column(0).as_string::<i32>();
    let call_ids = batch.column(1).as_string::<i32>();
    (0..batch.num_rows()).map(|row| fingerprint(accounts.value(row), call_ids.value(row)))
}

/// The indexes in use, the least recently used forgotten when they take more than a number of bytes.
#[derive(Debug)]
pub struct KeyIndexCache {
    folder: DataFolder,
    capacity_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_file: HashMap<i64, (Arc<KeyIndex>, u64)>,
    size_bytes: usize,
    uses: u64,
}

impl KeyIndexCache {
    #[must_use]
    pub fn new(folder: DataFolder, capacity_bytes: usize) -> Self {
        Self { folder, capacity_bytes, kept: Mutex::default() }
    }

    /// The index of a settled file, read when it is not at hand. Blocking.
    ///
    /// # Errors
    /// As [`KeyIndex::read`].
    pub fn get(&self, file: &DataFile) -> Result<Arc<KeyIndex>, Error> {
        if let Some(index) = self.kept.lock().touch(file.data_file_id) {
            return Ok(index);
        }
        let index = Arc::new(KeyIndex::read(&self.folder, file)?);
        self.kept.lock().insert(file.data_file_id, &index, self.capacity_bytes);
        Ok(index)
    }
}

impl Kept {
    fn touch(&mut self, data_file_id: i64) -> Option<Arc<KeyIndex>> {
        self.uses += 1;
        let (index, used) = self.by_file.get_mut(&data_file_id)?;
        *used = self.uses;
        Some(Arc::clone(index))
    }

    fn insert(&mut self, data_file_id: i64, index: &Arc<KeyIndex>, capacity_bytes: usize) {
        self.uses += 1;
        let replaced = self.by_file.insert(data_file_id, (Arc::clone(index), self.uses));
        let replaced_bytes = replaced.map_or(0, |(index, _)| index.size_bytes());
        self.size_bytes = self.size_bytes + index.size_bytes() - replaced_bytes;
        while self.size_bytes > capacity_bytes && self.by_file.len() > 1 {
            let oldest = self.by_file.iter().min_by_key(|(_, (_, used))| *used).map(|(id, _)| *id);
            let Some((dropped, _)) = oldest.and_then(|id| self.by_file.remove(&id)) else { return };
            self.size_bytes -= dropped.size_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(keys: &[(&str, &str)]) -> KeyIndex {
        let entry = |(row, (account, call_id)): (usize, &(&str, &str))| {
            (u64::from(fingerprint(account, call_id)) << ROW_BITS) | u64::try_from(row).expect("small")
        };
        let mut entries: Vec<u64> = keys.iter().enumerate().map(entry).collect();
        entries.sort_unstable();
        KeyIndex { entries }
    }

    #[test]
    fn every_row_of_a_key_is_found_in_order() {
        let index = index(&[("acme", "2"), ("acme", "1"), ("b2", "1"), ("acme", "1")]);
        assert_eq!(index.rows_matching(fingerprint("acme", "1")).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(index.rows_matching(fingerprint("b2", "1")).collect::<Vec<_>>(), [2]);
        assert_eq!(index.rows_matching(fingerprint("b2", "2")).count(), 0);
    }

    #[test]
    fn the_least_recently_used_index_is_forgotten() {
        let mut kept = Kept::default();
        let two_rows = Arc::new(index(&[("a", "1"), ("a", "2")]));
        kept.insert(1, &two_rows, 32);
        kept.insert(2, &two_rows, 32);
        assert!(kept.touch(1).is_some());
        kept.insert(3, &two_rows, 32);
        assert!(kept.touch(2).is_none());
        assert!(kept.touch(1).is_some() && kept.touch(3).is_some());
        assert_eq!(kept.size_bytes, 32);
    }
}
