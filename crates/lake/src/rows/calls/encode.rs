//! Records to rows. Every column that is not stated is computed here, so ingest, compaction and rebuild cannot differ.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int16Array, Int64Array, RecordBatch};
use callhouse_core::record::{Answer, Derived, Group, Parties, Quality, Rating, Release, Stamp, derive};
use callhouse_core::{CallRecord, Timestamp, callid_of};

use super::CallColumn as C;
use super::columns::{ANSWER, END, PARTIES, QUALITY, RATING, RELEASE, RINGING, ROWS, START, schema};
use super::decode::decode_outcome;
use crate::error::Error;
use crate::rows::Cells;
use crate::rows::arrays::{Stamped, amounts, instants, int32s, int64s, stamps as stamp_column, texts};

/// Columns found so far; iterates in schema order.
type Columns = BTreeMap<C, ArrayRef>;

/// Encodes records, owned or borrowed, as rows of `calls` / `calls_recent`, derived columns included, in the order
/// given.
///
/// # Errors
/// [`Error::Arrow`] when Arrow refuses the columns.
pub fn encode_calls<R: Borrow<CallRecord>>(records: &[R]) -> Result<RecordBatch, Error> {
    let records: Vec<&CallRecord> = records.iter().map(Borrow::borrow).collect();
    let records = records.as_slice();
    let mut found = Columns::new();
    identity(records, &mut found);
    parties(records, &mut found);
    signalling(records, &mut found);
    quality(records, &mut found);
    rating(records, &mut found);
    let derived: Vec<Derived> = records.iter().copied().map(derive).collect();
    found.extend(derived_columns(&derived));
    stamps(records, &mut found);
    let columns = found.into_values().collect();
    RecordBatch::try_new(schema(), columns)
        .map_err(|source| Error::Arrow { operation: "encoding calls", source })
}

fn identity(records: &[&CallRecord], found: &mut Columns) {
    let each = || records.iter().copied();
    found.insert(C::Account, texts(each().map(|record| Some(record.account.as_str()))));
    found.insert(C::CallId, texts(each().map(|record| Some(&*record.call_id))));
    found.insert(C::Callid, Arc::new(Int64Array::from_iter_values(each().map(CallRecord::callid))));
    found.insert(C::FirstEventAt, instants(each().map(|record| Some(record.first_event_at))));
    found.insert(C::LastEventAt, instants(each().map(|record| Some(record.last_event_at))));
    found.insert(C::ErasedAt, instants(each().map(|record| record.erased_at)));
}

fn parties(records: &[&CallRecord], found: &mut Columns) {
    let mut put = |column: C, field: fn(&Parties) -> Option<&str>| {
        let contents =
            records.iter().copied().map(|record| record.parties.as_ref().map(|group| &group.content));
        found.insert(column, texts(contents.map(|parties| parties.and_then(field))));
    };
    put(C::Source, |parties| Some(&parties.source));
    put(C::Direction, |parties| parties.direction.map(|direction| direction.as_str()));
    put(C::FromNumber, |parties| parties.from_number.as_deref());
    put(C::FromNumberRaw, |parties| parties.from_number_raw.as_deref());
    put(C::FromCountry, |parties| parties.from_country.as_deref());
    put(C::FromNumberType, |parties| parties.from_number_type.as_deref());
    put(C::FromName, |parties| parties.from_name.as_deref());
    put(C::FromPresentation, |parties| parties.from_presentation.map(|shown| shown.as_str()));
    put(C::ToNumber, |parties| parties.to_number.as_deref());
    put(C::ToNumberRaw, |parties| parties.to_number_raw.as_deref());
    put(C::ToCountry, |parties| parties.to_country.as_deref());
    put(C::ToNumberType, |parties| parties.to_number_type.as_deref());
    put(C::ForwardedFrom, |parties| parties.forwarded_from.as_deref());
    put(C::DidHash, |parties| parties.did_hash.as_deref());
    put(C::DidNumber, |parties| parties.did_number.as_deref());
    put(C::AppHash, |parties| parties.app_hash.as_deref());
    put(C::AppName, |parties| parties.app_name.as_deref());
    put(C::AppPackage, |parties| parties.app_package.as_deref());
    put(C::CustomerField, |parties| parties.customer_field.as_deref());
    put(C::ParentCallId, |parties| parties.parent_call_id.as_deref());
    put(C::GroupId, |parties| parties.group_id.as_deref());
    put(C::Trunk, |parties| parties.trunk.as_deref());
    put(C::SourceIp, |parties| parties.source_ip.as_deref());
    put(C::UserAgent, |parties| parties.user_agent.as_deref());
    let parent = |record: &CallRecord| {
        let parent_call_id = record.parties.as_ref()?.content.parent_call_id.as_deref()?;
        Some(callid_of(&record.account, parent_call_id))
    };
    found.insert(C::ParentCallid, int64s(records.iter().copied().map(parent)));
}

fn signalling(records: &[&CallRecord], found: &mut Columns) {
    let each = || records.iter().copied();
    let started = each().map(|record| record.start.as_ref().map(|group| group.content.started_at));
    found.insert(C::StartedAt, instants(started));
    let ringing = each().map(|record| record.ringing.as_ref().map(|group| group.content.ringing_at));
    found.insert(C::RingingAt, instants(ringing));
    let answers = || each().map(|record| record.answer.as_ref().map(|group| &group.content));
    found.insert(C::AnsweredAt, instants(answers().map(|answer| answer.map(|answer| answer.answered_at))));
    let answered_by = |answer: &Answer| answer.answered_by.map(|by| by.as_str());
    found.insert(C::AnsweredBy, texts(answers().map(|answer| answer.and_then(answered_by))));
    let ended = each().map(|record| record.end.as_ref().map(|group| group.content.ended_at));
    found.insert(C::EndedAt, instants(ended));

    let releases = || each().map(|record| record.release.as_ref().map(|group| &group.content));
    let causes =
        releases().map(|release| release.and_then(|release: &Release| release.release_cause.map(i16::from)));
    found.insert(C::ReleaseCause, Arc::new(Int16Array::from_iter(causes)));
    let statuses =
        releases().map(|release| release?.sip_status.and_then(|status| i16::try_from(status).ok()));
    found.insert(C::SipStatus, Arc::new(Int16Array::from_iter(statuses)));
    let sources = releases().map(|release| Some(release?.release_source?.as_str()));
    found.insert(C::ReleaseSource, texts(sources));
    found.insert(C::DialStatusStated, texts(releases().map(|release| Some(release?.dial_status?.as_str()))));
    found.insert(C::ReleaseReason, texts(releases().map(|release| release?.release_reason.as_deref())));
}

fn quality(records: &[&CallRecord], found: &mut Columns) {
    let each = || records.iter().copied().map(|record| record.quality.as_ref().map(|group| &group.content));
    found.insert(C::Codec, texts(each().map(|quality: Option<&Quality>| quality?.codec.as_deref())));
    let scores = each().map(|quality| Some(i128::from(quality?.mos_milli?)));
    found.insert(C::Mos, Arc::new(Decimal128Array::from_iter(scores).with_data_type(C::Mos.data_type())));
    found.insert(C::JitterMs, int32s(each().map(|quality| quality?.jitter_ms)));
    found.insert(C::RoundTripMs, int32s(each().map(|quality| quality?.round_trip_ms)));
    found.insert(C::PacketsLost, int64s(each().map(|quality| quality?.packets_lost)));
}

fn rating(records: &[&CallRecord], found: &mut Columns) {
    let each = || records.iter().copied().map(|record| record.rating.as_ref().map(|group| &group.content));
    found.insert(C::RatedAt, instants(each().map(|rating: Option<&Rating>| Some(rating?.rated_at))));
    found.insert(C::Currency, texts(each().map(|rating| rating?.currency.as_deref())));
    found.insert(C::Debit, amounts(each().map(|rating| rating?.debit)));
    found.insert(C::Credit, amounts(each().map(|rating| rating?.credit)));
    found.insert(C::BilledSeconds, int64s(each().map(|rating| rating?.billed_seconds)));
    found.insert(C::CostLabel, texts(each().map(|rating| rating?.cost_label.as_deref())));
}

/// The derived columns of rows whose derived values are given.
fn derived_columns(derived: &[Derived]) -> BTreeMap<C, ArrayRef> {
    let numbers = |field: fn(&Derived) -> Option<i64>| int64s(derived.iter().map(field));
    BTreeMap::from([
        (C::Status, texts(derived.iter().map(|derived| Some(derived.status.as_str())))),
        (C::DialStatus, texts(derived.iter().map(|derived| Some(derived.dial_status?.as_str())))),
        (C::DurationMs, numbers(|derived| derived.duration_ms)),
        (C::TalkMs, numbers(|derived| derived.talk_ms)),
        (C::DurationSeconds, numbers(|derived| derived.duration_seconds)),
        (C::TalkSeconds, numbers(|derived| derived.talk_seconds)),
        (C::RingingMs, numbers(|derived| derived.ringing_ms)),
        (C::PostDialDelayMs, numbers(|derived| derived.post_dial_delay_ms)),
    ])
}

/// The derived columns of some rows.
pub(super) fn derive_rows(cells: Cells<'_>, rows: &[usize]) -> Result<Vec<(usize, ArrayRef)>, Error> {
    let derived: Vec<Derived> =
        rows.iter().map(|row| Ok(derive(&decode_outcome(cells, *row)?))).collect::<Result<_, Error>>()?;
    Ok(derived_columns(&derived).into_iter().map(|(column, values)| (column.index(), values)).collect())
}

fn stamps(records: &[&CallRecord], found: &mut Columns) {
    fn stamp<T>(group: Option<&Group<T>>) -> Option<Stamp> {
        group.map(|group| group.stamp)
    }
    let mut put = |group: usize, of: fn(&CallRecord) -> Stamped| {
        let values = stamp_column(&ROWS.groups[group], records.iter().copied().map(of));
        found.insert(C::ALL[ROWS.groups[group].stamp], values);
    };
    put(START, |record| (stamp(record.start.as_ref()), started_at(record), true));
    put(PARTIES, |record| (stamp(record.parties.as_ref()), started_at(record), true));
    put(RINGING, |record| {
        let at = record.ringing.as_ref().map(|group| group.content.ringing_at);
        (stamp(record.ringing.as_ref()), at, true)
    });
    put(ANSWER, |record| {
        let at = record.answer.as_ref().map(|group| group.content.answered_at);
        (stamp(record.answer.as_ref()), at, true)
    });
    put(END, |record| (stamp(record.end.as_ref()), ended_at(record), true));
    put(RELEASE, |record| {
        let shown = record.release.as_ref().is_some_and(|group| group.content != Release::default());
        (stamp(record.release.as_ref()), ended_at(record), shown)
    });
    put(QUALITY, |record| {
        let shown = record.quality.as_ref().is_some_and(|group| group.content != Quality::default());
        (stamp(record.quality.as_ref()), ended_at(record), shown)
    });
    put(RATING, |record| {
        let at = record.rating.as_ref().map(|group| group.content.rated_at);
        (stamp(record.rating.as_ref()), at, true)
    });
}

fn started_at(record: &CallRecord) -> Option<Timestamp> {
    record.start.as_ref().map(|group| group.content.started_at)
}

fn ended_at(record: &CallRecord) -> Option<Timestamp> {
    record.end.as_ref().map(|group| group.content.ended_at)
}
