//! Reads chosen rows of files: few of them, in many places, as the lookup indexes name them.
//!
//! DataFusion's scan makes a decompressor for each column of each row group and pass. That costs as much as what is
//! decompressed when a page is read for a row or two: half of what calls by number took. Here a thread has one
//! decompressor (`rows/decompress.rs`), all row groups of a file are one stream of pages (`rows/fetched.rs`), all pages of
//! a file are fetched at once, on this thread if the system has them in memory (`rows/near.rs`), and each is decoded once. Nothing is filtered: filters stand above, behind the wall (TEN-1).

mod decompress;
mod fetched;
mod near;

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use callhouse_lake::DataFolder;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
    SendableRecordBatchStream,
};
use futures::{StreamExt, TryStreamExt, stream};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, RowSelection};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::file::metadata::PageIndexPolicy;

pub(super) use fetched::{has_any, ranges};

use fetched::Wanted;
use near::NearFiles;

/// A file and the rows to read of it.
#[derive(Debug, Clone)]
pub(super) struct RowsOfFile {
    pub(super) file: PartitionedFile,
    pub(super) rows: RowSelection,
}

/// Where files are read: with what is known of them, and without waiting if that can be.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    readers: Arc<dyn ParquetFileReaderFactory>,
    near: NearFiles,
}

impl Sources {
    pub(super) fn new(readers: Arc<dyn ParquetFileReaderFactory>, folder: &DataFolder) -> Self {
        Self { readers, near: NearFiles::new(folder) }
    }

    pub(super) fn open(
        &self,
        file: &PartitionedFile,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        self.readers.create_reader(0, file.clone(), file.metadata_size_hint, metrics)
    }
}

/// The chosen rows of files, partition by partition.
#[derive(Debug)]
pub(crate) struct RowsExec {
    partitions: Vec<Arc<[RowsOfFile]>>,
    /// At most so many rows are read.
    row_count: usize,
    from: Sources,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl RowsExec {
    /// Reads the columns of `schema`.
    pub(super) fn new(
        partitions: Vec<Vec<RowsOfFile>>,
        row_count: usize,
        from: Sources,
        schema: SchemaRef,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(partitions.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let partitions = partitions.into_iter().map(Arc::from).collect();
        Self { partitions, row_count, from, schema, properties: Arc::new(properties) }
    }

    pub(super) fn row_count(&self) -> usize {
        self.row_count
    }
}

impl DisplayAs for RowsExec {
    fn fmt_as(&self, _form: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.partitions.iter().flat_map(|partition| partition.iter());
        let files: Vec<&str> = files.map(|of| of.file.object_meta.location.as_ref()).collect();
        write!(out, "RowsExec: rows={}, files=[{}]", self.row_count, files.join(", "))
    }
}

impl ExecutionPlan for RowsExec {
    fn name(&self) -> &'static str {
        "RowsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn statistics_from_inputs(
        &self,
        _inputs: &[Arc<Statistics>],
        _args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = Precision::Inexact(self.row_count);
        Ok(Arc::new(statistics))
    }

    fn execute(&self, partition: usize, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let files = Arc::clone(&self.partitions[partition]);
        let (from, schema) = (self.from.clone(), Arc::clone(&self.schema));
        let batch_rows = task.session_config().batch_size();
        let read = move |index: usize| {
            let (files, from, schema) = (Arc::clone(&files), from.clone(), Arc::clone(&schema));
            async move { read(&files[index], &from, &schema, batch_rows).await }
        };
        let batches = stream::iter(0..self.partitions[partition].len())
            .then(read)
            .map_ok(|batches| stream::iter(batches.into_iter().map(Ok)))
            .try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches)))
    }
}

/// The rows of a file, of the columns of a schema.
pub(super) async fn read(
    of: &RowsOfFile,
    from: &Sources,
    schema: &SchemaRef,
    batch_rows: usize,
) -> Result<Vec<RecordBatch>> {
    let mut reader = from.open(&of.file, &ExecutionPlanMetricsSet::new())?;
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let metadata = reader.get_metadata(Some(&options)).await?;
    let wanted = Wanted::of(metadata, schema, &of.rows)?;
    let ranges = wanted.byte_ranges();
    let bytes = match from.near.read(&of.file.object_meta.location, &ranges) {
        Some(bytes) => bytes,
        // Also says what is wrong, if something is.
        None => reader.get_byte_ranges(ranges).await?,
    };
    let mut batches = Vec::new();
    for batch in wanted.decode(bytes, batch_rows)? {
        batches.push(shown(&batch?, schema)?);
    }
    Ok(batches)
}

/// The columns of the schema, in its order; null where a file has none.
fn shown(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let column = |field: &arrow::datatypes::FieldRef| -> Result<ArrayRef> {
        match batch.column_by_name(field.name()) {
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => Ok(cast(column, field.data_type())?),
            None if field.is_nullable() => Ok(new_null_array(field.data_type(), batch.num_rows())),
            None => Err(DataFusionError::Internal(format!("a file has no column {}", field.name()))),
        }
    };
    let columns = schema.fields().iter().map(column).collect::<Result<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
