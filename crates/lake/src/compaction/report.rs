//! What compaction says it has done.

use super::{Change, count};
use crate::file::NewFile;

/// What a step or a whole compaction has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CompactionReport {
    /// Commits made; 0 means that nothing was due.
    pub commits: u64,
    /// Records that became settled.
    pub settled_rows: u64,
    /// Late rows joined into settled records.
    pub late_rows: u64,
    pub removed_files: u64,
    pub added_files: u64,
    pub written_bytes: u64,
}

impl CompactionReport {
    /// The report of one commit.
    pub(super) fn of(change: &Change) -> Self {
        let bytes = |file: &NewFile| u64::try_from(file.file_size_bytes).unwrap_or(0);
        Self {
            commits: 1,
            settled_rows: change.settled_rows,
            late_rows: change.late_rows,
            removed_files: count(change.remove.len()),
            added_files: count(change.add.len()),
            written_bytes: change.add.iter().map(bytes).sum(),
        }
    }

    pub fn add(&mut self, other: Self) {
        self.commits += other.commits;
        self.settled_rows += other.settled_rows;
        self.late_rows += other.late_rows;
        self.removed_files += other.removed_files;
        self.added_files += other.added_files;
        self.written_bytes += other.written_bytes;
    }
}
