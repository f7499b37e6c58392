//! The joined state of the calls a partition has seen lately, so that most rows it appends are already whole.
//!
//! Forgetting an entry is always safe: the next row of that call is then a partial one, and whoever reads joins
//! it (REC-1). Bounded by two generations: what is touched moves to the young one; when that is half of the
//! capacity the older is dropped. An entry whose row still waits for a commit is never dropped, so a commit holds
//! one row per call.

use std::collections::HashMap;

use callhouse_core::{AccountId, CallRecord};

/// Where a row of `calls_recent` stands among the chunks of its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowAddress {
    /// Number of the chunk, counted from 0 in each ownership of the partition.
    pub(crate) chunk: u64,
    pub(crate) row: usize,
}

/// What a chunk adds to `calls_recent`.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// One row per call, everything this partition remembers of it included.
    pub(crate) rows: Vec<CallRecord>,
    /// Earlier rows that say nothing these do not.
    pub(crate) superseded: Vec<RowAddress>,
}

#[derive(Debug)]
struct Open {
    record: CallRecord,
    last_row: RowAddress,
}

#[derive(Debug, Default)]
struct Generation {
    calls: HashMap<AccountId, HashMap<Box<str>, Open>>,
    len: usize,
}

#[derive(Debug)]
pub(crate) struct OpenRecords {
    young: Generation,
    older: Generation,
    capacity: usize,
    /// All rows of the older generation are in chunks below this one.
    rotated_at: u64,
}

impl OpenRecords {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { young: Generation::default(), older: Generation::default(), capacity, rotated_at: 0 }
    }

    /// Joins partial records, at most one per call, into the remembered ones and returns the rows of a chunk.
    pub(crate) fn fold(&mut self, chunk: u64, partial: Vec<CallRecord>) -> Folded {
        let mut folded = Folded { rows: Vec::with_capacity(partial.len()), superseded: Vec::new() };
        for (row, record) in partial.into_iter().enumerate() {
            let last_row = RowAddress { chunk, row };
            if let Some(open) = self.young.get_mut(&record.account, &record.call_id) {
                folded.superseded.push(std::mem::replace(&mut open.last_row, last_row));
                open.record.join(record);
                folded.rows.push(open.record.clone());
                continue;
            }
            let mut open = Open { record, last_row };
            if let Some(known) = self.older.remove(&open.record.account, &open.record.call_id) {
                folded.superseded.push(known.last_row);
                open.record.join(known.record);
            }
            folded.rows.push(open.record.clone());
            self.young.insert(open);
        }
        folded
    }

    /// Forgets the older generation when the young one has grown enough and nothing of the older waits for a commit.
    /// `first_waiting` is the partition's first chunk not yet handed to a commit, `next` the number of the next one.
    pub(crate) fn forget(&mut self, first_waiting: u64, next: u64) {
        if self.young.len * 2 >= self.capacity && first_waiting >= self.rotated_at {
            self.older = std::mem::take(&mut self.young);
            self.rotated_at = next;
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.young.len + self.older.len
    }
}

impl Generation {
    fn get_mut(&mut self, account: &AccountId, call_id: &str) -> Option<&mut Open> {
        self.calls.get_mut(account)?.get_mut(call_id)
    }

    fn remove(&mut self, account: &AccountId, call_id: &str) -> Option<Open> {
        let open = self.calls.get_mut(account)?.remove(call_id)?;
        self.len -= 1;
        Some(open)
    }

    fn insert(&mut self, open: Open) {
        let of_account = match self.calls.get_mut(&open.record.account) {
            Some(calls) => calls,
            None => self.calls.entry(open.record.account.clone()).or_default(),
        };
        of_account.insert(open.record.call_id.clone(), open);
        self.len += 1;
    }
}

#[cfg(test)]
mod tests {
    use callhouse_core::Timestamp;

    use super::*;

    fn record(call_id: &str, at: i64) -> CallRecord {
        CallRecord::empty(AccountId::new("acme").expect("valid"), call_id.into(), Timestamp(at))
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
        assert_eq!(folded.superseded, [RowAddress { chunk: 0, row: 1 }]);
    }

    #[test]
    fn memory_is_bounded_once_rows_are_handed_to_a_commit() {
        let mut open = OpenRecords::new(100);
        for chunk in 0..1_000_u64 {
            open.fold(chunk, vec![record(&format!("call {chunk}"), 1)]);
            open.forget(chunk + 1, chunk + 1);
            assert!(open.len() <= 100, "{} entries", open.len());
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
        assert_eq!(folded.superseded, [RowAddress { chunk: 0, row: 0 }]);
    }
}
