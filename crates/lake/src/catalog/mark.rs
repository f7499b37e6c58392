//! Tells without asking SQLite that nothing was committed since a snapshot was read.
//!
//! A question to SQLite is handed to the thread of a connection and back, and the connection is tried out before and
//! after: that is several threads waking each other for a question whose answer is nearly always "nothing new". SQLite
//! itself decides whether what a connection has cached still holds by comparing the header of the WAL index, the first
//! bytes of `catalog.db-shm` (SQLite, "WAL-mode File Format", §2.1): each commit of any process changes it. It has a
//! counter of changes, the number of frames and the checksum of all of them, and is stored twice, so that who reads
//! while it is written finds two that differ.
//!
//! The file itself comes and goes with the first and last connection, and two that are new may begin alike; so a
//! mark is of one file, known by its inode and the instant it was made. Where any of this cannot be read, there is
//! no mark, and SQLite is asked.
//!
//! **Who closes a file gives up all locks of his process on it** (POSIX; SQLite, "How To Corrupt An SQLite Database
//! File", §2.2), and SQLite's locks lie in this file. Without them another process takes it for abandoned and truncates
//! it under our feet. So the file is opened once a process and kept open until nobody can have locks on it any more.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::SystemTime;

use parking_lot::Mutex;

use crate::folder::DataFolder;

const HEADER_BYTES: usize = 48;
/// `WALINDEX_MAX_VERSION`, in the byte order of the machine.
const VERSION: u32 = 3_007_000;
/// Where the header says that it was filled in.
const IS_INIT: usize = 12;

/// A state of the database. Two that are equal are of the same state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    file: FileId,
    header: [u8; HEADER_BYTES],
}

/// Which file it is. Inodes are given again, so the instant it was made belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FileId {
    device: u64,
    inode: u64,
    created_at: SystemTime,
}

/// Every WAL index this process has opened, but those that are deleted. More than one of a file only when it was
/// replaced while it was opened.
static OPENED: LazyLock<Mutex<HashMap<FileId, Vec<File>>>> = LazyLock::new(Mutex::default);

impl Mark {
    /// The state of now; `None` when that cannot be told.
    pub(super) fn read(folder: &DataFolder) -> Option<Self> {
        let mut both = [0; 2 * HEADER_BYTES];
        let file = read_index(&index_path(folder), &mut both).ok()?;
        Self::of(&both, file)
    }

    fn of(both: &[u8; 2 * HEADER_BYTES], file: FileId) -> Option<Self> {
        let (first, second) = both.split_first_chunk::<HEADER_BYTES>()?;
        let version = u32::from_ne_bytes(*first.first_chunk()?);
        let is_whole = first == second && version == VERSION && first[IS_INIT] == 1;
        is_whole.then_some(Self { file, header: *first })
    }
}

impl FileId {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        Ok(Self { device: metadata.dev(), inode: metadata.ino(), created_at: metadata.created()? })
    }
}

fn index_path(folder: &DataFolder) -> PathBuf {
    let mut path = folder.catalog_path().into_os_string();
    path.push("-shm");
    path.into()
}

/// Reads the beginning of the WAL index that is at the path now.
fn read_index(path: &Path, bytes: &mut [u8]) -> io::Result<FileId> {
    let mut opened = OPENED.lock();
    let mut id = FileId::of(&fs::metadata(path)?)?;
    if !opened.contains_key(&id) {
        opened.retain(|_, files| !files.iter().all(is_deleted));
        let file = File::open(path)?;
        // Should this fail, the file must stay open all the same.
        let Ok(found) = file.metadata().and_then(|metadata| FileId::of(&metadata)) else {
            std::mem::forget(file);
            return Err(io::Error::other("what kind of file it is cannot be told"));
        };
        id = found;
        opened.entry(id).or_default().push(file);
    }
    let file = opened.get(&id).and_then(|files| files.first()).ok_or(io::ErrorKind::NotFound)?;
    file.read_exact_at(bytes, 0)?;
    Ok(id)
}

/// SQLite deletes the index with the last connection of all processes: then there are no locks on it.
fn is_deleted(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(change: u8) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..4].copy_from_slice(&VERSION.to_ne_bytes());
        header[8] = change;
        header[IS_INIT] = 1;
        header
    }

    fn mark(first: [u8; HEADER_BYTES], second: [u8; HEADER_BYTES], inode: u64) -> Option<Mark> {
        let both = [first, second].concat().try_into().expect("two headers");
        Mark::of(&both, FileId { device: 1, inode, created_at: SystemTime::UNIX_EPOCH })
    }

    #[test]
    fn a_header_that_is_being_written_or_unknown_is_no_mark() {
        assert!(mark(header(1), header(1), 7).is_some());
        assert_eq!(mark(header(1), header(2), 7), None, "half written");
        assert_eq!(mark([0; HEADER_BYTES], [0; HEADER_BYTES], 7), None, "not filled in");
        let mut other = header(1);
        other[0] ^= 1;
        assert_eq!(mark(other, other, 7), None, "of another version");
    }

    #[test]
    fn marks_differ_by_change_and_file() {
        assert_eq!(mark(header(1), header(1), 7), mark(header(1), header(1), 7));
        assert_ne!(mark(header(1), header(1), 7), mark(header(2), header(2), 7));
        assert_ne!(mark(header(1), header(1), 7), mark(header(1), header(1), 8));
    }
}
