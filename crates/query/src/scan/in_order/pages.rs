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
use parquet::file::metadata::ParquetMetaData;

use super::ByInstant;
use crate::scan::page_bounds::Bounds;
use crate::scan::{ACCOUNT, prune};

/// A run of rows of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) rows: Range<usize>,
    /// No row of it comes before this key.
    pub(super) least_key: i64,
}

/// The pages of the instant that may hold rows of the predicate. A file without a page index is one page.
pub(super) fn pages(
    metadata: &ParquetMetaData,
    schema: &SchemaRef,
    predicate: Option<&Arc<dyn PhysicalExpr>>,
    order: ByInstant,
) -> Result<Vec<Page>> {
    let Some(instant) = Bounds::read(metadata, schema, order.column)? else {
        let rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
        return Ok(vec![Page { rows: 0..rows, least_key: i64::MIN }]);
    };
    let account = Bounds::read(metadata, schema, ACCOUNT)?.and_then(|bounds| bounds.over(&instant.rows));
    let by_page = ByPage { column: order.column, instant: &instant, account: account.as_ref() };
    let kept = predicate.and_then(|predicate| prune::kept(&by_page, schema, predicate));
    let (least, greatest) = (instants(&instant.least), instants(&instant.greatest));
    let page = |(index, rows): (usize, &Range<usize>)| {
        let value = |values: Option<&arrow::array::TimestampMicrosecondArray>| {
            values.filter(|values| values.is_valid(index)).map(|values| values.value(index))
        };
        let may_have_nulls = instant.null_counts.is_null(index) || instant.null_counts.value(index) > 0;
        let least_key = order.least_key(value(least), value(greatest), may_have_nulls);
        Page { rows: rows.clone(), least_key }
    };
    let is_kept = |index: usize| kept.as_ref().is_none_or(|kept| kept.get(index).copied().unwrap_or(true));
    Ok(instant.rows.iter().enumerate().filter(|(index, _)| is_kept(*index)).map(page).collect())
}

fn instants(values: &ArrayRef) -> Option<&arrow::array::TimestampMicrosecondArray> {
    values.as_primitive_opt::<TimestampMicrosecondType>()
}

struct ByPage<'a> {
    column: &'static str,
    instant: &'a Bounds,
    account: Option<&'a Bounds>,
}

impl ByPage<'_> {
    fn of(&self, column: &Column) -> Option<&Bounds> {
        match column.name() {
            ACCOUNT => self.account,
            name if name == self.column => Some(self.instant),
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
        self.instant.rows.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|bounds| Arc::new(bounds.null_counts.clone()) as ArrayRef)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        let counts = self.instant.rows.iter().map(|rows| u64::try_from(rows.len()).ok());
        Some(Arc::new(UInt64Array::from_iter(counts)))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
