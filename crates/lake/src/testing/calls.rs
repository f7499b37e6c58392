//! Random records of calls.

use callhouse_core::event::call::{AnsweredBy, DialStatus, Direction, Presentation, ReleaseSource};
use callhouse_core::record::{Answer, End, Parties, Quality, Rating, Release, Ringing, Start};
use callhouse_core::{AccountId, CallRecord};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::{any_of, group, instant, money, text};

fn parties() -> impl Strategy<Value = Parties> {
    let enums = (any_of(Direction::ALL), any_of(Presentation::ALL));
    let texts = proptest::collection::vec(text(), 21);
    (enums, texts, select(vec!["", "kamailio", "callr"])).prop_map(
        |((direction, from_presentation), texts, source)| {
            let mut texts = texts.into_iter();
            let mut next = || texts.next().flatten();
            Parties {
                source: source.into(),
                direction,
                from_country: next(),
                from_number_type: next(),
                from_presentation,
                to_country: next(),
                to_number_type: next(),
                did_hash: next(),
                did_number: next(),
                app_hash: next(),
                app_name: next(),
                app_package: next(),
                parent_call_id: next(),
                group_id: next(),
                trunk: next(),
                from_number: next(),
                from_number_raw: next(),
                from_name: next(),
                to_number: next(),
                to_number_raw: next(),
                forwarded_from: next(),
                customer_field: next(),
                source_ip: next(),
                user_agent: next(),
            }
        },
    )
}

fn release() -> impl Strategy<Value = Release> {
    let full =
        (
            of(select(vec![16_u8, 17, 127])),
            any_of(ReleaseSource::ALL),
            of(select(vec![200_u16, 486, 699])),
            any_of(DialStatus::ALL),
            text(),
        )
            .prop_map(|(release_cause, release_source, sip_status, dial_status, release_reason)| {
                Release { release_cause, release_source, sip_status, dial_status, release_reason }
            });
    prop_oneof![Just(Release::default()), full]
}

fn quality() -> impl Strategy<Value = Quality> {
    let full = (text(), of(1_000..5_000_i32), of(0..2_i32), of(0..2_i32), of(0..2_i64)).prop_map(
        |(codec, mos_milli, jitter_ms, round_trip_ms, packets_lost)| Quality {
            codec,
            mos_milli,
            jitter_ms,
            round_trip_ms,
            packets_lost,
        },
    );
    prop_oneof![Just(Quality::default()), full]
}

fn rating() -> impl Strategy<Value = Rating> {
    (instant(), text(), money(), money(), of(0..3_i64), text()).prop_map(
        |(rated_at, currency, debit, credit, billed_seconds, cost_label)| Rating {
            rated_at,
            currency,
            debit,
            credit,
            billed_seconds,
            cost_label,
        },
    )
}

/// Records of a handful of calls of three accounts, erased ones among them.
pub(crate) fn record() -> impl Strategy<Value = CallRecord> {
    let identity =
        (select(vec!["acme", "b2", "zeta"]), select(vec!["1", "2", "x@host", "ünï"]), instant(), 0..3_i64);
    let signalling = (
        group(instant().prop_map(|started_at| Start { started_at })),
        group(parties()),
        group(instant().prop_map(|ringing_at| Ringing { ringing_at })),
        group(
            (instant(), any_of(AnsweredBy::ALL))
                .prop_map(|(answered_at, answered_by)| Answer { answered_at, answered_by }),
        ),
        group(instant().prop_map(|ended_at| End { ended_at })),
    );
    let rest = (group(release()), group(quality()), group(rating()), prop::option::weighted(0.1, instant()));
    (identity, signalling, rest).prop_map(|(identity, signalling, rest)| {
        let (account, call_id, first_event_at, later) = identity;
        let account = AccountId::new(account).expect("valid");
        let mut record = CallRecord::empty(account, call_id.into(), first_event_at);
        record.last_event_at = first_event_at.plus_micros(later * 1_000_000);
        (record.start, record.parties, record.ringing, record.answer, record.end) = signalling;
        (record.release, record.quality, record.rating, record.erased_at) = rest;
        // Joining with itself is how a record with an erasure gets the form in which records are stored.
        record.join(record.clone());
        record
    })
}
