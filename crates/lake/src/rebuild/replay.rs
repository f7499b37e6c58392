//! One pass over the archive: the calls of that pass, joined from their events.

use std::collections::BTreeMap;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use callhouse_core::CallRecord;
use callhouse_core::event::Kind;
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::fold_into;

use super::{Run, live_files};
use crate::error::Error;
use crate::read::{FileReader, Wanted};
use crate::rows::{EventRow, decode_events, encode_calls};
use crate::table::Table;

/// Numbers remembered; they repeat, and looking one up costs microseconds.
const PHONE_NUMBERS: usize = 100_000;

/// Calls by account and `call_id`.
type Calls = BTreeMap<(Box<str>, Box<str>), CallRecord>;

/// What a pass over the archive gives.
pub(super) struct Replayed {
    pub(super) events: u64,
    /// Sorted by (account, `call_id`).
    pub(super) calls: RecordBatch,
}

pub(super) fn phone_book() -> PhoneBook {
    PhoneBook::with_capacity(PHONE_NUMBERS)
}

impl Run {
    pub(super) fn replay(&self, pass: u32, phones: &mut PhoneBook) -> Result<Replayed, Error> {
        let mut calls = Calls::new();
        let mut events = 0;
        for file in live_files(&self.snapshot, Table::CallEvents) {
            for batch in FileReader::open(&self.folder, file)?.rows(Wanted::All)? {
                let batch = self.of_pass(pass, &batch?)?;
                for EventRow { event, .. } in decode_events(&batch)? {
                    events += 1;
                    if matches!(event.kind, Kind::Call(..)) {
                        let key = (event.account.as_str().into(), event.subject.clone());
                        let new =
                            || CallRecord::empty(event.account.clone(), event.subject.clone(), event.time);
                        let record = calls.entry(key).or_insert_with(new);
                        fold_into(record, event, phones);
                    }
                }
            }
        }
        let records: Vec<CallRecord> = calls.into_values().collect();
        Ok(Replayed { events, calls: encode_calls(&records)? })
    }

    /// The rows of a batch whose first two columns, account and call, are of this pass.
    pub(super) fn of_pass(&self, pass: u32, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        if self.passes.0 == 1 {
            return Ok(batch.clone());
        }
        let (accounts, calls) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let is_of_pass = |row| self.passes.pass_of(accounts.value(row), calls.value(row)) == pass;
        let mask: BooleanArray = (0..batch.num_rows()).map(|row| Some(is_of_pass(row))).collect();
        filter_record_batch(batch, &mask)
            .map_err(|source| Error::Arrow { operation: "choice of a pass's rows", source })
    }
}
