//! Values computed from a joined record: no clock, no state, the same for the writer and the rebuild.

use serde::{Deserialize, Serialize};

use super::SmsRecord;
use super::groups::{Fate, QueueStatus};
use crate::event::call::Direction;
use crate::event::words::text_enum;
use crate::gsm::Encoding;
use crate::record::spans::{between, rounded_ms};
use crate::time::Timestamp;

text_enum!(
    /// Where a message stands, in CALLR's words.
    Status {
        Created = "CREATED",
        /// It waits here.
        Pending = "PENDING",
        /// It waits at a carrier.
        RemoteQueued = "REMOTE_QUEUED",
        /// A carrier has it.
        Sent = "SENT",
        /// It reached the recipient; an inbound message came in.
        Received = "RECEIVED",
        /// It could not be sent.
        Error = "ERROR",
        /// It was not delivered.
        Failed = "FAILED",
        /// Its time was over and no report had come.
        Expired = "EXPIRED",
    }
);

/// What follows from the groups of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    pub status: Status,
    /// The instant of the step that gave the status.
    pub status_at: Option<Timestamp>,
    /// Stated, or what follows from the steps seen; `None` when none was.
    pub direction: Option<Direction>,
    /// Stated, or counted from the text.
    pub encoding: Option<Encoding>,
    pub parts: Option<i32>,
    /// When it reached the recipient, or came in.
    pub delivered_at: Option<Timestamp>,
    /// Creation to sending, both stated.
    pub sending_ms: Option<i64>,
    /// Sending, stated, to delivery.
    pub delivery_ms: Option<i64>,
}

/// Computes the derived values of a record.
///
/// The furthest step seen gives the status: an outcome, else the sending, else the queue, else the creation. Instants of
/// different clocks may contradict each other: a time something took is never less than 0.
#[must_use]
pub fn derive(record: &SmsRecord) -> Derived {
    let creation = record.creation.as_ref();
    let created_at = creation.map(|group| group.content.created_at);
    // A concluded creation is the first thing seen of the message, so nothing is known of the time before it.
    let stated_created_at = creation.filter(|group| !group.stamp.is_concluded()).and(created_at);
    let sent_at = record.sending.as_ref().map(|group| group.content.sent_at);
    let outcome = record.outcome.as_ref().map(|group| &group.content);
    let fate = outcome.map(|outcome| outcome.fate);
    let (status, status_at) = status(record);
    let delivered_at = outcome.map(|outcome| outcome.finished_at).filter(|_| status == Status::Received);
    let handset_at = delivered_at.filter(|_| fate == Some(Fate::Delivered));
    let segments = record.segments.as_ref().map(|group| &group.content);
    let content = record.content.as_ref().map(|group| &group.content);
    Derived {
        status,
        status_at,
        direction: direction(record),
        encoding: segments
            .and_then(|segments| segments.encoding)
            .or(content.and_then(|content| content.counted_encoding)),
        parts: segments
            .and_then(|segments| segments.parts)
            .or(content.and_then(|content| content.counted_parts)),
        delivered_at,
        sending_ms: between(stated_created_at, sent_at).map(rounded_ms),
        delivery_ms: between(sent_at, handset_at).map(rounded_ms),
    }
}

fn status(record: &SmsRecord) -> (Status, Option<Timestamp>) {
    if let Some(outcome) = &record.outcome {
        let status = match outcome.content.fate {
            Fate::Expired => Status::Expired,
            Fate::Error => Status::Error,
            Fate::Failed => Status::Failed,
            Fate::Received | Fate::Delivered => Status::Received,
        };
        return (status, Some(outcome.content.finished_at));
    }
    if let Some(sending) = &record.sending {
        return (Status::Sent, Some(sending.content.sent_at));
    }
    if let Some(queue) = &record.queue {
        let status = match queue.content.status {
            QueueStatus::Pending => Status::Pending,
            QueueStatus::RemoteQueued => Status::RemoteQueued,
        };
        return (status, Some(queue.content.queued_at));
    }
    (Status::Created, record.creation.as_ref().map(|group| group.content.created_at))
}

fn direction(record: &SmsRecord) -> Option<Direction> {
    if let Some(stated) = record.parties.as_ref().and_then(|group| group.content.direction) {
        return Some(stated);
    }
    match &record.outcome {
        Some(outcome) if outcome.content.fate == Fate::Received => Some(Direction::Inbound),
        // Whatever makes a creation known, only a message that goes out goes through any step but coming in.
        Some(_) | None => record.creation.as_ref().map(|_| Direction::Outbound),
    }
}

#[cfg(test)]
mod tests;
