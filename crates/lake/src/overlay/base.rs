//! The greater part of an overlay, joined once, and how newer recent files and hot rows are laid over it.

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
use crate::touch::{Touch, Toucher, key};

/// Rows laid over a base before it is built anew, beside a quarter of its own.
const NEWER_ROWS: usize = 20_000;

/// The joined rows of some recent files and the settled rows they touch.
#[derive(Debug)]
pub(super) struct Base {
    /// The files in it.
    recent: BTreeSet<i64>,
    /// The settled files that were looked at.
    settled: Vec<i64>,
    /// Sorted by (account, `call_id`).
    calls: RecordBatch,
    skip: Arc<Skip>,
    /// The rows behind `skip`.
    replaced: Vec<RecordBatch>,
}

impl Base {
    /// A base of all recent files of a snapshot.
    pub(super) fn build(
        toucher: &Toucher,
        snapshot: &Snapshot,
        recent: &[Arc<Source>],
    ) -> Result<Self, Error> {
        let mut replaced = Replaced::default();
        let calls = joined_with_settled(toucher, snapshot, recent, Vec::new(), &mut replaced)?;
        Ok(Self {
            recent: recent.iter().filter_map(|source| source.data_file_id).collect(),
            settled: settled_ids(snapshot),
            calls,
            skip: Arc::new(replaced.rows),
            replaced: replaced.batches,
        })
    }

    pub(super) fn has(&self, source: &Source) -> bool {
        source.data_file_id.is_some_and(|id| self.recent.contains(&id))
    }

    /// Whether the overlay of a snapshot with these recent files can be built on this base: all in it is still
    /// live, and what is not in it is little.
    pub(super) fn serves(&self, snapshot: &Snapshot, recent: &[Arc<Source>]) -> bool {
        let known = recent.iter().filter(|source| self.has(source)).count();
        let newer = recent.iter().filter(|source| !self.has(source));
        let newer_rows: usize = newer.map(|source| source.keyed.calls.num_rows()).sum();
        known == self.recent.len()
            && newer_rows <= NEWER_ROWS + self.calls.num_rows() / 4
            && self.settled == settled_ids(snapshot)
    }

    /// The overlay with newer rows: only the calls they touch are joined again.
    pub(super) fn with_newer(
        &self,
        toucher: &Toucher,
        snapshot: &Snapshot,
        newer: &[Arc<Source>],
    ) -> Result<Overlay, Error> {
        if newer.is_empty() {
            return Ok(Overlay {
                batches: vec![self.calls.clone()],
                skip: Arc::clone(&self.skip),
                replaced: self.replaced.clone(),
            });
        }
        let failed = |source| Error::Arrow { operation: "laying newer rows over a base", source };
        let touched = self.rows_of(newer);
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
        let mut replaced = Replaced { rows: Skip::clone(&self.skip), batches: self.replaced.clone() };
        let joined = joined_with_settled(toucher, snapshot, newer, vec![again], &mut replaced)?;
        Ok(Overlay {
            batches: vec![untouched, joined],
            skip: Arc::new(replaced.rows),
            replaced: replaced.batches,
        })
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

fn settled_ids(snapshot: &Snapshot) -> Vec<i64> {
    live_files(snapshot, Table::Calls).iter().map(|file| file.data_file_id).collect()
}

fn index(row: u32) -> usize {
    usize::try_from(row).expect("row numbers fit the address space")
}

/// Settled rows that an overlay stands for.
#[derive(Debug, Default)]
struct Replaced {
    rows: Skip,
    batches: Vec<RecordBatch>,
}

impl Replaced {
    /// Notes the rows of a touch that were not noted before.
    fn add(&mut self, data_file_id: i64, touch: &Touch) -> Result<(), Error> {
        let known = self.rows.entry(data_file_id).or_default();
        let is_new: BooleanArray =
            touch.rows.iter().map(|row| Some(known.binary_search(row).is_err())).collect();
        if is_new.true_count() == 0 {
            return Ok(());
        }
        let batch = filter_record_batch(&touch.batch, &is_new)
            .map_err(|source| Error::Arrow { operation: "selection of replaced rows", source })?;
        self.batches.push(batch);
        known.extend(&touch.rows);
        known.sort_unstable();
        known.dedup();
        Ok(())
    }
}

/// Joins sources, `more` rows and all settled rows of the sources' calls; notes the latter as replaced.
fn joined_with_settled(
    toucher: &Toucher,
    snapshot: &Snapshot,
    sources: &[Arc<Source>],
    more: Vec<RecordBatch>,
    replaced: &mut Replaced,
) -> Result<RecordBatch, Error> {
    let settled = live_files(snapshot, Table::Calls);
    let mut batches = more;
    for source in sources {
        batches.push(source.keyed.calls.clone());
        let touches: Touches = source.touches(toucher, settled)?;
        for (data_file_id, touch) in touches {
            // A settled row touched by several sources is joined in more than once, which changes nothing (REC-1).
            batches.push(touch.batch.clone());
            replaced.add(data_file_id, &touch)?;
        }
    }
    join_calls(&batches)
}
