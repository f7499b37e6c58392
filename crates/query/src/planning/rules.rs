//! The rules that physical plans go through.

use std::sync::Arc;

use datafusion::config::ConfigOptions;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::{PhysicalOptimizer, PhysicalOptimizerContext};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

use crate::scan::{InOrder, RowsExec, WallExec};

/// The rule of DataFusion that brings sorts down to their sources.
const PUSHDOWN_SORT: &str = "PushdownSort";

/// DataFusion's rules, with ours behind the last of those that move sorts and limits; none of them for a plan that
/// has nothing to gain.
pub(crate) fn rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = PhysicalOptimizer::new().rules;
    let last = rules.iter().rposition(|rule| rule.name() == PUSHDOWN_SORT);
    rules.insert(last.map_or(rules.len(), |last| last + 1), Arc::new(InOrder));
    vec![Arc::new(AsNeeded { rules })]
}

/// Rules, for plans that need any.
#[derive(Debug)]
struct AsNeeded {
    rules: Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>,
}

impl PhysicalOptimizerRule for AsNeeded {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if is_ready(&plan) {
            return Ok(plan);
        }
        self.rules.iter().try_fold(plan, |plan, rule| rule.optimize(plan, config))
    }

    fn optimize_with_context(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        context: &dyn PhysicalOptimizerContext,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if is_ready(&plan) {
            return Ok(plan);
        }
        self.rules.iter().try_fold(plan, |plan, rule| rule.optimize_with_context(plan, context))
    }

    fn name(&self) -> &'static str {
        "AsNeeded"
    }

    fn schema_check(&self) -> bool {
        // Some of DataFusion's rules make columns that are never null nullable, or the other way round.
        false
    }
}

/// Whether a plan can be run as it was made, and no rule could spare much: it is one stream of few rows, chosen by an
/// index or in memory, that are filtered, projected, sorted and limited.
fn is_ready(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let is_one_stream = plan.output_partitioning().partition_count() == 1;
    let is_chain = plan.is::<FilterExec>()
        || plan.is::<ProjectionExec>()
        || plan.is::<WallExec>()
        || plan.is::<SortExec>()
        || plan.is::<GlobalLimitExec>()
        || plan.is::<LocalLimitExec>();
    let is_source = plan.is::<RowsExec>()
        || plan.is::<EmptyExec>()
        || plan
            .downcast_ref::<DataSourceExec>()
            .is_some_and(|source| source.data_source().downcast_ref::<MemorySourceConfig>().is_some());
    is_one_stream && (is_source || is_chain && plan.children().into_iter().all(is_ready))
}
