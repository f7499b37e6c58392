//! Which rows of a file are those of an account.
//!
//! Files are sorted by account, so the rows of one lie together. The page index says in which pages; the two
//! at the edges are looked into, once. A scan that selects just these rows needs no filter by account, which would be
//! evaluated row by row before all others (TEN-1), and can be dealt out evenly: otherwise one account's rows of a month are
//! in one part of one file and one core reads them. Whatever a scan brings, [`super::WallExec`] looks at it again.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Schema, SchemaRef};
use callhouse_lake::DataFile;
use callhouse_lake::kept::Kept;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::error::Result;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, RowSelection};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

use super::lookup::Candidates;
use super::page_bounds::Bounds;
use super::rows::{RowsOfFile, Sources, read};
use super::{ACCOUNT, Wall, texts};

/// Walls of more accounts are left to the scan.
const MOST_ACCOUNTS: usize = 8;
/// The same where more files are to be read: each has to be opened for this.
const MOST_FILES: usize = 64;
/// Files of fewer rows are filtered as quickly.
const WORTH_ROWS: usize = 16_384;
/// Rows of a batch of the pages at the edges.
const BATCH_ROWS: usize = 8_192;
/// Memory for what was found, about a hundred bytes an account and file.
const KEPT_BYTES: usize = 4 << 20;

/// Finds the rows of accounts and remembers where they were.
#[derive(Debug)]
pub(crate) struct AccountRows {
    kept: Kept<(i64, String), Option<Range<usize>>>,
}

impl Default for AccountRows {
    fn default() -> Self {
        Self { kept: Kept::new(KEPT_BYTES) }
    }
}

impl AccountRows {
    /// The rows of `files` that a wall lets through, by `data_file_id`; `None` when that is not worth finding out, or
    /// cannot be, for one of them.
    pub(super) async fn behind(
        &self,
        wall: &Wall,
        schema: &SchemaRef,
        files: &[(Arc<DataFile>, PartitionedFile)],
        from: &Sources,
    ) -> Result<Option<Candidates>> {
        let rows: usize = files.iter().map(|(file, _)| usize::try_from(file.record_count).unwrap_or(0)).sum();
        let sorted = |file: &DataFile| file.table.sort_columns().first() == Some(&ACCOUNT);
        if wall.accounts().len() > MOST_ACCOUNTS
            || files.len() > MOST_FILES
            || rows < WORTH_ROWS
            || !files.iter().all(|(file, _)| sorted(file))
        {
            return Ok(None);
        }
        let mut found = Candidates::new();
        for (file, opened) in files {
            let mut ranges: Vec<Range<usize>> = Vec::new();
            for account in wall.accounts() {
                let key = (file.data_file_id, account.clone());
                let rows = match self.kept.get(&key) {
                    Some(known) => known,
                    None => {
                        let rows = rows_of(account, schema, opened, from).await?;
                        self.kept.put(key, rows, size_of::<i64>() + account.len())
                    }
                };
                let Some(rows) = &*rows else { return Ok(None) };
                ranges.extend((!rows.is_empty()).then(|| rows.clone()));
            }
            ranges.sort_by_key(|range| range.start);
            found.insert(file.data_file_id, ranges);
        }
        Ok(Some(found))
    }
}

/// The rows of an account in a file; `None` when its index does not tell.
async fn rows_of(
    account: &str,
    schema: &SchemaRef,
    file: &PartitionedFile,
    from: &Sources,
) -> Result<Option<Range<usize>>> {
    let mut reader = from.open(file, &ExecutionPlanMetricsSet::new())?;
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let metadata = reader.get_metadata(Some(&options)).await?;
    if !is_sorted_by_account(&metadata) {
        return Ok(None);
    }
    let Some(pages) = Bounds::read(&metadata, schema, ACCOUNT)? else { return Ok(None) };
    let bounds = pages.least.as_string_opt::<i32>().zip(pages.greatest.as_string_opt::<i32>());
    let Some((least, greatest)) = bounds else { return Ok(None) };
    if least.null_count() + greatest.null_count() > 0 {
        return Ok(None);
    }
    let count = pages.rows.len();
    let first = (0..count).take_while(|page| greatest.value(*page) < account).count();
    let last = (0..count).take_while(|page| least.value(*page) <= account).count();
    let Some(edges) = pages.rows.get(first..last).filter(|pages| !pages.is_empty()) else {
        return Ok(Some(0..0));
    };
    let total = pages.rows.last().map_or(0, |page| page.end);
    let (mut start, mut end) = (edges[0].start, edges[edges.len() - 1].end);
    if least.value(first) < account {
        let page = &edges[0];
        start += count_while(file, from, schema, page, total, &|value| value < account).await?;
    }
    if greatest.value(last - 1) > account {
        let page = &edges[edges.len() - 1];
        end = page.start + count_while(file, from, schema, page, total, &|value| value <= account).await?;
    }
    Ok(Some(start..end.max(start)))
}

fn is_sorted_by_account(metadata: &ParquetMetaData) -> bool {
    let columns = metadata.file_metadata().schema_descr().columns();
    let account = columns.iter().position(|column| column.name() == ACCOUNT);
    metadata.row_groups().iter().all(|group| {
        let first = group.sorting_columns().and_then(|columns| columns.first());
        first.is_some_and(|first| !first.descending && usize::try_from(first.column_idx).ok() == account)
    })
}

/// How many rows at the beginning of a page have an account for which `is_before` holds.
async fn count_while(
    file: &PartitionedFile,
    from: &Sources,
    schema: &SchemaRef,
    page: &Range<usize>,
    total: usize,
    is_before: &(dyn Fn(&str) -> bool + Sync),
) -> Result<usize> {
    let accounts = Arc::new(Schema::new(vec![schema.field_with_name(ACCOUNT)?.clone()]));
    let rows = RowSelection::from_consecutive_ranges(std::iter::once(page.clone()), total);
    let of = RowsOfFile { file: file.clone(), rows };
    let mut count = 0;
    for batch in read(&of, from, &accounts, BATCH_ROWS).await? {
        let accounts = texts(&batch, 0)?;
        count += (0..accounts.len()).take_while(|row| is_before(accounts.value(*row))).count();
    }
    Ok(count)
}
