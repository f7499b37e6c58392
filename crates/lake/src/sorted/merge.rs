//! The merge of sorted inputs into one sorted stream, a batch of every input in memory at a time.

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::row::{Row, Rows};

use super::SortKeys;
use crate::error::Error;
use crate::read::BATCH_ROWS;
use crate::table::Table;

/// Batches of rows that are in the order of a table's sort columns, within a batch and from one to the next.
pub(crate) type Input = Box<dyn Iterator<Item = Result<RecordBatch, Error>>>;

/// An iterator over the merged batches. An input that is out of order is an error: silently, its rows would be
/// where no reader looks for them.
pub(crate) struct SortedMerge {
    keys: SortKeys,
    cursors: Vec<Cursor>,
    /// Batches the picked rows are in.
    batches: Vec<RecordBatch>,
    picks: Vec<(usize, usize)>,
}

struct Cursor {
    input: Input,
    keys: Rows,
    /// Index in `batches`.
    batch: usize,
    row: usize,
}

impl Cursor {
    fn key(&self) -> Row<'_> {
        self.keys.row(self.row)
    }
}

impl SortedMerge {
    pub(crate) fn new(table: Table, inputs: Vec<Input>) -> Result<Self, Error> {
        let mut merge = Self {
            keys: SortKeys::of(table)?,
            cursors: Vec::with_capacity(inputs.len()),
            batches: Vec::new(),
            picks: Vec::with_capacity(BATCH_ROWS),
        };
        for mut input in inputs {
            if let Some((batch, keys)) = merge.next_of(&mut input, None)? {
                merge.batches.push(batch);
                merge.cursors.push(Cursor { input, keys, batch: merge.batches.len() - 1, row: 0 });
            }
        }
        Ok(merge)
    }

    /// The next batch with rows of an input, checked to be in order and not before the `last` one's end.
    fn next_of(&self, input: &mut Input, last: Option<&Rows>) -> Result<Option<(RecordBatch, Rows)>, Error> {
        loop {
            let Some(batch) = input.next().transpose()? else { return Ok(None) };
            if batch.num_rows() == 0 {
                continue;
            }
            let keys = self.keys.rows(&batch)?;
            let follows = last.is_none_or(|last| last.row(last.num_rows() - 1) <= keys.row(0));
            let ascends = (1..keys.num_rows()).all(|row| keys.row(row - 1) <= keys.row(row));
            if follows && ascends {
                return Ok(Some((batch, keys)));
            }
            return Err(Error::Invalid { what: "a file is not in the order of its table".to_owned() });
        }
    }

    fn least(&self) -> Option<usize> {
        let mut least: Option<usize> = None;
        for (at, cursor) in self.cursors.iter().enumerate() {
            if least.is_none_or(|least| cursor.key() < self.cursors[least].key()) {
                least = Some(at);
            }
        }
        least
    }

    /// Picks the least row of all cursors; false when there is none left.
    fn pick(&mut self) -> Result<bool, Error> {
        let Some(least) = self.least() else { return Ok(false) };
        let cursor = &mut self.cursors[least];
        self.picks.push((cursor.batch, cursor.row));
        cursor.row += 1;
        if cursor.row < cursor.keys.num_rows() {
            return Ok(true);
        }
        let mut cursor = self.cursors.swap_remove(least);
        if let Some((batch, keys)) = self.next_of(&mut cursor.input, Some(&cursor.keys))? {
            self.batches.push(batch);
            self.cursors.push(Cursor { input: cursor.input, keys, batch: self.batches.len() - 1, row: 0 });
        }
        Ok(true)
    }

    /// The picked rows as a batch; batches that no cursor stands in are let go.
    fn flush(&mut self) -> Result<RecordBatch, Error> {
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let merged = interleave_record_batch(&batches, &self.picks)
            .map_err(|source| Error::Arrow { operation: "merge", source })?;
        self.picks.clear();
        let mut kept = Vec::with_capacity(self.cursors.len());
        for cursor in &mut self.cursors {
            kept.push(self.batches[cursor.batch].clone());
            cursor.batch = kept.len() - 1;
        }
        self.batches = kept;
        Ok(merged)
    }
}

impl Iterator for SortedMerge {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.picks.len() < BATCH_ROWS {
            match self.pick() {
                Ok(true) => {}
                Ok(false) if self.picks.is_empty() => return None,
                Ok(false) => break,
                Err(error) => return Some(Err(error)),
            }
        }
        Some(self.flush())
    }
}
