//! The record of a text message: what is known of it now.

mod derive;
mod fold;
mod groups;

pub use derive::{Derived, Status, derive};
pub use groups::{Content, Creation, Fate, Outcome, Parties, Queue, QueueStatus, Rating, Segments, Sending};

use super::{Group, Record, Statement, keep_greater};
use crate::event::{EventType, Kind, SmsData, SmsEventType};
use crate::ids::{AccountId, sms_hash};
use crate::phone::PhoneBook;
use crate::time::Timestamp;

/// A record of a text message, whole or partial. Grain: one per (account, `sms_id`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsRecord {
    pub account: AccountId,
    /// The source's own id (the CloudEvents subject).
    pub sms_id: Box<str>,
    /// Earliest and latest time of any event about this message.
    pub first_event_at: Timestamp,
    pub last_event_at: Timestamp,
    pub creation: Option<Group<Creation>>,
    pub parties: Option<Group<Parties>>,
    pub content: Option<Group<Content>>,
    pub segments: Option<Group<Segments>>,
    pub queue: Option<Group<Queue>>,
    pub sending: Option<Group<Sending>>,
    pub outcome: Option<Group<Outcome>>,
    pub rating: Option<Group<Rating>>,
    /// When the personal data of this message was redacted. Once set, the personal columns stay empty.
    pub redacted_at: Option<Timestamp>,
}

impl SmsRecord {
    /// A record that knows only that something happened to the message at `at`.
    #[must_use]
    pub fn empty(account: AccountId, sms_id: Box<str>, at: Timestamp) -> Self {
        Self {
            account,
            sms_id,
            first_event_at: at,
            last_event_at: at,
            creation: None,
            parties: None,
            content: None,
            segments: None,
            queue: None,
            sending: None,
            outcome: None,
            rating: None,
            redacted_at: None,
        }
    }

    /// The hash CALLR shows for this message.
    #[must_use]
    pub fn hash(&self) -> String {
        sms_hash(&self.account, &self.sms_id)
    }

    /// Merges what `other` knows of the same message into this record (REC-1). Both must be of the same account and
    /// message; a caller that mixes messages up has a bug, which debug builds report.
    pub fn join(&mut self, mut other: Self) {
        self.join_from(&mut other);
    }

    /// Empties the personal columns of a redacted message. They come last in the order of their group, so clearing
    /// before or after a join leaves the same record.
    fn clear_personal_if_redacted(&mut self) {
        if self.redacted_at.is_none() {
            return;
        }
        if let Some(parties) = &mut self.parties {
            parties.content.clear_personal();
        }
        if let Some(content) = &mut self.content {
            content.content.text = None;
        }
    }
}

impl Record for SmsRecord {
    type EventType = SmsEventType;
    type Data = SmsData;

    fn empty(account: AccountId, id: Box<str>, at: Timestamp) -> Self {
        Self::empty(account, id, at)
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn id(&self) -> &str {
        &self.sms_id
    }

    fn is_stated_by(event_type: EventType) -> bool {
        matches!(event_type, EventType::Sms(_))
    }

    fn stated(kind: &mut Kind) -> Option<(SmsEventType, &mut SmsData)> {
        match kind {
            Kind::Sms(event_type, data) => Some((*event_type, data)),
            Kind::Call(..) | Kind::Webhook(..) | Kind::Unknown(_) => None,
        }
    }

    fn fold(&mut self, statement: Statement<'_, Self>, phones: &mut PhoneBook) {
        fold::fold(self, statement, phones);
    }

    fn join_from(&mut self, other: &mut Self) {
        debug_assert!(self.account == other.account && self.sms_id == other.sms_id, "join of two messages");
        self.first_event_at = self.first_event_at.min(other.first_event_at);
        self.last_event_at = self.last_event_at.max(other.last_event_at);
        // `None` is less than `Some`, so a group known on one side only is taken from there.
        keep_greater(&mut self.creation, &mut other.creation);
        keep_greater(&mut self.parties, &mut other.parties);
        keep_greater(&mut self.content, &mut other.content);
        keep_greater(&mut self.segments, &mut other.segments);
        keep_greater(&mut self.queue, &mut other.queue);
        keep_greater(&mut self.sending, &mut other.sending);
        keep_greater(&mut self.outcome, &mut other.outcome);
        keep_greater(&mut self.rating, &mut other.rating);
        self.redacted_at = self.redacted_at.max(other.redacted_at);
        self.clear_personal_if_redacted();
    }
}
