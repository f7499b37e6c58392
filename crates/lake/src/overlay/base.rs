//! The part of an overlay that comes from files, and how hot rows are laid over it.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{filter_record_batch, take_record_batch};

use super::sources::{Source, Touches, live_files};
use super::{Overlay, Skip};
use crate::catalog::Snapshot;
use crate::error::Error;
use crate::join::join_calls;
use crate::table::Table;
use crate::touch::{Toucher, key};

/// The joined rows of `calls_recent` of one snapshot and the settled rows they touch.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) snapshot_id: i64,
    /// Sorted by (account, `call_id`).
    calls: RecordBatch,
    skip: Arc<Skip>,
}

impl Base {
    pub(super) fn build(
        toucher: &Toucher,
        snapshot: &Snapshot,
        recent: &[Arc<Source>],
    ) -> Result<Self, Error> {
        let mut skip = Skip::new();
        let calls = joined_with_settled(toucher, snapshot, recent, Vec::new(), &mut skip)?;
        Ok(Self { snapshot_id: snapshot.id, calls, skip: Arc::new(skip) })
    }

    /// The overlay with hot rows: only the calls they touch are joined again.
    pub(super) fn with_hot(
        &self,
        toucher: &Toucher,
        snapshot: &Snapshot,
        hot: &[Arc<Source>],
    ) -> Result<Overlay, Error> {
        if hot.is_empty() {
            return Ok(Overlay { batches: vec![self.calls.clone()], skip: Arc::clone(&self.skip) });
        }
        let failed = |source| Error::Arrow { operation: "laying hot rows over recent ones", source };
        let touched = self.rows_of(hot);
        let mut keep = vec![true; self.calls.num_rows()];
        for row in &touched {
            keep[index(*row)] = false;
        }
        let untouched = if touched.is_empty() {
            self.calls.clone()
        } else {
            filter_record_batch(&self.calls, &BooleanArray::from(keep)).map_err(failed)?
        };
        let rows = UInt32Array::from_iter_values(touched);
        let again = take_record_batch(&self.calls, &rows).map_err(failed)?;
        let mut skip = Skip::clone(&self.skip);
        let joined = joined_with_settled(toucher, snapshot, hot, vec![again], &mut skip)?;
        Ok(Overlay { batches: vec![untouched, joined], skip: Arc::new(skip) })
    }

    /// Rows here that are of calls in `sources`.
    fn rows_of(&self, sources: &[Arc<Source>]) -> BTreeSet<u32> {
        let mut rows = BTreeSet::new();
        for source in sources {
            for row in 0..source.keyed.calls.num_rows() {
                rows.extend(self.find(key(&source.keyed.calls, row)));
            }
        }
        rows
    }

    fn find(&self, wanted: (&str, &str)) -> Option<u32> {
        let (mut low, mut high) = (0, self.calls.num_rows());
        while low < high {
            let middle = low.midpoint(high);
            match key(&self.calls, middle).cmp(&wanted) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return u32::try_from(middle).ok(),
            }
        }
        None
    }
}

fn index(row: u32) -> usize {
    usize::try_from(row).expect("row numbers fit the address space")
}

/// Joins sources, `more` rows and all settled rows of the sources' calls; notes the latter in `skip`.
fn joined_with_settled(
    toucher: &Toucher,
    snapshot: &Snapshot,
    sources: &[Arc<Source>],
    more: Vec<RecordBatch>,
    skip: &mut Skip,
) -> Result<RecordBatch, Error> {
    let settled = live_files(snapshot, Table::Calls);
    let mut batches = more;
    for source in sources {
        batches.push(source.keyed.calls.clone());
        let touches: Touches = source.touches(toucher, settled)?;
        for (data_file_id, touch) in touches {
            // A settled row touched by several sources is joined in more than once, which changes nothing (REC-1).
            batches.push(touch.batch.clone());
            let rows = skip.entry(data_file_id).or_default();
            rows.extend(&touch.rows);
        }
    }
    for rows in skip.values_mut() {
        rows.sort_unstable();
        rows.dedup();
    }
    join_calls(&batches)
}
