//! A plain Parquet scan over chosen files, and a scan over rows in memory.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{SchemaRef, UInt64Type};
use callhouse_lake::overlay::Skip;
use callhouse_lake::{DataFile, DataFolder, Table};
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

use super::accounts::AccountRows;
use super::lookup::Candidates;
use super::reader::IndexedReaders;
use super::rows::{RowsExec, RowsOfFile, Sources};
use super::statistics::FileStatistics;
use super::wall::Wall;
use crate::session::file_location;

/// No more candidates than this, in all files together, are read row by row and filtered afterwards.
const FEW_ROWS: usize = 32_768;

/// Fewer rows of a file than twice this are read by one core.
const WORTH_CUTTING: usize = 32_768;

/// Rows of a page, nearly always; row groups begin at multiples of it.
const PAGE_ROWS: usize = 8_192;

/// What to read of the live files of a table.
pub(crate) struct FileScan<'a> {
    pub(crate) table: Table,
    pub(crate) folder: &'a DataFolder,
    pub(crate) schema: SchemaRef,
    pub(crate) statistics: &'a FileStatistics,
    /// Indexes into the files of `statistics`.
    pub(crate) chosen: Vec<usize>,
    pub(crate) skip: &'a Skip,
    pub(crate) candidates: &'a Candidates,
    pub(crate) projection: Vec<usize>,
    pub(crate) walled: Option<Walled<'a>>,
}

/// The wall of a scan, and both ways to keep to it.
pub(crate) struct Walled<'a> {
    pub(crate) wall: &'a Wall,
    /// Applied row by row by the scan, before anything else.
    pub(crate) predicate: Arc<dyn PhysicalExpr>,
    /// Tells which rows need not be read.
    pub(crate) accounts: &'a AccountRows,
}

impl FileScan<'_> {
    /// The scan, or `None` when no row is left to read.
    pub(crate) async fn plan(
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
        let partitions = state.config().target_partitions();
        let readers = readers(state, store)?;
        let from = Sources::new(Arc::clone(&readers) as _, self.folder);
        let shown = Arc::new(self.schema.project(&self.projection)?);
        if !self.candidates.is_empty() && rows <= FEW_ROWS && !self.projection.is_empty() {
            let of_group = |group: FileGroup| group.into_inner().into_iter().map(chosen_rows).collect();
            let partitions = self.groups(partitions)?.into_iter().map(of_group).collect();
            return Ok(Some(Arc::new(RowsExec::new(partitions, rows, from, shown))));
        }
        let behind = self.behind_wall(&from).await?;
        let groups = match &behind {
            Some(behind) => self.dealt(behind, partitions)?,
            None => self.groups(partitions)?,
        };
        if groups.is_empty() {
            return Ok(None);
        }
        let mut totals = Statistics::new_unknown(&self.schema);
        totals.num_rows = if behind.is_some() { rows_of(&groups) } else { self.precision(rows) };
        // Few rows of a file are not worth reading it in several partitions, and many are dealt out already.
        let as_grouped = (behind.is_some() || !self.candidates.is_empty())
            .then(|| Partitioning::UnknownPartitioning(groups.len()));
        let walled = self.walled.as_ref().filter(|_| behind.is_none());
        let source = self.source(state, readers, walled.map(|walled| Arc::clone(&walled.predicate)));
        let scan = FileScanConfigBuilder::new(store.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(totals)
            .with_output_partitioning(as_grouped)
            .with_projection_indices(Some(self.projection.clone()))?
            .build();
        Ok(Some(DataSourceExec::from_data_source(scan)))
    }

    /// The rows behind the wall, where they are known by their numbers.
    async fn behind_wall(&self, from: &Sources) -> Result<Option<Candidates>> {
        let Some(walled) = self.walled.as_ref().filter(|_| self.candidates.is_empty()) else {
            return Ok(None);
        };
        let mut opened = Vec::with_capacity(self.chosen.len());
        for index in &self.chosen {
            opened.push((Arc::clone(&self.statistics.files()[*index]), self.meta(*index)?));
        }
        walled.accounts.behind(walled.wall, &self.schema, &opened, from).await
    }

    /// Deals rows out over the partitions of the plan: each has a part of every file that is worth cutting up.
    fn dealt(&self, behind: &Candidates, partitions: usize) -> Result<Vec<FileGroup>> {
        let mut groups = vec![Vec::new(); partitions.max(1)];
        let mut turn = 0;
        for index in &self.chosen {
            let ranges = behind.get(&self.statistics.files()[*index].data_file_id);
            let pieces = cut(ranges.map_or(&[], Vec::as_slice), groups.len());
            for piece in pieces {
                let at = turn % groups.len();
                groups[at].push(self.file(*index, Some(&piece))?);
                turn += 1;
            }
        }
        groups.retain(|group| !group.is_empty());
        Ok(groups.into_iter().map(FileGroup::new).collect())
    }

    fn source(
        &self,
        state: &dyn Session,
        readers: Arc<IndexedReaders>,
        predicate: Option<Arc<dyn PhysicalExpr>>,
    ) -> ParquetSource {
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
        match predicate {
            Some(predicate) => source.with_predicate(predicate),
            None => source,
        }
    }

    /// Deals the files out over the partitions of the plan.
    fn groups(&self, partitions: usize) -> Result<Vec<FileGroup>> {
        let partitions = partitions.clamp(1, self.chosen.len());
        let mut groups = vec![Vec::new(); partitions];
        for (turn, index) in self.chosen.iter().enumerate() {
            groups[turn % partitions].push(self.file(*index, None)?);
        }
        Ok(groups.into_iter().map(FileGroup::new).collect())
    }

    /// A file, all of it.
    fn meta(&self, index: usize) -> Result<PartitionedFile> {
        let file = &self.statistics.files()[index];
        let meta = ObjectMeta {
            location: file_location(self.table, &file.path)?,
            // Data files never change and names are never used twice (LAK-1), so caches need no time to compare.
            last_modified: chrono::DateTime::UNIX_EPOCH,
            size: u64::try_from(file.file_size_bytes).unwrap_or(0),
            e_tag: None,
            version: None,
        };
        let read = PartitionedFile::new_from_meta(meta);
        Ok(match usize::try_from(file.footer_size) {
            // The footer proper is followed by its length and the magic, eight bytes.
            Ok(footer) => read.with_metadata_size_hint(footer + 8),
            Err(_) => read,
        })
    }

    /// A file with the rows to read of it, and what is known of them; at most those of `piece`.
    fn file(&self, index: usize, piece: Option<&[Range<usize>]>) -> Result<PartitionedFile> {
        let read = self.meta(index)?.with_statistics(Arc::new(self.bounds(index, piece)));
        Ok(match self.selection(&self.statistics.files()[index], piece) {
            Some(selection) => read.with_extension(ParquetRowSelection::new(selection)),
            None => read,
        })
    }

    /// The rows to read, when they are not all.
    fn selection(&self, file: &DataFile, piece: Option<&[Range<usize>]>) -> Option<RowSelection> {
        let chosen = piece.or_else(|| self.candidates.get(&file.data_file_id).map(Vec::as_slice));
        let chosen = chosen
            .map(|ranges| RowSelection::from_consecutive_ranges(ranges.iter().cloned(), row_count(file)));
        let skipped = self.skip.get(&file.data_file_id).filter(|rows| !rows.is_empty());
        match (chosen, skipped.map(|skipped| all_but(file, skipped))) {
            (Some(chosen), Some(shown)) => Some(chosen.intersection(&shown)),
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
    fn bounds(&self, index: usize, piece: Option<&[Range<usize>]>) -> Statistics {
        let file = &self.statistics.files()[index];
        let mut bounds = Statistics::new_unknown(&self.schema);
        let whole =
            !self.skip.contains_key(&file.data_file_id) && self.candidates.is_empty() && piece.is_none();
        bounds.num_rows = match piece {
            Some(piece) => Precision::Inexact(piece.iter().map(Range::len).sum()),
            None => self.precision(self.rows_left(file)),
        };
        for (field, column) in self.schema.fields().iter().zip(&mut bounds.column_statistics) {
            let name = field.name().as_str();
            let tells = self.table.month_column() == Some(name)
                || matches!(name, "occurred_at" | "received_at" | "attempted_at");
            if tells && let Some(stated) = self.statistics.bounds(name) {
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

/// Rows of a file in parts of about one size, whole pages each; few rows are left together.
fn cut(ranges: &[Range<usize>], parts: usize) -> Vec<Vec<Range<usize>>> {
    let rows: usize = ranges.iter().map(Range::len).sum();
    let share = if rows < 2 * WORTH_CUTTING { rows } else { rows.div_ceil(parts.max(1)) };
    let mut pieces: Vec<Vec<Range<usize>>> = Vec::new();
    let mut left = 0;
    for range in ranges {
        let mut start = range.start;
        while start < range.end {
            if left == 0 {
                pieces.push(Vec::new());
                left = share;
            }
            let end = match start + left {
                end if end >= range.end => range.end,
                // Between two pages, so that none is read twice.
                end => end.next_multiple_of(PAGE_ROWS).min(range.end),
            };
            left = left.saturating_sub(end - start);
            pieces.last_mut().expect("one was begun").push(start..end);
            start = end;
        }
    }
    pieces
}

fn rows_of(groups: &[FileGroup]) -> Precision<usize> {
    let files = groups.iter().flat_map(FileGroup::iter);
    let rows = files.filter_map(|file| file.statistics.as_ref()?.num_rows.get_value().copied());
    Precision::Inexact(rows.sum())
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
    fn rows_are_cut_between_pages_and_all_of_them_are_dealt() {
        for (ranges, parts, wanted) in [
            (&[(0, 1_000_000)][..], 2, 2),
            (&[(5_000, 300_001)], 2, 2),
            (&[(0, 10), (9_000, 400_000), (500_000, 700_000)], 3, 3),
            (&[(7, 65_000)], 2, 1),
            (&[(0, 100_000)], 1, 1),
            (&[], 2, 0),
        ] {
            let ranges: Vec<Range<usize>> = ranges.iter().map(|(start, end)| *start..*end).collect();
            let pieces = cut(&ranges, parts);
            assert_eq!(pieces.len(), wanted, "{ranges:?}: {pieces:?}");
            let rows = |ranges: &[Range<usize>]| ranges.iter().map(Range::len).sum::<usize>();
            let most = rows(&ranges).div_ceil(wanted.max(1)) + PAGE_ROWS;
            assert!(pieces.iter().all(|piece| rows(piece) <= most), "{pieces:?}");
            let cuts = pieces.iter().skip(1).map(|piece| piece[0].start);
            let mut cuts = cuts.filter(|cut| ranges.iter().all(|range| range.start != *cut));
            assert!(cuts.all(|cut| cut.is_multiple_of(PAGE_ROWS)), "{pieces:?}");
            let together = RowSelection::from_consecutive_ranges(pieces.concat().into_iter(), 1_000_000);
            assert_eq!(together, RowSelection::from_consecutive_ranges(ranges.into_iter(), 1_000_000));
        }
    }

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
