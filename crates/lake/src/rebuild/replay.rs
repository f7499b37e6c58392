//! One pass over an archive: the records of that pass, joined from their events.

use std::collections::BTreeMap;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use callhouse_core::event::EventType;
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::fold_into;
use callhouse_core::{CallRecord, SmsRecord};

use super::{Run, live_files};
use crate::error::Error;
use crate::family::{Family, StoredRecord};
use crate::read::{FileReader, Wanted};
use crate::rows::{EventRow, decode_events, event_types};

/// Numbers remembered; they repeat, and looking one up costs microseconds.
const PHONE_NUMBERS: usize = 100_000;

/// What a pass over an archive gives.
pub(super) struct Replayed {
    pub(super) events: u64,
    /// Sorted by (account, id).
    pub(super) records: RecordBatch,
}

pub(super) fn phone_book() -> PhoneBook {
    PhoneBook::with_capacity(PHONE_NUMBERS)
}

impl Run {
    pub(super) fn replay(&self, pass: u32, phones: &mut PhoneBook) -> Result<Replayed, Error> {
        match self.family {
            Family::Calls => self.replay_as::<CallRecord>(pass, phones),
            Family::Sms => self.replay_as::<SmsRecord>(pass, phones),
        }
    }

    fn replay_as<R: StoredRecord>(&self, pass: u32, phones: &mut PhoneBook) -> Result<Replayed, Error> {
        let mut records: BTreeMap<(Box<str>, Box<str>), R> = BTreeMap::new();
        let mut events = 0;
        for file in live_files(&self.snapshot, self.family.archive()) {
            for batch in FileReader::open(&self.folder, file)?.rows(Wanted::All)? {
                let batch = self.of_pass(pass, &batch?)?;
                events += u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
                for EventRow { event, .. } in decode_events(&of_family::<R>(&batch)?)? {
                    let key = (event.account.as_str().into(), event.subject.clone());
                    let new = || R::empty(event.account.clone(), event.subject.clone(), event.time);
                    let record = records.entry(key).or_insert_with(new);
                    fold_into(record, event, phones);
                }
            }
        }
        let records: Vec<&R> = records.values().collect();
        Ok(Replayed { events, records: R::encode(&records)? })
    }

    /// The rows of a batch whose first two columns, account and id, are of this pass.
    pub(super) fn of_pass(&self, pass: u32, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        if self.passes.0 == 1 {
            return Ok(batch.clone());
        }
        let (accounts, ids) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let is_of_pass = |row| self.passes.pass_of(accounts.value(row), ids.value(row)) == pass;
        choose(batch, &(0..batch.num_rows()).map(|row| Some(is_of_pass(row))).collect())
    }
}

/// The events of the family. An archive may hold others: of types that no version knows, or that the one which archived
/// them did not know.
fn of_family<R: StoredRecord>(batch: &RecordBatch) -> Result<RecordBatch, Error> {
    let is_of_family = |name: Option<&str>| name.and_then(EventType::parse).is_some_and(R::is_stated_by);
    choose(batch, &event_types(batch).iter().map(|name| Some(is_of_family(name))).collect())
}

fn choose(batch: &RecordBatch, wanted: &BooleanArray) -> Result<RecordBatch, Error> {
    filter_record_batch(batch, wanted)
        .map_err(|source| Error::Arrow { operation: "choice of rows to replay", source })
}
