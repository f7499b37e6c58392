//! The partial records of a unit: its events, joined per record while they are decoded. The events of a call mostly
//! follow each other closely, so there are several times fewer records than events to be handed on.

use std::hash::{BuildHasher, RandomState};

use callhouse_core::AccountId;
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::{Record, Statement};

use crate::hashed::HashedMap;

/// Partial records on their way from decoding to a chunk. Boxed, because a record is about a kilobyte and would be
/// copied at every step.
pub(crate) type PartialRecords<R> = Vec<Box<R>>;

#[derive(Debug)]
pub(crate) struct UnitRecords<R> {
    records: PartialRecords<R>,
    /// By hash of account and id. Of two records with one hash only the later is found; the other just gets
    /// another partial record, which changes nothing (REC-1).
    latest: HashedMap<usize>,
    hashes: RandomState,
}

impl<R> Default for UnitRecords<R> {
    fn default() -> Self {
        Self { records: Vec::new(), latest: HashedMap::default(), hashes: RandomState::new() }
    }
}

impl<R: Record> UnitRecords<R> {
    /// Joins what an event states into its record.
    pub(crate) fn add(
        &mut self,
        account: &AccountId,
        id: &str,
        statement: Statement<'_, R>,
        phones: &mut PhoneBook,
    ) {
        let hash = self.hashes.hash_one((account, id));
        let known = self.latest.get(&hash).and_then(|index| self.records.get_mut(*index));
        if let Some(record) = known
            && (record.account(), record.id()) == (account, id)
        {
            record.fold(statement, phones);
            return;
        }
        let mut record = Box::new(R::empty(account.clone(), id.into(), statement.time));
        record.fold(statement, phones);
        self.latest.insert(hash, self.records.len());
        self.records.push(record);
    }

    pub(crate) fn into_records(self) -> PartialRecords<R> {
        self.records
    }
}

#[cfg(test)]
mod tests {
    use callhouse_core::event::{CallData, CallEventType};
    use callhouse_core::record::fold;
    use callhouse_core::{CallRecord, Event, Timestamp};

    use super::*;

    fn event(account: &str, call_id: &str, event_type: CallEventType, micros: i64) -> Event {
        let data = CallData { from: Some("+33600000596".into()), ..CallData::default() };
        let account = AccountId::new(account).expect("valid");
        Event::from_call(("switch", "1"), account, call_id, Timestamp(micros), event_type, data)
    }

    #[test]
    fn rec_1_a_unit_has_one_record_per_call_as_if_its_events_were_joined_one_by_one() {
        use CallEventType::{Answered, Ended, Erased, Started};
        let events = [
            event("acme", "1", Answered, 5),
            event("beta", "1", Started, 1),
            event("acme", "2", Started, 2),
            event("acme", "1", Started, 3),
            event("acme", "2", Erased, 9),
            event("acme", "1", Ended, 7),
            event("acme", "2", Started, 4),
        ];
        let mut phones = PhoneBook::with_capacity(10);
        let mut unit = UnitRecords::default();
        let mut one_by_one: Vec<CallRecord> = Vec::new();
        for mut event in events {
            let partial: CallRecord = fold(&event, &mut phones).expect("about a call");
            let key = (&partial.account, &*partial.call_id);
            match one_by_one.iter_mut().find(|record| (&record.account, &*record.call_id) == key) {
                Some(record) => record.join(partial),
                None => one_by_one.push(partial),
            }
            let (event_type, data) = CallRecord::stated(&mut event.kind).expect("about a call");
            let statement = Statement { event_type, time: event.time, source: &event.source, data };
            unit.add(&event.account, &event.subject, statement, &mut phones);
        }
        let joined: Vec<CallRecord> = unit.into_records().into_iter().map(|record| *record).collect();
        assert_eq!(joined, one_by_one);
    }
}
