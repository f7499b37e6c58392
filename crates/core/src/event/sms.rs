//! What events about text messages state, as `event/call.rs` says it of calls.

mod check;
mod usual;

use serde::{Deserialize, Serialize};

use super::call::Direction;
use super::family::EventData;
use super::{rfc3339, words::text_enum};
use crate::event::envelope::Cursor;
use crate::gsm::Encoding;
use crate::money::Money;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The types of the `sms.*` family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SmsEventType {
    Created,
    Queued,
    Sent,
    Delivered,
    Failed,
    Expired,
    Received,
    Rated,
    Redacted,
}

impl SmsEventType {
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::Queued,
        Self::Sent,
        Self::Delivered,
        Self::Failed,
        Self::Expired,
        Self::Received,
        Self::Rated,
        Self::Redacted,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "sms.created",
            Self::Queued => "sms.queued",
            Self::Sent => "sms.sent",
            Self::Delivered => "sms.delivered",
            Self::Failed => "sms.failed",
            Self::Expired => "sms.expired",
            Self::Received => "sms.received",
            Self::Rated => "sms.rated",
            Self::Redacted => "sms.redacted",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.as_str() == name)
    }
}

text_enum!(
    /// What a message is for, in CALLR's words.
    Nature { Alerting = "ALERTING", Marketing = "MARKETING" }
);
text_enum!(
    /// How the account pays.
    BillingMode { Postpaid = "POSTPAID", Prepaid = "PREPAID" }
);
text_enum!(
    /// The CALLR status of a message whose event type leaves two.
    StatedStatus {
        /// It waits here.
        Pending = "PENDING",
        /// It waits at a carrier.
        RemoteQueued = "REMOTE_QUEUED",
        /// It was not delivered.
        Failed = "FAILED",
        /// It could not be sent.
        Error = "ERROR",
    }
);

/// The data of an event about a text message. Absent means "not stated by this event", never "known to be empty".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SmsData {
    // Instants. Where the type says that it just happened, the event's own time stands in when they are absent.
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub queued_at: Option<Timestamp>,
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// When what became of the message was settled. Read in the types that say what that is.
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub rated_at: Option<Timestamp>,

    // Parties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Sender as the source wrote it: a number, a short code or an alphanumeric sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Box<str>>,
    /// Recipient as the source wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nature: Option<Nature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_data: Option<Box<str>>,
    /// Trunk or carrier the message came or went by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trunk: Option<Box<str>>,
    /// Where the sender wants the status updates of this message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_endpoint: Option<Box<str>>,

    // Content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Box<str>>,
    /// 3GPP TS 23.038 §4; 0 is a flash message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_class: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forced_encoding: Option<Encoding>,

    // What it was sent as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<i32>,

    // What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatedStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<Box<str>>,
    /// Why it failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_error: Option<Box<str>>,

    // Rating.
    /// ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debit: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_mode: Option<BillingMode>,
    /// Name of the billing destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_label: Option<Box<str>>,

    /// Why a redaction was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

impl EventData for SmsData {
    type EventType = SmsEventType;

    fn read_usual(cursor: &mut Cursor<'_>) -> Option<Self> {
        usual::read(cursor)
    }

    fn check(&self, event_type: SmsEventType) -> Result<(), Rejection> {
        check::check(event_type, self)
    }

    fn direction(&self) -> Option<Direction> {
        self.direction
    }

    fn instants(&self) -> impl Iterator<Item = (&'static str, Timestamp)> {
        let instants = [
            ("data.created_at", self.created_at),
            ("data.queued_at", self.queued_at),
            ("data.sent_at", self.sent_at),
            ("data.finished_at", self.finished_at),
            ("data.rated_at", self.rated_at),
        ];
        instants.into_iter().filter_map(|(field, at)| at.map(|at| (field, at)))
    }
}
