//! Which rows are of the same record: row numbers in the order of (account, id), the first two columns, cut where the key
//! changes.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use arrow::array::{RecordBatch, StringArray};

use crate::error::Error;
use crate::rows::typed;

/// Runs of rows with the same key.
#[derive(Debug)]
pub(super) struct Runs {
    /// Row numbers in key order; within a run in row order.
    rows: Vec<u32>,
    /// Where each run starts in `rows`, and at last where the last one ends.
    bounds: Vec<usize>,
    in_order: bool,
}

impl Runs {
    pub(super) fn of(batch: &RecordBatch) -> Result<Self, Error> {
        let keys = Keys::of(batch);
        let count = u32::try_from(batch.num_rows()).map_err(|_| Error::Invalid {
            what: format!("{} rows are too many for one join", batch.num_rows()),
        })?;
        let in_order = (1..batch.num_rows()).all(|row| keys.compare(row - 1, row).is_le());
        let rows: Vec<u32> = if in_order { (0..count).collect() } else { keys.sorted(count) };
        let starts_run =
            |at: &usize| *at == 0 || keys.compare(index(rows[*at - 1]), index(rows[*at])).is_ne();
        let mut bounds: Vec<usize> = (0..rows.len()).filter(starts_run).collect();
        bounds.push(rows.len());
        Ok(Self { rows, bounds, in_order })
    }

    /// Whether every key occurs once and the rows stand in key order already.
    pub(super) fn is_identity(&self) -> bool {
        self.in_order && self.len() == self.rows.len()
    }

    /// Number of records.
    pub(super) fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The row numbers of each record, in key order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.bounds.windows(2).map(|bounds| &self.rows[bounds[0]..bounds[1]])
    }
}

pub(super) fn index(row: u32) -> usize {
    usize::try_from(row).expect("row numbers fit the address space")
}

struct Keys<'a> {
    accounts: &'a StringArray,
    ids: &'a StringArray,
}

impl<'a> Keys<'a> {
    fn of(batch: &'a RecordBatch) -> Self {
        Self { accounts: typed(batch, 0), ids: typed(batch, 1) }
    }

    fn compare(&self, left: usize, right: usize) -> Ordering {
        let accounts = self.accounts.value(left).cmp(self.accounts.value(right));
        accounts.then_with(|| self.ids.value(left).cmp(self.ids.value(right)))
    }

    /// Row numbers in key order. Accounts are few and are compared by rank; most ids differ in eight bytes.
    fn sorted(&self, count: u32) -> Vec<u32> {
        let distinct: BTreeSet<&str> = self.accounts.iter().flatten().collect();
        let ranks: HashMap<&str, usize> = distinct.into_iter().zip(0..).collect();
        let mut keys: Vec<(usize, u64, u32)> = (0..count)
            .map(|row| {
                let rank = ranks[self.accounts.value(index(row))];
                (rank, prefix(self.ids.value(index(row))), row)
            })
            .collect();
        keys.sort_unstable_by(|left, right| {
            let by_prefix = (left.0, left.1).cmp(&(right.0, right.1));
            let id = |key: &(usize, u64, u32)| self.ids.value(index(key.2));
            by_prefix.then_with(|| id(left).cmp(id(right))).then(left.2.cmp(&right.2))
        });
        keys.into_iter().map(|key| key.2).collect()
    }
}

/// The first eight bytes of a text, zeros behind a shorter one, as a number that orders like them.
fn prefix(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}
