//! What all events of a generated call together say of it, without making one of them.
//!
//! This is what makes a set of a hundred million calls in minutes, and it knows how events fold. A test holds it equal
//! to the records that the messages of the same set give.

use callhouse_core::event::call::{AnsweredBy, DialStatus, Direction, Presentation, ReleaseSource};
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::{Answer, End, Group, Parties, Quality, Rating, Release, Ringing, Stamp, Start};
use callhouse_core::{AccountId, CallRecord, Money, Timestamp};

use super::call::Call;
use super::faults::{Clock, Fate};
use super::numbers::Number;
use super::rating;

/// The record of a call whose faults are drawn.
pub(super) fn record(call: &Call, fate: &Fate, account: AccountId, phones: &mut PhoneBook) -> CallRecord {
    let shown = |at_ms: i64| Timestamp::from_millis(fate.clock.shows(at_ms));
    let started_at = shown(call.started_at);
    let mut record = CallRecord::empty(account, call.call_id.as_str().into(), started_at);
    record.last_event_at = last_event_at(call, fate);
    record.start = Some(Group { stamp: Stamp::new(0, started_at), content: Start { started_at } });
    record.parties = Some(Group { stamp: Stamp::new(1, started_at), content: parties(call, phones) });
    record.ringing = call
        .ringing_at
        .map(shown)
        .map(|ringing_at| Group { stamp: Stamp::new(0, ringing_at), content: Ringing { ringing_at } });
    record.answer = call.answered_at.map(shown).map(|answered_at| Group {
        stamp: Stamp::new(0, answered_at),
        content: Answer { answered_at, answered_by: call.answered_by().and_then(AnsweredBy::parse) },
    });
    if let Some(ended_at) = call.ended_at.map(shown) {
        let told = Stamp::new(1, ended_at);
        record.end = Some(Group { stamp: Stamp::new(0, ended_at), content: End { ended_at } });
        record.release = Some(Group { stamp: told, content: release(call) });
        record.quality = quality(call).map(|content| Group { stamp: told, content });
    }
    record.rating = rating_of(call, fate);
    record
}

fn last_event_at(call: &Call, fate: &Fate) -> Timestamp {
    let rated_at = call.rated_at();
    let corrected_at = fate.correction.as_ref().map(|correction| correction.at_ms);
    let told = [call.ringing_at, call.answered_at, call.ended_at, rated_at, corrected_at];
    let last_ms = told.into_iter().flatten().fold(call.started_at, i64::max);
    Timestamp::from_millis(fate.clock.shows(last_ms))
}

fn parties(call: &Call, phones: &mut PhoneBook) -> Parties {
    let text = |text: &str| Some(text.into());
    let did = call.told_did();
    let from_raw = call.from.map_or_else(|| "anonymous".to_owned(), written);
    let to_raw = written(call.to);
    let from = phones.look_up(&from_raw);
    let to = phones.look_up(&to_raw);
    let presentation = if call.from_prohibited { Presentation::Prohibited } else { Presentation::Allowed };
    Parties {
        source: call.trunk.source.as_str().into(),
        direction: Direction::parse(call.direction.as_str()),
        from_country: from.country.clone(),
        from_number_type: from.number_type.map(Into::into),
        from_presentation: Some(presentation),
        to_country: to.country.clone(),
        to_number_type: to.number_type.map(Into::into),
        did_hash: did.and_then(|did| text(&did.hash)),
        did_number: did.map(|did| written(did.number).into()),
        app_hash: call.app.and_then(|app| text(&app.hash)),
        app_name: call.app.and_then(|app| text(&app.name)),
        app_package: call.app.and_then(|app| text(app.package)),
        parent_call_id: call.parent.as_deref().map(Into::into),
        group_id: call.group.as_deref().map(Into::into),
        trunk: text(&call.trunk.name),
        from_number: from.e164.clone(),
        from_number_raw: Some(from_raw.into()),
        to_number: to.e164.clone(),
        to_number_raw: Some(to_raw.into()),
        customer_field: call.customer_field.as_deref().map(Into::into),
        source_ip: text(&call.trunk.ip),
        ..Parties::default()
    }
}

fn written(number: Number) -> String {
    format!("+{}", number.0)
}

fn release(call: &Call) -> Release {
    Release {
        release_cause: Some(call.outcome.release_cause),
        release_source: ReleaseSource::parse(call.release_source),
        sip_status: Some(call.outcome.sip_status),
        dial_status: DialStatus::parse(call.outcome.dial_status),
        release_reason: Some(call.outcome.release_reason.into()),
    }
}

fn quality(call: &Call) -> Option<Quality> {
    let whole = |number: i64| i32::try_from(number).ok();
    call.quality.as_ref().map(|quality| Quality {
        codec: Some(quality.codec.into()),
        mos_milli: whole(quality.mos_milli),
        jitter_ms: whole(quality.jitter_ms),
        round_trip_ms: whole(quality.round_trip_ms),
        packets_lost: Some(quality.packets_lost),
    })
}

/// The last word on the price: a correction's, if there was one.
fn rating_of(call: &Call, fate: &Fate) -> Option<Group<Rating>> {
    if let Some(correction) = &fate.correction {
        let authority = if correction.as_correction { 2 } else { 0 };
        return Some(group_of_rating(&correction.rating, authority, correction.at_ms, fate.clock));
    }
    Some(group_of_rating(call.rating.as_ref()?, 0, call.rated_at()?, fate.clock))
}

fn group_of_rating(rating: &rating::Rating, authority: u8, at_ms: i64, clock: Clock) -> Group<Rating> {
    let rated_at = Timestamp::from_millis(clock.shows(at_ms));
    let content = Rating {
        rated_at,
        currency: Some("EUR".into()),
        debit: Money::from_micros(rating.debit),
        credit: Money::from_micros(rating.credit),
        billed_seconds: Some(rating.billed_seconds),
        cost_label: Some(rating.cost_label.as_str().into()),
    };
    Group { stamp: Stamp::new(authority, rated_at), content }
}
