//! Values computed from a joined record: no clock, no state, the same for the writer and the rebuild.

use crate::event::call::DialStatus;
use crate::record::CallRecord;

/// Where a call stands, in the words of the SignalWire/Twilio Call resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Queued,
    Ringing,
    InProgress,
    Completed,
    Busy,
    NoAnswer,
    Canceled,
    Failed,
}

impl Status {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }
}

/// What follows from the groups of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    pub status: Status,
    /// Stated, or concluded from status and cause.
    pub dial_status: Option<DialStatus>,
    /// Start to end; `None` while open.
    pub duration_ms: Option<i64>,
    /// Answer to end; 0 when the call ended unanswered, `None` while open.
    pub talk_ms: Option<i64>,
    /// The two above in seconds, rounded half up.
    pub duration_seconds: Option<i64>,
    pub talk_seconds: Option<i64>,
    /// Ringing to answer, or to the end when nobody answered.
    pub ringing_ms: Option<i64>,
    /// Start to ringing, or to the answer when no ringing was seen (ITU-T E.721 post-selection delay).
    pub post_dial_delay_ms: Option<i64>,
}

/// Computes the derived values of a record.
#[must_use]
pub fn derive(record: &CallRecord) -> Derived {
    let _ = record;
    Derived {
        status: Status::Queued,
        dial_status: None,
        duration_ms: None,
        talk_ms: None,
        duration_seconds: None,
        talk_seconds: None,
        ringing_ms: None,
        post_dial_delay_ms: None,
    }
}
