//! The groups of a record of a text message. Field order is comparison order (REC-1), personal fields last.

use serde::{Deserialize, Serialize};

use crate::event::call::Direction;
use crate::event::sms::{BillingMode, Nature};
use crate::event::words::text_enum;
use crate::gsm::Encoding;
use crate::money::Money;
use crate::time::Timestamp;

text_enum!(
    /// Where a message waits, in CALLR's words.
    QueueStatus {
        /// Here.
        Pending = "PENDING",
        /// At a carrier.
        RemoteQueued = "REMOTE_QUEUED",
    }
);
text_enum!(
    /// What became of a message. Of two that were reported for one instant the later one in this list counts.
    Fate {
        /// Its time was over and no report had come.
        Expired = "expired",
        /// It could not be sent.
        Error = "error",
        /// It was not delivered.
        Failed = "failed",
        /// It came in for the account.
        Received = "received",
        /// It reached the recipient.
        Delivered = "delivered",
    }
);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Creation {
    pub created_at: Timestamp,
}

/// Who wrote to whom, what for and through what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Parties {
    pub source: Box<str>,
    /// As stated; what follows from the events seen is derived.
    pub direction: Option<Direction>,
    pub from_country: Option<Box<str>>,
    pub from_number_type: Option<Box<str>>,
    pub to_country: Option<Box<str>>,
    pub to_number_type: Option<Box<str>>,
    pub nature: Option<Nature>,
    pub trunk: Option<Box<str>>,
    pub webhook_endpoint: Option<Box<str>>,
    // Personal from here on.
    pub from_number: Option<Box<str>>,
    /// Alphanumeric senders and short codes are only here.
    pub from_number_raw: Option<Box<str>>,
    pub to_number: Option<Box<str>>,
    pub to_number_raw: Option<Box<str>>,
    pub user_data: Option<Box<str>>,
}

impl Parties {
    pub(super) fn clear_personal(&mut self) {
        self.from_number = None;
        self.from_number_raw = None;
        self.to_number = None;
        self.to_number_raw = None;
        self.user_data = None;
    }
}

/// What was written. The counts are made when the text is seen, because they outlive it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Content {
    pub message_class: Option<u8>,
    pub forced_encoding: Option<Encoding>,
    pub counted_encoding: Option<Encoding>,
    pub counted_parts: Option<i32>,
    // Personal from here on.
    pub text: Option<Box<str>>,
}

/// What the message was sent as, where an event says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Segments {
    pub encoding: Option<Encoding>,
    pub parts: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queue {
    pub queued_at: Timestamp,
    pub status: QueueStatus,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sending {
    pub sent_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    pub finished_at: Timestamp,
    pub fate: Fate,
    pub error_code: Option<Box<str>>,
    pub status_error: Option<Box<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rating {
    pub rated_at: Timestamp,
    pub currency: Option<Box<str>>,
    pub debit: Option<Money>,
    pub credit: Option<Money>,
    pub billing_mode: Option<BillingMode>,
    pub cost_label: Option<Box<str>>,
}
