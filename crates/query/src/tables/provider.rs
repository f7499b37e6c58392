//! One table of one view behind one wall, as DataFusion sees it.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use callhouse_lake::Lookups;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ToDFSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;

use super::{MemoryRows, SqlTable, Unsettled};
use crate::scan::{
    ACCOUNT, AccountRows, Candidates, FileScan, FileStatistics, Wall, WallExec, Walled, candidates,
    conditions, memory_plan, surviving,
};
use crate::view::ReadView;

#[derive(Debug, Clone)]
pub(crate) struct Provider {
    table: Arc<dyn SqlTable>,
    schema: SchemaRef,
    view: ReadView,
    wall: Option<Wall>,
    lookups: Arc<Lookups>,
    accounts: Arc<AccountRows>,
    store: ObjectStoreUrl,
}

impl Provider {
    pub(crate) fn new(
        table: Arc<dyn SqlTable>,
        view: ReadView,
        wall: Option<Wall>,
        lookups: Arc<Lookups>,
        accounts: Arc<AccountRows>,
        store: ObjectStoreUrl,
    ) -> Self {
        let schema = table.schema();
        Self { table, schema, view, wall, lookups, accounts, store }
    }

    pub(crate) fn view(&self) -> &ReadView {
        &self.view
    }

    pub(crate) fn wall(&self) -> Option<&Wall> {
        self.wall.as_ref()
    }

    fn physical(
        &self,
        state: &dyn Session,
        expression: Option<Expr>,
    ) -> Result<Option<Arc<dyn PhysicalExpr>>> {
        let Some(expression) = expression else { return Ok(None) };
        let schema = Arc::clone(&self.schema).to_dfschema()?;
        state.create_physical_expr(expression, &schema).map(Some)
    }

    fn account_index(&self) -> Result<usize> {
        Ok(self.schema.index_of(ACCOUNT)?)
    }

    /// The rows of files: a plain Parquet scan, behind the wall if there is one.
    async fn settled(
        &self,
        state: &dyn Session,
        columns: &[usize],
        filters: &[Expr],
        unsettled: &Unsettled,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let wall = self.wall.as_ref().map(Wall::expression);
        let pruned_by = conjunction(wall.iter().cloned().chain(filters.iter().cloned()));
        let statistics = self.view.statistics().of(self.table.files());
        let chosen = surviving(&statistics, &self.schema, self.physical(state, pruned_by)?.as_ref());
        let candidates = self.candidates(&statistics, &chosen, filters).await?;
        let mut projection = columns.to_vec();
        if self.wall.is_some() {
            projection.push(self.account_index()?);
        }
        let scan = FileScan {
            table: self.table.files(),
            folder: self.lookups.folder(),
            schema: Arc::clone(&self.schema),
            statistics: &statistics,
            chosen,
            skip: &unsettled.skip,
            candidates: &candidates,
            projection,
            walled: self.walled(state, wall)?,
        };
        let plan = scan.plan(state, &self.store).await?;
        Ok(match (plan, &self.wall) {
            (Some(plan), Some(wall)) => Some(Arc::new(WallExec::try_new(plan, wall.clone())?)),
            (plan, _) => plan,
        })
    }

    fn walled(&self, state: &dyn Session, expression: Option<Expr>) -> Result<Option<Walled<'_>>> {
        let (Some(wall), Some(predicate)) = (&self.wall, self.physical(state, expression)?) else {
            return Ok(None);
        };
        Ok(Some(Walled { wall, predicate, accounts: &self.accounts }))
    }

    /// What the lookup indexes of chosen files say about filters.
    async fn candidates(
        &self,
        statistics: &FileStatistics,
        chosen: &[usize],
        filters: &[Expr],
    ) -> Result<Candidates> {
        let Some(spec) = self.table.files().lookup() else { return Ok(Candidates::default()) };
        let files = chosen.iter().map(|index| Arc::clone(&statistics.files()[*index])).collect();
        candidates(&self.lookups, files, conditions(spec, filters)).await
    }

    /// The rows in memory, those beyond the wall already gone.
    fn in_memory(
        &self,
        state: &dyn Session,
        columns: &[usize],
        unsettled: &Unsettled,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let shown: SchemaRef = Arc::new(self.schema.project(columns)?);
        let mut batches = Vec::new();
        for rows in unsettled.batches.iter().filter(|rows| rows.batch.num_rows() > 0) {
            for visible in self.visible(rows, columns, unsettled.sorted_by_account)? {
                batches.push(visible.with_schema(Arc::clone(&shown))?);
            }
        }
        memory_plan(&batches, shown, state.config().batch_size())
    }

    /// The columns asked for of the rows that count and may be seen.
    pub(crate) fn visible(
        &self,
        rows: &MemoryRows,
        columns: &[usize],
        sorted: bool,
    ) -> Result<Vec<RecordBatch>> {
        let stored = rows.batch.schema();
        let position = |name: &str| stored.index_of(name);
        let mut wanted: Vec<usize> = columns
            .iter()
            .map(|column| position(self.schema.field(*column).name()))
            .collect::<std::result::Result<_, _>>()?;
        wanted.push(position(ACCOUNT)?);
        let (narrow, account) = (rows.batch.project(&wanted)?, columns.len());
        // What counts goes along as a last column, and is looked at where the wall lets through.
        let narrow = match &rows.shown {
            Some(shown) => with_column(&narrow, shown)?,
            None => narrow,
        };
        let walled = match &self.wall {
            Some(wall) if sorted => wall.keep_sorted(&narrow, account)?,
            Some(wall) => vec![wall.keep(&narrow, account)?],
            None => vec![narrow],
        };
        let kept: Vec<usize> = (0..account).collect();
        let visible = walled.iter().map(|batch| match &rows.shown {
            Some(_) => {
                let shown = batch.column(account + 1).as_boolean();
                Ok(filter_record_batch(&batch.project(&kept)?, shown)?)
            }
            None => Ok(batch.project(&kept)?),
        });
        visible.collect()
    }
}

fn with_column(batch: &RecordBatch, shown: &BooleanArray) -> Result<RecordBatch> {
    let field = Arc::new(Field::new("shown", DataType::Boolean, false));
    let fields: Vec<_> = batch.schema().fields().iter().cloned().chain([field]).collect();
    let columns = batch.columns().iter().cloned().chain([Arc::new(shown.clone()) as _]).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

#[async_trait]
impl TableProvider for Provider {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Used here to choose files; the filters themselves reach the scans as physical expressions.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns: Vec<usize> =
            projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let shown: Schema = self.schema.project(&columns)?;
        if self.wall.as_ref().is_some_and(Wall::is_closed) {
            return Ok(Arc::new(EmptyExec::new(Arc::new(shown))));
        }
        let unsettled = self
            .table
            .unsettled(&self.view)
            .await
            .map_err(|error| DataFusionError::External(Box::new(error)))?;
        let settled = self.settled(state, &columns, filters, &unsettled).await?;
        let in_memory = self.in_memory(state, &columns, &unsettled)?;
        Ok(match (settled, in_memory) {
            (Some(settled), Some(in_memory)) => UnionExec::try_new(vec![settled, in_memory])?,
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => Arc::new(EmptyExec::new(Arc::new(shown))),
        })
    }
}
