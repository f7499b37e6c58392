//! Finding the sums of a file again.

use std::cell::OnceCell;
use std::sync::Arc;

use super::blob::decode;
use super::builder::{Directory, Entry};
use super::calls::CALLER;
use super::{ATTACHMENT, Callers, Dimension};
use crate::catalog::DataFile;
use crate::error::Error;
use crate::file::attachment::{Attachment, Place};
use crate::folder::DataFolder;
use crate::kept::Kept;
use arrow::array::RecordBatch;

/// Bytes of the directory's length at the end.
const TAIL_BYTES: u64 = 4;

/// Reads the sums that settled files carry. What was read is kept, within a number of bytes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SumsReader {
    folder: DataFolder,
    files: Arc<Kept<i64, Option<FileSums>>>,
    /// By file, entry of its directory and index of the dimension.
    rows: Arc<Kept<(i64, usize, usize), RecordBatch>>,
    /// By file and entry of its directory.
    callers: Arc<Kept<(i64, usize), Vec<Callers>>>,
}

/// Where the sums of one file are.
#[derive(Debug)]
struct FileSums {
    place: Place,
    directory: Directory,
}

impl SumsReader {
    /// A reader that keeps directories and rows of at most `cache_bytes` in memory.
    #[must_use]
    pub fn new(folder: DataFolder, cache_bytes: usize) -> Self {
        let quarter = cache_bytes / 4;
        // Callers are most of what there is to keep.
        let (files, rows, callers) = (Kept::new(quarter), Kept::new(quarter), Kept::new(2 * quarter));
        Self { folder, files: Arc::new(files), rows: Arc::new(rows), callers: Arc::new(callers) }
    }

    /// The sums of a dimension in a settled file, of some accounts or of all, in the schema of the dimension; `None`
    /// when the file was written without sums. Blocking.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Parquet`]; [`Error::Invalid`] when they are damaged.
    pub fn rows(
        &self,
        file: &DataFile,
        dimension: &Dimension,
        accounts: Option<&[String]>,
    ) -> Result<Option<Vec<Arc<RecordBatch>>>, Error> {
        let read = |entry: usize, bytes: &dyn Fn() -> Result<Vec<u8>, Error>| {
            let key = (file.data_file_id, entry, dimension.index());
            let read = || decode(dimension, &bytes()?);
            self.rows.get_or_make(&key, read, RecordBatch::get_array_memory_size)
        };
        self.each(file, dimension, accounts, read)
    }

    /// The callers of some accounts or of all in a settled file, account by account; `None` when the file was written
    /// without sums. Blocking.
    ///
    /// # Errors
    /// As [`SumsReader::rows`].
    pub fn callers(
        &self,
        file: &DataFile,
        accounts: Option<&[String]>,
    ) -> Result<Option<Vec<Arc<Vec<Callers>>>>, Error> {
        let size = |months: &Vec<Callers>| months.iter().map(Callers::size_bytes).sum();
        let read = |entry: usize, bytes: &dyn Fn() -> Result<Vec<u8>, Error>| {
            let read = || Callers::decode(&bytes()?);
            self.callers.get_or_make(&(file.data_file_id, entry), read, size)
        };
        self.each(file, &CALLER, accounts, read)
    }

    /// What `read` makes of the bytes of each account, which it may ask for.
    fn each<T>(
        &self,
        file: &DataFile,
        dimension: &Dimension,
        accounts: Option<&[String]>,
        read: impl Fn(usize, &dyn Fn() -> Result<Vec<u8>, Error>) -> Result<T, Error>,
    ) -> Result<Option<Vec<T>>, Error> {
        let open = || FileSums::open(&self.folder, file);
        let size = |sums: &Option<FileSums>| sums.as_ref().map_or(0, FileSums::size_bytes);
        let kept = self.files.get_or_make(&file.data_file_id, open, size)?;
        let Some(sums) = &*kept else { return Ok(None) };
        let wanted: Vec<usize> = match accounts {
            None => (0..sums.directory.len()).collect(),
            Some(accounts) => accounts.iter().filter_map(|account| sums.find(account)).collect(),
        };
        // Opened once, and not at all where everything is kept.
        let opened = OnceCell::new();
        let bytes = |entry: usize| {
            let attachment = match opened.get() {
                Some(attachment) => attachment,
                None => {
                    let attachment = Attachment::at(&self.folder, file, sums.place)?;
                    opened.get_or_init(|| attachment)
                }
            };
            bytes_of(attachment, &sums.directory[entry], dimension)
        };
        wanted.into_iter().map(|entry| read(entry, &|| bytes(entry))).collect::<Result<_, _>>().map(Some)
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
        Ok(Some(Self { place: attachment.place(), directory }))
    }

    fn size_bytes(&self) -> usize {
        self.directory.iter().map(|entry| size_of::<Entry>() + entry.account.len()).sum()
    }

    fn find(&self, account: &str) -> Option<usize> {
        self.directory.binary_search_by(|entry| entry.account.as_str().cmp(account)).ok()
    }
}

fn bytes_of(attachment: &Attachment, entry: &Entry, dimension: &Dimension) -> Result<Vec<u8>, Error> {
    let index = dimension.index();
    let before: u64 = entry.lengths[..index].iter().map(|length| u64::from(*length)).sum();
    let (start, length) = (entry.offset + before, entry.lengths[index]);
    let length =
        usize::try_from(length).map_err(|_| Error::Invalid { what: "sums too long to read".to_owned() })?;
    attachment.read(start, length)
}
