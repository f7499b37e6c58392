//! Events of whole text messages.

use callhouse_core::event::call::Direction;
use callhouse_core::event::{Event, Kind, SmsData, SmsEventType};
use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_core::{AccountId, Money, Timestamp};

/// One outbound text message from its making to its rating. Change the fields before asking for events; equal stories tell
/// equal events.
#[derive(Debug, Clone)]
pub struct SmsStory {
    pub account: AccountId,
    pub sms_id: Box<str>,
    pub source: Box<str>,
    pub from: Box<str>,
    pub to: Box<str>,
    pub text: Box<str>,
    pub created_at: Timestamp,
    pub debit: Money,
}

impl SmsStory {
    /// A message of `account` made at `created_at`, queued and sent a second and two later, delivered after 5 s, which
    /// costs 0.045.
    ///
    /// # Panics
    /// When `account` is no account name.
    #[must_use]
    pub fn new(account: &str, sms_id: &str, created_at: Timestamp) -> Self {
        Self {
            account: AccountId::new(account).expect("an account name"),
            sms_id: sms_id.into(),
            source: "test-gateway".into(),
            from: "ACME".into(),
            to: "+33600000596".into(),
            text: "Your code is 1234 €".into(),
            created_at,
            debit: Money::from_micros(45_000).expect("in range"),
        }
    }

    /// `sms.created`.
    #[must_use]
    pub fn created(&self) -> Event {
        let data = SmsData {
            direction: Some(Direction::Outbound),
            from: Some(self.from.clone()),
            to: Some(self.to.clone()),
            text: Some(self.text.clone()),
            ..SmsData::default()
        };
        self.event(SmsEventType::Created, 0, data)
    }

    /// `sms.queued`.
    #[must_use]
    pub fn queued(&self) -> Event {
        self.event(SmsEventType::Queued, 1, SmsData::default())
    }

    /// `sms.sent`.
    #[must_use]
    pub fn sent(&self) -> Event {
        self.event(SmsEventType::Sent, 2, SmsData::default())
    }

    /// `sms.delivered`.
    #[must_use]
    pub fn delivered(&self) -> Event {
        self.event(SmsEventType::Delivered, 7, SmsData::default())
    }

    /// `sms.failed`, earlier than the delivery: a report that does not count where there is one of that.
    #[must_use]
    pub fn failed(&self) -> Event {
        let data = SmsData { error_code: Some("1".into()), ..SmsData::default() };
        self.event(SmsEventType::Failed, 5, data)
    }

    /// `sms.rated`, in euros.
    #[must_use]
    pub fn rated(&self) -> Event {
        let data = SmsData { currency: Some("EUR".into()), debit: Some(self.debit), ..SmsData::default() };
        self.event(SmsEventType::Rated, 8, data)
    }

    /// `sms.redacted`.
    #[must_use]
    pub fn redacted(&self) -> Event {
        self.event(SmsEventType::Redacted, 60, SmsData::default())
    }

    /// `sms.received`, of a message that came in instead.
    #[must_use]
    pub fn received(&self) -> Event {
        let data = SmsData {
            from: Some(self.to.clone()),
            to: Some(self.from.clone()),
            text: Some(self.text.clone()),
            ..SmsData::default()
        };
        self.event(SmsEventType::Received, 0, data)
    }

    /// Making, queue, sending, delivery and rating, in the order they happened.
    #[must_use]
    pub fn all(&self) -> Vec<Event> {
        vec![self.created(), self.queued(), self.sent(), self.delivered(), self.rated()]
    }

    fn event(&self, event_type: SmsEventType, after_seconds: i64, data: SmsData) -> Event {
        let id = format!("{}-{}", self.sms_id, event_type.as_str());
        let time = self.created_at.plus_micros(after_seconds * MICROS_PER_SECOND);
        let kind = Kind::Sms(event_type, Box::new(data));
        Event::stating((&self.source, &id), self.account.clone(), &self.sms_id, time, kind)
    }
}
