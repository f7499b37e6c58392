//! Rows that were read and wait for their turn.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::error::{DataFusionError, Result};

use super::ByInstant;

/// One batch, and its rows in order.
#[derive(Debug)]
struct Waiting {
    batch: RecordBatch,
    /// (key, row), ascending.
    rows: Vec<(i64, usize)>,
    /// How many of `rows` are gone.
    gone: usize,
}

/// What was read and not handed on.
#[derive(Debug)]
pub(super) struct Held {
    order: ByInstant,
    instant: usize,
    waiting: Vec<Waiting>,
    /// (key, batch, row) of those whose turn it is, ascending, and how many of them are gone.
    ready: Vec<(i64, usize, usize)>,
    ready_gone: usize,
}

impl Held {
    pub(super) fn new(order: ByInstant, instant: usize) -> Self {
        Self { order, instant, waiting: Vec::new(), ready: Vec::new(), ready_gone: 0 }
    }

    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<()> {
        let instants = batch.column(self.instant).as_primitive_opt::<TimestampMicrosecondType>();
        let wrong = || DataFusionError::Internal(format!("{} is no instant", self.order.column));
        let instants = instants.ok_or_else(wrong)?;
        let key = |row: usize| self.order.key(instants.is_valid(row).then(|| instants.value(row)));
        let mut rows: Vec<(i64, usize)> = (0..batch.num_rows()).map(|row| (key(row), row)).collect();
        rows.sort_unstable();
        self.waiting.push(Waiting { batch, rows, gone: 0 });
        Ok(())
    }

    /// Says that no row still to be read has a smaller key.
    pub(super) fn release(&mut self, up_to: i64) {
        self.waiting.retain(|held| held.gone < held.rows.len());
        self.ready.clear();
        self.ready_gone = 0;
        for (index, held) in self.waiting.iter_mut().enumerate() {
            let rest = &held.rows[held.gone..];
            let count = rest.partition_point(|(key, _)| *key <= up_to);
            self.ready.extend(rest[..count].iter().map(|(key, row)| (*key, index, *row)));
            held.gone += count;
        }
        self.ready.sort_unstable();
    }

    /// At most so many of the released rows; `None` when there are no more.
    pub(super) fn take(&mut self, most: usize) -> Result<Option<RecordBatch>> {
        let rest = &self.ready[self.ready_gone..];
        let taken = &rest[..rest.len().min(most)];
        if taken.is_empty() {
            return Ok(None);
        }
        let batches: Vec<&RecordBatch> = self.waiting.iter().map(|held| &held.batch).collect();
        let rows: Vec<(usize, usize)> = taken.iter().map(|(_, batch, row)| (*batch, *row)).collect();
        self.ready_gone += rows.len();
        Ok(Some(interleave_record_batch(&batches, &rows)?))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, TimestampMicrosecondArray};
    use arrow::compute::SortOptions;

    use super::*;

    fn batch(starts: &[Option<i64>]) -> RecordBatch {
        let column: ArrayRef = Arc::new(TimestampMicrosecondArray::from(starts.to_vec()));
        RecordBatch::try_from_iter([("started_at", column)]).expect("a batch")
    }

    fn taken(held: &mut Held, most: usize) -> Vec<Option<i64>> {
        let mut starts = Vec::new();
        while let Some(batch) = held.take(most).expect("rows") {
            assert!(batch.num_rows() <= most);
            starts.extend(batch.column(0).as_primitive::<TimestampMicrosecondType>().iter());
        }
        starts
    }

    #[test]
    fn each_row_is_handed_on_once_and_in_order() {
        let options = SortOptions { descending: true, nulls_first: false };
        let order = ByInstant { column: "started_at", options };
        let mut held = Held::new(order, 0);
        held.push(batch(&[Some(1), Some(7), None])).expect("rows");
        held.push(batch(&[Some(9), Some(7), Some(3)])).expect("rows");
        held.release(!7);
        assert_eq!(taken(&mut held, 2), [Some(9), Some(7), Some(7)]);
        // Of the same start as what was released, read later.
        held.push(batch(&[Some(7), Some(2)])).expect("rows");
        held.release(!3);
        assert_eq!(taken(&mut held, 8), [Some(7), Some(3)]);
        held.release(i64::MAX);
        assert_eq!(taken(&mut held, 1), [Some(2), Some(1), None]);
        held.release(i64::MAX);
        assert_eq!(taken(&mut held, 1), []);
    }
}
