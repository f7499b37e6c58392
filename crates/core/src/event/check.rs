//! What the values of an event must be, beyond having the right JSON type.

use crate::event::call::{CallData, CallEventType};
use crate::rejection::{Rejection, RejectionReason};

/// Bytes of an id or a source.
pub(crate) const MAX_ID_BYTES: usize = 512;
/// Bytes of a subject or a type.
pub(crate) const MAX_SUBJECT_BYTES: usize = 256;
const MAX_CUSTOMER_FIELD_CHARS: usize = 64;

/// Checks the data of a call event: the ranges of its values, and that its type's required fields are there.
pub(crate) fn call_data(event_type: CallEventType, data: &CallData) -> Result<(), Rejection> {
    check_ranges(data)?;
    check_required(event_type, data)
}

fn check_ranges(data: &CallData) -> Result<(), Rejection> {
    in_range("release_cause", data.release_cause.map(i64::from), 1, 127)?;
    in_range("sip_status", data.sip_status.map(i64::from), 100, 699)?;
    in_range("mos_milli", data.mos_milli.map(i64::from), 1_000, 5_000)?;
    in_range("jitter_ms", data.jitter_ms.map(i64::from), 0, i64::MAX)?;
    in_range("round_trip_ms", data.round_trip_ms.map(i64::from), 0, i64::MAX)?;
    in_range("packets_lost", data.packets_lost, 0, i64::MAX)?;
    in_range("billed_seconds", data.billed_seconds, 0, i64::MAX)?;
    if let Some(currency) = &data.currency
        && !(currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase()))
    {
        return Err(invalid(format!("data.currency: {currency:?} is not three letters A-Z")));
    }
    if let Some(field) = &data.customer_field
        && field.chars().nth(MAX_CUSTOMER_FIELD_CHARS).is_some()
    {
        return Err(invalid(format!("data.customer_field: more than {MAX_CUSTOMER_FIELD_CHARS} characters")));
    }
    Ok(())
}

fn check_required(event_type: CallEventType, data: &CallData) -> Result<(), Rejection> {
    let (is_met, required) = match event_type {
        CallEventType::Rated => (
            data.debit.is_some() || data.credit.is_some() || data.billed_seconds.is_some(),
            "data.debit, data.credit or data.billed_seconds",
        ),
        CallEventType::DetailRecorded => (
            data.started_at.is_some() || data.answered_at.is_some() || data.ended_at.is_some(),
            "data.started_at, data.answered_at or data.ended_at",
        ),
        CallEventType::Corrected => {
            let states_nothing = CallData { reason: None, ..data.clone() } == CallData::default();
            (!states_nothing, "data: what the correction corrects")
        }
        CallEventType::Started
        | CallEventType::Ringing
        | CallEventType::Answered
        | CallEventType::Ended
        | CallEventType::Erased => (true, ""),
    };
    if is_met { Ok(()) } else { Err(Rejection::new(RejectionReason::MissingField, required)) }
}

fn in_range(field: &str, value: Option<i64>, least: i64, most: i64) -> Result<(), Rejection> {
    match value {
        Some(value) if value < least => Err(invalid(format!("data.{field}: {value} is less than {least}"))),
        Some(value) if value > most => Err(invalid(format!("data.{field}: {value} is more than {most}"))),
        Some(_) | None => Ok(()),
    }
}

fn invalid(detail: String) -> Rejection {
    Rejection::new(RejectionReason::InvalidValue, detail)
}
