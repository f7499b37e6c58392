//! What the values of an event about a text message must be.

use super::{SmsData, SmsEventType, StatedStatus};
use crate::event::check::{at_most_chars, currency, in_range, invalid, required};
use crate::rejection::Rejection;

const MAX_USER_DATA_CHARS: usize = 64;
const MAX_ERROR_CODE_CHARS: usize = 64;
const MAX_ENDPOINT_CHARS: usize = 4_096;
/// Parts a concatenated message can have (3GPP TS 23.040 §9.2.3.24.1).
const MAX_PARTS: i64 = 255;

/// Checks the data of an event: the ranges of its values, and that its type's required fields are there.
pub(super) fn check(event_type: SmsEventType, data: &SmsData) -> Result<(), Rejection> {
    in_range("message_class", data.message_class.map(i64::from), 0, 3)?;
    in_range("parts", data.parts.map(i64::from), 1, MAX_PARTS)?;
    at_most_chars("user_data", data.user_data.as_deref(), MAX_USER_DATA_CHARS)?;
    at_most_chars("error_code", data.error_code.as_deref(), MAX_ERROR_CODE_CHARS)?;
    at_most_chars("webhook_endpoint", data.webhook_endpoint.as_deref(), MAX_ENDPOINT_CHARS)?;
    currency(data.currency.as_deref())?;
    check_status(event_type, data.status)?;
    let (is_met, what) = match event_type {
        SmsEventType::Rated => (
            data.debit.is_some() || data.credit.is_some() || data.parts.is_some(),
            "data.debit, data.credit or data.parts",
        ),
        SmsEventType::Created
        | SmsEventType::Queued
        | SmsEventType::Sent
        | SmsEventType::Delivered
        | SmsEventType::Failed
        | SmsEventType::Expired
        | SmsEventType::Received
        | SmsEventType::Redacted => (true, ""),
    };
    required(is_met, what)
}

/// A type that leaves two statuses has one of these; in the other types the field says nothing.
fn check_status(event_type: SmsEventType, status: Option<StatedStatus>) -> Result<(), Rejection> {
    let contradicts = matches!(
        (event_type, status),
        (SmsEventType::Queued, Some(StatedStatus::Failed | StatedStatus::Error))
            | (SmsEventType::Failed, Some(StatedStatus::Pending | StatedStatus::RemoteQueued))
    );
    match status {
        Some(status) if contradicts => {
            let (status, event_type) = (status.as_str(), event_type.as_str());
            Err(invalid(format!("data.status: {status:?} is no status of {event_type}")))
        }
        Some(_) | None => Ok(()),
    }
}
