//! What a caller may ask: one statement that reads. Everything not named here is refused.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{DataFrame, SessionContext};

use crate::error::Error;
use crate::scope::Scope;

/// Longest statement read, in bytes. The time to plan grows with it.
const MAX_STATEMENT_BYTES: usize = 1 << 20;

/// Plans a caller's statement; nothing of it is run here.
pub(crate) async fn plan(session: &SessionContext, scope: &Scope, sql: &str) -> Result<DataFrame, Error> {
    if sql.len() > MAX_STATEMENT_BYTES {
        return Err(Error::Statement { reason: format!("longer than {MAX_STATEMENT_BYTES} bytes") });
    }
    let state = session.state();
    let plan = state.create_logical_plan(sql).await.map_err(Error::of_statement)?;
    check(&plan, scope)?;
    Ok(DataFrame::new(state, plan))
}

/// Refuses plans that do more than read, wherever in the plan or in a subquery of it.
fn check(plan: &LogicalPlan, scope: &Scope) -> Result<(), Error> {
    let mut refused = None;
    let walk = plan.apply_with_subqueries(|node| {
        refused = refusal(node, scope);
        Ok::<_, DataFusionError>(if refused.is_some() {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    walk.map_err(Error::of_statement)?;
    match refused {
        Some(reason) => Err(Error::Statement { reason: reason.to_owned() }),
        None => Ok(()),
    }
}

fn refusal(node: &LogicalPlan, scope: &Scope) -> Option<&'static str> {
    match node {
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Aggregate(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Join(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Union(_)
        | LogicalPlan::TableScan(_)
        | LogicalPlan::EmptyRelation(_)
        | LogicalPlan::Subquery(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Values(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::DescribeTable(_)
        | LogicalPlan::Unnest(_)
        | LogicalPlan::RecursiveQuery(_) => None,
        // The counters of a run and the statistics of files cover rows of every account (TEN-1).
        LogicalPlan::Explain(explain) if explain.verbose && *scope != Scope::All => {
            Some("EXPLAIN VERBOSE is for administrators")
        }
        LogicalPlan::Analyze(_) if *scope != Scope::All => Some("EXPLAIN ANALYZE is for administrators"),
        LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => None,
        LogicalPlan::Dml(_) => Some("callhouse is read only: no INSERT, UPDATE or DELETE"),
        LogicalPlan::Ddl(_) => Some("callhouse is read only: no CREATE or DROP"),
        LogicalPlan::Copy(_) => Some("callhouse is read only: no COPY"),
        LogicalPlan::Statement(_) => Some("only queries are answered: no SET, PREPARE or transactions"),
        LogicalPlan::Extension(_) => Some("only queries are answered"),
    }
}
