//! From runs of rows to the joined columns.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, TimestampMicrosecondArray, UInt32Array,
};
use arrow::compute::{interleave, is_not_null, nullif, take};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;

use super::runs::{Runs, index};
use crate::error::Error;
use crate::family::Family;
use crate::rows::{Cells, GroupColumns, Owner, RecordSchema};

/// Joins the rows of every run of a batch whose schema was checked.
pub(super) fn gather(family: Family, all: &RecordBatch, runs: &Runs) -> Result<RecordBatch, Error> {
    let joined = columns(family, all, runs)
        .and_then(|columns| RecordBatch::try_new(Arc::clone(&family.rows().schema), columns));
    derive_anew(family, &joined.map_err(failed)?, runs)
}

fn failed(source: ArrowError) -> Error {
    Error::Arrow { operation: "join of records", source }
}

fn columns(family: Family, all: &RecordBatch, runs: &Runs) -> Result<Vec<ArrayRef>, ArrowError> {
    let rows = family.rows();
    let cells = Cells::of_checked(family, all);
    let first: UInt32Array = runs.iter().map(|rows| rows[0]).collect::<Vec<_>>().into();
    let winners: Vec<UInt32Array> =
        (0..rows.groups.len()).map(|group| winners(cells, group, runs).into()).collect();
    let mut columns = Vec::with_capacity(rows.owners.len());
    for (source, owner) in all.columns().iter().zip(&rows.owners) {
        columns.push(match owner {
            Owner::Identity | Owner::Derived => take(source, &first, None)?,
            Owner::Least => extreme(source, runs, i64::min),
            Owner::Greatest => extreme(source, runs, i64::max),
            Owner::Group(group) | Owner::Personal(group) => take(source, &winners[*group], None)?,
            Owner::Stamp(group) => {
                let reference = rows.groups[*group].reference;
                let Some(owner) = rows.group_of(reference) else {
                    return Err(ArrowError::SchemaError("a stamp refers to a column of no group".to_owned()));
                };
                let stamps = Stamps { cells, number: *group, group: &rows.groups[*group], runs };
                stamps.column(&winners[*group], &winners[owner])
            }
        });
    }
    clear_personal(rows, &mut columns)?;
    Ok(columns)
}

/// For every record the row a group is taken from. Where no row knows the group it is any row, whose columns of the
/// group are null.
fn winners(cells: Cells<'_>, group: usize, runs: &Runs) -> Vec<u32> {
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
    runs.iter().map(winner).collect()
}

/// Makes the stored stamps of a group.
struct Stamps<'a> {
    cells: Cells<'a>,
    number: usize,
    group: &'static GroupColumns,
    runs: &'a Runs,
}

impl Stamps<'_> {
    /// The stamps of winning rows, now against the instants of the joined rows; `references` says whose they are.
    fn column(&self, winners: &UInt32Array, references: &UInt32Array) -> ArrayRef {
        let rows = winners.values().iter().zip(references.values());
        let stamps = self.runs.iter().zip(rows).map(|(run, (row, reference_row))| {
            let row = index(*row);
            if run.len() == 1 {
                return self.cells.int64(self.group.stamp, row);
            }
            let stamp = self.cells.stamp(self.number, row)?;
            let reference_at = self.cells.instant(self.group.reference, index(*reference_row));
            self.group.stored(stamp, reference_at, self.cells.shows(self.number, row))
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

/// Empties the personal columns of erased records.
fn clear_personal(rows: &RecordSchema, columns: &mut [ArrayRef]) -> Result<(), ArrowError> {
    let erased: BooleanArray = is_not_null(&columns[rows.erased_at])?;
    if erased.true_count() == 0 {
        return Ok(());
    }
    for (column, owner) in columns.iter_mut().zip(&rows.owners) {
        if let Owner::Personal(_) = owner {
            *column = nullif(column, &erased)?;
        }
    }
    Ok(())
}

/// Computes the derived columns of the records that had several rows; the others keep theirs.
fn derive_anew(family: Family, joined: &RecordBatch, runs: &Runs) -> Result<RecordBatch, Error> {
    let mut several: Vec<usize> = Vec::new();
    let mut picks: Vec<(usize, usize)> = Vec::with_capacity(runs.len());
    for (row, run) in runs.iter().enumerate() {
        if run.len() == 1 {
            picks.push((0, row));
        } else {
            picks.push((1, several.len()));
            several.push(row);
        }
    }
    if several.is_empty() {
        return Ok(joined.clone());
    }
    let anew = (family.rows().derive)(Cells::of_checked(family, joined), &several)?;
    let mut columns = joined.columns().to_vec();
    for (column, values) in anew {
        let kept = &joined.columns()[column];
        columns[column] = interleave(&[kept.as_ref(), values.as_ref()], &picks).map_err(failed)?;
    }
    RecordBatch::try_new(joined.schema(), columns).map_err(failed)
}
