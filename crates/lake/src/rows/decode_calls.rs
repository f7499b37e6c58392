//! Rows to records: the inverse of encoding, derived columns ignored.

use arrow::array::RecordBatch;
use callhouse_core::event::call::{AnsweredBy, DialStatus, Direction, Presentation, ReleaseSource};
use callhouse_core::record::{Answer, End, Group, Parties, Quality, Rating, Release, Ringing, Start};
use callhouse_core::{AccountId, CallRecord, Money};

use super::{CallCells, CallColumn as C, GroupName};
use crate::error::Error;

/// Decodes rows of `calls` / `calls_recent`; the inverse of [`super::encode_calls()`], derived columns ignored.
///
/// # Errors
/// [`Error::Invalid`] for a batch that is not of this schema, or whose values no record can have.
pub fn decode_calls(batch: &RecordBatch) -> Result<Vec<CallRecord>, Error> {
    let cells = CallCells::new(batch)?;
    (0..batch.num_rows()).map(|row| decode_call(cells, row)).collect()
}

/// Decodes one row.
pub(crate) fn decode_call(cells: CallCells<'_>, row: usize) -> Result<CallRecord, Error> {
    Ok(CallRecord {
        parties: group(cells, GroupName::Parties, row, || parties(cells, row))?,
        quality: group(cells, GroupName::Quality, row, || quality(cells, row))?,
        rating: group(cells, GroupName::Rating, row, || rating(cells, row))?,
        ..decode_outcome(cells, row)?
    })
}

/// Decodes of one row what derived columns are derived from: everything but parties, quality and rating.
pub(crate) fn decode_outcome(cells: CallCells<'_>, row: usize) -> Result<CallRecord, Error> {
    let account = cells.text(C::Account, row).unwrap_or_default();
    let account = AccountId::new(account)
        .map_err(|reason| Error::Invalid { what: format!("account {account:?} in row {row}: {reason}") })?;
    let required = |column: C| {
        let missing = || Error::Invalid { what: format!("{} is null in row {row}", column.name()) };
        cells.instant(column, row).ok_or_else(missing)
    };
    Ok(CallRecord {
        account,
        call_id: cells.text(C::CallId, row).unwrap_or_default().into(),
        first_event_at: required(C::FirstEventAt)?,
        last_event_at: required(C::LastEventAt)?,
        start: group(cells, GroupName::Start, row, || {
            Some(Start { started_at: cells.instant(C::StartedAt, row)? })
        })?,
        parties: None,
        ringing: group(cells, GroupName::Ringing, row, || {
            Some(Ringing { ringing_at: cells.instant(C::RingingAt, row)? })
        })?,
        answer: group(cells, GroupName::Answer, row, || answer(cells, row))?,
        end: group(cells, GroupName::End, row, || Some(End { ended_at: cells.instant(C::EndedAt, row)? }))?,
        release: group(cells, GroupName::Release, row, || Some(release(cells, row)))?,
        quality: None,
        rating: None,
        erased_at: cells.instant(C::ErasedAt, row),
    })
}

/// A group the row knows, with its stamp. A stamp whose group cannot be read is a broken row.
fn group<T>(
    cells: CallCells<'_>,
    name: GroupName,
    row: usize,
    content: impl FnOnce() -> Option<T>,
) -> Result<Option<Group<T>>, Error> {
    let Some(stamp) = cells.stamp(name, row) else { return Ok(None) };
    match content() {
        Some(content) => Ok(Some(Group { stamp, content })),
        None => Err(Error::Invalid { what: format!("{name:?} of row {row} has a stamp and no content") }),
    }
}

fn parties(cells: CallCells<'_>, row: usize) -> Option<Parties> {
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

fn answer(cells: CallCells<'_>, row: usize) -> Option<Answer> {
    Some(Answer {
        answered_at: cells.instant(C::AnsweredAt, row)?,
        answered_by: cells.text(C::AnsweredBy, row).and_then(AnsweredBy::parse),
    })
}

fn release(cells: CallCells<'_>, row: usize) -> Release {
    Release {
        release_cause: cells.int16(C::ReleaseCause, row).and_then(|cause| u8::try_from(cause).ok()),
        release_source: cells.text(C::ReleaseSource, row).and_then(ReleaseSource::parse),
        sip_status: cells.int16(C::SipStatus, row).and_then(|status| u16::try_from(status).ok()),
        dial_status: cells.text(C::DialStatusStated, row).and_then(DialStatus::parse),
        release_reason: cells.text(C::ReleaseReason, row).map(Box::from),
    }
}

fn quality(cells: CallCells<'_>, row: usize) -> Option<Quality> {
    let mos_milli = cells.decimal(C::Mos, row).map(i32::try_from).transpose().ok()?;
    Some(Quality {
        codec: cells.text(C::Codec, row).map(Box::from),
        mos_milli,
        jitter_ms: cells.int32(C::JitterMs, row),
        round_trip_ms: cells.int32(C::RoundTripMs, row),
        packets_lost: cells.int64(C::PacketsLost, row),
    })
}

fn rating(cells: CallCells<'_>, row: usize) -> Option<Rating> {
    let amount = |column: C| -> Option<Option<Money>> {
        let Some(micros) = cells.decimal(column, row) else { return Some(None) };
        i64::try_from(micros).ok().and_then(Money::from_micros).map(Some)
    };
    Some(Rating {
        rated_at: cells.instant(C::RatedAt, row)?,
        currency: cells.text(C::Currency, row).map(Box::from),
        debit: amount(C::Debit)?,
        credit: amount(C::Credit)?,
        billed_seconds: cells.int64(C::BilledSeconds, row),
        cost_label: cells.text(C::CostLabel, row).map(Box::from),
    })
}
