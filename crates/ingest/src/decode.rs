//! From messages to rows: each message, and each element of a batch message, becomes exactly one event or one
//! rejection (ING-3). Runs on blocking threads; units of one partition may be decoded at the same time.
//!
//! An event of the usual form goes straight from the message into columns and record; every other message, right or
//! wrong, takes the general way, which makes an [`Event`] or a [`Rejection`] of it.

mod admission;
mod format;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use callhouse_core::event::EARLIEST;
use callhouse_core::event::envelope::UsualEvent;
use callhouse_core::phone::PhoneBook;
use callhouse_core::position::OffsetRange;
use callhouse_core::webhook::{Fact, Happened};
use callhouse_core::{AccountId, Clock, Event, KafkaPartition, Rejection, RejectionReason, Timestamp};
use callhouse_lake::Table;
use callhouse_lake::rows::{EventCells, Origin, RejectionRow, encode_rejections};
use callhouse_log::Message;
use callhouse_log::message::Headers;
use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::accounts::AccountCheck;
use crate::announcer::{Announcements, Announcer};
use crate::chunk::{Counts, TableRows};
use crate::error::Error;
use crate::families::{EventCounts, PartialFamilies, UnitFamilies, UnitSize};
use crate::headers::Instructions;
use crate::options::Options;
use crate::unit::Unit;
use admission::Admission;
use format::{elements, usual_event};

/// Of a message's bytes about one in so many is its data; the rest is envelope.
const DATA_SHARE: usize = 2;

/// What a unit became.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) range: OffsetRange,
    pub(crate) holes: Vec<OffsetRange>,
    /// The archives of events, and the rejections.
    pub(crate) rows: Vec<TableRows>,
    /// What the events state.
    pub(crate) records: PartialFamilies,
    /// What webhooks are to announce.
    pub(crate) facts: Vec<Fact>,
    pub(crate) counts: Counts,
    pub(crate) tally: Tally,
}

/// What the metrics count.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) events: EventCounts,
    pub(crate) reasons: BTreeMap<RejectionReason, u64>,
    /// When the log took the first message of the unit.
    pub(crate) oldest_received_at: Option<Timestamp>,
}

/// Decodes units. Shared by all partitions of a process.
pub(crate) struct Decoder {
    accounts: AccountCheck,
    announcer: Announcer,
    /// Books not in use; there are as many as threads have ever decoded at once.
    phone_books: Mutex<Vec<PhoneBook>>,
    phone_numbers: usize,
    max_message_bytes: usize,
    rejected_payload_bytes: usize,
    clock: Arc<dyn Clock>,
}

impl Decoder {
    pub(crate) fn new(
        accounts: AccountCheck,
        announcer: Announcer,
        options: &Options,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            accounts,
            announcer,
            phone_books: Mutex::default(),
            phone_numbers: options.phone_numbers,
            max_message_bytes: options.max_message_bytes,
            rejected_payload_bytes: options.rejected_payload_bytes,
            clock,
        }
    }

    /// Decodes a unit. Blocks: call it from a blocking thread of `runtime`.
    ///
    /// # Errors
    /// [`Error::LookUpAccount`], [`Error::ReadWebhooks`], [`Error::Encode`]. Bad messages are rows, not errors.
    pub(crate) fn decode(&self, runtime: &Handle, mut unit: Unit) -> Result<Decoded, Error> {
        let now = self.clock.now();
        let announcements = self.announcer.begin(runtime, now)?;
        for message in &mut unit.messages {
            // Kafka's producers may leave the time out, or write nonsense: then it is received now.
            if message.received_at < EARLIEST {
                message.received_at = now;
            }
        }
        let payload_bytes: usize = unit.messages.iter().map(|message| message.payload.len()).sum();
        let phones = self.phone_books.lock().pop();
        let phones = phones.unwrap_or_else(|| PhoneBook::with_capacity(self.phone_numbers));
        // Of its own, because threads that count the users of one name together wait for each other.
        let KafkaPartition { topic, partition } = &unit.range.kafka_partition;
        let kafka_partition = KafkaPartition::new(&**topic, *partition);
        let mut decoding = Decoding {
            decoder: self,
            admission: Admission::new(&self.accounts, runtime),
            phones,
            kafka_partition,
            events: UnitFamilies::new(UnitSize {
                rows: unit.messages.len(),
                data_bytes: payload_bytes / DATA_SHARE,
            }),
            rejections: Vec::new(),
            announcements,
            last_instructions: None,
            tally: Tally::default(),
        };
        for message in &unit.messages {
            decoding.message(message)?;
        }
        let Decoding { phones, events, rejections, announcements, mut tally, .. } = decoding;
        self.phone_books.lock().push(phones);

        tally.oldest_received_at = unit.messages.iter().map(|message| message.received_at).min();
        let failed = |source| Error::Encode {
            kafka_partition: unit.range.kafka_partition.clone(),
            from: unit.range.from,
            source,
        };
        let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        let counts = Counts {
            messages: count(unit.messages.len()),
            events: events.event_count(),
            rejections: count(rejections.len()),
        };
        let (mut rows, records, events) = events.finish().map_err(failed)?;
        tally.events = events;
        if !rejections.is_empty() {
            let rejections = encode_rejections(&rejections).map_err(failed)?;
            rows.push(TableRows::new(Table::Rejections, rejections));
        }
        let facts = announcements.into_facts();
        Ok(Decoded { rows, records, facts, counts, tally, range: unit.range, holes: unit.holes })
    }
}

/// A unit being decoded.
struct Decoding<'a> {
    decoder: &'a Decoder,
    admission: Admission<'a>,
    phones: PhoneBook,
    kafka_partition: KafkaPartition,
    events: UnitFamilies,
    rejections: Vec<RejectionRow>,
    announcements: Announcements,
    last_instructions: Option<(&'a Headers, Rc<Instructions<'a>>)>,
    tally: Tally,
}

impl<'a> Decoding<'a> {
    fn message(&mut self, message: &'a Message) -> Result<(), Error> {
        let mut origin = Origin {
            kafka_partition: self.kafka_partition.clone(),
            offset: message.offset,
            element: 0,
            received_at: message.received_at,
        };
        let instructions = match self.instructions(&message.headers) {
            Ok(instructions) => instructions,
            Err(rejection) => {
                self.reject(rejection, &origin, None, &message.payload);
                return Ok(());
            }
        };
        let principal = instructions.principal.as_ref();
        if let Some(size) = self.excess(message, &instructions) {
            let kept = &message.payload[..message.payload.len().min(self.decoder.rejected_payload_bytes)];
            let detail = format!("the message has {size} bytes, of which {} are kept", kept.len());
            self.reject(Rejection::new(RejectionReason::TooLarge, detail), &origin, principal, kept);
            return Ok(());
        }
        if let Some(event) = usual_event(message, &instructions)
            && self.usual_event(event, &origin, principal)?
        {
            return Ok(());
        }
        let elements = elements(message, &instructions);
        if elements.is_empty() {
            let nothing = Rejection::new(RejectionReason::Empty, "the message holds no event");
            self.reject(nothing, &origin, principal, &message.payload);
            return Ok(());
        }
        let named = principal.or(instructions.default_account.as_ref());
        for (index, element) in (0_i32..).zip(elements) {
            origin.element = index;
            match element.outcome {
                Ok(event) => self.event(event, &origin, principal, element.bytes)?,
                Err(rejection) => self.reject(rejection, &origin, named, element.bytes),
            }
        }
        Ok(())
    }

    /// What the headers say; read once for messages that share them.
    fn instructions(&mut self, headers: &'a Headers) -> Result<Rc<Instructions<'a>>, Rejection> {
        if let Some((last, instructions)) = &self.last_instructions
            && Arc::ptr_eq(last, headers)
        {
            return Ok(Rc::clone(instructions));
        }
        let instructions = Rc::new(Instructions::read(headers)?);
        self.last_instructions = Some((headers, Rc::clone(&instructions)));
        Ok(instructions)
    }

    /// The message's size when it is over the limit.
    fn excess<'m>(
        &self,
        message: &Message,
        instructions: &Instructions<'m>,
    ) -> Option<std::borrow::Cow<'m, str>> {
        match instructions.cut_from_bytes {
            Some(bytes) => Some(bytes.into()),
            None if message.payload.len() > self.decoder.max_message_bytes => {
                Some(message.payload.len().to_string().into())
            }
            None => None,
        }
    }

    /// Takes an event of the usual form in. False when it is to be rejected: why, the general way finds out.
    fn usual_event(
        &mut self,
        event: UsualEvent<'_>,
        origin: &Origin,
        principal: Option<&AccountId>,
    ) -> Result<bool, Error> {
        if !event.has_likely_times(origin.received_at) {
            return Ok(false);
        }
        let Some(account) = self.admission.account(event.account, principal)? else { return Ok(false) };
        let cells = EventCells {
            account: event.account,
            subject: event.subject,
            event_type: event.kind.event_type().as_str(),
            source: event.source,
            event_id: event.id,
            occurred_at: event.time,
            data: &event.data_json,
        };
        self.announcements.note(&Happened {
            event_type: event.kind.event_type().as_str(),
            direction: event.kind.direction(),
            account,
            subject: event.subject,
            source: event.source,
            id: event.id,
            at: event.time,
        });
        self.events.usual(account, cells, event.kind, origin, &mut self.phones);
        Ok(true)
    }

    fn event(
        &mut self,
        event: Event,
        origin: &Origin,
        principal: Option<&AccountId>,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let admitted = match event.check_time(origin.received_at) {
            Ok(()) => self.admission.check(&event.account, principal)?,
            Err(rejection) => Err(rejection),
        };
        if let Err(rejection) = admitted {
            self.reject(rejection, origin, Some(&event.account), bytes);
            return Ok(());
        }
        self.announcements.note(&Happened {
            event_type: event.kind.type_name(),
            direction: event.kind.direction(),
            account: &event.account,
            subject: &event.subject,
            source: &event.source,
            id: &event.id,
            at: event.time,
        });
        self.events.event(event, origin, &mut self.phones);
        Ok(())
    }

    fn reject(&mut self, rejection: Rejection, origin: &Origin, account: Option<&AccountId>, bytes: &[u8]) {
        *self.tally.reasons.entry(rejection.reason).or_default() += 1;
        let account = account.map(|account| account.as_str().into());
        self.rejections.push(RejectionRow {
            rejection,
            origin: origin.clone(),
            account,
            payload: bytes.into(),
        });
    }
}
