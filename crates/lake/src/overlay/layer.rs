//! One layer of an overlay: rows that came together, joined with all that was known of their records, each record once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use super::OverlayRows;
use crate::error::Error;
use crate::hot::Flush;
use crate::touch::{Keyed, Touch};

/// In the place of a layer's number: the row is shown.
const SHOWN: u64 = 0;

/// What a layer was made of. It stays for as long as one of them is neither settled nor lost.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    /// Recent files.
    pub(super) files: BTreeSet<i64>,
    /// Hot chunks, by their identity.
    pub(super) chunks: BTreeMap<usize, Chunk>,
}

/// A hot chunk without its rows.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub(super) range: callhouse_core::position::OffsetRange,
    pub(super) flush: Flush,
}

impl Sources {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.chunks.is_empty()
    }

    /// The flush of chunks that are of the same one, 0 if it has not begun. `None` when there is a file.
    fn flush(&self) -> Option<u64> {
        let mut numbers = self.chunks.values().map(|chunk| chunk.flush.number());
        let first = numbers.next()?;
        (self.files.is_empty() && numbers.all(|number| number == first)).then_some(first)
    }

    /// Whether these and others will be gone at the same time, as what one flush writes is settled at once.
    pub(super) fn go_with(&self, others: &Self) -> bool {
        self.flush().is_some_and(|flush| others.flush() == Some(flush))
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.files.extend(&other.files);
        self.chunks.extend(other.chunks.iter().map(|(identity, chunk)| (*identity, chunk.clone())));
    }
}

/// Settled rows by settled file, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Touches {
    files: BTreeMap<i64, Vec<Arc<Touch>>>,
}

impl Touches {
    /// Adds the rows of a file that are not there yet.
    pub(super) fn add(&mut self, data_file_id: i64, touch: &Arc<Touch>) -> Result<(), Error> {
        let known = self.files.entry(data_file_id).or_default();
        let is_known = |row: &u32| known.iter().any(|known| known.rows.binary_search(row).is_ok());
        let is_new: Vec<bool> = touch.rows.iter().map(|row| !is_known(row)).collect();
        if is_new.iter().all(|is_new| *is_new) {
            known.push(Arc::clone(touch));
        } else if is_new.contains(&true) {
            let rows = touch.rows.iter().zip(&is_new).filter_map(|(row, is_new)| is_new.then_some(*row));
            let rows = rows.collect();
            let batch = filter_record_batch(&touch.batch, &BooleanArray::from(is_new))
                .map_err(|source| Error::Arrow { operation: "selection of replaced rows", source })?;
            known.push(Arc::new(Touch { rows, batch }));
        }
        Ok(())
    }

    pub(super) fn add_all(&mut self, other: &Self) -> Result<(), Error> {
        for (data_file_id, touch) in other.iter() {
            self.add(data_file_id, touch)?;
        }
        Ok(())
    }

    /// Forgets files that are not among these.
    pub(super) fn retain(&mut self, files: &BTreeSet<i64>) {
        self.files.retain(|id, _| files.contains(id));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, &Arc<Touch>)> {
        self.files.iter().flat_map(|(id, touches)| touches.iter().map(|touch| (*id, touch)))
    }
}

/// Rows with their keys, and where each key is.
#[derive(Debug)]
struct Rows {
    keyed: Keyed,
    /// Row number + 1 by hash of the key, 0 where there is none; a power of two of places, the next free one taken.
    places: Vec<u32>,
}

/// Cheap to clone; a clone shares the rows.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// Rises from layer to layer, from 1.
    pub(super) number: u64,
    pub(super) sources: Sources,
    /// Settled rows of the records here, by settled file.
    pub(super) touches: Touches,
    rows: Arc<Rows>,
    /// Per row the number of the later layer that holds the record now, or [`SHOWN`].
    taken_by: Arc<Vec<u64>>,
    shown_rows: usize,
    shown: Arc<OnceLock<OverlayRows>>,
}

impl Layer {
    /// A layer of joined rows, sorted by key, each record once.
    pub(super) fn new(number: u64, records: RecordBatch, sources: Sources, touches: Touches) -> Self {
        let shown_rows = records.num_rows();
        let rows = Rows::new(Keyed::new(records));
        Self {
            number,
            sources,
            touches,
            rows: Arc::new(rows),
            taken_by: Arc::new(vec![SHOWN; shown_rows]),
            shown_rows,
            shown: Arc::default(),
        }
    }

    pub(super) fn keyed(&self) -> &Keyed {
        &self.rows.keyed
    }

    pub(super) fn shown_rows(&self) -> usize {
        self.shown_rows
    }

    /// All rows held, shown or not.
    pub(super) fn held_rows(&self) -> usize {
        self.taken_by.len()
    }

    /// The row of a record that is shown here.
    pub(super) fn find_shown(&self, fingerprint: u32, key: (&str, &str)) -> Option<usize> {
        let row = self.rows.find(fingerprint, key)?;
        (self.taken_by[row] == SHOWN).then_some(row)
    }

    /// Hides rows whose records a later layer holds.
    pub(super) fn give(&mut self, rows: &[usize], to: u64) {
        if rows.is_empty() {
            return;
        }
        let taken_by = Arc::make_mut(&mut self.taken_by);
        rows.iter().for_each(|row| taken_by[*row] = to);
        self.shown_rows -= rows.len();
        self.shown = Arc::default();
    }

    /// Shows the rows again that went to layers which are no more, and says which they are.
    pub(super) fn take_back(&mut self, from: &BTreeSet<u64>) -> Vec<usize> {
        let is_back = |row: &usize| from.contains(&self.taken_by[*row]);
        let rows: Vec<usize> = (0..self.taken_by.len()).filter(is_back).collect();
        if !rows.is_empty() {
            let taken_by = Arc::make_mut(&mut self.taken_by);
            rows.iter().for_each(|row| taken_by[*row] = SHOWN);
            self.shown_rows += rows.len();
            self.shown = Arc::default();
        }
        rows
    }

    /// A layer has become part of another.
    pub(super) fn renumber(&mut self, from: u64, to: u64) {
        if self.taken_by.contains(&from) {
            let taken_by = Arc::make_mut(&mut self.taken_by);
            taken_by.iter_mut().filter(|number| **number == from).for_each(|number| *number = to);
        }
    }

    /// What readers see of it.
    pub(super) fn shown(&self) -> &OverlayRows {
        self.shown.get_or_init(|| {
            let mask = || self.taken_by.iter().map(|number| Some(*number == SHOWN)).collect();
            let all = self.shown_rows == self.taken_by.len();
            OverlayRows { records: self.rows.keyed.records.clone(), shown: (!all).then(mask) }
        })
    }
}

impl Rows {
    fn new(keyed: Keyed) -> Self {
        let rows = keyed.records.num_rows();
        let mut places = vec![0; (2 * rows).next_power_of_two()];
        for (row, entry) in (0..rows).zip(1_u32..) {
            let mut place = first_place(keyed.fingerprint(row), places.len());
            while places[place] != 0 {
                place = (place + 1) & (places.len() - 1);
            }
            places[place] = entry;
        }
        Self { keyed, places }
    }

    fn find(&self, fingerprint: u32, key: (&str, &str)) -> Option<usize> {
        let mut place = first_place(fingerprint, self.places.len());
        loop {
            let row = usize::try_from(self.places[place].checked_sub(1)?).ok()?;
            if self.keyed.fingerprint(row) == fingerprint && self.keyed.key(row) == key {
                return Some(row);
            }
            place = (place + 1) & (self.places.len() - 1);
        }
    }
}

fn first_place(fingerprint: u32, places: usize) -> usize {
    usize::try_from(fingerprint).unwrap_or(0) & (places - 1)
}
