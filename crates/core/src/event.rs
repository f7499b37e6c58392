//! Events: decoded, immutable facts in CloudEvents 1.0 form.
//!
//! `(source, id)` identifies an event, `account` and `subject` say what it is about. What a call event's
//! data means is in `event/call.rs`; how bytes become events is in `event/envelope.rs`.

pub mod call;
pub mod envelope;

use crate::ids::AccountId;
use crate::rejection::{Rejection, RejectionReason};
use crate::time::{MICROS_PER_DAY, Timestamp};

pub use call::{CallData, CallEventType};

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

impl Event {
    /// Refuses events whose clock cannot be right: before 2000, or more than a day after `received_at`.
    ///
    /// # Errors
    /// A [`Rejection`] that names the instant.
    pub fn check_time(&self, received_at: Timestamp) -> Result<(), Rejection> {
        let latest = received_at.plus_micros(MICROS_PER_DAY);
        let mut instants = vec![("time", self.time)];
        if let Kind::Call(_, data) = &self.kind {
            instants.extend(data.instants());
        }
        for (field, at) in instants {
            if at < EARLIEST {
                let detail = format!("{field} {} lies before 2000-01-01", at.to_rfc3339());
                return Err(Rejection::new(RejectionReason::TimeTooEarly, detail));
            }
            if at > latest {
                let detail =
                    format!("{field} {} lies more than a day after it was received", at.to_rfc3339());
                return Err(Rejection::new(RejectionReason::TimeInFuture, detail));
            }
        }
        Ok(())
    }
}
