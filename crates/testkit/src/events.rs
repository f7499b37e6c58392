//! Events of whole calls and text messages, for tests that need plausible ones and do not care which.

mod sms;

use callhouse_core::event::call::{CallData, CallEventType, DialStatus, Direction, ReleaseSource};
use callhouse_core::event::{Event, Kind};
use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_core::{AccountId, Money, Timestamp};

pub use sms::SmsStory;

/// One outbound call from start to rating. Change the fields before asking for events; equal stories tell
/// equal events.
#[derive(Debug, Clone)]
pub struct CallStory {
    pub account: AccountId,
    pub call_id: Box<str>,
    pub source: Box<str>,
    pub direction: Direction,
    pub from: Box<str>,
    pub to: Box<str>,
    pub started_at: Timestamp,
    /// From start to answer.
    pub ring_seconds: i64,
    /// From answer to end.
    pub talk_seconds: i64,
    pub debit: Money,
}

impl CallStory {
    /// A call of `account` that starts at `started_at`, is answered after 5 s, lasts 60 s and costs 0.0120.
    ///
    /// # Panics
    /// When `account` is no account name.
    #[must_use]
    pub fn new(account: &str, call_id: &str, started_at: Timestamp) -> Self {
        Self {
            account: AccountId::new(account).expect("an account name"),
            call_id: call_id.into(),
            source: "test-switch".into(),
            direction: Direction::Outbound,
            from: "+33123456789".into(),
            to: "+14155550100".into(),
            started_at,
            ring_seconds: 5,
            talk_seconds: 60,
            debit: Money::from_micros(12_000).expect("in range"),
        }
    }

    #[must_use]
    pub fn answered_at(&self) -> Timestamp {
        self.started_at.plus_micros(self.ring_seconds * MICROS_PER_SECOND)
    }

    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        self.answered_at().plus_micros(self.talk_seconds * MICROS_PER_SECOND)
    }

    /// `call.started`.
    #[must_use]
    pub fn started(&self) -> Event {
        let data = CallData {
            started_at: Some(self.started_at),
            direction: Some(self.direction),
            from: Some(self.from.clone()),
            to: Some(self.to.clone()),
            ..CallData::default()
        };
        self.event(CallEventType::Started, self.started_at, data)
    }

    /// `call.answered`.
    #[must_use]
    pub fn answered(&self) -> Event {
        let at = self.answered_at();
        let data = CallData { answered_at: Some(at), ..CallData::default() };
        self.event(CallEventType::Answered, at, data)
    }

    /// `call.ended`, hung up by the caller.
    #[must_use]
    pub fn ended(&self) -> Event {
        let at = self.ended_at();
        let data = CallData {
            ended_at: Some(at),
            release_cause: Some(16),
            release_source: Some(ReleaseSource::Caller),
            dial_status: Some(DialStatus::Answer),
            sip_status: Some(200),
            ..CallData::default()
        };
        self.event(CallEventType::Ended, at, data)
    }

    /// `call.rated`, one second after the end, in euros.
    #[must_use]
    pub fn rated(&self) -> Event {
        let at = self.ended_at().plus_micros(MICROS_PER_SECOND);
        let data = CallData {
            rated_at: Some(at),
            currency: Some("EUR".into()),
            debit: Some(self.debit),
            billed_seconds: Some(self.talk_seconds),
            ..CallData::default()
        };
        self.event(CallEventType::Rated, at, data)
    }

    /// All four, in the order they happened.
    #[must_use]
    pub fn all(&self) -> Vec<Event> {
        vec![self.started(), self.answered(), self.ended(), self.rated()]
    }

    fn event(&self, event_type: CallEventType, time: Timestamp, data: CallData) -> Event {
        let data_json = serde_json::to_string(&data).expect("call data is plain JSON");
        Event {
            id: format!("{}-{}", self.call_id, event_type.as_str()).into(),
            source: self.source.clone(),
            account: self.account.clone(),
            subject: self.call_id.clone(),
            time,
            kind: Kind::Call(event_type, Box::new(data)),
            data_json: data_json.into(),
        }
    }
}

/// The event as one structured CloudEvents 1.0 message, as a producer would send it.
///
/// # Panics
/// When the event's data is no JSON.
#[must_use]
pub fn structured(event: &Event) -> Vec<u8> {
    let data: serde_json::Value = serde_json::from_str(&event.data_json).expect("data is JSON");
    let envelope = serde_json::json!({
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.kind.type_name(),
        "time": event.time.to_rfc3339(),
        "subject": event.subject,
        "account": event.account,
        "data": data,
    });
    envelope.to_string().into_bytes()
}

/// The log key of the event, `account/subject`.
#[must_use]
pub fn key(event: &Event) -> String {
    format!("{}/{}", event.account, event.subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_happens_in_order_and_reads_as_cloudevents() {
        let story = SmsStory::new("acme", "m-1", Timestamp::from_seconds(1_795_176_000));
        assert!(story.all().is_sorted_by_key(|event| event.time));
        let message: serde_json::Value = serde_json::from_slice(&structured(&story.created())).expect("JSON");
        assert_eq!((&message["type"], &message["data"]["from"]), (&"sms.created".into(), &"ACME".into()));
    }

    #[test]
    fn a_story_happens_in_order_and_reads_as_cloudevents() {
        let story = CallStory::new("acme", "c-1", Timestamp::from_seconds(1_795_176_000));
        let times: Vec<_> = story.all().iter().map(|event| event.time).collect();
        assert!(times.is_sorted());
        let message: serde_json::Value = serde_json::from_slice(&structured(&story.started())).expect("JSON");
        assert_eq!(message["type"], "call.started");
        assert_eq!(message["account"], "acme");
        assert_eq!(message["data"]["to"], "+14155550100");
        assert_eq!(key(&story.rated()), "acme/c-1");
    }
}
