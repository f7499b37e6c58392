//! Events: decoded, immutable facts in CloudEvents 1.0 form.
//!
//! `(source, id)` identifies an event, `account` and `subject` say what it is about. What a call event's
//! data means is in `event/call.rs`; how bytes become events is in `event/envelope.rs`.

pub mod call;
mod check;
pub mod envelope;
mod text;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::ids::AccountId;
use crate::rejection::{Rejection, RejectionReason};
use crate::time::{MICROS_PER_DAY, Timestamp};

pub use call::{CallData, CallEventType};
pub(crate) use check::MAX_SUBJECT_BYTES;

/// A decoded event. `data_json` keeps the data as it came, so that the archive loses nothing the
/// columns do not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Box<str>,
    pub source: Box<str>,
    pub account: AccountId,
    /// What the event is about: for `call.*` the source's id of the call.
    pub subject: Box<str>,
    pub time: Timestamp,
    pub kind: Kind,
    /// The CloudEvents `data` member as compact JSON text; `{}` when absent.
    pub data_json: Box<str>,
}

/// The event's type with what it states.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Call(CallEventType, Box<CallData>),
    /// A type this version does not know: stored, counted, never rejected.
    Unknown(Box<str>),
}

impl Kind {
    /// The CloudEvents `type`, for example `call.answered`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::Call(event_type, _) => event_type.as_str(),
            Self::Unknown(name) => name,
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
        let (source, id) = identity;
        let data_json = serde_json::to_string(&data).expect("call data has text keys and no failing values");
        Self {
            id: id.into(),
            source: source.into(),
            account,
            subject: call_id.into(),
            time,
            kind: Kind::Call(event_type, Box::new(data)),
            data_json: data_json.into_boxed_str(),
        }
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

    /// What identifies the record this event is about: the account and its source's id of the call.
    #[must_use]
    pub fn record_key(&self) -> (&AccountId, &str) {
        (&self.account, &self.subject)
    }

    /// Refuses events whose clock cannot be right: before 2000, or more than a day after `received_at`.
    ///
    /// # Errors
    /// A [`Rejection`] that names the instant.
    pub fn check_time(&self, received_at: Timestamp) -> Result<(), Rejection> {
        let data = match &self.kind {
            Kind::Call(_, data) => Some(data),
            Kind::Unknown(_) => None,
        };
        let stated = data.into_iter().flat_map(|data| data.instants());
        for (field, at) in std::iter::once(("time", self.time)).chain(stated) {
            if at < EARLIEST {
                let detail = format!("{field} {} lies before 2000-01-01", at.to_rfc3339());
                return Err(Rejection::new(RejectionReason::TimeTooEarly, detail));
            }
            if !is_likely(at, received_at) {
                let detail =
                    format!("{field} {} lies more than a day after it was received", at.to_rfc3339());
                return Err(Rejection::new(RejectionReason::TimeInFuture, detail));
            }
        }
        Ok(())
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
