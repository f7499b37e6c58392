//! Finding the sums of a file again.

use std::sync::Arc;

use arrow::array::RecordBatch;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::blob::decode;
use super::builder::{Directory, Entry};
use super::{ATTACHMENT, Dimension};
use crate::catalog::DataFile;
use crate::error::Error;
use crate::file::attachment::Attachment;
use crate::folder::DataFolder;

/// Bytes of the directory's length at the end.
const TAIL_BYTES: u64 = 4;
/// Files of about so many entries are expected, for the cache's own bookkeeping.
const EXPECTED_ENTRIES: usize = 4_096;

/// Reads the sums that settled files carry. What was read is kept, within a number of bytes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SumsReader {
    folder: DataFolder,
    files: Arc<Cache<i64, Option<Arc<FileSums>>, Bytes>>,
    rows: Arc<Cache<(i64, usize, Dimension), RecordBatch, Bytes>>,
}

/// The sums of one file.
#[derive(Debug)]
pub struct FileSums {
    data_file_id: i64,
    attachment: Attachment,
    directory: Directory,
}

impl SumsReader {
    /// A reader that keeps directories and rows of at most `cache_bytes` in memory.
    #[must_use]
    pub fn new(folder: DataFolder, cache_bytes: usize) -> Self {
        let bytes = u64::try_from(cache_bytes / 2).unwrap_or(u64::MAX);
        Self {
            folder,
            files: Arc::new(Cache::with_weighter(EXPECTED_ENTRIES, bytes, Bytes)),
            rows: Arc::new(Cache::with_weighter(EXPECTED_ENTRIES, bytes, Bytes)),
        }
    }

    /// The sums of a settled file; `None` when it was written without. Blocking.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Parquet`]; [`Error::Invalid`] when they are damaged.
    pub fn of(&self, file: &DataFile) -> Result<Option<Arc<FileSums>>, Error> {
        let open = || FileSums::open(&self.folder, file).map(|sums| sums.map(Arc::new));
        self.files.get_or_insert_with(&file.data_file_id, open)
    }

    /// The sums of a dimension, of some accounts or of all, in the schema of the dimension. Blocking.
    ///
    /// # Errors
    /// As [`SumsReader::of`].
    pub fn rows(
        &self,
        sums: &FileSums,
        dimension: Dimension,
        accounts: Option<&[&str]>,
    ) -> Result<Vec<RecordBatch>, Error> {
        let wanted: Vec<usize> = match accounts {
            None => (0..sums.directory.len()).collect(),
            Some(accounts) => accounts.iter().filter_map(|account| sums.find(account)).collect(),
        };
        let read = |index: usize| {
            let key = (sums.data_file_id, index, dimension);
            self.rows.get_or_insert_with(&key, || sums.read(&sums.directory[index], dimension))
        };
        wanted.into_iter().map(read).collect()
    }
}

impl FileSums {
    fn open(folder: &DataFolder, file: &DataFile) -> Result<Option<Self>, Error> {
        let Some(attachment) = Attachment::open(folder, file, ATTACHMENT)? else { return Ok(None) };
        let damaged = |what: &str| Error::Invalid {
            what: format!("the directory of the sums in {}: {what}", file.path),
        };
        let tail_at = attachment.length().checked_sub(TAIL_BYTES).ok_or_else(|| damaged("is missing"))?;
        let tail = attachment.read(tail_at, 4)?;
        let length = tail.try_into().map(u32::from_le_bytes).map_err(|_| damaged("is missing"))?;
        let start = tail_at.checked_sub(u64::from(length)).ok_or_else(|| damaged("is too long"))?;
        let bytes = attachment.read(start, usize::try_from(length).map_err(|_| damaged("is too long"))?)?;
        let directory: Directory =
            postcard::from_bytes(&bytes).map_err(|error| damaged(&error.to_string()))?;
        Ok(Some(Self { data_file_id: file.data_file_id, attachment, directory }))
    }

    /// The accounts that have calls in the file, in order.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.directory.iter().map(|entry| entry.account.as_str())
    }

    fn find(&self, account: &str) -> Option<usize> {
        self.directory.binary_search_by(|entry| entry.account.as_str().cmp(account)).ok()
    }

    fn read(&self, entry: &Entry, dimension: Dimension) -> Result<RecordBatch, Error> {
        let (mut start, mut length) = (entry.offset, 0);
        for (stored, bytes) in Dimension::ALL.into_iter().zip(entry.lengths) {
            if stored == dimension {
                length = bytes;
                break;
            }
            start += u64::from(bytes);
        }
        let length = usize::try_from(length)
            .map_err(|_| Error::Invalid { what: "sums too long to read".to_owned() })?;
        decode(dimension, &self.attachment.read(start, length)?)
    }
}

/// Weighs what is kept by its bytes.
#[derive(Debug, Clone, Copy)]
struct Bytes;

/// What an entry takes beside its content.
const ENTRY_BYTES: usize = 128;

impl Weighter<i64, Option<Arc<FileSums>>> for Bytes {
    fn weight(&self, _: &i64, sums: &Option<Arc<FileSums>>) -> u64 {
        let entries = sums.iter().flat_map(|sums| &sums.directory);
        let bytes: usize = entries.map(|entry| size_of::<Entry>() + entry.account.len()).sum();
        u64::try_from(ENTRY_BYTES + bytes).unwrap_or(u64::MAX)
    }
}

impl Weighter<(i64, usize, Dimension), RecordBatch> for Bytes {
    fn weight(&self, _: &(i64, usize, Dimension), rows: &RecordBatch) -> u64 {
        u64::try_from(ENTRY_BYTES + rows.get_array_memory_size()).unwrap_or(u64::MAX)
    }
}
