//! `unique_callers(from, to)`: how many different callers the inbound calls started in `[from, to)` have.
//!
//! One row, whose column `callers` is what
//! `SELECT count(*) FROM (SELECT caller FROM call_sums('caller', $from, $to) GROUP BY caller HAVING sum(calls) > 0)`
//! says: the same months, edges and overlay, counted as numbers where that groups texts.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use callhouse_core::Timestamp;
use callhouse_lake::sums::{self, CallerCount, Callers};
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::plan_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
    SendableRecordBatchStream, execute_stream,
};
use futures::{TryStreamExt, stream};

use super::RecordSums;
use super::provider::{Parts, SumsProvider};
use crate::table_functions::Arguments;

/// The function's name in SQL.
pub(crate) const NAME: &str = "unique_callers";

/// The function in one session.
#[derive(Debug, Clone)]
pub(crate) struct UniqueCallers {
    sums: RecordSums,
}

impl UniqueCallers {
    pub(crate) const fn new(sums: RecordSums) -> Self {
        Self { sums }
    }
}

impl TableFunctionImpl for UniqueCallers {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let arguments = Arguments::of(&args);
        if arguments.count() != 2 {
            return plan_err!("{NAME} takes two instants: {NAME}(FROM, TO)");
        }
        let (Some(from), Some(to)) = (arguments.instant(0), arguments.instant(1)) else {
            return plan_err!("the range of {NAME} must be two instants, written out or as parameters");
        };
        let RecordSums { records, reader, .. } = self.sums.clone();
        let callers = SumsProvider::new(records, Some(reader), sums::callers(), from, to);
        Ok(Arc::new(CallersProvider { callers }))
    }
}

#[derive(Debug)]
struct CallersProvider {
    callers: SumsProvider,
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("callers", DataType::Int64, false)]))
}

#[async_trait]
impl TableProvider for CallersProvider {
    fn schema(&self) -> SchemaRef {
        schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Parts { whole, months, terms, edges } = self.callers.callers(state).await?;
        let count: Arc<dyn ExecutionPlan> = Arc::new(CallersExec::new(whole, months, terms, edges));
        let Some(columns) = projection.filter(|columns| columns.as_slice() != [0]) else { return Ok(count) };
        let column = |index: &usize| {
            let column = datafusion::physical_expr::expressions::Column::new("callers", *index);
            (Arc::new(column) as Arc<dyn PhysicalExpr>, "callers".to_owned())
        };
        Ok(Arc::new(ProjectionExec::try_new(columns.iter().map(column).collect::<Vec<_>>(), count)?))
    }
}

/// Counts the callers of months, of terms at hand, and of the terms that its inputs make.
#[derive(Debug)]
struct CallersExec {
    whole: Option<(Timestamp, Timestamp)>,
    months: Arc<Vec<Arc<Vec<Callers>>>>,
    terms: Arc<Vec<RecordBatch>>,
    edges: Vec<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
}

impl CallersExec {
    fn new(
        whole: Option<(Timestamp, Timestamp)>,
        months: Vec<Arc<Vec<Callers>>>,
        terms: Vec<RecordBatch>,
        edges: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        let (months, terms) = (Arc::new(months), Arc::new(terms));
        Self { whole, months, terms, edges, properties: Arc::new(properties) }
    }
}

impl DisplayAs for CallersExec {
    fn fmt_as(&self, _form: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = self.whole.map(|(start, end)| format!("{}..{}", start.to_rfc3339(), end.to_rfc3339()));
        write!(out, "CallersExec: months=[{}]", range.unwrap_or_default())
    }
}

impl ExecutionPlan for CallersExec {
    fn name(&self) -> &'static str {
        "CallersExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.edges.iter().collect()
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.edges.len()]
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
        Ok(Arc::new(Self {
            whole: self.whole,
            months: Arc::clone(&self.months),
            terms: Arc::clone(&self.terms),
            edges: children,
            properties: Arc::clone(&self.properties),
        }))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options =
            ReplaceChildrenOptions::new(datafusion::physical_plan::ChildrenPropertiesMode::Recompute);
        self.replace_children(children, options)
    }

    fn execute(&self, _partition: usize, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (whole, months, terms) = (self.whole, Arc::clone(&self.months), Arc::clone(&self.terms));
        let edges = self.edges.clone();
        let counting = async move { count(whole, &months, &terms, edges, task).await };
        let rows = stream::once(counting);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema(), rows)))
    }
}

async fn count(
    whole: Option<(Timestamp, Timestamp)>,
    months: &[Arc<Vec<Callers>>],
    terms: &[RecordBatch],
    edges: Vec<Arc<dyn ExecutionPlan>>,
    task: Arc<TaskContext>,
) -> Result<RecordBatch> {
    let failed = |error: callhouse_lake::Error| DataFusionError::External(Box::new(error));
    let memory = MemoryConsumer::new(NAME).register(task.memory_pool());
    let mut count = CallerCount::default();
    for batch in terms {
        count.add(batch).map_err(failed)?;
    }
    for edge in edges {
        let edge: Arc<dyn ExecutionPlan> = match edge.properties().partitioning.partition_count() {
            1 => edge,
            _ => Arc::new(CoalescePartitionsExec::new(edge)),
        };
        let mut batches = execute_stream(edge, Arc::clone(&task))?;
        while let Some(batch) = batches.try_next().await? {
            count.add(&batch).map_err(failed)?;
            memory.try_resize(count.size_bytes())?;
        }
    }
    let months: Vec<&Callers> = months.iter().flat_map(|months| months.iter()).collect();
    let merged: usize = months.iter().map(|month| month.merged_bytes()).sum();
    // A sort needs half as much again.
    memory.try_resize(count.size_bytes() + merged + merged / 2)?;
    let (start, end) = whole.unwrap_or((Timestamp(0), Timestamp(0)));
    let callers = i64::try_from(count.finish(&months, start, end)).unwrap_or(i64::MAX);
    Ok(RecordBatch::try_new(schema(), vec![Arc::new(Int64Array::from(vec![callers]))])?)
}
