//! Comparing rebuilt and live rows, column by column, as bytes.

use std::cmp::Ordering;

use arrow::array::RecordBatch;

use crate::error::Error;
use crate::family::Family;
use crate::rows::RecordBytes;
use crate::touch::key;

/// A record on which the archive and the live rows disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub account: String,
    pub id: String,
    pub kind: DifferenceKind,
}

/// How they disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The archive has events of a record that is not live.
    Missing,
    /// A live row is of a record without events, or is there a second time.
    Unexpected,
    /// These columns hold other values.
    Columns(Vec<String>),
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

    /// Compares two batches sorted by (account, id); `rebuilt` has every key once.
    pub(super) fn count(
        &mut self,
        family: Family,
        rebuilt: &RecordBatch,
        live: &RecordBatch,
        list: usize,
    ) -> Result<(), Error> {
        let bytes = RecordBytes::of(family)?;
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

    fn list(&mut self, (account, id): (&str, &str), kind: DifferenceKind, list: usize) {
        if self.listed.len() < list {
            self.listed.push(Difference { account: account.to_owned(), id: id.to_owned(), kind });
        }
    }
}

fn changed_columns(
    left: &RecordBatch,
    left_row: usize,
    right: &RecordBatch,
    right_row: usize,
) -> Vec<String> {
    let cell = |batch: &RecordBatch, column: usize, row: usize| batch.column(column).slice(row, 1).to_data();
    let differs = |column: &usize| cell(left, *column, left_row) != cell(right, *column, right_row);
    let name = |column: usize| left.schema_ref().field(column).name().clone();
    (0..left.num_columns()).filter(differs).map(name).collect()
}
