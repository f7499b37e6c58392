//! The pages of one file that may hold rows a scan lets through, and where in the order each begins.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt64Array};
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::offset_index::PageLocation;

use super::{ByStart, STARTED_AT};
use crate::scan::ACCOUNT;
use crate::scan::prune;

/// A run of rows of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) rows: Range<usize>,
    /// No row of it comes before this key.
    pub(super) least_key: i64,
}

/// The pages of `started_at` that may hold rows of the predicate. A file without a page index is one page.
pub(super) fn pages(
    metadata: &ParquetMetaData,
    schema: &SchemaRef,
    predicate: Option<&Arc<dyn PhysicalExpr>>,
    order: ByStart,
) -> Result<Vec<Page>> {
    let Some(started) = Bounds::read(metadata, schema, STARTED_AT)? else {
        let rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
        return Ok(vec![Page { rows: 0..rows, least_key: i64::MIN }]);
    };
    // Other bounds are of these pages only where both columns were cut at the same rows.
    let account = Bounds::read(metadata, schema, ACCOUNT)?.filter(|bounds| bounds.rows == started.rows);
    let by_page = ByPage { started: &started, account: account.as_ref() };
    let kept = predicate.and_then(|predicate| prune::kept(&by_page, schema, predicate));
    let (least, greatest) = (instants(&started.least), instants(&started.greatest));
    let page = |(index, rows): (usize, &Range<usize>)| {
        let value = |values: Option<&arrow::array::TimestampMicrosecondArray>| {
            values.filter(|values| values.is_valid(index)).map(|values| values.value(index))
        };
        let may_have_nulls = started.null_counts.is_null(index) || started.null_counts.value(index) > 0;
        let least_key = order.least_key(value(least), value(greatest), may_have_nulls);
        Page { rows: rows.clone(), least_key }
    };
    let is_kept = |index: usize| kept.as_ref().is_none_or(|kept| kept.get(index).copied().unwrap_or(true));
    Ok(started.rows.iter().enumerate().filter(|(index, _)| is_kept(*index)).map(page).collect())
}

fn instants(values: &ArrayRef) -> Option<&arrow::array::TimestampMicrosecondArray> {
    values.as_primitive_opt::<TimestampMicrosecondType>()
}

/// What the page index says of one column, an element a page.
struct Bounds {
    rows: Vec<Range<usize>>,
    least: ArrayRef,
    greatest: ArrayRef,
    null_counts: UInt64Array,
}

impl Bounds {
    fn read(metadata: &ParquetMetaData, schema: &SchemaRef, column: &str) -> Result<Option<Self>> {
        let (Some(bounds), Some(offsets)) = (metadata.column_index(), metadata.offset_index()) else {
            return Ok(None);
        };
        let converter =
            StatisticsConverter::try_new(column, schema, metadata.file_metadata().schema_descr())?;
        let Some(leaf) = converter.parquet_column_index() else { return Ok(None) };
        let groups: Vec<usize> = (0..metadata.num_row_groups()).collect();
        let mut rows = Vec::new();
        let mut group_start = 0;
        for (group, offsets) in metadata.row_groups().iter().zip(offsets) {
            let group_rows = usize::try_from(group.num_rows()).unwrap_or(0);
            let Some(column) = offsets.get(leaf) else { return Ok(None) };
            rows.extend(rows_of(column.page_locations(), group_start, group_rows));
            group_start += group_rows;
        }
        let least = converter.data_page_mins(bounds, offsets, &groups)?;
        let greatest = converter.data_page_maxes(bounds, offsets, &groups)?;
        let null_counts = converter.data_page_null_counts(bounds, offsets, &groups)?;
        let all = [least.len(), greatest.len(), null_counts.len()];
        Ok(all.iter().all(|count| *count == rows.len()).then_some(Self {
            rows,
            least,
            greatest,
            null_counts,
        }))
    }
}

/// The rows of the pages of a row group, counted from the first of the file.
fn rows_of(
    pages: &[PageLocation],
    group_start: usize,
    group_rows: usize,
) -> impl Iterator<Item = Range<usize>> {
    let start = move |page: &PageLocation| usize::try_from(page.first_row_index).unwrap_or(0);
    let ends = pages.iter().skip(1).map(start).chain([group_rows]);
    pages.iter().map(start).zip(ends).map(move |(from, to)| group_start + from..group_start + to)
}

struct ByPage<'a> {
    started: &'a Bounds,
    account: Option<&'a Bounds>,
}

impl ByPage<'_> {
    fn of(&self, column: &Column) -> Option<&Bounds> {
        match column.name() {
            STARTED_AT => Some(self.started),
            ACCOUNT => self.account,
            _ => None,
        }
    }
}

impl PruningStatistics for ByPage<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|bounds| Arc::clone(&bounds.least))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|bounds| Arc::clone(&bounds.greatest))
    }

    fn num_containers(&self) -> usize {
        self.started.rows.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|bounds| Arc::new(bounds.null_counts.clone()) as ArrayRef)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        let counts = self.started.rows.iter().map(|rows| u64::try_from(rows.len()).ok());
        Some(Arc::new(UInt64Array::from_iter(counts)))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
