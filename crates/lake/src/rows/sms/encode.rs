//! Records to rows. Every column that is not stated is computed here, so ingest, compaction and rebuild cannot differ.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int16Array, RecordBatch, StringArray};
use callhouse_core::record::sms::{Content, Derived, Outcome, Parties, Queue, Rating, Segments, derive};
use callhouse_core::record::{Group, Stamp};
use callhouse_core::{SmsRecord, Timestamp};

use super::columns::SmsColumn as C;
use super::columns::{CONTENT, CREATION, OUTCOME, PARTIES, QUEUE, RATING, ROWS, SEGMENTS, SENDING, schema};
use super::decode::decode_steps;
use crate::error::Error;
use crate::rows::Cells;
use crate::rows::arrays::{Stamped, amounts, instants, int32s, int64s, stamps as stamp_column, texts};

/// Columns found so far; iterates in schema order.
type Columns = BTreeMap<C, ArrayRef>;

/// Encodes records, owned or borrowed, as rows of `sms` / `sms_recent`, derived columns included, in the order given.
///
/// # Errors
/// [`Error::Arrow`] when Arrow refuses the columns.
pub fn encode_sms<R: Borrow<SmsRecord>>(records: &[R]) -> Result<RecordBatch, Error> {
    let records: Vec<&SmsRecord> = records.iter().map(Borrow::borrow).collect();
    let records = records.as_slice();
    let mut found = Columns::new();
    identity(records, &mut found);
    parties(records, &mut found);
    content(records, &mut found);
    steps(records, &mut found);
    rating(records, &mut found);
    let derived: Vec<Derived> = records.iter().copied().map(derive).collect();
    found.extend(derived_columns(&derived));
    stamps(records, &mut found);
    let columns = found.into_values().collect();
    RecordBatch::try_new(schema(), columns)
        .map_err(|source| Error::Arrow { operation: "encoding text messages", source })
}

fn identity(records: &[&SmsRecord], found: &mut Columns) {
    let each = || records.iter().copied();
    found.insert(C::Account, texts(each().map(|record| Some(record.account.as_str()))));
    found.insert(C::SmsId, texts(each().map(|record| Some(&*record.sms_id))));
    found.insert(C::Hash, Arc::new(StringArray::from_iter_values(each().map(SmsRecord::hash))));
    found.insert(C::FirstEventAt, instants(each().map(|record| Some(record.first_event_at))));
    found.insert(C::LastEventAt, instants(each().map(|record| Some(record.last_event_at))));
    found.insert(C::RedactedAt, instants(each().map(|record| record.redacted_at)));
}

fn parties(records: &[&SmsRecord], found: &mut Columns) {
    let mut put = |column: C, field: fn(&Parties) -> Option<&str>| {
        let contents =
            records.iter().copied().map(|record| record.parties.as_ref().map(|group| &group.content));
        found.insert(column, texts(contents.map(|parties| parties.and_then(field))));
    };
    put(C::Source, |parties| Some(&parties.source));
    put(C::DirectionStated, |parties| parties.direction.map(|direction| direction.as_str()));
    put(C::FromNumber, |parties| parties.from_number.as_deref());
    put(C::FromNumberRaw, |parties| parties.from_number_raw.as_deref());
    put(C::FromCountry, |parties| parties.from_country.as_deref());
    put(C::FromNumberType, |parties| parties.from_number_type.as_deref());
    put(C::ToNumber, |parties| parties.to_number.as_deref());
    put(C::ToNumberRaw, |parties| parties.to_number_raw.as_deref());
    put(C::ToCountry, |parties| parties.to_country.as_deref());
    put(C::ToNumberType, |parties| parties.to_number_type.as_deref());
    put(C::Nature, |parties| parties.nature.map(|nature| nature.as_str()));
    put(C::UserData, |parties| parties.user_data.as_deref());
    put(C::Trunk, |parties| parties.trunk.as_deref());
    put(C::WebhookEndpoint, |parties| parties.webhook_endpoint.as_deref());
}

fn content(records: &[&SmsRecord], found: &mut Columns) {
    let contents =
        || records.iter().copied().map(|record| record.content.as_ref().map(|group| &group.content));
    found.insert(C::Text, texts(contents().map(|content: Option<&Content>| content?.text.as_deref())));
    let classes = contents().map(|content| content?.message_class.map(i16::from));
    found.insert(C::MessageClass, Arc::new(Int16Array::from_iter(classes)));
    let forced = contents().map(|content| Some(content?.forced_encoding?.as_str()));
    found.insert(C::ForcedEncoding, texts(forced));
    let counted = contents().map(|content| Some(content?.counted_encoding?.as_str()));
    found.insert(C::CountedEncoding, texts(counted));
    found.insert(C::CountedParts, int32s(contents().map(|content| content?.counted_parts)));

    let segments =
        || records.iter().copied().map(|record| record.segments.as_ref().map(|group| &group.content));
    let stated = segments().map(|segments: Option<&Segments>| Some(segments?.encoding?.as_str()));
    found.insert(C::StatedEncoding, texts(stated));
    found.insert(C::StatedParts, int32s(segments().map(|segments| segments?.parts)));
}

fn steps(records: &[&SmsRecord], found: &mut Columns) {
    let each = || records.iter().copied();
    found.insert(C::CreatedAt, instants(each().map(created_at)));
    let queues = || each().map(|record| record.queue.as_ref().map(|group| &group.content));
    found.insert(C::QueuedAt, instants(queues().map(|queue: Option<&Queue>| Some(queue?.queued_at))));
    found.insert(C::QueueStatus, texts(queues().map(|queue| Some(queue?.status.as_str()))));
    found.insert(C::SentAt, instants(each().map(sent_at)));
    let outcomes = || each().map(|record| record.outcome.as_ref().map(|group| &group.content));
    let finished = outcomes().map(|outcome: Option<&Outcome>| Some(outcome?.finished_at));
    found.insert(C::FinishedAt, instants(finished));
    found.insert(C::Outcome, texts(outcomes().map(|outcome| Some(outcome?.fate.as_str()))));
    found.insert(C::ErrorCode, texts(outcomes().map(|outcome| outcome?.error_code.as_deref())));
    found.insert(C::StatusError, texts(outcomes().map(|outcome| outcome?.status_error.as_deref())));
}

fn rating(records: &[&SmsRecord], found: &mut Columns) {
    let each = || records.iter().copied().map(|record| record.rating.as_ref().map(|group| &group.content));
    found.insert(C::RatedAt, instants(each().map(|rating: Option<&Rating>| Some(rating?.rated_at))));
    found.insert(C::Currency, texts(each().map(|rating| rating?.currency.as_deref())));
    found.insert(C::Debit, amounts(each().map(|rating| rating?.debit)));
    found.insert(C::Credit, amounts(each().map(|rating| rating?.credit)));
    found.insert(C::BillingMode, texts(each().map(|rating| Some(rating?.billing_mode?.as_str()))));
    found.insert(C::CostLabel, texts(each().map(|rating| rating?.cost_label.as_deref())));
}

/// The derived columns of rows whose derived values are given.
fn derived_columns(derived: &[Derived]) -> Columns {
    let words = |field: fn(&Derived) -> Option<&'static str>| texts(derived.iter().map(field));
    let numbers = |field: fn(&Derived) -> Option<i64>| int64s(derived.iter().map(field));
    let moments = |field: fn(&Derived) -> Option<Timestamp>| instants(derived.iter().map(field));
    BTreeMap::from([
        (C::Direction, words(|derived| Some(derived.direction?.as_str()))),
        (C::Encoding, words(|derived| Some(derived.encoding?.as_str()))),
        (C::Parts, int32s(derived.iter().map(|derived| derived.parts))),
        (C::Status, words(|derived| Some(derived.status.as_str()))),
        (C::StatusAt, moments(|derived| derived.status_at)),
        (C::DeliveredAt, moments(|derived| derived.delivered_at)),
        (C::SendingMs, numbers(|derived| derived.sending_ms)),
        (C::DeliveryMs, numbers(|derived| derived.delivery_ms)),
    ])
}

/// The derived columns of some rows.
pub(super) fn derive_rows(cells: Cells<'_>, rows: &[usize]) -> Result<Vec<(usize, ArrayRef)>, Error> {
    let derived: Vec<Derived> =
        rows.iter().map(|row| Ok(derive(&decode_steps(cells, *row)?))).collect::<Result<_, Error>>()?;
    Ok(derived_columns(&derived).into_iter().map(|(column, values)| (column.index(), values)).collect())
}

fn stamps(records: &[&SmsRecord], found: &mut Columns) {
    fn stamp<T>(group: Option<&Group<T>>) -> Option<Stamp> {
        group.map(|group| group.stamp)
    }
    let mut put = |group: usize, of: fn(&SmsRecord) -> Stamped| {
        let values = stamp_column(&ROWS.groups[group], records.iter().copied().map(of));
        found.insert(C::ALL[ROWS.groups[group].stamp], values);
    };
    put(CREATION, |record| (stamp(record.creation.as_ref()), created_at(record), true));
    put(PARTIES, |record| (stamp(record.parties.as_ref()), created_at(record), true));
    put(CONTENT, |record| {
        let shown = record.content.as_ref().is_some_and(|group| has_more_than_text(&group.content));
        (stamp(record.content.as_ref()), created_at(record), shown)
    });
    put(SEGMENTS, |record| {
        let shown = record.segments.as_ref().is_some_and(|group| group.content != Segments::default());
        (stamp(record.segments.as_ref()), rated_at(record), shown)
    });
    put(QUEUE, |record| {
        let at = record.queue.as_ref().map(|group| group.content.queued_at);
        (stamp(record.queue.as_ref()), at, true)
    });
    put(SENDING, |record| (stamp(record.sending.as_ref()), sent_at(record), true));
    put(OUTCOME, |record| {
        let at = record.outcome.as_ref().map(|group| group.content.finished_at);
        (stamp(record.outcome.as_ref()), at, true)
    });
    put(RATING, |record| (stamp(record.rating.as_ref()), rated_at(record), true));
}

fn has_more_than_text(content: &Content) -> bool {
    let Content { message_class, forced_encoding, counted_encoding, counted_parts, text: _ } = content;
    message_class.is_some()
        || forced_encoding.is_some()
        || counted_encoding.is_some()
        || counted_parts.is_some()
}

fn created_at(record: &SmsRecord) -> Option<Timestamp> {
    record.creation.as_ref().map(|group| group.content.created_at)
}

fn sent_at(record: &SmsRecord) -> Option<Timestamp> {
    record.sending.as_ref().map(|group| group.content.sent_at)
}

fn rated_at(record: &SmsRecord) -> Option<Timestamp> {
    record.rating.as_ref().map(|group| group.content.rated_at)
}
