//! The joined state of the records a partition has seen lately, so that most rows it appends are already whole.
//!
//! Forgetting an entry is always safe: the next row of that record is then a partial one, and whoever reads joins
//! it (REC-1). Bounded by two generations: what is touched moves to the young one; when that is half of the
//! capacity the older is dropped. An entry whose row still waits for a commit is never dropped, so a commit holds
//! one row per record.

use std::hash::{BuildHasher, RandomState};

use callhouse_lake::{StoredRecord, Table};

use crate::hashed::HashedMap;
use crate::unit_records::PartialRecords;

/// Where a row of a recent table stands among the chunks of its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowAddress {
    pub(crate) table: Table,
    /// Number of the chunk, counted from 0 in each ownership of the partition.
    pub(crate) chunk: u64,
    pub(crate) row: usize,
}

/// What a chunk adds to a recent table.
#[derive(Debug)]
pub(crate) struct Folded<'a, R> {
    /// One row per record of the chunk, everything this partition remembers of it included.
    pub(crate) rows: Vec<&'a R>,
    /// Earlier rows that say nothing these do not.
    pub(crate) superseded: Vec<RowAddress>,
}

#[derive(Debug)]
struct Open<R> {
    record: Box<R>,
    last_row: RowAddress,
}

/// Entries by hash of account and id, in slots that stay where they are. Of two records with one hash only the later
/// is found; the other counts as forgotten.
#[derive(Debug)]
struct Generation<R> {
    slots_by_hash: HashedMap<usize>,
    /// `None` where an entry has moved to the young generation.
    slots: Vec<Option<Open<R>>>,
}

impl<R> Default for Generation<R> {
    fn default() -> Self {
        Self { slots_by_hash: HashedMap::default(), slots: Vec::new() }
    }
}

#[derive(Debug)]
pub(crate) struct OpenRecords<R> {
    young: Generation<R>,
    older: Generation<R>,
    hashes: RandomState,
    capacity: usize,
    /// All rows of the older generation are in chunks below this one.
    rotated_at: u64,
}

impl<R: StoredRecord> OpenRecords<R> {
    pub(crate) fn new(capacity: usize) -> Self {
        let (young, older) = (Generation::default(), Generation::default());
        Self { young, older, hashes: RandomState::new(), capacity, rotated_at: 0 }
    }

    /// Joins the partial records of a chunk, any number per thing, into the remembered ones.
    pub(crate) fn fold(&mut self, chunk: u64, partial: PartialRecords<R>) -> Folded<'_, R> {
        let table = R::FAMILY.recent();
        let mut slots = Vec::with_capacity(partial.len());
        let mut superseded = Vec::new();
        for mut record in partial {
            let last_row = RowAddress { table, chunk, row: slots.len() };
            let hash = self.hashes.hash_one((record.account(), record.id()));
            if let Some(slot) = self.young.find(hash, &record)
                && let Some(open) = self.young.slots.get_mut(slot).and_then(Option::as_mut)
            {
                open.record.join_from(&mut record);
                if open.last_row.chunk != chunk {
                    superseded.push(std::mem::replace(&mut open.last_row, last_row));
                    slots.push(slot);
                }
                continue;
            }
            let mut open = Open { record, last_row };
            if let Some(mut known) = self.older.take(hash, &open.record) {
                superseded.push(known.last_row);
                open.record.join_from(&mut known.record);
            }
            slots.push(self.young.insert(hash, open));
        }
        let young = &self.young.slots;
        let rows = slots.iter().filter_map(|slot| young[*slot].as_ref()).map(|open| &*open.record).collect();
        Folded { rows, superseded }
    }

    /// Forgets the older generation when the young one has grown enough and nothing of the older waits for a commit.
    /// `first_waiting` is the partition's first chunk not yet handed to a commit, `next` the number of the next one.
    pub(crate) fn forget(&mut self, first_waiting: u64, next: u64) {
        if self.young.slots.len() * 2 >= self.capacity && first_waiting >= self.rotated_at {
            self.older = std::mem::take(&mut self.young);
            self.rotated_at = next;
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        [&self.young, &self.older].iter().map(|generation| generation.slots.iter().flatten().count()).sum()
    }
}

impl<R: StoredRecord> Generation<R> {
    fn find(&self, hash: u64, record: &R) -> Option<usize> {
        let slot = *self.slots_by_hash.get(&hash)?;
        let known = &self.slots.get(slot)?.as_ref()?.record;
        (known.id() == record.id() && known.account() == record.account()).then_some(slot)
    }

    fn take(&mut self, hash: u64, record: &R) -> Option<Open<R>> {
        let slot = self.find(hash, record)?;
        self.slots_by_hash.remove(&hash);
        self.slots.get_mut(slot)?.take()
    }

    fn insert(&mut self, hash: u64, open: Open<R>) -> usize {
        let slot = self.slots.len();
        self.slots_by_hash.insert(hash, slot);
        self.slots.push(Some(open));
        slot
    }
}

#[cfg(test)]
mod tests {
    use callhouse_core::{AccountId, CallRecord, Timestamp};

    use super::*;

    fn record(call_id: &str, at: i64) -> Box<CallRecord> {
        let account = AccountId::new("acme").expect("valid");
        Box::new(CallRecord::empty(account, call_id.into(), Timestamp(at)))
    }

    #[test]
    fn rows_hold_what_is_remembered_and_supersede_the_row_before() {
        let mut open = OpenRecords::new(100);
        assert_eq!(open.fold(0, vec![record("a", 1), record("b", 2)]).superseded, []);
        let folded = open.fold(1, vec![record("b", 9)]);
        assert_eq!(
            (folded.rows[0].first_event_at, folded.rows[0].last_event_at),
            (Timestamp(2), Timestamp(9))
        );
        assert_eq!(folded.superseded, [RowAddress { table: Table::CallsRecent, chunk: 0, row: 1 }]);
    }

    #[test]
    fn a_chunk_has_one_row_per_call() {
        let mut open = OpenRecords::new(100);
        let folded = open.fold(0, vec![record("a", 1), record("b", 2), record("a", 3), record("b", 1)]);
        let rows: Vec<_> =
            folded.rows.iter().map(|row| (&*row.call_id, row.last_event_at.micros())).collect();
        assert_eq!((rows, folded.superseded), (vec![("a", 3), ("b", 2)], vec![]));
    }

    #[test]
    fn memory_is_bounded_once_rows_are_handed_to_a_commit() {
        let mut open = OpenRecords::new(100);
        for chunk in 0..1_000_u64 {
            open.fold(chunk, vec![record(&format!("call {chunk}"), 1), record("open", 1)]);
            open.forget(chunk + 1, chunk + 1);
            assert!(open.len() <= 102, "{} entries", open.len());
        }
    }

    #[test]
    fn a_row_that_waits_for_a_commit_is_not_forgotten() {
        let mut open = OpenRecords::new(2);
        for chunk in 0..50_u64 {
            open.fold(chunk, vec![record(&format!("call {chunk}"), 1)]);
            open.forget(0, chunk + 1);
        }
        let folded = open.fold(50, vec![record("call 0", 7)]);
        assert_eq!(folded.superseded, [RowAddress { table: Table::CallsRecent, chunk: 0, row: 0 }]);
    }
}
