//! What the values of a call event must be.

use super::{CallData, CallEventType};
use crate::event::check::{at_most_chars, currency, in_range, required};
use crate::rejection::Rejection;

const MAX_CUSTOMER_FIELD_CHARS: usize = 64;

/// Checks the data of a call event: the ranges of its values, and that its type's required fields are there.
pub(super) fn check(event_type: CallEventType, data: &CallData) -> Result<(), Rejection> {
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
    currency(data.currency.as_deref())?;
    at_most_chars("customer_field", data.customer_field.as_deref(), MAX_CUSTOMER_FIELD_CHARS)
}

fn check_required(event_type: CallEventType, data: &CallData) -> Result<(), Rejection> {
    let (is_met, what) = match event_type {
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
    required(is_met, what)
}
