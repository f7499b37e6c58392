//! What is still to be read, the nearest in the order first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfig, FileScanConfigBuilder, FileSource, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_expr::Partitioning;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, RowSelection};
use parquet::file::metadata::PageIndexPolicy;

use super::ByInstant;
use super::pages::{Page, pages};
use crate::scan::rows::{has_any, ranges};

/// A page, or a file whose pages are not known yet. Ordered by its least key first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unread {
    least_key: i64,
    /// Index of the file.
    file: usize,
    /// First row and the one after the last; `None` for the file as a whole.
    rows: Option<(usize, usize)>,
}

/// The files of one scan.
#[derive(Debug)]
pub(super) struct Pending {
    scan: FileScanConfig,
    source: ParquetSource,
    order: ByInstant,
    files: Vec<PartitionedFile>,
    /// Rows of each file whose pages are known.
    row_counts: Vec<usize>,
    unread: BinaryHeap<Reverse<Unread>>,
}

impl Pending {
    pub(super) fn new(scan: &FileScanConfig, source: &ParquetSource, order: ByInstant) -> Self {
        let mut files: Vec<PartitionedFile> =
            scan.file_groups.iter().flat_map(|group| group.iter()).cloned().collect();
        // A large file is in the scan once for each part of it that a partition was to read.
        files.sort_by(|left, right| left.object_meta.location.cmp(&right.object_meta.location));
        let parts = files.chunk_by(|left, right| left.object_meta.location == right.object_meta.location);
        let files: Vec<PartitionedFile> = parts.map(together).collect();
        let instant = scan.file_schema().index_of(order.column).ok();
        let whole = |(file, of): (usize, &PartitionedFile)| {
            let least_key = instant.map_or(i64::MIN, |column| least_key(of, column, order));
            Reverse(Unread { least_key, file, rows: None })
        };
        let unread = files.iter().enumerate().map(whole).collect();
        let row_counts = vec![0; files.len()];
        Self { scan: scan.clone(), source: source.clone(), order, files, row_counts, unread }
    }

    /// No row still to be read comes before this key; `None` when there is none.
    pub(super) fn least_key(&self) -> Option<i64> {
        self.unread.peek().map(|Reverse(next)| next.least_key)
    }

    /// A scan of the next pages, at most so many of them, in at most so many partitions; `None` when nothing is left.
    pub(super) async fn next(
        &mut self,
        most: usize,
        partitions: usize,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let mut chosen: Vec<(usize, Range<usize>)> = Vec::new();
        while chosen.len() < most
            && let Some(Reverse(next)) = self.unread.pop()
        {
            match next.rows {
                Some((start, end)) => chosen.push((next.file, start..end)),
                None => self.open(next.file).await?,
            }
        }
        if chosen.is_empty() {
            return Ok(None);
        }
        chosen.sort_by_key(|(file, rows)| (*file, rows.start));
        let share = chosen.len().div_ceil(partitions.max(1));
        let groups: Vec<FileGroup> = chosen.chunks(share).map(|pages| self.group(pages)).collect();
        let partitioning = Partitioning::UnknownPartitioning(groups.len());
        let scan = FileScanConfigBuilder::from(self.scan.clone())
            .with_file_groups(groups)
            .with_output_partitioning(Some(partitioning))
            .build();
        Ok(Some(DataSourceExec::from_data_source(scan)))
    }

    /// Replaces a file by its pages.
    async fn open(&mut self, file: usize) -> Result<()> {
        let of = self.files[file].clone();
        let factory = self.source.parquet_file_reader_factory().ok_or_else(|| {
            DataFusionError::Internal("a scan of files has no reader of its own".to_owned())
        })?;
        let hint = of.metadata_size_hint;
        let mut reader = factory.create_reader(0, of, hint, &ExecutionPlanMetricsSet::new())?;
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = reader.get_metadata(Some(&options)).await?;
        self.row_counts[file] = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
        let mut found = pages(&metadata, self.scan.file_schema(), self.source.filter().as_ref(), self.order)?;
        if let Some(selected) = self.files[file].extension::<ParquetRowSelection>() {
            let selected = ranges(selected.selection());
            found.retain(|page| has_any(&selected, page.rows.start, page.rows.end));
        }
        let unread = found.into_iter().map(|Page { rows, least_key }| {
            Reverse(Unread { least_key, file, rows: Some((rows.start, rows.end)) })
        });
        self.unread.extend(unread);
        Ok(())
    }

    /// Pages in order of file and row as files to read, without the rows that were not to be read of them before.
    fn group(&self, pages: &[(usize, Range<usize>)]) -> FileGroup {
        let of_files = pages.chunk_by(|(left, _), (right, _)| left == right);
        let file = |pages: &[(usize, Range<usize>)]| {
            let file = pages[0].0;
            let rows = pages.iter().map(|(_, rows)| rows.clone());
            let wanted = RowSelection::from_consecutive_ranges(rows, self.row_counts[file]);
            let of = self.files[file].clone();
            let shown = match of.extension::<ParquetRowSelection>() {
                Some(before) => wanted.intersection(before.selection()),
                None => wanted,
            };
            of.with_extension(ParquetRowSelection::new(shown))
        };
        FileGroup::new(of_files.map(file).collect())
    }
}

/// One file from the parts of it.
fn together(parts: &[PartitionedFile]) -> PartitionedFile {
    let selection = |file: &PartitionedFile| {
        file.extension::<ParquetRowSelection>().map(|selected| selected.selection().clone())
    };
    let mut whole = parts[0].clone();
    whole.range = None;
    // Parts by byte have the same selection, parts by row each its own; a part without one is of all rows.
    let selections: Option<Vec<RowSelection>> = parts.iter().map(selection).collect();
    if let Some(selections) = selections.filter(|_| parts.len() > 1) {
        let all = selections.iter().skip(1).fold(selections[0].clone(), |all, part| all.union(part));
        whole = whole.with_extension(ParquetRowSelection::new(all));
    }
    whole
}

/// Before which key no row of a file comes, as its statistics have it.
fn least_key(file: &PartitionedFile, column: usize, order: ByInstant) -> i64 {
    use datafusion::common::ScalarValue::TimestampMicrosecond;
    let stated = file.statistics.as_ref().and_then(|statistics| statistics.column_statistics.get(column));
    let Some(stated) = stated else { return i64::MIN };
    let micros = |value: &datafusion::common::stats::Precision<_>| match value.get_value() {
        Some(TimestampMicrosecond(micros, _)) => *micros,
        _ => None,
    };
    let may_have_nulls = stated.null_count.get_value() != Some(&0);
    order.least_key(micros(&stated.min_value), micros(&stated.max_value), may_have_nulls)
}
