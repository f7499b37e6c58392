//! Plans the reading of sums: whole buckets from files and overlay, the edges from the records.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use async_trait::async_trait;
use callhouse_core::Timestamp;
use callhouse_lake::DataFile;
use callhouse_lake::sums::{self, Callers, Dimension, Sign, SumsReader};
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::{TableType, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, ident, lit};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;

use super::cover::Cover;
use super::terms::{Terms, TermsExec};
use crate::named::instant;
use crate::scan::memory_plan;
use crate::tables::{self, MemoryRows};

#[derive(Debug)]
pub(crate) struct SumsProvider {
    records: tables::Provider,
    /// `None` when every record is to be read.
    reader: Option<SumsReader>,
    dimension: &'static Dimension,
    from: Timestamp,
    to: Timestamp,
}

/// Callers as months name them, as terms at hand, and as terms to be read.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) whole: Option<(Timestamp, Timestamp)>,
    pub(super) months: Vec<Arc<Vec<Callers>>>,
    pub(super) terms: Vec<RecordBatch>,
    pub(super) edges: Vec<Arc<dyn ExecutionPlan>>,
}

impl SumsProvider {
    pub(crate) fn new(
        records: tables::Provider,
        reader: Option<SumsReader>,
        dimension: &'static Dimension,
        from: Timestamp,
        to: Timestamp,
    ) -> Self {
        Self { records, reader, dimension, from, to }
    }

    /// The sums of the settled files in a range of whole buckets; `None` when a file carries none.
    async fn settled(&self, start: Timestamp, end: Timestamp) -> Result<Option<Vec<RecordBatch>>> {
        let dimension = self.dimension;
        self.of_files(start, end, move |reader, file, accounts| {
            let rows = reader.rows(file, dimension, accounts)?;
            Ok(rows.map(|rows| rows.iter().map(|rows| between(rows, start, end)).collect()))
        })
        .await
    }

    /// What is made of the sums of each settled file of months; `None` when a file carries none.
    async fn of_files<T: Send + 'static>(
        &self,
        start: Timestamp,
        end: Timestamp,
        of_file: impl Fn(
            &SumsReader,
            &DataFile,
            Option<&[String]>,
        ) -> Result<Option<Vec<T>>, callhouse_lake::Error>
        + Send
        + 'static,
    ) -> Result<Option<Vec<T>>> {
        let Some(reader) = self.reader.clone() else { return Ok(None) };
        let months = start.utc_month()..=Timestamp(end.micros() - 1).utc_month();
        let table = self.dimension.family().settled();
        let files = self.records.view().snapshot().files.get(&table).into_iter().flatten();
        let files: Vec<Arc<DataFile>> =
            files.filter(|file| file.month.is_some_and(|month| months.contains(&month))).cloned().collect();
        let accounts = self.records.wall().map(|wall| wall.accounts().to_vec());
        let read = move || {
            let mut all = Vec::new();
            for file in files {
                let Some(made) = of_file(&reader, &file, accounts.as_deref())? else { return Ok(None) };
                all.extend(made);
            }
            Ok(Some(all))
        };
        let read = tokio::task::spawn_blocking(read).await;
        let read = read.map_err(|error| DataFusionError::External(Box::new(error)))?;
        read.map_err(|error: callhouse_lake::Error| DataFusionError::External(Box::new(error)))
    }

    /// The callers of the range, not counted yet.
    pub(super) async fn callers(&self, state: &dyn Session) -> Result<Parts> {
        let columns = sums::counted_columns();
        let terms =
            |from, to, sign| Terms { sign, dimension: self.dimension, from, to, columns: columns.clone() };
        let mut parts = Parts::default();
        let mut edges = vec![(self.from, self.to, Sign::Plus)];
        let cover = Cover::of(self.dimension.bucket(), self.from, self.to);
        if let Some((start, end)) = cover.whole
            && let Some(months) = self.of_files(start, end, SumsReader::callers).await?
        {
            parts.months = months;
            parts.terms = self.unsettled(|sign| terms(start, end, sign)).await?;
            parts.whole = cover.whole;
            edges = cover.edges;
        }
        for (from, to, sign) in edges.into_iter().filter(|(from, to, _)| from < to) {
            parts.edges.push(self.read(state, terms(from, to, sign)).await?);
        }
        Ok(parts)
    }

    /// What the overlay adds to and takes from the sums of the files.
    async fn unsettled(&self, terms: impl Fn(Sign) -> Terms) -> Result<Vec<RecordBatch>> {
        let overlay = self.records.view().overlay(self.dimension.family()).await;
        let overlay = overlay.map_err(|error| DataFusionError::External(Box::new(error)))?;
        let mut batches = Vec::new();
        let added = overlay.rows.iter().map(|rows| (MemoryRows::from(rows), Sign::Plus));
        let taken = overlay.replaced.iter().map(|rows| (MemoryRows::from(rows.clone()), Sign::Minus));
        for (rows, sign) in added.chain(taken) {
            let terms = terms(sign);
            let columns = self.record_columns(&terms)?;
            for visible in self.records.visible(&rows, &columns, true)? {
                batches.push(terms.of(&visible)?);
            }
        }
        Ok(batches)
    }

    /// The columns of the records that terms are made of, in order.
    fn record_columns(&self, terms: &Terms) -> Result<Vec<usize>> {
        let schema = self.records.schema();
        let names = self.dimension.record_columns(&terms.columns).into_iter();
        let mut columns = names.map(|name| Ok(schema.index_of(name)?)).collect::<Result<Vec<_>>>()?;
        columns.sort_unstable();
        Ok(columns)
    }

    /// Terms of the records with an instant in `[from, to)`, settled or not, read one by one.
    async fn read(&self, state: &dyn Session, terms: Terms) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = self.record_columns(&terms)?;
        let family = self.dimension.family();
        let instant_of = || ident(family.began());
        let source = provider_as_source(Arc::new(self.records.clone()));
        let mut plan = LogicalPlanBuilder::scan(family.settled().name(), source, Some(columns))?
            .filter(instant_of().gt_eq(at(terms.from)).and(instant_of().lt(at(terms.to))))?;
        if let Some(direction) = self.dimension.direction() {
            plan = plan.filter(ident("direction").eq(lit(direction)))?;
        }
        let records = state.create_physical_plan(&plan.build()?).await?;
        Ok(Arc::new(TermsExec::try_new(records, terms)?))
    }
}

fn at(instant_at: Timestamp) -> Expr {
    lit(instant(Some(instant_at.micros())))
}

/// The rows of sums, which are in order of `at`, with `at` in `[start, end)`.
fn between(rows: &RecordBatch, start: Timestamp, end: Timestamp) -> RecordBatch {
    let buckets = rows.column(1).as_primitive::<TimestampMicrosecondType>().values();
    let first = buckets.partition_point(|at| *at < start.micros());
    let last = buckets.partition_point(|at| *at < end.micros());
    rows.slice(first, last - first)
}

#[async_trait]
impl TableProvider for SumsProvider {
    fn schema(&self) -> SchemaRef {
        self.dimension.schema()
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
        let columns = projection.cloned().unwrap_or_else(|| (0..self.schema().fields().len()).collect());
        let shown: SchemaRef = Arc::new(self.schema().project(&columns)?);
        let terms =
            |from, to, sign| Terms { sign, dimension: self.dimension, from, to, columns: columns.clone() };
        let mut parts: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        let mut edges = vec![(self.from, self.to, Sign::Plus)];
        let cover = Cover::of(self.dimension.bucket(), self.from, self.to);
        if let Some((start, end)) = cover.whole
            && let Some(settled) = self.settled(start, end).await?
        {
            let mut batches = Vec::with_capacity(settled.len());
            for batch in settled.iter().filter(|batch| batch.num_rows() > 0) {
                batches.push(batch.project(&columns)?);
            }
            batches.extend(self.unsettled(|sign| terms(start, end, sign)).await?);
            parts.extend(memory_plan(&batches, Arc::clone(&shown), state.config().batch_size())?);
            edges = cover.edges;
        }
        for (from, to, sign) in edges.into_iter().filter(|(from, to, _)| from < to) {
            parts.push(self.read(state, terms(from, to, sign)).await?);
        }
        match parts.len() {
            0 => Ok(Arc::new(EmptyExec::new(shown))),
            1 => Ok(parts.swap_remove(0)),
            _ => UnionExec::try_new(parts),
        }
    }
}
