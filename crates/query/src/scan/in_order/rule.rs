//! Which plans read records in order of the instant they began.

use std::sync::Arc;

use arrow::compute::SortOptions;
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
use datafusion::physical_plan::union::UnionExec;

use super::stream::{branches, file_scan};
use super::{ByInstant, InOrderExec, with_input};
use crate::scan::{WallExec, file_rows};

/// More rows than this are sorted by reading all that match: in order, one stream reads them.
const MOST_WANTED: usize = 100_000;
/// Fewer rows than this are read at once.
const FEW_ROWS: usize = 16_384;

/// Puts [`InOrderExec`] below sorts of few records of one account by the instant they began.
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
    let Some(input) = below(sort.input(), column.index(), first.options, wanted)? else { return Ok(None) };
    let sort = SortExec::new(sort.expr().clone(), input)
        .with_fetch(sort.fetch())
        .with_preserve_partitioning(sort.preserve_partitioning());
    Ok(Some(Arc::new(sort)))
}

/// The plan with its records read in order; `None` when they cannot be. `column` is the index of the sort's first key.
fn below(
    plan: &Arc<dyn ExecutionPlan>,
    column: usize,
    options: SortOptions,
    wanted: usize,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if plan.is::<WallExec>() || plan.is::<UnionExec>() {
        let order = order_within_account(plan, column, options).filter(|_| file_rows(plan) > FEW_ROWS);
        let exec = |order| Arc::new(InOrderExec::new(Arc::clone(plan), column, order, wanted)) as _;
        return Ok(order.map(exec));
    }
    let (input, column) = if let Some(dealt) = plan.downcast_ref::<RepartitionExec>() {
        return below(dealt.input(), column, options, wanted);
    } else if let Some(gathered) = plan.downcast_ref::<CoalescePartitionsExec>() {
        return below(gathered.input(), column, options, wanted);
    } else if let Some(source) = source(plan, column) {
        source
    } else {
        return Ok(None);
    };
    match below(input, column, options, wanted)? {
        Some(input) => with_input(plan, input).map(Some),
        None => Ok(None),
    }
}

/// The order by a column, if the plan is the reading of files behind the wall of one account, and that column one by
/// which they are sorted there.
fn order_within_account(
    plan: &Arc<dyn ExecutionPlan>,
    column: usize,
    options: SortOptions,
) -> Option<ByInstant> {
    let of_files = branches(plan).into_iter().filter(|branch| file_scan(branch).is_some());
    let mut names = of_files.map(|branch| column_of_one_account(branch, column));
    let name = names.next()??;
    let is_same = names.all(|other| other.as_ref() == Some(&name));
    is_same.then(|| ByInstant::new(&name, options)).flatten()
}

/// The name that a column has in files, if they are read behind the wall of one account.
fn column_of_one_account(plan: &Arc<dyn ExecutionPlan>, column: usize) -> Option<String> {
    if let Some(wall) = plan.downcast_ref::<WallExec>() {
        let name = plan.schema().fields().get(column)?.name().clone();
        return (wall.wall().accounts().len() == 1).then_some(name);
    }
    let (input, column) = source(plan, column)?;
    column_of_one_account(input, column)
}

/// The input of a filter or a projection, and which of its columns a column is.
fn source(plan: &Arc<dyn ExecutionPlan>, column: usize) -> Option<(&Arc<dyn ExecutionPlan>, usize)> {
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let projection = filter.projection().as_ref();
        return Some((filter.input(), projection.map_or(column, |columns| columns[column])));
    }
    let projection = plan.downcast_ref::<ProjectionExec>()?;
    let source = projection.expr()[column].expr.downcast_ref::<Column>()?;
    Some((projection.input(), source.index()))
}
