//! Chunks: the rows of one offset range of one partition, from decoding to the commit.

use arrow::array::RecordBatch;
use callhouse_core::position::OffsetRange;
use callhouse_core::webhook::Fact;
use callhouse_lake::{Flush, Table};

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
    /// At most one of a table, each with rows.
    pub(crate) rows: Vec<TableRows>,
    /// What webhooks are to announce once these rows are committed.
    pub(crate) facts: Vec<Fact>,
    pub(crate) counts: Counts,
    /// Shared with the hot rows.
    pub(crate) flush: Flush,
    pub(crate) held: Held,
}

/// Rows of one table.
#[derive(Debug)]
pub(crate) struct TableRows {
    pub(crate) table: Table,
    pub(crate) batch: RecordBatch,
    /// Per row, of recent tables: a later chunk that waits for the same commit says all of it and more. Empty when there
    /// is none such.
    pub(crate) superseded: Vec<bool>,
}

impl Chunk {
    pub(crate) fn row_count(&self) -> usize {
        self.rows.iter().map(|rows| rows.batch.num_rows()).sum()
    }

    pub(crate) fn of(&self, table: Table) -> Option<&TableRows> {
        self.rows.iter().find(|rows| rows.table == table)
    }

    pub(crate) fn supersede(&mut self, address: RowAddress) {
        let Some(rows) = self.rows.iter_mut().find(|rows| rows.table == address.table) else { return };
        rows.superseded.resize(rows.batch.num_rows(), false);
        if let Some(superseded) = rows.superseded.get_mut(address.row) {
            *superseded = true;
        }
    }
}

impl TableRows {
    pub(crate) fn new(table: Table, batch: RecordBatch) -> Self {
        Self { table, batch, superseded: Vec::new() }
    }

    /// Rows that no later chunk repeats.
    pub(crate) fn kept(&self) -> usize {
        self.batch.num_rows() - self.superseded.iter().filter(|superseded| **superseded).count()
    }
}
