//! Which plans read calls in order of their start.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;

use super::stream::{branches, file_scan};
use super::{ByStart, InOrderExec, STARTED_AT, with_input};
use crate::scan::{WallExec, file_rows};

/// More rows than this are sorted by reading all that match: in order, one stream reads them.
const MOST_WANTED: usize = 100_000;
/// Fewer rows than this are read at once.
const FEW_ROWS: usize = 16_384;

/// Puts [`InOrderExec`] below sorts of few calls of one account by their start.
#[derive(Debug)]
pub(crate) struct InOrder;

impl PhysicalOptimizerRule for InOrder {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down(|plan| match in_order(&plan)? {
            Some(rewritten) => Ok(Transformed::yes(rewritten)),
            None => Ok(Transformed::no(plan)),
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "InOrder"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether a plan has such a reading in it.
pub(crate) fn reads_in_order(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.is::<InOrderExec>() || plan.children().into_iter().any(reads_in_order)
}

fn in_order(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(sort) = plan.downcast_ref::<SortExec>() else { return Ok(None) };
    let Some(wanted) = sort.fetch().filter(|fetch| *fetch <= MOST_WANTED) else { return Ok(None) };
    let first = sort.expr().first();
    let Some(column) = first.expr.downcast_ref::<Column>() else { return Ok(None) };
    let order = ByStart { options: first.options };
    let Some(input) = below(sort.input(), column.index(), order, wanted)? else { return Ok(None) };
    let sort = SortExec::new(sort.expr().clone(), input)
        .with_fetch(sort.fetch())
        .with_preserve_partitioning(sort.preserve_partitioning());
    Ok(Some(Arc::new(sort)))
}

/// The plan with its calls read in order; `None` when they cannot be. `column` is the index of the sort's first key.
fn below(
    plan: &Arc<dyn ExecutionPlan>,
    column: usize,
    order: ByStart,
    wanted: usize,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let (input, column) = if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let projection = filter.projection().as_ref();
        (filter.input(), projection.map_or(column, |columns| columns[column]))
    } else if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        let Some(source) = projection.expr()[column].expr.downcast_ref::<Column>() else { return Ok(None) };
        (projection.input(), source.index())
    } else if let Some(dealt) = plan.downcast_ref::<RepartitionExec>() {
        return below(dealt.input(), column, order, wanted);
    } else if let Some(gathered) = plan.downcast_ref::<CoalescePartitionsExec>() {
        return below(gathered.input(), column, order, wanted);
    } else if are_calls_of_one_account(plan, column) && file_rows(plan) > FEW_ROWS {
        return Ok(Some(Arc::new(InOrderExec::new(Arc::clone(plan), column, order, wanted))));
    } else {
        return Ok(None);
    };
    match below(input, column, order, wanted)? {
        Some(input) => with_input(plan, input).map(Some),
        None => Ok(None),
    }
}

/// Whether the plan is the reading of `calls` behind the wall of one account.
fn are_calls_of_one_account(plan: &Arc<dyn ExecutionPlan>, column: usize) -> bool {
    let is_start = plan.schema().fields().get(column).is_some_and(|field| field.name() == STARTED_AT);
    let is_walled = |branch: &&Arc<dyn ExecutionPlan>| {
        let of_one = |wall: &WallExec| wall.wall().accounts().len() == 1;
        file_scan(branch).is_some() && branch.downcast_ref::<WallExec>().is_some_and(of_one)
    };
    let branches = branches(plan);
    let files = branches.iter().filter(|branch| file_scan(branch).is_some()).count();
    is_start && files > 0 && branches.iter().copied().filter(|branch| is_walled(branch)).count() == files
}
