//! Turns the records of its input into terms of a sum, one row each (`callhouse_lake::sums`).

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use callhouse_core::Timestamp;
use callhouse_lake::sums::{Dimension, Sign};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::StreamExt;

/// Which terms, and which columns of them.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) sign: Sign,
    pub(crate) dimension: &'static Dimension,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) columns: Vec<usize>,
}

impl Terms {
    pub(crate) fn of(&self, records: &RecordBatch) -> Result<RecordBatch> {
        Ok(self.dimension.terms(records, self.from, self.to, self.sign, &self.columns)?)
    }
}

#[derive(Debug)]
pub(crate) struct TermsExec {
    input: Arc<dyn ExecutionPlan>,
    terms: Terms,
    properties: Arc<PlanProperties>,
}

impl TermsExec {
    /// Terms of the records of `input`, which has the columns of [`Dimension::record_columns`].
    pub(crate) fn try_new(input: Arc<dyn ExecutionPlan>, terms: Terms) -> Result<Self> {
        let schema = Arc::new(terms.dimension.schema().project(&terms.columns)?);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(input.properties().partitioning.partition_count()),
            input.properties().emission_type,
            input.properties().boundedness,
        );
        Ok(Self { input, terms, properties: Arc::new(properties) })
    }
}

impl DisplayAs for TermsExec {
    fn fmt_as(&self, _form: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "TermsExec: dimension={}, sign={:?}, from={}, to={}",
            self.terms.dimension.name(),
            self.terms.sign,
            self.terms.from.to_rfc3339(),
            self.terms.to.to_rfc3339()
        )
    }
}

impl ExecutionPlan for TermsExec {
    fn name(&self) -> &'static str {
        "TermsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
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
            Some(input) => Ok(Arc::new(Self::try_new(input, self.terms.clone())?)),
            None => Err(DataFusionError::Internal("TermsExec was given no input".to_owned())),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let terms = self.terms.clone();
        let records = self.input.execute(partition, task)?;
        let summed = records.map(move |batch| terms.of(&batch?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), summed)))
    }
}
