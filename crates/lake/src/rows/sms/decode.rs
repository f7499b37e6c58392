//! Rows to records: the inverse of encoding, derived columns ignored.

use arrow::array::RecordBatch;
use callhouse_core::SmsRecord;
use callhouse_core::event::call::Direction;
use callhouse_core::event::sms::{BillingMode, Nature};
use callhouse_core::gsm::Encoding;
use callhouse_core::record::sms::{
    Content, Creation, Fate, Outcome, Parties, Queue, QueueStatus, Rating, Segments, Sending,
};

use super::columns::SmsColumn as C;
use super::columns::{CONTENT, CREATION, OUTCOME, PARTIES, QUEUE, RATING, SEGMENTS, SENDING};
use crate::error::Error;
use crate::family::Family;
use crate::rows::Cells;

/// Decodes rows of `sms` / `sms_recent`; the inverse of [`super::encode_sms()`], derived columns ignored.
///
/// # Errors
/// [`Error::Invalid`] for a batch that is not of this schema, or whose values no record can have.
pub fn decode_sms(batch: &RecordBatch) -> Result<Vec<SmsRecord>, Error> {
    let cells = Cells::new(Family::Sms, batch)?;
    (0..batch.num_rows()).map(|row| decode(cells, row)).collect()
}

/// Decodes one row.
fn decode(cells: Cells<'_>, row: usize) -> Result<SmsRecord, Error> {
    Ok(SmsRecord {
        parties: cells.group(PARTIES, row, || parties(cells, row))?,
        content: cells.group(CONTENT, row, || content(cells, row, text(cells, C::Text, row)))?,
        rating: cells.group(RATING, row, || rating(cells, row))?,
        ..decode_steps(cells, row)?
    })
}

/// Decodes of one row what derived columns are derived from: the steps of the message, the direction stated and the
/// counts, without texts.
pub(super) fn decode_steps(cells: Cells<'_>, row: usize) -> Result<SmsRecord, Error> {
    let (account, sms_id) = cells.key(row)?;
    let direction = || Some(Parties { direction: direction(cells, row), ..Parties::default() });
    Ok(SmsRecord {
        account,
        sms_id,
        first_event_at: cells.required_instant(C::FirstEventAt, row)?,
        last_event_at: cells.required_instant(C::LastEventAt, row)?,
        creation: cells
            .group(CREATION, row, || Some(Creation { created_at: cells.instant(C::CreatedAt, row)? }))?,
        parties: cells.group(PARTIES, row, direction)?,
        content: cells.group(CONTENT, row, || content(cells, row, None))?,
        segments: cells.group(SEGMENTS, row, || Some(segments(cells, row)))?,
        queue: cells.group(QUEUE, row, || queue(cells, row))?,
        sending: cells.group(SENDING, row, || Some(Sending { sent_at: cells.instant(C::SentAt, row)? }))?,
        outcome: cells.group(OUTCOME, row, || outcome(cells, row))?,
        rating: None,
        redacted_at: cells.instant(C::RedactedAt, row),
    })
}

fn text(cells: Cells<'_>, column: C, row: usize) -> Option<Box<str>> {
    cells.text(column, row).map(Box::from)
}

fn direction(cells: Cells<'_>, row: usize) -> Option<Direction> {
    cells.text(C::DirectionStated, row).and_then(Direction::parse)
}

fn parties(cells: Cells<'_>, row: usize) -> Option<Parties> {
    let text = |column: C| text(cells, column, row);
    Some(Parties {
        source: text(C::Source)?,
        direction: direction(cells, row),
        from_country: text(C::FromCountry),
        from_number_type: text(C::FromNumberType),
        to_country: text(C::ToCountry),
        to_number_type: text(C::ToNumberType),
        nature: cells.text(C::Nature, row).and_then(Nature::parse),
        trunk: text(C::Trunk),
        webhook_endpoint: text(C::WebhookEndpoint),
        from_number: text(C::FromNumber),
        from_number_raw: text(C::FromNumberRaw),
        to_number: text(C::ToNumber),
        to_number_raw: text(C::ToNumberRaw),
        user_data: text(C::UserData),
    })
}

fn content(cells: Cells<'_>, row: usize, text: Option<Box<str>>) -> Option<Content> {
    let message_class = cells.int16(C::MessageClass, row).map(u8::try_from).transpose().ok()?;
    Some(Content {
        message_class,
        forced_encoding: cells.text(C::ForcedEncoding, row).and_then(Encoding::parse),
        counted_encoding: cells.text(C::CountedEncoding, row).and_then(Encoding::parse),
        counted_parts: cells.int32(C::CountedParts, row),
        text,
    })
}

fn segments(cells: Cells<'_>, row: usize) -> Segments {
    Segments {
        encoding: cells.text(C::StatedEncoding, row).and_then(Encoding::parse),
        parts: cells.int32(C::StatedParts, row),
    }
}

fn queue(cells: Cells<'_>, row: usize) -> Option<Queue> {
    let status = cells.text(C::QueueStatus, row).and_then(QueueStatus::parse)?;
    Some(Queue { queued_at: cells.instant(C::QueuedAt, row)?, status })
}

fn outcome(cells: Cells<'_>, row: usize) -> Option<Outcome> {
    Some(Outcome {
        finished_at: cells.instant(C::FinishedAt, row)?,
        fate: cells.text(C::Outcome, row).and_then(Fate::parse)?,
        error_code: text(cells, C::ErrorCode, row),
        status_error: text(cells, C::StatusError, row),
    })
}

fn rating(cells: Cells<'_>, row: usize) -> Option<Rating> {
    Some(Rating {
        rated_at: cells.instant(C::RatedAt, row)?,
        currency: text(cells, C::Currency, row),
        debit: cells.amount(C::Debit, row)?,
        credit: cells.amount(C::Credit, row)?,
        billing_mode: cells.text(C::BillingMode, row).and_then(BillingMode::parse),
        cost_label: text(cells, C::CostLabel, row),
    })
}
