//! Bytes a data file carries between its last row group and its Parquet footer, named in the footer's key-value
//! metadata as `callhouse.NAME` = `OFFSET LENGTH`. Other readers of Parquet pass them over.
//!
//! What belongs to the rows of one file and to no other thus comes and goes with it: no commit, no crash and no
//! compaction can part them. A name states its version (`sums.1`); a file without an attachment is an older one,
//! and whoever looks for it must do without.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use parquet::file::metadata::{KeyValue, PageIndexPolicy, ParquetMetaDataReader};

use crate::catalog::DataFile;
use crate::error::Error;
use crate::file::near::read_near;
use crate::folder::DataFolder;

const PREFIX: &str = "callhouse.";

/// Makes an attachment from the rows of a file while they are written. Under one name, the same rows make the same
/// bytes in every version: `verify` compares.
pub(crate) trait AttachmentBuilder: std::fmt::Debug + Send {
    /// Sees the next rows of the file, in the table's schema and sort order.
    fn push(&mut self, batch: &RecordBatch) -> Result<(), Error>;

    /// Name and bytes; `None` when the file is better off without.
    fn finish(self: Box<Self>) -> Result<Option<(&'static str, Vec<u8>)>, Error>;
}

/// The footer's entry for an attachment.
pub(super) fn entry(name: &str, offset: usize, length: usize) -> KeyValue {
    KeyValue::new(format!("{PREFIX}{name}"), format!("{offset} {length}"))
}

/// An attachment of a live file, read piece by piece. Blocking.
#[derive(Debug)]
pub(crate) struct Attachment {
    path: PathBuf,
    file: File,
    offset: u64,
    length: u64,
}

impl Attachment {
    /// Opens a file's attachment; `None` when it has none of this name.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Parquet`]; [`Error::Invalid`] when the footer names it wrongly.
    pub(crate) fn open(folder: &DataFolder, file: &DataFile, name: &str) -> Result<Option<Self>, Error> {
        let path = folder.file_path(file.table, &file.path);
        let handle = File::open(&path).map_err(|source| failed("open", &path, source))?;
        let footer = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Skip)
            .parse_and_finish(&handle)
            .map_err(|source| Error::Parquet {
                operation: "read of the footer",
                path: path.clone(),
                source,
            })?;
        let wanted = format!("{PREFIX}{name}");
        let entries = footer.file_metadata().key_value_metadata().into_iter().flatten();
        let Some(entry) = entries.into_iter().find(|entry| entry.key == wanted) else { return Ok(None) };
        let place = entry.value.as_deref().and_then(|value| value.split_once(' '));
        let place = place.and_then(|(offset, length)| Some((offset.parse().ok()?, length.parse().ok()?)));
        let Some((offset, length)) = place else {
            return Err(Error::Invalid {
                what: format!("{} says wrongly where {wanted} is", path.display()),
            });
        };
        Ok(Some(Self { path, file: handle, offset, length }))
    }

    /// Where in the file it is, for [`Attachment::at`].
    pub(crate) fn place(&self) -> Place {
        Place { offset: self.offset, length: self.length }
    }

    /// Opens an attachment whose place is known from before.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(crate) fn at(folder: &DataFolder, file: &DataFile, place: Place) -> Result<Self, Error> {
        let path = folder.file_path(file.table, &file.path);
        let handle = File::open(&path).map_err(|source| failed("open", &path, source))?;
        Ok(Self { path, file: handle, offset: place.offset, length: place.length })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// `length` bytes from `start`, counted from the attachment's own first byte.
    ///
    /// # Errors
    /// [`Error::File`], also when the attachment is shorter than that.
    pub(crate) fn read(&self, start: u64, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = self.room(start, length)?;
        let read = self.file.read_exact_at(&mut bytes, self.offset + start);
        read.map_err(|source| failed("read", &self.path, source))?;
        Ok(bytes)
    }

    /// The same without waiting for a disk; `None` when they are not in memory.
    ///
    /// # Errors
    /// As [`Attachment::read`].
    pub(crate) fn read_near(&self, start: u64, length: usize) -> Result<Option<Vec<u8>>, Error> {
        let mut bytes = self.room(start, length)?;
        let near = read_near(&self.file, self.offset + start, &mut bytes);
        let near = near.map_err(|source| failed("read", &self.path, source))?;
        Ok(near.then_some(bytes))
    }

    /// Room for bytes that are within the attachment.
    fn room(&self, start: u64, length: usize) -> Result<Vec<u8>, Error> {
        let end = u64::try_from(length).ok().and_then(|length| start.checked_add(length));
        if end.is_none_or(|end| end > self.length) {
            return Err(failed("read", &self.path, io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(vec![0; length])
    }
}

/// Where in its file an attachment is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    offset: u64,
    length: u64,
}

fn failed(operation: &'static str, path: &std::path::Path, source: io::Error) -> Error {
    Error::File { operation, path: path.to_owned(), source }
}
