//! From a statement's plan to one that can be run, with no more work than the statement is worth.
//!
//! DataFusion runs all its rules over every plan, and again until nothing changes. Most of them are about joins,
//! aggregates, windows and subqueries; a question for a call by its id spends more time in them than in reading the call.
//! So plans that only choose, filter, order and limit rows of one table are rewritten by the rules that can change
//! those, and physical plans over few rows by fewer still (`planning/rules.rs`). What a rule may do is not changed, only
//! which of them run: the answers are the same.

mod rules;

use std::sync::{Arc, LazyLock};

use arrow::array::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::session_state::SessionState;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::eliminate_filter::EliminateFilter;
use datafusion::optimizer::eliminate_limit::EliminateLimit;
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::propagate_empty_relation::PropagateEmptyRelation;
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::push_down_limit::PushDownLimit;
use datafusion::optimizer::simplify_expressions::SimplifyExpressions;
use datafusion::optimizer::{Optimizer, OptimizerConfig};
use datafusion::physical_plan::{ExecutionPlan, collect, execute_stream};
use datafusion::prelude::DataFrame;

pub(crate) use rules::rules;

/// The rules of DataFusion that can change a plain plan, in its order.
static PLAIN: LazyLock<Optimizer> = LazyLock::new(|| {
    Optimizer::with_rules(vec![
        Arc::new(SimplifyExpressions::new()),
        Arc::new(EliminateFilter::new()),
        Arc::new(EliminateLimit::new()),
        Arc::new(PropagateEmptyRelation::new()),
        Arc::new(PushDownLimit::new()),
        Arc::new(PushDownFilter::new()),
        Arc::new(OptimizeProjections::new()),
    ])
});

/// A plan that can be run.
pub(crate) async fn physical(state: &SessionState, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
    if !is_plain(plan) {
        return state.create_physical_plan(plan).await;
    }
    let analyzed = state.analyzer().execute_and_check(plan.clone(), &state.options(), |_, _| {})?;
    let optimized = PLAIN.optimize(analyzed, state, |_, _| {})?;
    state.query_planner().create_physical_plan(&optimized, state).await
}

/// What running plans of a session need of it. Functions are in the plans already, so their names are left out.
pub(crate) fn task(state: &SessionState) -> Arc<TaskContext> {
    let functions = (Default::default(), Default::default(), Default::default(), Default::default());
    Arc::new(TaskContext::new(
        None,
        state.session_id().to_owned(),
        state.config().clone(),
        functions.0,
        functions.1,
        functions.2,
        functions.3,
        Arc::clone(state.runtime_env()),
    ))
}

/// Runs a plan and gives its batches as they are made.
pub(crate) async fn stream(frame: DataFrame) -> Result<SendableRecordBatchStream> {
    let (state, plan) = frame.into_parts();
    execute_stream(physical(&state, &plan).await?, task(&state))
}

/// Runs a plan to its end.
pub(crate) async fn batches(frame: DataFrame) -> Result<Vec<RecordBatch>> {
    let (state, plan) = frame.into_parts();
    collect(physical(&state, &plan).await?, task(&state)).await
}

/// Whether a plan does no more than choose, filter, order and limit rows of one table.
fn is_plain(plan: &LogicalPlan) -> bool {
    let (input, may_compute) = match plan {
        LogicalPlan::TableScan(_) => return true,
        LogicalPlan::Filter(filter) => (&filter.input, true),
        // What is computed for every row may be worth the rules that find what is computed twice.
        LogicalPlan::Projection(projection) => (&projection.input, false),
        LogicalPlan::Sort(sort) => (&sort.input, false),
        LogicalPlan::Limit(limit) => (&limit.input, false),
        LogicalPlan::SubqueryAlias(alias) => (&alias.input, false),
        _ => return false,
    };
    let mut expressions_are_plain = true;
    let walked = plan.apply_expressions(|expression| {
        expressions_are_plain = is_plain_expression(expression, may_compute);
        Ok(if expressions_are_plain { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    walked.is_ok() && expressions_are_plain && is_plain(input)
}

fn is_plain_expression(expression: &Expr, may_compute: bool) -> bool {
    use datafusion::common::tree_node::TreeNode;
    let is_other = |part: &Expr| match part {
        Expr::Column(_)
        | Expr::Alias(_)
        | Expr::Literal(..)
        | Expr::Placeholder(_)
        | Expr::Not(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::Between(_)
        | Expr::InList(_)
        | Expr::Like(_)
        | Expr::BinaryExpr(_)
        | Expr::Cast(_) => false,
        Expr::ScalarFunction(_) => !may_compute,
        _ => true,
    };
    expression.exists(|part| Ok(is_other(part))).is_ok_and(|other| !other)
}
