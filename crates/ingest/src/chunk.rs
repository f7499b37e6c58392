//! Chunks: the rows of one offset range of one partition, from decoding to the commit.

use arrow::array::RecordBatch;
use callhouse_core::position::OffsetRange;
use callhouse_core::webhook::Fact;
use callhouse_lake::Flush;

use crate::gate::Held;
use crate::open_records::RowAddress;

/// How many of what a chunk has taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) messages: u64,
    pub(crate) events: u64,
    pub(crate) rejections: u64,
}

impl Counts {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            events: self.events + other.events,
            rejections: self.rejections + other.rejections,
        }
    }
}

/// Rows that are hot and wait for a commit. Hot rows and waiting chunk share the columns.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Position among the chunks of its partition, see [`RowAddress`].
    pub(crate) number: u64,
    pub(crate) range: OffsetRange,
    /// Offsets retention took within the range.
    pub(crate) holes: Vec<OffsetRange>,
    pub(crate) events: RecordBatch,
    pub(crate) calls: RecordBatch,
    pub(crate) rejections: RecordBatch,
    /// Per row of `calls`: a later chunk that waits for the same commit says all of it and more.
    pub(crate) superseded: Vec<bool>,
    /// What webhooks are to announce once these rows are committed.
    pub(crate) facts: Vec<Fact>,
    pub(crate) counts: Counts,
    /// Shared with the hot rows.
    pub(crate) flush: Flush,
    pub(crate) held: Held,
}

impl Chunk {
    pub(crate) fn rows(&self) -> usize {
        self.events.num_rows() + self.calls.num_rows() + self.rejections.num_rows()
    }

    pub(crate) fn supersede(&mut self, address: RowAddress) {
        if let Some(superseded) = self.superseded.get_mut(address.row) {
            *superseded = true;
        }
    }
}
