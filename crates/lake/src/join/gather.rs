//! From runs of rows to the joined columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, TimestampMicrosecondArray, UInt32Array,
};
use arrow::compute::{interleave, is_not_null, nullif, take};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;
use callhouse_core::record::{Derived, derive};

use super::runs::{Runs, index};
use crate::rows::{
    CallCells, CallColumn, GroupName, Owner, decode_outcome, derived_columns, schema, stored, usual,
};
use crate::table::Table;

/// Joins the rows of every run of a batch whose schema was checked.
pub(super) fn gather(all: &RecordBatch, runs: &Runs) -> Result<RecordBatch, ArrowError> {
    let cells = CallCells::of_checked(all);
    let first: UInt32Array = runs.iter().map(|rows| rows[0]).collect::<Vec<_>>().into();
    let winners: Vec<Winners> = GroupName::ALL.iter().map(|group| Winners::of(cells, *group, runs)).collect();
    let winner = |group: GroupName| &winners[group as usize];
    let mut columns = Vec::with_capacity(CallColumn::ALL.len());
    for column in CallColumn::ALL {
        let source = all.column(column.index());
        columns.push(match column.owner() {
            Owner::Identity | Owner::Derived => take(source, &first, None)?,
            Owner::Least => extreme(source, runs, i64::min),
            Owner::Greatest => extreme(source, runs, i64::max),
            Owner::Group(group) | Owner::Personal(group) => take(source, &winner(group).rows, None)?,
            Owner::Stamp(group) => {
                let (_, reference) = usual(group);
                let Owner::Group(owner) = reference.owner() else {
                    return Err(ArrowError::SchemaError("a stamp refers to a column of no group".to_owned()));
                };
                winner(group).stamp_column(cells, runs, reference, &winner(owner).rows)
            }
        });
    }
    clear_personal(&mut columns)?;
    let joined = RecordBatch::try_new(schema(Table::Calls), columns)?;
    derive_anew(&joined, runs)
}

/// For every call the row a group is taken from. Where no row knows the group it is any row, whose columns of the
/// group are null.
struct Winners {
    group: GroupName,
    rows: UInt32Array,
}

impl Winners {
    fn of(cells: CallCells<'_>, group: GroupName, runs: &Runs) -> Self {
        let winner = |rows: &[u32]| match rows {
            [only] => *only,
            several => {
                let known = several.iter().filter_map(|row| Some((cells.stamp(group, index(*row))?, *row)));
                let greatest = known.max_by(|left, right| {
                    let content = || cells.compare_content(group, index(left.1), index(right.1));
                    left.0.cmp(&right.0).then_with(content)
                });
                greatest.map_or(several[0], |(_, row)| row)
            }
        };
        Self { group, rows: runs.iter().map(winner).collect::<Vec<_>>().into() }
    }

    /// The stored stamps, now against the instants of the joined rows; `references` says whose they are.
    fn stamp_column(
        &self,
        cells: CallCells<'_>,
        runs: &Runs,
        reference: CallColumn,
        references: &UInt32Array,
    ) -> ArrayRef {
        let rows = self.rows.values().iter().zip(references.values());
        let stamps = runs.iter().zip(rows).map(|(run, (row, reference_row))| {
            let row = index(*row);
            if run.len() == 1 {
                return cells.int64(self.group.stamp(), row);
            }
            let stamp = cells.stamp(self.group, row)?;
            let reference_at = cells.instant(reference, index(*reference_row));
            stored(self.group, stamp, reference_at, cells.shows(self.group, row))
        });
        Arc::new(Int64Array::from_iter(stamps))
    }
}

/// The least or greatest instant of every run; nulls count for nothing.
fn extreme(source: &ArrayRef, runs: &Runs, choose: fn(i64, i64) -> i64) -> ArrayRef {
    let instants = source.as_primitive::<TimestampMicrosecondType>();
    let of_run = |rows: &[u32]| {
        let known = rows.iter().map(|row| index(*row)).filter(|row| instants.is_valid(*row));
        known.map(|row| instants.value(row)).reduce(choose)
    };
    Arc::new(TimestampMicrosecondArray::from_iter(runs.iter().map(of_run)).with_timezone("UTC"))
}

/// Empties the personal columns of erased calls.
fn clear_personal(columns: &mut [ArrayRef]) -> Result<(), ArrowError> {
    let erased: BooleanArray = is_not_null(&columns[CallColumn::ErasedAt.index()])?;
    if erased.true_count() == 0 {
        return Ok(());
    }
    for column in CallColumn::ALL {
        if let Owner::Personal(_) = column.owner() {
            columns[column.index()] = nullif(&columns[column.index()], &erased)?;
        }
    }
    Ok(())
}

/// Computes the derived columns of the calls that had several rows; the others keep theirs.
fn derive_anew(joined: &RecordBatch, runs: &Runs) -> Result<RecordBatch, ArrowError> {
    let cells = CallCells::of_checked(joined);
    let mut derived: Vec<Derived> = Vec::new();
    let mut picks: Vec<(usize, usize)> = Vec::with_capacity(runs.len());
    for (row, run) in runs.iter().enumerate() {
        if run.len() == 1 {
            picks.push((0, row));
            continue;
        }
        let record =
            decode_outcome(cells, row).map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
        picks.push((1, derived.len()));
        derived.push(derive(&record));
    }
    if derived.is_empty() {
        return Ok(joined.clone());
    }
    let anew: BTreeMap<CallColumn, ArrayRef> = derived_columns(&derived);
    let mut columns = joined.columns().to_vec();
    for (column, values) in anew {
        let kept = &joined.columns()[column.index()];
        columns[column.index()] = interleave(&[kept.as_ref(), values.as_ref()], &picks)?;
    }
    RecordBatch::try_new(joined.schema(), columns)
}
