//! Late rows: recent rows of records that have settled already.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use callhouse_core::Timestamp;

use super::{Eagerness, Shared, micros};
use crate::catalog::DataFile;
use crate::error::Error;
use crate::family::Family;
use crate::join::join_records;
use crate::rows::RecordBytes;
use crate::sorted::take;
use crate::touch::{Keyed, Touch, key};

/// Settled rows of the records at hand.
pub(super) struct Late {
    family: Family,
    touches: Vec<(Arc<DataFile>, Touch)>,
    /// Row of the joined records → indexes into `touches`; more than one only if a record was settled twice.
    by_row: HashMap<usize, Vec<usize>>,
    /// Rows of the joined records that say nothing their settled rows do not.
    pub(super) known: HashSet<usize>,
}

impl Late {
    /// Looks for the settled rows of all records in `keyed`, which has every record once.
    pub(super) fn find(
        family: Family,
        shared: &Shared,
        keyed: &Keyed,
        settled: &[Arc<DataFile>],
    ) -> Result<Self, Error> {
        let mut touches = Vec::new();
        for file in settled {
            if let Some(touch) = shared.toucher.touch(keyed, file)? {
                touches.push((Arc::clone(file), touch));
            }
        }
        let mut touching: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (at, (_, touch)) in touches.iter().enumerate() {
            for row in 0..touch.batch.num_rows() {
                touching.entry(key(&touch.batch, row)).or_default().push(at);
            }
        }
        let records = &keyed.records;
        let touched = |row: usize| Some((row, touching.get(&key(records, row))?.clone()));
        let by_row = (0..records.num_rows()).filter_map(touched).collect();
        drop(touching);
        let mut late = Self { family, touches, by_row, known: HashSet::new() };
        late.known = late.known_rows(records)?;
        late.by_row.retain(|row, _| !late.known.contains(row));
        Ok(late)
    }

    /// The rows whose join with their settled row is that settled row. Half a record that was looked at after its
    /// other half had settled is one; it need not be kept and no file need be rewritten for it.
    fn known_rows(&self, records: &RecordBatch) -> Result<HashSet<usize>, Error> {
        let mut rows: Vec<usize> =
            self.by_row.iter().filter(|(_, touches)| touches.len() == 1).map(|(row, _)| *row).collect();
        rows.sort_unstable();
        let late = take(records, rows.clone())?;
        let keys: HashSet<(&str, &str)> = (0..late.num_rows()).map(|row| key(&late, row)).collect();
        let mut settled = Vec::new();
        for (_, touch) in &self.touches {
            let wanted = |row: &usize| keys.contains(&key(&touch.batch, *row));
            settled.push(take(&touch.batch, (0..touch.batch.num_rows()).filter(wanted).collect())?);
        }
        let settled = join_records(self.family, &settled)?;
        // Both have the same keys, each once, in the order of the keys, which is that of `rows` too.
        let joined = join_records(self.family, &[settled.clone(), late.clone()])?;
        let bytes = RecordBytes::of(self.family)?;
        let (before, after) = (bytes.rows(&settled)?, bytes.rows(&joined)?);
        let same = |(at, _): &(usize, &usize)| before.row(*at) == after.row(*at);
        Ok(rows.iter().enumerate().filter(same).map(|(_, row)| *row).collect())
    }

    /// Whether all files with settled rows of a record are in `due`; `None` when there is no such file.
    pub(super) fn all_due(&self, row: usize, due: &HashSet<i64>) -> Option<bool> {
        let touches = self.by_row.get(&row)?;
        Some(touches.iter().all(|at| due.contains(&self.touches[*at].0.data_file_id)))
    }

    /// The touched files whose late rows are many enough, have waited long enough or hold an erasure.
    pub(super) fn due(
        &self,
        shared: &Shared,
        records: &RecordBatch,
        now: Timestamp,
        eagerness: Eagerness,
    ) -> Vec<(&Arc<DataFile>, &Touch)> {
        let options = &shared.options;
        let erased = records.column(self.family.rows().erased_at);
        let mut rows_of: Vec<Vec<usize>> = vec![Vec::new(); self.touches.len()];
        for (row, touches) in &self.by_row {
            for at in touches {
                rows_of[*at].push(*row);
            }
        }
        let mut waiting = shared.waiting[self.family.index()].lock();
        let mut due = Vec::new();
        for ((file, touch), rows) in self.touches.iter().zip(rows_of) {
            let many = options.late_rows.max(usize::try_from(file.record_count / 32).unwrap_or(usize::MAX));
            if eagerness == Eagerness::Everything
                || rows.len() >= many
                || rows.iter().any(|row| erased.is_valid(*row))
                || waiting.late_micros(file, now) >= micros(options.late_after)
            {
                due.push((file, touch));
            }
        }
        due
    }
}
