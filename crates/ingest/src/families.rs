//! What differs from family to family on the way in. Everything here is a list with a line for each family; what is
//! done for each is written once, for any of them.

use std::collections::BTreeMap;

use callhouse_core::event::{EventType, Kind, UsualKind};
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::Statement;
use callhouse_core::{AccountId, CallRecord, Event, SmsRecord};
use callhouse_lake::rows::{EventCells, EventColumns, Origin, WebhookColumns};
use callhouse_lake::{Error, StoredRecord, Table};

use crate::chunk::TableRows;
use crate::open_records::{OpenRecords, RowAddress};
use crate::unit_records::{PartialRecords, UnitRecords};

/// How many events of which type; `None` for types this version does not know.
pub(crate) type EventCounts = BTreeMap<Option<EventType>, u64>;

/// The events of a unit, family by family.
pub(crate) struct UnitFamilies {
    calls: UnitFamily<CallRecord>,
    sms: UnitFamily<SmsRecord>,
    /// Made by the first attempt.
    webhooks: Option<WebhookColumns>,
    pub(crate) counts: EventCounts,
    size: UnitSize,
}

/// What a unit's columns have room for to begin with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnitSize {
    pub(crate) rows: usize,
    pub(crate) data_bytes: usize,
}

/// What the events of a unit state, mostly one record per thing.
#[derive(Debug)]
pub(crate) struct PartialFamilies {
    calls: PartialRecords<CallRecord>,
    sms: PartialRecords<SmsRecord>,
}

/// The records a partition has seen lately.
#[derive(Debug)]
pub(crate) struct OpenFamilies {
    calls: OpenRecords<CallRecord>,
    sms: OpenRecords<SmsRecord>,
}

/// The events of a unit that are of one family.
struct UnitFamily<R> {
    /// Made by the first event.
    events: Option<EventColumns>,
    records: UnitRecords<R>,
}

impl UnitFamilies {
    pub(crate) fn new(size: UnitSize) -> Self {
        Self {
            calls: UnitFamily::default(),
            sms: UnitFamily::default(),
            webhooks: None,
            counts: EventCounts::new(),
            size,
        }
    }

    /// Takes an event of the usual form in: as its cells say, and what it states.
    pub(crate) fn usual(
        &mut self,
        account: &AccountId,
        cells: EventCells<'_>,
        kind: UsualKind,
        origin: &Origin,
        phones: &mut PhoneBook,
    ) {
        *self.counts.entry(Some(kind.event_type())).or_default() += 1;
        let (time, source) = (cells.occurred_at, cells.source);
        match kind {
            UsualKind::Call(event_type, mut data) => {
                let statement = Statement { event_type, time, source, data: &mut data };
                self.calls.take_in(account, cells, statement, origin, phones, self.size);
            }
            UsualKind::Sms(event_type, mut data) => {
                let statement = Statement { event_type, time, source, data: &mut data };
                self.sms.take_in(account, cells, statement, origin, phones, self.size);
            }
            UsualKind::Webhook(_, data) => self.webhooks.get_or_insert_default().push(cells, &data, origin),
        }
    }

    /// Takes an event of any form in. One of a type this version does not know states nothing, and is kept with the calls.
    pub(crate) fn event(&mut self, mut event: Event, origin: &Origin, phones: &mut PhoneBook) {
        *self.counts.entry(event.kind.event_type()).or_default() += 1;
        let kind = std::mem::replace(&mut event.kind, Kind::Unknown(Box::default()));
        let Event { account, time, source, .. } = &event;
        match kind {
            Kind::Call(event_type, mut data) => {
                let cells = EventCells::of(&event, event_type.as_str());
                let statement = Statement { event_type, time: *time, source, data: &mut *data };
                self.calls.take_in(account, cells, statement, origin, phones, self.size);
            }
            Kind::Sms(event_type, mut data) => {
                let cells = EventCells::of(&event, event_type.as_str());
                let statement = Statement { event_type, time: *time, source, data: &mut *data };
                self.sms.take_in(account, cells, statement, origin, phones, self.size);
            }
            Kind::Webhook(event_type, data) => {
                let cells = EventCells::of(&event, event_type.as_str());
                self.webhooks.get_or_insert_default().push(cells, &data, origin);
            }
            Kind::Unknown(name) => {
                self.calls.events(self.size).push(EventCells::of(&event, &name), origin);
            }
        }
    }

    pub(crate) fn event_count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The rows of the archives, and what is to be joined.
    ///
    /// # Errors
    /// [`Error::Arrow`] when Arrow refuses the columns.
    pub(crate) fn finish(self) -> Result<(Vec<TableRows>, PartialFamilies, EventCounts), Error> {
        let mut rows = Vec::new();
        let partial =
            PartialFamilies { calls: self.calls.finish(&mut rows)?, sms: self.sms.finish(&mut rows)? };
        if let Some(webhooks) = self.webhooks {
            rows.push(TableRows::new(Table::WebhookDeliveries, webhooks.finish()?));
        }
        Ok((rows, partial, self.counts))
    }
}

impl<R> Default for UnitFamily<R> {
    fn default() -> Self {
        Self { events: None, records: UnitRecords::default() }
    }
}

impl<R: StoredRecord> UnitFamily<R> {
    fn events(&mut self, size: UnitSize) -> &mut EventColumns {
        self.events.get_or_insert_with(|| EventColumns::with_capacity(size.rows, size.data_bytes))
    }

    fn take_in(
        &mut self,
        account: &AccountId,
        cells: EventCells<'_>,
        statement: Statement<'_, R>,
        origin: &Origin,
        phones: &mut PhoneBook,
        size: UnitSize,
    ) {
        self.events(size).push(cells, origin);
        self.records.add(account, cells.subject, statement, phones);
    }

    fn finish(self, rows: &mut Vec<TableRows>) -> Result<PartialRecords<R>, Error> {
        if let Some(events) = self.events {
            rows.push(TableRows::new(R::FAMILY.archive(), events.finish()?));
        }
        Ok(self.records.into_records())
    }
}

impl OpenFamilies {
    /// Remembers at most so many records of each family.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { calls: OpenRecords::new(capacity), sms: OpenRecords::new(capacity) }
    }

    /// Joins what a unit states into what is remembered: the rows of the recent tables, and the earlier rows they repeat.
    ///
    /// # Errors
    /// [`Error::Arrow`] when Arrow refuses the columns.
    pub(crate) fn fold(
        &mut self,
        chunk: u64,
        partial: PartialFamilies,
    ) -> Result<(Vec<TableRows>, Vec<RowAddress>), Error> {
        let mut folded = (Vec::new(), Vec::new());
        fold(&mut self.calls, chunk, partial.calls, &mut folded)?;
        fold(&mut self.sms, chunk, partial.sms, &mut folded)?;
        Ok(folded)
    }

    /// As [`OpenRecords::forget`], of every family.
    pub(crate) fn forget(&mut self, first_waiting: u64, next: u64) {
        self.calls.forget(first_waiting, next);
        self.sms.forget(first_waiting, next);
    }
}

fn fold<R: StoredRecord>(
    open: &mut OpenRecords<R>,
    chunk: u64,
    partial: PartialRecords<R>,
    (rows, superseded): &mut (Vec<TableRows>, Vec<RowAddress>),
) -> Result<(), Error> {
    if partial.is_empty() {
        return Ok(());
    }
    let folded = open.fold(chunk, partial);
    rows.push(TableRows::new(R::FAMILY.recent(), R::encode(&folded.rows)?));
    superseded.extend(folded.superseded);
    Ok(())
}
