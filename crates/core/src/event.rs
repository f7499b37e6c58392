//! Events: decoded, immutable facts in CloudEvents 1.0 form.
//!
//! `(source, id)` identifies an event, `account` and `subject` say what it is about. Events come in families
//! (`event/family.rs`), each with its own file: what a call event's data means is in `event/call.rs`. How bytes become events
//! is in `event/envelope.rs`.

pub mod call;
mod check;
pub mod envelope;
mod family;
mod rfc3339;
pub mod sms;
mod text;
pub mod webhook;
pub(crate) mod words;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::ids::AccountId;
use crate::rejection::{Rejection, RejectionReason};
use crate::time::{MICROS_PER_DAY, Timestamp};

pub use call::{CallData, CallEventType};
pub(crate) use check::MAX_SUBJECT_BYTES;
pub use family::{EventType, Kind, UsualKind};
pub use sms::{SmsData, SmsEventType};
pub use webhook::{WebhookData, WebhookEventType};

/// A decoded event. `data_json` keeps the data as it came, so that the archive loses nothing the
/// columns do not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Box<str>,
    pub source: Box<str>,
    pub account: AccountId,
    /// What the event is about: for `call.*` the source's id of the call, for `sms.*` that of the message. Empty only when the type is not known.
    pub subject: Box<str>,
    pub time: Timestamp,
    pub kind: Kind,
    /// The CloudEvents `data` member as compact JSON text; `{}` when absent.
    pub data_json: Box<str>,
}

impl Kind {
    /// The CloudEvents `type`, for example `call.answered`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match (self, self.event_type()) {
            (_, Some(event_type)) => event_type.as_str(),
            (Self::Unknown(name), None) => name,
            (_, None) => "",
        }
    }
}

/// 2000-01-01T00:00:00Z. Nothing this warehouse keeps happened before; earlier means a broken clock.
pub const EARLIEST: Timestamp = Timestamp(946_684_800_000_000);

/// The structured CloudEvents form of an event.
#[derive(Serialize)]
struct Structured<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    type_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subject: &'a str,
    time: String,
    account: &'a str,
    data: &'a RawValue,
}

impl Event {
    /// An event about a call, as a producer or connector states it.
    #[must_use]
    pub fn from_call(
        identity: (&str, &str),
        account: AccountId,
        call_id: &str,
        time: Timestamp,
        event_type: CallEventType,
        data: CallData,
    ) -> Self {
        Self::stating(identity, account, call_id, time, Kind::Call(event_type, Box::new(data)))
    }

    /// An event of a known family about `subject`, as a producer states it. `identity` is source and id.
    #[must_use]
    pub fn stating(
        identity: (&str, &str),
        account: AccountId,
        subject: &str,
        time: Timestamp,
        kind: Kind,
    ) -> Self {
        let (source, id) = identity;
        let data_json = kind.data_json();
        Self { id: id.into(), source: source.into(), account, subject: subject.into(), time, kind, data_json }
    }

    /// The structured CloudEvents 1.0 JSON form; decodes to an equal event.
    #[must_use]
    pub fn to_json(&self) -> String {
        let data: &RawValue =
            serde_json::from_str(&self.data_json).expect("data_json was cut out of JSON or written as such");
        let structured = Structured {
            specversion: "1.0",
            id: &self.id,
            source: &self.source,
            type_name: self.kind.type_name(),
            subject: &self.subject,
            time: self.time.to_rfc3339(),
            account: self.account.as_str(),
            data,
        };
        serde_json::to_string(&structured).expect("text and checked JSON always serialise")
    }

    /// What identifies the record this event is about: the account and its source's id of the thing.
    #[must_use]
    pub fn record_key(&self) -> (&AccountId, &str) {
        (&self.account, &self.subject)
    }

    /// Refuses events whose clock cannot be right: before 2000, or more than a day after `received_at`.
    ///
    /// # Errors
    /// A [`Rejection`] that names the instant.
    pub fn check_time(&self, received_at: Timestamp) -> Result<(), Rejection> {
        let own = Some(("time", self.time)).filter(|(_, at)| !is_likely(*at, received_at));
        let Some((field, at)) = own.or_else(|| self.kind.unlikely_instant(received_at)) else {
            return Ok(());
        };
        let at_text = at.to_rfc3339();
        Err(if at < EARLIEST {
            let detail = format!("{field} {at_text} lies before 2000-01-01");
            Rejection::new(RejectionReason::TimeTooEarly, detail)
        } else {
            let detail = format!("{field} {at_text} lies more than a day after it was received");
            Rejection::new(RejectionReason::TimeInFuture, detail)
        })
    }
}

/// Whether an event received at that instant may have happened or stated something at this one.
fn is_likely(at: Timestamp, received_at: Timestamp) -> bool {
    (EARLIEST..=received_at.plus_micros(MICROS_PER_DAY)).contains(&at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_broken_clocks_are_refused_by_the_instant_at_fault() {
        let received_at = Timestamp::from_seconds(1_795_207_256);
        let event = |time: Timestamp, ended_at: Timestamp| {
            let account = AccountId::new("acme").expect("valid");
            let data = CallData { ended_at: Some(ended_at), ..CallData::default() };
            Event::from_call(("s", "1"), account, "c1", time, CallEventType::Ended, data)
        };
        let late = received_at.plus_micros(MICROS_PER_DAY);
        assert_eq!(event(EARLIEST, late).check_time(received_at), Ok(()));
        let too_late = event(late.plus_micros(1), late).check_time(received_at).expect_err("too late");
        assert_eq!(too_late.reason, RejectionReason::TimeInFuture);
        assert!(too_late.detail.starts_with("time 2026-11-21T20:40:56.000001Z"), "{}", too_late.detail);
        let too_early = event(late, EARLIEST.plus_micros(-1)).check_time(received_at).expect_err("too early");
        assert_eq!(too_early.reason, RejectionReason::TimeTooEarly);
        assert!(too_early.detail.starts_with("data.ended_at 1999-12-31"), "{}", too_early.detail);
    }
}
