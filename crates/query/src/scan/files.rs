//! A plain Parquet scan over chosen files, and a scan over rows in memory.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{SchemaRef, UInt64Type};
use callhouse_lake::overlay::Skip;
use callhouse_lake::{DataFile, Table};
use datafusion::catalog::Session;
use datafusion::common::config::TableParquetOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::physical_plan::parquet::{CachedParquetFileReaderFactory, ParquetRowSelection};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_expr::{Partitioning, PhysicalExpr};
use datafusion::physical_plan::ExecutionPlan;
use object_store::ObjectMeta;
use parquet::arrow::arrow_reader::RowSelection;

use super::lookup::Candidates;
use super::reader::IndexedReaders;
use super::rows::{RowsExec, RowsOfFile};
use super::statistics::FileStatistics;
use crate::session::file_location;

/// No more candidates than this, in all files together, are read row by row and filtered afterwards.
const FEW_ROWS: usize = 32_768;

/// What to read of the live files of a table.
pub(crate) struct FileScan<'a> {
    pub(crate) table: Table,
    pub(crate) schema: SchemaRef,
    pub(crate) statistics: &'a FileStatistics,
    /// Indexes into the files of `statistics`.
    pub(crate) chosen: Vec<usize>,
    pub(crate) skip: &'a Skip,
    pub(crate) candidates: &'a Candidates,
    pub(crate) projection: Vec<usize>,
    /// Applied row by row by the scan.
    pub(crate) predicate: Option<Arc<dyn PhysicalExpr>>,
}

impl FileScan<'_> {
    /// The scan, or `None` when no row is left to read.
    pub(crate) fn plan(
        mut self,
        state: &dyn Session,
        store: &ObjectStoreUrl,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let files = self.statistics.files();
        let mut chosen = std::mem::take(&mut self.chosen);
        chosen.retain(|index| files.get(*index).is_some_and(|file| self.rows_left(file) > 0));
        self.chosen = chosen;
        if self.chosen.is_empty() {
            return Ok(None);
        }
        // Newest months first: a page of the latest calls then stops reading at the first of them.
        self.chosen.sort_by_key(|index| std::cmp::Reverse((files[*index].month, files[*index].data_file_id)));
        let rows: usize = self.chosen.iter().map(|index| self.rows_left(&files[*index])).sum();
        let groups = self.groups(state.config().target_partitions())?;
        let readers = readers(state, store)?;
        let shown = Arc::new(self.schema.project(&self.projection)?);
        if !self.candidates.is_empty() && rows <= FEW_ROWS && !self.projection.is_empty() {
            let of_group = |group: FileGroup| group.into_inner().into_iter().map(chosen_rows).collect();
            let partitions = groups.into_iter().map(of_group).collect();
            return Ok(Some(Arc::new(RowsExec::new(partitions, rows, readers, shown))));
        }
        let mut totals = Statistics::new_unknown(&self.schema);
        totals.num_rows = self.precision(rows);
        // Few rows of a file are not worth reading it in several partitions.
        let as_grouped =
            (!self.candidates.is_empty()).then(|| Partitioning::UnknownPartitioning(groups.len()));
        let scan = FileScanConfigBuilder::new(store.clone(), Arc::new(self.source(state, readers)))
            .with_file_groups(groups)
            .with_statistics(totals)
            .with_output_partitioning(as_grouped)
            .with_projection_indices(Some(self.projection.clone()))?
            .build();
        Ok(Some(DataSourceExec::from_data_source(scan)))
    }

    fn source(&self, state: &dyn Session, readers: Arc<IndexedReaders>) -> ParquetSource {
        let mut settings = state.config_options().execution.parquet.clone();
        if !self.candidates.is_empty() {
            // It holds whole batches of the columns of predicates, decoded around every row that is asked for.
            settings.max_predicate_cache_size = Some(0);
        }
        let source = ParquetSource::new(Arc::clone(&self.schema))
            .with_table_parquet_options(TableParquetOptions {
                global: settings,
                ..TableParquetOptions::default()
            })
            .with_parquet_file_reader_factory(readers);
        match &self.predicate {
            Some(predicate) => source.with_predicate(Arc::clone(predicate)),
            None => source,
        }
    }

    /// Deals the files out over the partitions of the plan.
    fn groups(&self, partitions: usize) -> Result<Vec<FileGroup>> {
        let partitions = partitions.clamp(1, self.chosen.len());
        let mut groups = vec![Vec::new(); partitions];
        for (turn, index) in self.chosen.iter().enumerate() {
            groups[turn % partitions].push(self.file(*index)?);
        }
        Ok(groups.into_iter().map(FileGroup::new).collect())
    }

    fn file(&self, index: usize) -> Result<PartitionedFile> {
        let file = &self.statistics.files()[index];
        let meta = ObjectMeta {
            location: file_location(self.table, &file.path)?,
            // Data files never change and names are never used twice (LAK-1), so caches need no time to compare.
            last_modified: chrono::DateTime::UNIX_EPOCH,
            size: u64::try_from(file.file_size_bytes).unwrap_or(0),
            e_tag: None,
            version: None,
        };
        let mut read = PartitionedFile::new_from_meta(meta).with_statistics(Arc::new(self.bounds(index)));
        if let Ok(footer) = usize::try_from(file.footer_size) {
            // The footer proper is followed by its length and the magic, eight bytes.
            read = read.with_metadata_size_hint(footer + 8);
        }
        if let Some(selection) = self.selection(file) {
            read = read.with_extension(ParquetRowSelection::new(selection));
        }
        Ok(read)
    }

    /// The rows to read, when they are not all.
    fn selection(&self, file: &DataFile) -> Option<RowSelection> {
        let candidates = self
            .candidates
            .get(&file.data_file_id)
            .map(|ranges| RowSelection::from_consecutive_ranges(ranges.iter().cloned(), row_count(file)));
        let skipped = self.skip.get(&file.data_file_id).filter(|rows| !rows.is_empty());
        match (candidates, skipped.map(|skipped| all_but(file, skipped))) {
            (Some(candidates), Some(shown)) => Some(candidates.intersection(&shown)),
            (one, other) => one.or(other),
        }
    }

    /// At most so many rows of a file are to be read; none only if there are none.
    fn rows_left(&self, file: &DataFile) -> usize {
        match self.candidates.get(&file.data_file_id) {
            Some(ranges) => ranges.iter().map(Range::len).sum(),
            None => row_count(file).saturating_sub(self.skip.get(&file.data_file_id).map_or(0, Vec::len)),
        }
    }

    /// A number of rows as statistics state it: blocks of candidates hold other rows, too.
    fn precision(&self, rows: usize) -> Precision<usize> {
        if self.candidates.is_empty() { Precision::Exact(rows) } else { Precision::Inexact(rows) }
    }

    /// The bounds of the instants of one file, by which a scan that needs only the newest rows stops early.
    fn bounds(&self, index: usize) -> Statistics {
        let file = &self.statistics.files()[index];
        let mut bounds = Statistics::new_unknown(&self.schema);
        let whole = !self.skip.contains_key(&file.data_file_id) && self.candidates.is_empty();
        bounds.num_rows = self.precision(self.rows_left(file));
        for (field, column) in self.schema.fields().iter().zip(&mut bounds.column_statistics) {
            if matches!(field.name().as_str(), "started_at" | "occurred_at" | "received_at")
                && let Some(stated) = self.statistics.bounds(field.name())
            {
                *column = ColumnStatistics {
                    null_count: null_count(&stated.null_counts, index),
                    min_value: precise(&stated.least, index, whole),
                    max_value: precise(&stated.greatest, index, whole),
                    ..ColumnStatistics::new_unknown()
                };
            }
        }
        bounds
    }
}

fn readers(state: &dyn Session, store: &ObjectStoreUrl) -> Result<Arc<IndexedReaders>> {
    let runtime = state.runtime_env();
    let footers = CachedParquetFileReaderFactory::new(
        runtime.object_store(store)?,
        runtime.cache_manager.get_file_metadata_cache(),
    );
    Ok(Arc::new(IndexedReaders::new(footers)))
}

/// A file with the rows its extension selects.
fn chosen_rows(file: PartitionedFile) -> RowsOfFile {
    let rows = file.extension::<ParquetRowSelection>().map(|rows| rows.selection().clone());
    let all = || {
        let rows = file.statistics.as_ref().and_then(|known| known.num_rows.get_value().copied());
        RowSelection::from_consecutive_ranges(std::iter::once(0..rows.unwrap_or(0)), rows.unwrap_or(0))
    };
    let rows = rows.unwrap_or_else(all);
    RowsOfFile { file, rows }
}

fn precise(values: &arrow::array::ArrayRef, index: usize, whole: bool) -> Precision<ScalarValue> {
    match ScalarValue::try_from_array(values, index) {
        Ok(value) if value.is_null() => Precision::Absent,
        Ok(value) if whole => Precision::Exact(value),
        Ok(value) => Precision::Inexact(value),
        Err(_) => Precision::Absent,
    }
}

/// Never exact: rows of blocks and skipped rows count, too.
fn null_count(counts: &arrow::array::ArrayRef, index: usize) -> Precision<usize> {
    let counts = counts.as_primitive::<UInt64Type>();
    let count = counts.is_valid(index).then(|| usize::try_from(counts.value(index)).ok()).flatten();
    count.map_or(Precision::Absent, Precision::Inexact)
}

fn row_count(file: &DataFile) -> usize {
    usize::try_from(file.record_count).unwrap_or(0)
}

/// All rows of a file but the skipped ones, as the ranges between them.
fn all_but(file: &DataFile, skipped: &[u32]) -> RowSelection {
    let rows = row_count(file);
    let mut ranges = Vec::with_capacity(skipped.len() + 1);
    let mut next = 0;
    for row in skipped.iter().filter_map(|row| usize::try_from(*row).ok()) {
        if row > next {
            ranges.push(next..row);
        }
        next = row + 1;
    }
    if next < rows {
        ranges.push(next..rows);
    }
    RowSelection::from_consecutive_ranges(ranges.into_iter(), rows)
}

/// Rows of files that a plan reads at most.
pub(crate) fn file_rows(plan: &Arc<dyn ExecutionPlan>) -> usize {
    if let Some(chosen) = plan.downcast_ref::<RowsExec>() {
        return chosen.row_count();
    }
    let files = plan
        .downcast_ref::<DataSourceExec>()
        .and_then(DataSourceExec::downcast_to_file_source::<ParquetSource>);
    let Some((scan, _)) = files else {
        return plan.children().into_iter().map(file_rows).fold(0, usize::saturating_add);
    };
    let rows = |file: &PartitionedFile| {
        let rows = file.statistics.as_ref().and_then(|statistics| statistics.num_rows.get_value().copied());
        rows.unwrap_or(usize::MAX)
    };
    scan.file_groups.iter().flat_map(|group| group.iter()).map(rows).fold(0, usize::saturating_add)
}

/// A scan over batches that have the columns of `schema`, in slices of at most `batch_rows`.
pub(crate) fn memory_plan(
    batches: &[RecordBatch],
    schema: SchemaRef,
    batch_rows: usize,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let slices: Vec<RecordBatch> = batches
        .iter()
        .flat_map(|batch| {
            let starts = (0..batch.num_rows()).step_by(batch_rows.max(1));
            starts.map(move |start| batch.slice(start, batch_rows.min(batch.num_rows() - start)))
        })
        .collect();
    if slices.is_empty() {
        return Ok(None);
    }
    Ok(Some(MemorySourceConfig::try_new_exec(&[slices], schema, None)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_between_the_skipped_ones_are_read() {
        let file = DataFile {
            data_file_id: 1,
            table: Table::Calls,
            path: "a.parquet".to_owned(),
            record_count: 6,
            file_size_bytes: 1,
            footer_size: 1,
            month: None,
            begin_snapshot: 1,
            columns: std::collections::HashMap::new(),
        };
        for (skipped, wanted) in [
            (vec![0, 1], [0..0, 0..0, 2..6]),
            (vec![5], [0..5, 5..5, 5..5]),
            (vec![1, 3], [0..1, 2..3, 4..6]),
            (vec![0, 1, 2, 3, 4, 5], [0..0, 0..0, 0..0]),
        ] {
            let wanted = wanted.into_iter().filter(|range| !range.is_empty());
            let wanted = RowSelection::from_consecutive_ranges(wanted, 6);
            assert_eq!(all_but(&file, &skipped), wanted, "{skipped:?}");
        }
    }
}
