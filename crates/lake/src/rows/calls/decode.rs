//! Rows to records: the inverse of encoding, derived columns ignored.

use arrow::array::RecordBatch;
use callhouse_core::CallRecord;
use callhouse_core::event::call::{AnsweredBy, DialStatus, Direction, Presentation, ReleaseSource};
use callhouse_core::record::{Answer, End, Parties, Quality, Rating, Release, Ringing, Start};

use super::CallColumn as C;
use super::columns::{ANSWER, END, PARTIES, QUALITY, RATING, RELEASE, RINGING, START};
use crate::error::Error;
use crate::family::Family;
use crate::rows::Cells;

/// Decodes rows of `calls` / `calls_recent`; the inverse of [`super::encode_calls()`], derived columns ignored.
///
/// # Errors
/// [`Error::Invalid`] for a batch that is not of this schema, or whose values no record can have.
pub fn decode_calls(batch: &RecordBatch) -> Result<Vec<CallRecord>, Error> {
    let cells = Cells::new(Family::Calls, batch)?;
    (0..batch.num_rows()).map(|row| decode_call(cells, row)).collect()
}

/// Decodes one row.
fn decode_call(cells: Cells<'_>, row: usize) -> Result<CallRecord, Error> {
    Ok(CallRecord {
        parties: cells.group(PARTIES, row, || parties(cells, row))?,
        quality: cells.group(QUALITY, row, || quality(cells, row))?,
        rating: cells.group(RATING, row, || rating(cells, row))?,
        ..decode_outcome(cells, row)?
    })
}

/// Decodes of one row what derived columns are derived from: everything but parties, quality and rating.
pub(super) fn decode_outcome(cells: Cells<'_>, row: usize) -> Result<CallRecord, Error> {
    let (account, call_id) = cells.key(row)?;
    Ok(CallRecord {
        account,
        call_id,
        first_event_at: cells.required_instant(C::FirstEventAt, row)?,
        last_event_at: cells.required_instant(C::LastEventAt, row)?,
        start: cells.group(START, row, || Some(Start { started_at: cells.instant(C::StartedAt, row)? }))?,
        parties: None,
        ringing: cells
            .group(RINGING, row, || Some(Ringing { ringing_at: cells.instant(C::RingingAt, row)? }))?,
        answer: cells.group(ANSWER, row, || answer(cells, row))?,
        end: cells.group(END, row, || Some(End { ended_at: cells.instant(C::EndedAt, row)? }))?,
        release: cells.group(RELEASE, row, || Some(release(cells, row)))?,
        quality: None,
        rating: None,
        erased_at: cells.instant(C::ErasedAt, row),
    })
}

fn parties(cells: Cells<'_>, row: usize) -> Option<Parties> {
    let text = |column: C| cells.text(column, row).map(Box::from);
    Some(Parties {
        source: text(C::Source)?,
        direction: cells.text(C::Direction, row).and_then(Direction::parse),
        from_country: text(C::FromCountry),
        from_number_type: text(C::FromNumberType),
        from_presentation: cells.text(C::FromPresentation, row).and_then(Presentation::parse),
        to_country: text(C::ToCountry),
        to_number_type: text(C::ToNumberType),
        did_hash: text(C::DidHash),
        did_number: text(C::DidNumber),
        app_hash: text(C::AppHash),
        app_name: text(C::AppName),
        app_package: text(C::AppPackage),
        parent_call_id: text(C::ParentCallId),
        group_id: text(C::GroupId),
        trunk: text(C::Trunk),
        from_number: text(C::FromNumber),
        from_number_raw: text(C::FromNumberRaw),
        from_name: text(C::FromName),
        to_number: text(C::ToNumber),
        to_number_raw: text(C::ToNumberRaw),
        forwarded_from: text(C::ForwardedFrom),
        customer_field: text(C::CustomerField),
        source_ip: text(C::SourceIp),
        user_agent: text(C::UserAgent),
    })
}

fn answer(cells: Cells<'_>, row: usize) -> Option<Answer> {
    Some(Answer {
        answered_at: cells.instant(C::AnsweredAt, row)?,
        answered_by: cells.text(C::AnsweredBy, row).and_then(AnsweredBy::parse),
    })
}

fn release(cells: Cells<'_>, row: usize) -> Release {
    Release {
        release_cause: cells.int16(C::ReleaseCause, row).and_then(|cause| u8::try_from(cause).ok()),
        release_source: cells.text(C::ReleaseSource, row).and_then(ReleaseSource::parse),
        sip_status: cells.int16(C::SipStatus, row).and_then(|status| u16::try_from(status).ok()),
        dial_status: cells.text(C::DialStatusStated, row).and_then(DialStatus::parse),
        release_reason: cells.text(C::ReleaseReason, row).map(Box::from),
    }
}

fn quality(cells: Cells<'_>, row: usize) -> Option<Quality> {
    let mos_milli = cells.decimal(C::Mos, row).map(i32::try_from).transpose().ok()?;
    Some(Quality {
        codec: cells.text(C::Codec, row).map(Box::from),
        mos_milli,
        jitter_ms: cells.int32(C::JitterMs, row),
        round_trip_ms: cells.int32(C::RoundTripMs, row),
        packets_lost: cells.int64(C::PacketsLost, row),
    })
}

fn rating(cells: Cells<'_>, row: usize) -> Option<Rating> {
    Some(Rating {
        rated_at: cells.instant(C::RatedAt, row)?,
        currency: cells.text(C::Currency, row).map(Box::from),
        debit: cells.amount(C::Debit, row)?,
        credit: cells.amount(C::Credit, row)?,
        billed_seconds: cells.int64(C::BilledSeconds, row),
        cost_label: cells.text(C::CostLabel, row).map(Box::from),
    })
}
