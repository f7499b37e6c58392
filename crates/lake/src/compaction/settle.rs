//! Settling: from the recent to the settled table of a family.
//!
//! Recent files that were left alone long enough, as many as the memory bound allows, are joined; the one with the
//! least id is always among them (see `compaction`). Each record then goes one way:
//!
//! | the record | is in a settled file | goes |
//! |---|---|---|
//! | quiet | no | to a new settled file of its month |
//! | quiet or not | yes, and that file's late rows are due | into that file, which is rewritten |
//! | any | yes, and it says nothing new | nowhere |
//! | any | yes, not due | back to recent |
//! | open | no | back to recent |
//!
//! Other rows of the same record may lie in recent files that were not taken; they are late rows from then on.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use callhouse_core::{Timestamp, crash};

use super::late::Late;
use super::{Change, Eagerness, ROW_BYTES, Shared, count, live, micros, output, settled};
use crate::catalog::{DataFile, Snapshot};
use crate::error::Error;
use crate::family::Family;
use crate::folder::DataFolder;
use crate::join::join_records;
use crate::read::{FileReader, Wanted};
use crate::sorted::{Input, SortedMerge, by_month, take};
use crate::touch::{Keyed, Touch, key};

/// Settles what is due of the snapshot's oldest recent files; `None` when that would change nothing. Blocking.
pub(super) fn settle(
    family: Family,
    shared: &Shared,
    folder: &DataFolder,
    snapshot: &Snapshot,
    now: Timestamp,
    eagerness: Eagerness,
) -> Result<Option<Change>, Error> {
    let inputs = inputs(family, shared, live(snapshot, family.recent()), now, eagerness);
    if inputs.is_empty() {
        return Ok(None);
    }
    let mut batches = Vec::new();
    for file in &inputs {
        for batch in FileReader::open(folder, file)?.rows(Wanted::All)? {
            batches.push(batch?);
        }
    }
    let keyed = Keyed::new(join_records(family, &batches)?);
    drop(batches);
    let settled = live(snapshot, family.settled());
    let waiting = &shared.waiting[family.index()];
    waiting.lock().retain_settled(settled);
    let late = Late::find(family, shared, &keyed, settled)?;
    let due = late.due(shared, &keyed.records, now, eagerness);
    let ways = Ways::of(family, shared, &keyed.records, &late, &due, now, eagerness);
    // One file that stays as it is needs no new one.
    let stays = ways.staying.len() == keyed.records.num_rows() && due.is_empty();
    if let ([only], true) = (&inputs[..], stays) {
        waiting.lock().stay([&only.path], now);
        return Ok(None);
    }
    let mut change = Change {
        settled_rows: count(ways.settling.len()),
        late_rows: count(ways.joining.len()),
        remove: inputs,
        ..Change::default()
    };
    write_settled(family, shared, folder, &keyed.records, &ways, &due, &mut change)?;
    if !ways.staying.is_empty() {
        let staying = take(&keyed.records, ways.staying)?;
        let slices = output::slices(staying);
        let written = output::write(shared, family.recent(), None, usize::MAX, slices)?;
        waiting.lock().stay(written.iter().map(|file| &file.path), now);
        change.add.extend(written);
    }
    crash::point("compaction.settle.after_write");
    Ok(Some(change))
}

/// The file with the least id and the ripe ones behind it, as many as memory allows; none if none is ripe.
fn inputs(
    family: Family,
    shared: &Shared,
    recent: &[Arc<DataFile>],
    now: Timestamp,
    eagerness: Eagerness,
) -> Vec<Arc<DataFile>> {
    let options = &shared.options;
    let mut waiting = shared.waiting[family.index()].lock();
    waiting.see(recent, now);
    let (settle_after, settle_every) = (micros(options.settle_after), micros(options.settle_every));
    let is_ripe = |file: &Arc<DataFile>| match eagerness {
        Eagerness::Due => waiting.is_ripe(file, now, settle_after),
        Eagerness::Pressed => waiting.is_fresh(file, now, settle_every),
        Eagerness::Everything => true,
    };
    let paused = eagerness == Eagerness::Due
        && waiting.settled_at.is_some_and(|at| now.micros_since(at) < settle_every);
    let (Some((first, others)), false) = (recent.split_first(), paused) else { return Vec::new() };
    let row_limit = options.memory_bytes / ROW_BYTES;
    let count_of = |file: &Arc<DataFile>| usize::try_from(file.record_count).unwrap_or(0);
    let mut inputs = vec![Arc::clone(first)];
    let mut rows = count_of(first);
    let mut has_ripe = is_ripe(first);
    let mut taken_all = true;
    for file in others.iter().filter(|file| is_ripe(file)) {
        rows += count_of(file);
        // The first file does not keep the others from their turn: one ripe file always goes with it.
        if has_ripe && rows > row_limit {
            taken_all = false;
            break;
        }
        has_ripe = true;
        inputs.push(Arc::clone(file));
    }
    if !has_ripe {
        return Vec::new();
    }
    waiting.settled_at = taken_all.then_some(now);
    inputs
}

/// Which way each of the joined records goes, as row numbers.
struct Ways {
    settling: Vec<usize>,
    joining: Vec<usize>,
    staying: Vec<usize>,
}

impl Ways {
    fn of(
        family: Family,
        shared: &Shared,
        records: &RecordBatch,
        late: &Late,
        due: &[(&Arc<DataFile>, &Touch)],
        now: Timestamp,
        eagerness: Eagerness,
    ) -> Self {
        let quiet_since = now.plus_micros(-micros(shared.options.settle_after)).micros();
        let open_since = now.plus_micros(-micros(shared.options.open_for_at_most)).micros();
        let rows = family.rows();
        let last = records.column(rows.last_event_at).as_primitive::<TimestampMicrosecondType>();
        let closed = records.column(rows.closed_at);
        let due: HashSet<i64> = due.iter().map(|(file, _)| file.data_file_id).collect();
        let mut ways = Self { settling: Vec::new(), joining: Vec::new(), staying: Vec::new() };
        for row in 0..records.num_rows() {
            let limit = if closed.is_valid(row) { quiet_since } else { open_since };
            let quiet = match eagerness {
                Eagerness::Due => last.value(row) <= limit,
                Eagerness::Pressed => closed.is_valid(row) || last.value(row) <= limit,
                Eagerness::Everything => true,
            };
            if late.known.contains(&row) {
                continue;
            }
            let way = match late.all_due(row, &due) {
                // A record in several files joins only when all of them are rewritten, so that it ends up in one.
                Some(true) => &mut ways.joining,
                None if quiet => &mut ways.settling,
                Some(false) | None => &mut ways.staying,
            };
            way.push(row);
        }
        ways
    }
}

/// A settled file on its way out, and the rows of it that its successor does not take over as they are.
struct Rewritten<'a> {
    file: &'a DataFile,
    leaving: Vec<u32>,
}

/// Writes the settling and joining records, month by month; of a month whose file is rewritten into that file's successor.
fn write_settled(
    family: Family,
    shared: &Shared,
    folder: &DataFolder,
    records: &RecordBatch,
    ways: &Ways,
    due: &[(&Arc<DataFile>, &Touch)],
    change: &mut Change,
) -> Result<(), Error> {
    let joining = take(records, ways.joining.clone())?;
    let keys: HashSet<(&str, &str)> = (0..joining.num_rows()).map(|row| key(&joining, row)).collect();
    let mut parts = vec![take(records, ways.settling.clone())?, joining.clone()];
    let mut rewritten: BTreeMap<Option<i32>, Vec<Rewritten<'_>>> = BTreeMap::new();
    for (file, touch) in due {
        // Rows of records that stay, because they lie in a second file too, stay in both.
        let joined = |row: &usize| keys.contains(&key(&touch.batch, *row));
        let at: Vec<usize> = (0..touch.batch.num_rows()).filter(joined).collect();
        let rows = at.iter().map(|row| touch.rows[*row]).collect();
        parts.push(take(&touch.batch, at)?);
        rewritten.entry(file.month).or_default().push(Rewritten { file, leaving: rows });
        change.remove.push(Arc::clone(file));
    }
    let mut months = by_month(family.settled(), &join_records(family, &parts)?)?;
    drop(parts);
    for (month, files) in rewritten {
        let mut new_rows = months.remove(&month);
        for Rewritten { file, leaving } in files {
            let kept = FileReader::open(folder, file)?.rows(Wanted::AllBut(&leaving))?;
            let mut inputs: Vec<Input> = vec![Box::new(kept)];
            inputs.extend(new_rows.take().map(|rows| -> Input { Box::new(output::slices(rows)) }));
            settled::write(family, shared, month, SortedMerge::new(family.settled(), inputs)?, change)?;
        }
    }
    for (month, rows) in months {
        settled::write(family, shared, month, output::slices(rows), change)?;
    }
    Ok(())
}
