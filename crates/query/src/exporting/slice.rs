//! Reading a slice: into memory as files have it, which is nearly always the order wanted, and sorted where it is not.
//! One with more rows than fit is sorted by DataFusion, on disk if it must.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use datafusion::prelude::DataFrame;
use futures::TryStreamExt;

use super::slices::Slice;
use super::{Matching, failed};
use crate::error::Error;
use crate::scan::texts;

/// Rows handed on at once.
const BATCH_ROWS: usize = 8_192;

/// The rows of a slice, in order.
pub(super) enum Reading {
    InOrder(VecDeque<RecordBatch>),
    /// (batch, row) in order.
    Sorted {
        batches: Vec<RecordBatch>,
        rows: Vec<(usize, usize)>,
        gone: usize,
    },
    Large(SendableRecordBatchStream),
}

impl Reading {
    /// The next rows; `None` after the last.
    pub(super) async fn next(&mut self) -> std::result::Result<Option<RecordBatch>, Error> {
        match self {
            Self::InOrder(batches) => Ok(batches.pop_front()),
            Self::Large(stream) => stream.try_next().await.map_err(failed),
            Self::Sorted { batches, rows, gone } => {
                let next = &rows[*gone..rows.len().min(*gone + BATCH_ROWS)];
                if next.is_empty() {
                    return Ok(None);
                }
                let from: Vec<&RecordBatch> = batches.iter().collect();
                let batch = interleave_record_batch(&from, next).map_err(|error| failed(error.into()))?;
                *gone += next.len();
                Ok(Some(batch))
            }
        }
    }
}

/// Reads a slice, holding at most so many bytes of it.
pub(super) async fn read(
    matching: &Matching,
    slice: &Slice,
    most_bytes: usize,
) -> std::result::Result<Reading, Error> {
    let rows = matching.all().await?.filter(slice.filter(matching.question.time)).map_err(failed)?;
    let rows = matching.selected(rows)?;
    match gather(stream(&rows).await.map_err(failed)?, most_bytes).await.map_err(failed)? {
        Some(batches) => in_order(batches).map_err(failed),
        None => {
            let sorted = rows.sort(matching.order()).map_err(failed)?;
            Ok(Reading::Large(stream(&sorted).await.map_err(failed)?))
        }
    }
}

async fn stream(frame: &DataFrame) -> Result<SendableRecordBatchStream> {
    let plan = frame.clone().create_physical_plan().await?;
    let partitions = plan.properties().partitioning.partition_count();
    let plan: Arc<dyn ExecutionPlan> =
        if partitions > 1 { Arc::new(CoalescePartitionsExec::new(plan)) } else { plan };
    execute_stream(plan, Arc::new(frame.task_ctx()))
}

/// All batches; `None` when they are too many.
async fn gather(
    mut stream: SendableRecordBatchStream,
    most_bytes: usize,
) -> Result<Option<Vec<RecordBatch>>> {
    let mut batches = Vec::new();
    let mut bytes = 0;
    while let Some(batch) = stream.try_next().await? {
        if batch.num_rows() == 0 {
            continue;
        }
        bytes += batch.get_array_memory_size();
        if bytes > most_bytes {
            return Ok(None);
        }
        batches.push(batch);
    }
    Ok(Some(batches))
}

/// What orders the rows of a batch: the first three columns.
struct Keys {
    accounts: StringArray,
    /// Whether there is no instant, and the instant: those without come last.
    times: Vec<(bool, i64)>,
    keys: StringArray,
}

impl Keys {
    fn of(batch: &RecordBatch) -> Result<Self> {
        let times = batch.column(1).as_primitive_opt::<TimestampMicrosecondType>();
        let times =
            times.ok_or_else(|| DataFusionError::Internal("rows are ordered by no instant".to_owned()))?;
        let time = |row| (times.is_null(row), if times.is_null(row) { 0 } else { times.value(row) });
        Ok(Self {
            accounts: texts(batch, 0)?.clone(),
            times: (0..batch.num_rows()).map(time).collect(),
            keys: texts(batch, 2)?.clone(),
        })
    }

    fn row(&self, row: usize) -> (&str, (bool, i64), &str) {
        (self.accounts.value(row), self.times[row], self.keys.value(row))
    }
}

fn in_order(batches: Vec<RecordBatch>) -> Result<Reading> {
    let keys: Vec<Keys> = batches.iter().map(Keys::of).collect::<Result<_>>()?;
    let mut rows: Vec<(usize, usize)> = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for (index, batch) in batches.iter().enumerate() {
        rows.extend((0..batch.num_rows()).map(|row| (index, row)));
    }
    let key = |place: &(usize, usize)| keys[place.0].row(place.1);
    if rows.is_sorted_by_key(key) {
        return Ok(Reading::InOrder(batches.into()));
    }
    // The sort of the standard library merges runs that are sorted, as those of files are.
    rows.sort_by(|left, right| key(left).cmp(&key(right)));
    Ok(Reading::Sorted { batches, rows, gone: 0 })
}
