//! Comparing rebuilt and live rows, column by column, as bytes.

use std::cmp::Ordering;

use arrow::array::RecordBatch;

use crate::error::Error;
use crate::rows::{CallBytes, CallColumn};
use crate::touch::key;

/// A call on which the archive and the live rows disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub account: String,
    pub call_id: String,
    pub kind: DifferenceKind,
}

/// How they disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The archive has events of a call that is not live.
    Missing,
    /// A live row is of a call without events, or is there a second time.
    Unexpected,
    /// These columns hold other values.
    Columns(Vec<&'static str>),
}

/// Differences counted, and the first of them listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    pub missing: u64,
    pub unexpected: u64,
    pub changed: u64,
    pub listed: Vec<Difference>,
}

impl Differences {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing + self.unexpected + self.changed == 0
    }

    /// Compares two batches sorted by (account, `call_id`); `rebuilt` has every key once.
    pub(super) fn count(
        &mut self,
        rebuilt: &RecordBatch,
        live: &RecordBatch,
        list: usize,
    ) -> Result<(), Error> {
        let bytes = CallBytes::new()?;
        let (wanted, found) = (bytes.rows(rebuilt)?, bytes.rows(live)?);
        let (mut left, mut right) = (0, 0);
        while left < rebuilt.num_rows() || right < live.num_rows() {
            let order = match (left < rebuilt.num_rows(), right < live.num_rows()) {
                (true, true) => key(rebuilt, left).cmp(&key(live, right)),
                (true, false) => Ordering::Less,
                (false, _) => Ordering::Greater,
            };
            match order {
                Ordering::Less => {
                    self.missing += 1;
                    self.list(key(rebuilt, left), DifferenceKind::Missing, list);
                    left += 1;
                }
                Ordering::Greater => {
                    self.unexpected += 1;
                    self.list(key(live, right), DifferenceKind::Unexpected, list);
                    right += 1;
                }
                Ordering::Equal => {
                    if wanted.row(left) != found.row(right) {
                        self.changed += 1;
                        let columns = changed_columns(rebuilt, left, live, right);
                        self.list(key(rebuilt, left), DifferenceKind::Columns(columns), list);
                    }
                    left += 1;
                    right += 1;
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, (account, call_id): (&str, &str), kind: DifferenceKind, list: usize) {
        if self.listed.len() < list {
            self.listed.push(Difference { account: account.to_owned(), call_id: call_id.to_owned(), kind });
        }
    }
}

fn changed_columns(
    left: &RecordBatch,
    left_row: usize,
    right: &RecordBatch,
    right_row: usize,
) -> Vec<&'static str> {
    let differs = |column: &&CallColumn| {
        let cell = |batch: &RecordBatch, row| batch.column(column.index()).slice(row, 1).to_data();
        cell(left, left_row) != cell(right, right_row)
    };
    CallColumn::ALL.iter().filter(differs).map(|column| column.name()).collect()
}
