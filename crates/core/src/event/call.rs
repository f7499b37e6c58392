//! What call events state. One wide [`CallData`] serves all of them, because every field means the same
//! in every type that may carry it; which fields a type may or must carry is in `schemas/events/`.

mod check;
mod usual;

use serde::{Deserialize, Serialize};

use super::family::EventData;
use super::{rfc3339, words::text_enum};
use crate::event::envelope::Cursor;
use crate::money::Money;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The types of the `call.*` family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallEventType {
    Started,
    Ringing,
    Answered,
    Ended,
    Rated,
    Corrected,
    DetailRecorded,
    Erased,
}

impl CallEventType {
    pub const ALL: [Self; 8] = [
        Self::Started,
        Self::Ringing,
        Self::Answered,
        Self::Ended,
        Self::Rated,
        Self::Corrected,
        Self::DetailRecorded,
        Self::Erased,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "call.started",
            Self::Ringing => "call.ringing",
            Self::Answered => "call.answered",
            Self::Ended => "call.ended",
            Self::Rated => "call.rated",
            Self::Corrected => "call.corrected",
            Self::DetailRecorded => "call.detail_recorded",
            Self::Erased => "call.erased",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.as_str() == name)
    }
}

text_enum!(
    /// Which way the call went, seen from the account.
    Direction { Inbound = "inbound", Outbound = "outbound" }
);
text_enum!(
    /// Who ended the call.
    ReleaseSource { Caller = "caller", Callee = "callee", Gateway = "gateway" }
);
text_enum!(
    /// How dialling ended, in CALLR's words.
    DialStatus {
        Answer = "ANSWER",
        Busy = "BUSY",
        Cancel = "CANCEL",
        ChannelUnavailable = "CHANUNAVAIL",
        Congestion = "CONGESTION",
        NoAnswer = "NOANSWER",
        NoDial = "NODIAL",
    }
);
text_enum!(
    /// Whether the caller allowed the number to be shown.
    Presentation { Allowed = "allowed", Prohibited = "prohibited" }
);
text_enum!(
    /// What picked up, when the source can tell.
    AnsweredBy { Human = "human", Machine = "machine" }
);

/// The data of a call event. Absent means "not stated by this event", never "known to be empty".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallData {
    // Instants. In `call.started` and the like the event's own time stands in when they are absent.
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub ringing_at: Option<Timestamp>,
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub rated_at: Option<Timestamp>,

    // Parties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Calling number as the source wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Box<str>>,
    /// Called number as the source wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_name: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_presentation: Option<Presentation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded_from: Option<Box<str>>,
    /// CALLR hash of the account's own number the call used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did_hash: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did_number: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_hash: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_name: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_package: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_field: Option<Box<str>>,
    /// Source id of the call this leg belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_call_id: Option<Box<str>>,
    /// Source id shared by all legs of one interaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trunk: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Box<str>>,

    // Answer and release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<AnsweredBy>,
    /// ITU-T Q.850 cause, 1 to 127.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_cause: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_source: Option<ReleaseSource>,
    /// Final SIP status, 200 to 699.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sip_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dial_status: Option<DialStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_reason: Option<Box<str>>,

    // Quality, as the source measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<Box<str>>,
    /// Mean opinion score in thousandths, 1000 to 5000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mos_milli: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packets_lost: Option<i64>,

    // Rating.
    /// ISO 4217 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debit: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed_seconds: Option<i64>,
    /// Name of the billing destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_label: Option<Box<str>>,

    /// Why a correction or an erasure was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

impl EventData for CallData {
    type EventType = CallEventType;

    fn read_usual(cursor: &mut Cursor<'_>) -> Option<Self> {
        usual::read(cursor)
    }

    fn check(&self, event_type: CallEventType) -> Result<(), Rejection> {
        check::check(event_type, self)
    }

    fn direction(&self) -> Option<Direction> {
        self.direction
    }

    fn instants(&self) -> impl Iterator<Item = (&'static str, Timestamp)> {
        let instants = [
            ("data.started_at", self.started_at),
            ("data.ringing_at", self.ringing_at),
            ("data.answered_at", self.answered_at),
            ("data.ended_at", self.ended_at),
            ("data.rated_at", self.rated_at),
        ];
        instants.into_iter().filter_map(|(field, at)| at.map(|at| (field, at)))
    }
}
