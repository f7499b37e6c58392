//! Records read in order of the instant they began, as far as somebody wants them: `ORDER BY started_at … LIMIT n` reads
//! the pages of files that hold the newest calls (or the oldest) and stops, instead of reading all that match and sorting
//! them. Text messages are read so by `created_at`.
//!
//! Settled files are sorted by account and that instant, so within one account the page index says of each page of
//! rows between which instants it lies. Pages are read in rounds, the ones at the wanted end first, each round as many as all
//! before it; after a round, every row up to the nearest end of a page not yet read is in its place and is handed on.
//! That holds however pages, files and the rows in memory overlap. How a filter thins the rows is not known
//! beforehand; the rounds grow until the sort above has what it needs, or everything is read.
//!
//! - `in_order/rule.rs`: which plans read like this;
//! - `in_order/pages.rs`: the pages of a file that can matter;
//! - `in_order/pending.rs`: what is still to be read, nearest end first;
//! - `in_order/held.rs`: what was read and is not yet handed on;
//! - `in_order/stream.rs`: the rounds.
//!
//! A round is the scan it stands for with other row selections: same predicate, same wall (TEN-1).

mod held;
mod pages;
mod pending;
mod rule;
mod stream;

use std::fmt;
use std::sync::Arc;

use arrow::compute::SortOptions;
use callhouse_lake::Table;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions, SendableRecordBatchStream,
};

pub(crate) use rule::{InOrder, reads_in_order};

/// An order by an instant. Instants become keys that ascend in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByInstant {
    /// The column that files are sorted by within an account.
    column: &'static str,
    options: SortOptions,
}

impl ByInstant {
    /// An order by the column of this name; `None` when no settled files are sorted by it.
    fn new(name: &str, options: SortOptions) -> Option<Self> {
        let column = Table::ALL.into_iter().filter_map(Table::month_column).find(|column| *column == name)?;
        Some(Self { column, options })
    }

    fn key(self, micros: Option<i64>) -> i64 {
        match micros {
            None if self.options.nulls_first => i64::MIN,
            None => i64::MAX,
            // Complement reverses the order and cannot overflow.
            Some(micros) if self.options.descending => !micros,
            Some(micros) => micros,
        }
    }

    /// The key that no row between two instants, some of them perhaps unknown, comes before.
    fn least_key(self, least: Option<i64>, greatest: Option<i64>, may_have_nulls: bool) -> i64 {
        let (Some(least), Some(greatest)) = (least, greatest) else { return i64::MIN };
        let nearest = self.key(Some(if self.options.descending { greatest } else { least }));
        if may_have_nulls { nearest.min(self.key(None)) } else { nearest }
    }
}

/// The rows of its input, which must be those of one account, in order of their instant.
#[derive(Debug)]
struct InOrderExec {
    input: Arc<dyn ExecutionPlan>,
    /// Index of the instant among the columns.
    instant: usize,
    order: ByInstant,
    /// Rows that will be asked for, if no filter takes some away.
    wanted: usize,
    properties: Arc<PlanProperties>,
}

impl InOrderExec {
    fn new(input: Arc<dyn ExecutionPlan>, instant: usize, order: ByInstant, wanted: usize) -> Self {
        let key: Arc<dyn PhysicalExpr> = Arc::new(Column::new(order.column, instant));
        let sorted = [PhysicalSortExpr::new(key, order.options)];
        // What is constant in the input still is.
        let mut known: EquivalenceProperties = input.properties().equivalence_properties().clone();
        known.clear_orderings();
        known.add_ordering(sorted);
        let properties = PlanProperties::new(
            known,
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { input, instant, order, wanted, properties: Arc::new(properties) }
    }
}

/// A plan of one input over another one.
fn with_input(
    plan: &Arc<dyn ExecutionPlan>,
    input: Arc<dyn ExecutionPlan>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
    Arc::clone(plan).replace_children(vec![input], options)
}

impl DisplayAs for InOrderExec {
    fn fmt_as(&self, _form: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.order.options.descending { "newest" } else { "oldest" };
        write!(out, "InOrderExec: {end} first")
    }
}

impl ExecutionPlan for InOrderExec {
    fn name(&self) -> &'static str {
        "InOrderExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match children.into_iter().next() {
            Some(input) => Ok(Arc::new(Self::new(input, self.instant, self.order, self.wanted))),
            None => Err(DataFusionError::Internal("InOrderExec was given no input".to_owned())),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, _partition: usize, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        stream::open(self, task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(descending: bool, nulls_first: bool) -> ByInstant {
        ByInstant { column: "started_at", options: SortOptions { descending, nulls_first } }
    }

    #[test]
    fn keys_ascend_in_the_order_asked_for() {
        for (order, instants) in [
            (order(false, true), [None, Some(-1), Some(5)]),
            (order(false, false), [Some(-1), Some(5), None]),
            (order(true, true), [None, Some(5), Some(-1)]),
            (order(true, false), [Some(5), Some(-1), None]),
        ] {
            let keys = instants.map(|at| order.key(at));
            assert!(keys.is_sorted(), "{order:?}: {keys:?}");
        }
    }

    #[test]
    fn no_row_comes_before_the_least_key_of_its_page() {
        assert_eq!(order(true, false).least_key(Some(3), Some(9), true), !9);
        assert_eq!(order(true, true).least_key(Some(3), Some(9), true), i64::MIN);
        assert_eq!(order(true, true).least_key(Some(3), Some(9), false), !9);
        assert_eq!(order(false, false).least_key(Some(3), Some(9), true), 3);
        assert_eq!(order(false, false).least_key(None, None, false), i64::MIN, "nothing is known");
    }
}
