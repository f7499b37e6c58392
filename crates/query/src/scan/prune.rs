//! Which files can hold rows that a predicate lets through, by the catalog's statistics alone.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::SchemaRef;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

use super::statistics::FileStatistics;

/// Indexes of the files that may hold matching rows, ascending.
pub(crate) fn surviving(
    statistics: &FileStatistics,
    schema: &SchemaRef,
    predicate: Option<&Arc<dyn PhysicalExpr>>,
) -> Vec<usize> {
    let all = 0..statistics.files().len();
    let Some(predicate) = predicate else { return all.collect() };
    let Some(kept) = kept(&ByCatalog(statistics), schema, predicate) else { return all.collect() };
    all.zip(kept).filter_map(|(index, keep)| keep.then_some(index)).collect()
}

/// Of each container of rows whether it may hold matching ones; `None` when all may.
pub(super) fn kept(
    statistics: &impl PruningStatistics,
    schema: &SchemaRef,
    predicate: &Arc<dyn PhysicalExpr>,
) -> Option<Vec<bool>> {
    // A predicate of a shape that statistics say nothing about is no error: it prunes nothing.
    let built =
        PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(Arc::clone(predicate));
    let pruning = built.ok().filter(|pruning| !pruning.always_true())?;
    if statistics.num_containers() == 0 {
        return None;
    }
    // Evaluation may fail on a caller's own expression (a division by zero); the scan then says so, if any row is read.
    pruning.prune(statistics).ok()
}

struct ByCatalog<'a>(&'a FileStatistics);

impl PruningStatistics for ByCatalog<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.0.bounds(column.name()).map(|bounds| bounds.least)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.0.bounds(column.name()).map(|bounds| bounds.greatest)
    }

    fn num_containers(&self) -> usize {
        self.0.files().len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        self.0.bounds(column.name()).map(|bounds| bounds.null_counts)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(self.0.row_counts())
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
