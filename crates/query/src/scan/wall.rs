//! The account wall (TEN-1): what keeps the rows of one account from the questions of another.
//!
//! It stands in three places. The Parquet scan has it as the first conjunct of its predicate, so that a caller's
//! expressions are evaluated only on rows that may be seen. [`WallExec`] above the scan checks every batch again,
//! because the scan drops its row filters with no more than a log line when it cannot build one of them. Rows in
//! memory are filtered before they enter a plan.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, col, lit};
use datafusion::physical_expr::projection::ProjectionMapping;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::filter_pushdown::{FilterDescription, FilterPushdownPhase};
use datafusion::physical_plan::sort_pushdown::SortOrderPushdownResult;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::StreamExt;

use crate::scope::Scope;

/// The column that says whose a row is, in every table.
pub(crate) const ACCOUNT: &str = "account";

/// The accounts whose rows may pass, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wall {
    accounts: Arc<[String]>,
}

impl Wall {
    /// The wall of a scope; `None` when it sees everything.
    pub(crate) fn of(scope: &Scope) -> Option<Self> {
        let names = scope.names()?;
        Some(Self { accounts: names.into_iter().map(str::to_owned).collect() })
    }

    /// True when nothing passes.
    pub(crate) fn is_closed(&self) -> bool {
        self.accounts.is_empty()
    }

    /// The accounts whose rows may pass, sorted, each once.
    pub(crate) fn accounts(&self) -> &[String] {
        &self.accounts
    }

    /// The wall as an expression over the account column.
    pub(crate) fn expression(&self) -> Expr {
        match &*self.accounts {
            [one] => col(ACCOUNT).eq(lit(one.clone())),
            several => {
                col(ACCOUNT).in_list(several.iter().map(|account| lit(account.clone())).collect(), false)
            }
        }
    }

    fn lets_through(&self, account: &str) -> bool {
        self.accounts.binary_search_by(|known| known.as_str().cmp(account)).is_ok()
    }

    /// As [`Wall::keep`], of a batch that is sorted by account: looks at the rows that may be seen only.
    pub(crate) fn keep_sorted(&self, batch: &RecordBatch, account: usize) -> Result<Vec<RecordBatch>> {
        let accounts = texts(batch, account)?;
        let first_not = |below: &dyn Fn(&str) -> bool| partition_point(accounts, below);
        let slices = self.accounts.iter().map(|wanted| {
            let start = first_not(&|account| account < wanted.as_str());
            let end = first_not(&|account| account <= wanted.as_str());
            batch.slice(start, end.saturating_sub(start))
        });
        slices.filter(|slice| slice.num_rows() > 0).map(|slice| self.keep(&slice, account)).collect()
    }

    /// The rows of a batch that may be seen. `account` is the index of the account column.
    pub(crate) fn keep(&self, batch: &RecordBatch, account: usize) -> Result<RecordBatch> {
        let accounts = texts(batch, account)?;
        if let Some(only) = only_value(accounts) {
            let rows = if self.lets_through(only) { batch.num_rows() } else { 0 };
            return Ok(batch.slice(0, rows));
        }
        let may_pass = |row: usize| accounts.is_valid(row) && self.lets_through(accounts.value(row));
        let mask = BooleanArray::from_iter((0..accounts.len()).map(|row| Some(may_pass(row))));
        if mask.true_count() == batch.num_rows() {
            return Ok(batch.clone());
        }
        Ok(filter_record_batch(batch, &mask)?)
    }
}

/// A column that must be text.
pub(crate) fn texts(batch: &RecordBatch, column: usize) -> Result<&StringArray> {
    let texts = batch.column(column).as_any().downcast_ref::<StringArray>();
    texts.ok_or_else(|| {
        DataFusionError::Internal(format!("{} is not text", batch.schema_ref().field(column).name()))
    })
}

/// The value that all rows of a column have, as nearly always one account's rows lie together; `None` when they have
/// several, or none.
fn only_value(values: &StringArray) -> Option<&str> {
    if values.is_empty() || values.null_count() > 0 {
        return None;
    }
    let first = values.value(0);
    let offsets = values.value_offsets();
    let mut lengths = offsets.iter().zip(&offsets[1..]).map(|(start, end)| end - start);
    let length = i32::try_from(first.len()).ok()?;
    let (start, end) = (usize::try_from(*offsets.first()?).ok()?, usize::try_from(*offsets.last()?).ok()?);
    let bytes = values.value_data().get(start..end)?;
    // Values of one length repeat the first one when each byte is that of the value before.
    let repeats = || bytes.get(first.len()..) == bytes.get(..bytes.len() - first.len());
    (lengths.all(|other| other == length) && repeats()).then_some(first)
}

/// The number of leading values for which `below` holds.
fn partition_point(values: &StringArray, below: &dyn Fn(&str) -> bool) -> usize {
    let (mut least, mut most) = (0, values.len());
    while least < most {
        let middle = least + (most - least) / 2;
        if below(values.value(middle)) { least = middle + 1 } else { most = middle }
    }
    least
}

/// Lets through the rows a [`Wall`] lets through. Its input has the output's columns and the account column last.
#[derive(Debug, Clone)]
pub(crate) struct WallExec {
    input: Arc<dyn ExecutionPlan>,
    wall: Wall,
    properties: Arc<PlanProperties>,
}

impl WallExec {
    /// A wall over `input`, whose last column is the account.
    pub(crate) fn try_new(input: Arc<dyn ExecutionPlan>, wall: Wall) -> Result<Self> {
        let properties = Arc::new(properties_without_last_column(&input)?);
        Ok(Self { input, wall, properties })
    }

    /// Whose rows are let through.
    pub(crate) fn wall(&self) -> &Wall {
        &self.wall
    }

    fn over(&self, input: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self::try_new(input, self.wall.clone())?))
    }
}

fn without_last_column(schema: &SchemaRef) -> SchemaRef {
    let kept = schema.fields().len().saturating_sub(1);
    Arc::new(Schema::new(schema.fields().iter().take(kept).cloned().collect::<Vec<_>>()))
}

fn properties_without_last_column(input: &Arc<dyn ExecutionPlan>) -> Result<PlanProperties> {
    let schema = without_last_column(&input.schema());
    let kept: Vec<usize> = (0..schema.fields().len()).collect();
    let mapping = ProjectionMapping::from_indices(&kept, &input.schema())?;
    let of_input: &EquivalenceProperties = input.properties().equivalence_properties();
    let equivalences = of_input.project(&mapping, schema);
    let partitions = input.properties().partitioning.partition_count();
    Ok(PlanProperties::new(
        equivalences,
        datafusion::physical_expr::Partitioning::UnknownPartitioning(partitions),
        input.properties().emission_type,
        input.properties().boundedness,
    ))
}

impl DisplayAs for WallExec {
    fn fmt_as(&self, _form: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "WallExec: accounts=[{}]", self.wall.accounts.join(", "))
    }
}

impl ExecutionPlan for WallExec {
    fn name(&self) -> &'static str {
        "WallExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
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
            Some(input) => self.over(input),
            None => Err(DataFusionError::Internal("WallExec was given no input".to_owned())),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let wall = self.wall.clone();
        let account = self.input.schema().fields().len().saturating_sub(1);
        let kept: Vec<usize> = (0..account).collect();
        let checked = self.input.execute(partition, task)?.map(move |batch| {
            let batch = wall.keep(&batch?, account)?;
            Ok(batch.project(&kept)?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), checked)))
    }

    fn gather_filters_for_pushdown(
        &self,
        _phase: FilterPushdownPhase,
        parent_filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterDescription> {
        // The scan puts what it is handed behind the predicate it has, which starts with the wall.
        FilterDescription::from_children(parent_filters, &self.children())
    }

    fn try_pushdown_sort(
        &self,
        order: &[PhysicalSortExpr],
    ) -> Result<SortOrderPushdownResult<Arc<dyn ExecutionPlan>>> {
        // Sort keys refer to columns by index, and the input has the same columns at the same indexes.
        Ok(match self.input.try_pushdown_sort(order)? {
            SortOrderPushdownResult::Exact { inner } => {
                SortOrderPushdownResult::Exact { inner: self.over(inner)? }
            }
            SortOrderPushdownResult::Inexact { inner } => {
                SortOrderPushdownResult::Inexact { inner: self.over(inner)? }
            }
            SortOrderPushdownResult::Unsupported => SortOrderPushdownResult::Unsupported,
        })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array};
    use callhouse_core::AccountId;
    use datafusion::datasource::memory::MemorySourceConfig;
    use datafusion::physical_plan::collect;
    use datafusion::prelude::SessionContext;

    use super::*;

    fn wall(names: &[&str]) -> Wall {
        let accounts = names.iter().map(|name| AccountId::new(name).expect("an account name"));
        Wall::of(&Scope::Accounts(accounts.collect())).expect("a wall")
    }

    fn rows() -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4, 5]));
        let accounts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "b", "c", "d"]));
        RecordBatch::try_from_iter([("n", numbers), (ACCOUNT, accounts)]).expect("rows")
    }

    fn numbers(batches: &[RecordBatch]) -> Vec<i64> {
        let column = |batch: &RecordBatch| {
            let column = batch.column(0).as_any().downcast_ref::<Int64Array>();
            column.expect("numbers").values().to_vec()
        };
        batches.iter().flat_map(column).collect()
    }

    #[test]
    fn ten_1_sorted_rows_are_cut_at_the_accounts() {
        for (names, wanted) in [
            (vec!["b"], vec![2, 3]),
            (vec!["d", "a"], vec![1, 5]),
            (vec!["aa"], vec![]),
            (vec!["a", "b", "c", "d"], vec![1, 2, 3, 4, 5]),
        ] {
            let kept = wall(&names).keep_sorted(&rows(), 1).expect("rows");
            assert_eq!(numbers(&kept), wanted, "{names:?}");
        }
    }

    #[test]
    fn a_value_that_all_rows_have_is_seen_and_no_other() {
        let of = |values: &[Option<&str>]| only_value(&StringArray::from(values.to_vec())).map(str::to_owned);
        assert_eq!(of(&[Some("ab"); 3]).as_deref(), Some("ab"));
        assert_eq!(of(&[Some(""); 3]).as_deref(), Some(""));
        assert_eq!(of(&[Some("a")]).as_deref(), Some("a"));
        for other in [
            &[Some("ab"), Some("ab"), Some("ac")][..],
            &[Some("aa"), Some("a"), Some("aaa")],
            &[Some("ab"), None, Some("ab")],
            &[Some("ab"), Some("ba")],
            &[None, None],
            &[],
        ] {
            assert_eq!(of(other), None, "{other:?}");
        }
        let sliced = StringArray::from(vec!["x", "ab", "ab", "y"]).slice(1, 2);
        assert_eq!(only_value(&sliced), Some("ab"));
    }

    #[test]
    fn ten_1_rows_of_one_account_pass_or_do_not() {
        for (rows, wanted) in [(rows().slice(1, 2), 2), (rows().slice(4, 1), 0), (rows().slice(2, 3), 1)] {
            assert_eq!(wall(&["b"]).keep(&rows, 1).expect("rows").num_rows(), wanted);
        }
    }

    /// The scan below filters too, so only this sees what stands behind it.
    #[tokio::test]
    async fn ten_1_the_wall_checks_what_a_scan_lets_through() {
        let input = MemorySourceConfig::try_new_exec(&[vec![rows()]], rows().schema(), None).expect("a scan");
        let plan = WallExec::try_new(input, wall(&["b", "d"])).expect("a plan");
        let kept = collect(Arc::new(plan), SessionContext::new().task_ctx()).await.expect("rows");
        assert_eq!(numbers(&kept), [2, 3, 5]);
        assert_eq!(kept[0].num_columns(), 1);
    }
}
