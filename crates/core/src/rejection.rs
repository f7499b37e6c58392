//! Rejections (ING-3): why a message could not become an event. Bad input is data, not an error.

use std::fmt;

/// The kind of fault, stable over versions; stored in `rejections.reason` and counted in the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RejectionReason {
    /// The message is empty (a Kafka tombstone, a blank line).
    Empty,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// Text that is not JSON, or not the line format the connector reads.
    Malformed,
    /// A CloudEvents attribute or data field that must be there is not.
    MissingField,
    /// A field is of another JSON type than the schema says.
    WrongType,
    /// A field has the right type and an impossible value.
    InvalidValue,
    /// The account is not one of this installation's.
    UnknownAccount,
    /// The credentials that sent the event may not write for its account.
    ForbiddenAccount,
    /// The event says it happened before 2000-01-01.
    TimeTooEarly,
    /// The event says it happened more than a day after it was received.
    TimeInFuture,
    /// The message is larger than the limit.
    TooLarge,
}

impl RejectionReason {
    /// The stored and printed form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::Malformed => "malformed",
            Self::MissingField => "missing-field",
            Self::WrongType => "wrong-type",
            Self::InvalidValue => "invalid-value",
            Self::UnknownAccount => "unknown-account",
            Self::ForbiddenAccount => "forbidden-account",
            Self::TimeTooEarly => "time-too-early",
            Self::TimeInFuture => "time-in-future",
            Self::TooLarge => "too-large",
        }
    }
}

impl fmt::Display for RejectionReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// One message (or one element of a batch message) that could not become an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub reason: RejectionReason,
    /// What exactly is wrong and where, for a person; names the field.
    pub detail: String,
}

impl Rejection {
    #[must_use]
    pub fn new(reason: RejectionReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}
