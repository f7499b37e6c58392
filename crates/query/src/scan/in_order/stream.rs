//! Reading in rounds.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::datasource::physical_plan::{FileScanConfig, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use futures::{TryStreamExt, stream};

use super::held::Held;
use super::pending::Pending;
use super::{InOrderExec, with_input};

/// Rows of a page of files, nearly always.
const PAGE_ROWS: usize = 8_192;
/// Most pages of a round: what they hold is in memory at once.
const MOST_PAGES: usize = 64;
/// Fewer pages than this are read in one partition.
const FEW_PAGES: usize = 4;
/// Rows handed on at once. Fewer than a page: who has enough says so after each.
const SLICE_ROWS: usize = 1_024;

/// The plan above a scan of files: what is put around each round of it.
type Around = Arc<dyn ExecutionPlan>;

/// What is to be read, taken from the plan it replaces.
pub(super) struct Inputs {
    /// Scans of files, each below what stands around it.
    files: Vec<(Around, Pending)>,
    /// The rest, which is in memory already.
    others: Vec<Arc<dyn ExecutionPlan>>,
}

/// The only scan of files below a chain of plans with one child each.
pub(super) fn file_scan(plan: &Arc<dyn ExecutionPlan>) -> Option<(&FileScanConfig, &ParquetSource)> {
    if let Some(scan) = plan.downcast_ref::<DataSourceExec>() {
        return scan.downcast_to_file_source::<ParquetSource>();
    }
    match plan.children()[..] {
        [only] => file_scan(only),
        _ => None,
    }
}

/// The plan with another scan in the place of its own.
fn over(around: &Around, scan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    match around.children()[..] {
        [only] => with_input(around, over(only, scan)?),
        _ => Ok(scan),
    }
}

/// The branches of a union, or the plan itself.
pub(super) fn branches(plan: &Arc<dyn ExecutionPlan>) -> Vec<&Arc<dyn ExecutionPlan>> {
    if plan.is::<UnionExec>() { plan.children() } else { vec![plan] }
}

pub(super) fn open(plan: &InOrderExec, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
    let mut inputs = Inputs { files: Vec::new(), others: Vec::new() };
    for branch in branches(&plan.input) {
        match file_scan(branch) {
            Some((scan, source)) => {
                inputs.files.push((Arc::clone(branch), Pending::new(scan, source, plan.order)));
            }
            None => inputs.others.push(Arc::clone(branch)),
        }
    }
    let reading = Reading {
        inputs,
        held: Held::new(plan.order, plan.instant),
        next_pages: plan.wanted.div_ceil(PAGE_ROWS).clamp(1, MOST_PAGES),
        pages_read: 0,
        partitions: task.session_config().target_partitions(),
        is_read: false,
        task,
    };
    let rows = stream::try_unfold(reading, |mut reading| async move {
        Ok::<_, DataFusionError>(reading.next().await?.map(|batch| (batch, reading)))
    });
    Ok(Box::pin(RecordBatchStreamAdapter::new(plan.input.schema(), rows)))
}

struct Reading {
    inputs: Inputs,
    held: Held,
    next_pages: usize,
    pages_read: usize,
    partitions: usize,
    /// When nothing is left to read.
    is_read: bool,
    task: Arc<TaskContext>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.held.take(SLICE_ROWS)? {
                return Ok(Some(batch));
            }
            if self.is_read {
                return Ok(None);
            }
            self.read().await?;
        }
    }

    /// One round.
    async fn read(&mut self) -> Result<()> {
        for other in std::mem::take(&mut self.inputs.others) {
            self.hold(other).await?;
        }
        let pages = self.next_pages;
        let partitions = if pages < FEW_PAGES { 1 } else { self.partitions };
        let mut rounds = Vec::new();
        for (around, pending) in &mut self.inputs.files {
            if let Some(scan) = pending.next(pages, partitions).await? {
                rounds.push(over(around, scan)?);
            }
        }
        for round in rounds {
            self.hold(round).await?;
        }
        self.pages_read += pages;
        self.next_pages = self.pages_read.min(MOST_PAGES);
        let least_unread = self.inputs.files.iter().filter_map(|(_, pending)| pending.least_key()).min();
        self.is_read = least_unread.is_none();
        self.held.release(least_unread.unwrap_or(i64::MAX));
        Ok(())
    }

    async fn hold(&mut self, plan: Arc<dyn ExecutionPlan>) -> Result<()> {
        let partitions = plan.properties().partitioning.partition_count();
        let plan: Arc<dyn ExecutionPlan> =
            if partitions > 1 { Arc::new(CoalescePartitionsExec::new(plan)) } else { plan };
        let mut batches = execute_stream(plan, Arc::clone(&self.task))?;
        while let Some(batch) = batches.try_next().await? {
            self.held.push(batch)?;
        }
        Ok(())
    }
}
