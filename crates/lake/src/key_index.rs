//! Where in a settled file the rows of a record are: fingerprints of the keys, sorted, in memory.
//!
//! An entry is 32 bits of a hash of (account, id) above the 32-bit row number, so a file of a million records
//! takes 8 MB. A fingerprint may be shared: rows found are candidates, and whoever reads them compares the keys.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};

use crate::catalog::DataFile;
use crate::error::Error;
use crate::folder::DataFolder;
use crate::kept::Kept;
use crate::read::FileReader;

const ROW_BITS: u32 = 32;

/// The hash by which records are looked up; the same only within one process of one build.
#[must_use]
pub(crate) fn fingerprint(account: &str, id: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    (account, id).hash(&mut hasher);
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
        let schema = file.table.schema();
        let key: Vec<&str> = schema.fields().iter().take(2).map(|field| field.name().as_str()).collect();
        for batch in reader.columns(&key)? {
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
    let ids = batch.column(1).as_string::<i32>();
    (0..batch.num_rows()).map(|row| fingerprint(accounts.value(row), ids.value(row)))
}

/// The indexes in use.
#[derive(Debug)]
pub struct KeyIndexCache {
    folder: DataFolder,
    kept: Kept<i64, KeyIndex>,
}

impl KeyIndexCache {
    #[must_use]
    pub fn new(folder: DataFolder, capacity_bytes: usize) -> Self {
        Self { folder, kept: Kept::new(capacity_bytes) }
    }

    /// The index of a settled file, read when it is not at hand. Blocking.
    ///
    /// # Errors
    /// As [`KeyIndex::read`].
    pub fn get(&self, file: &DataFile) -> Result<Arc<KeyIndex>, Error> {
        let read = || KeyIndex::read(&self.folder, file);
        self.kept.get_or_make(&file.data_file_id, read, KeyIndex::size_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(keys: &[(&str, &str)]) -> KeyIndex {
        let entry = |(row, (account, id)): (usize, &(&str, &str))| {
            (u64::from(fingerprint(account, id)) << ROW_BITS) | u64::try_from(row).expect("small")
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
}
