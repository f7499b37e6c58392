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

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::time::SystemTime;

use crate::folder::DataFolder;

const HEADER_BYTES: usize = 48;
/// `WALINDEX_MAX_VERSION`, in the byte order of the machine.
const VERSION: u32 = 3_007_000;
/// Where the header says that it was filled in.
const IS_INIT: usize = 12;

/// A state of the database. Two that are equal are of the same state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    inode: u64,
    created_at: SystemTime,
    header: [u8; HEADER_BYTES],
}

impl Mark {
    /// The state of now; `None` when that cannot be told.
    pub(super) fn read(folder: &DataFolder) -> Option<Self> {
        let mut path = folder.catalog_path().into_os_string();
        path.push("-shm");
        let file = File::open(path).ok()?;
        let mut both = [0; 2 * HEADER_BYTES];
        file.read_exact_at(&mut both, 0).ok()?;
        let metadata = file.metadata().ok()?;
        Self::of(&both, metadata.ino(), metadata.created().ok()?)
    }

    fn of(both: &[u8; 2 * HEADER_BYTES], inode: u64, created_at: SystemTime) -> Option<Self> {
        let (first, second) = both.split_first_chunk::<HEADER_BYTES>()?;
        let version = u32::from_ne_bytes(*first.first_chunk()?);
        let is_whole = first == second && version == VERSION && first[IS_INIT] == 1;
        is_whole.then_some(Self { inode, created_at, header: *first })
    }
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
        Mark::of(&both, inode, SystemTime::UNIX_EPOCH)
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
