//! What webhook events state, as `event/call.rs` says it of calls: attempts to deliver, callhouse's own or another
//! system's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::{at_most_chars, in_range, required};
use super::envelope::Cursor;
use super::family::EventData;
use super::rfc3339;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The types of the `webhook.*` family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebhookEventType {
    DeliveryAttempted,
}

impl WebhookEventType {
    pub const ALL: [Self; 1] = [Self::DeliveryAttempted];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeliveryAttempted => "webhook.delivery_attempted",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.as_str() == name)
    }
}

/// The data of a webhook event. The event's subject is the id of what was to be delivered, its time the beginning of the
/// attempt.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookData {
    /// Type of what was to be delivered: `call.inbound_hangup`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<Box<str>>,
    /// When that happened.
    #[serde(with = "rfc3339", skip_serializing_if = "Option::is_none")]
    pub event_at: Option<Timestamp>,
    /// What that was about: the source's id of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<Box<str>>,
    /// CALLR hash of the subscription; absent for a dynamic webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_hash: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Box<str>>,
    /// From 0.
    #[serde(rename = "try", skip_serializing_if = "Option::is_none")]
    pub try_number: Option<i32>,
    /// `SUCCESS` or the kind of failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_code: Option<i32>,
    /// Why it failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_headers: Option<BTreeMap<Box<str>, Box<str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_body: Option<Box<str>>,
    /// The beginning of the reply's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_body: Option<Box<str>>,
}

const MAX_STATUS_CHARS: usize = 64;
const MAX_ENDPOINT_CHARS: usize = 4_096;

impl EventData for WebhookData {
    type EventType = WebhookEventType;

    /// Attempts are few beside calls: all of them take the general way.
    fn read_usual(_: &mut Cursor<'_>) -> Option<Self> {
        None
    }

    fn check(&self, event_type: WebhookEventType) -> Result<(), Rejection> {
        in_range("try", self.try_number.map(i64::from), 0, i64::MAX)?;
        in_range("http_code", self.http_code.map(i64::from), 100, 999)?;
        in_range("duration_ms", self.duration_ms, 0, i64::MAX)?;
        at_most_chars("status", self.status.as_deref(), MAX_STATUS_CHARS)?;
        at_most_chars("endpoint", self.endpoint.as_deref(), MAX_ENDPOINT_CHARS)?;
        match event_type {
            WebhookEventType::DeliveryAttempted => {
                required(self.endpoint.is_some(), "data.endpoint")?;
                required(self.status.is_some(), "data.status")
            }
        }
    }

    fn instants(&self) -> impl Iterator<Item = (&'static str, Timestamp)> {
        self.event_at.into_iter().map(|at| ("data.event_at", at))
    }
}
