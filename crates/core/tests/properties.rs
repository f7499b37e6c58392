//! REC-1 and the envelope, held on random events: any order, duplication and split of the same events gives the same
//! records, and what is written decodes to what it was.

use std::collections::BTreeMap;

use callhouse_core::event::call::{AnsweredBy, DialStatus, Direction, Presentation, ReleaseSource};
use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::event::{CallData, CallEventType};
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::{derive, fold};
use callhouse_core::{AccountId, CallRecord, Event, Money, Timestamp};
use proptest::prelude::*;

type Records = BTreeMap<(AccountId, Box<str>), CallRecord>;

/// Few instants, so that equal stamps with different contents are common.
fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..4).prop_map(|step| Timestamp::from_millis(1_795_207_256_000 + step * 700))
}

fn word() -> impl Strategy<Value = Box<str>> {
    prop_oneof![Just("a"), Just("b"), Just("é\"\\\n[{"), Just("")].prop_map(Into::into)
}

fn number() -> impl Strategy<Value = Box<str>> {
    prop_oneof![Just("+33600000596"), Just("+14165550123"), Just("alice"), Just("+331393105")]
        .prop_map(Into::into)
}

fn maybe<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    prop::option::weighted(0.3, strategy)
}

fn parties() -> impl Strategy<Value = CallData> {
    let numbers = (maybe(number()), maybe(number()), maybe(number()), maybe(number()));
    let words = (maybe(word()), maybe(word()), maybe(word()), maybe(word()), maybe(word()), maybe(word()));
    let more = (maybe(word()), maybe(word()), maybe(word()), maybe(word()), maybe(word()));
    let direction = maybe(prop::sample::select(Direction::ALL));
    let presentation = maybe(prop::sample::select(Presentation::ALL));
    (numbers, words, more, direction, presentation).prop_map(
        |(numbers, words, more, direction, presentation)| CallData {
            from: numbers.0,
            to: numbers.1,
            did_number: numbers.2,
            forwarded_from: numbers.3,
            from_name: words.0,
            did_hash: words.1,
            app_hash: words.2,
            app_name: words.3,
            app_package: words.4,
            customer_field: words.5,
            parent_call_id: more.0,
            group_id: more.1,
            trunk: more.2,
            source_ip: more.3,
            user_agent: more.4,
            direction,
            from_presentation: presentation,
            ..CallData::default()
        },
    )
}

fn data() -> impl Strategy<Value = CallData> {
    let instants = (maybe(instant()), maybe(instant()), maybe(instant()), maybe(instant()), maybe(instant()));
    let outcome = (
        maybe(prop::sample::select(AnsweredBy::ALL)),
        maybe(1_u8..=127),
        maybe(prop::sample::select(ReleaseSource::ALL)),
        maybe(prop::sample::select(&[200_u16, 404, 486, 487][..])),
        maybe(prop::sample::select(DialStatus::ALL)),
        maybe(word()),
    );
    let quality =
        (maybe(word()), maybe(1_000_i32..=5_000), maybe(0_i32..3), maybe(0_i32..3), maybe(0_i64..3));
    let money =
        || maybe((-2_000_000_i64..2_000_000).prop_map(|micros| Money::from_micros(micros).expect("small")));
    let currency = maybe(prop::sample::select(&["EUR", "USD"][..]));
    let rating = (currency, money(), money(), maybe(0_i64..90), maybe(word()), maybe(word()));
    (parties(), instants, outcome, quality, rating).prop_map(
        |(parties, instants, outcome, quality, rating)| CallData {
            started_at: instants.0,
            ringing_at: instants.1,
            answered_at: instants.2,
            ended_at: instants.3,
            rated_at: instants.4,
            answered_by: outcome.0,
            release_cause: outcome.1,
            release_source: outcome.2,
            sip_status: outcome.3,
            dial_status: outcome.4,
            release_reason: outcome.5,
            codec: quality.0,
            mos_milli: quality.1,
            jitter_ms: quality.2,
            round_trip_ms: quality.3,
            packets_lost: quality.4,
            currency: rating.0.map(Into::into),
            debit: rating.1,
            credit: rating.2,
            billed_seconds: rating.3,
            cost_label: rating.4,
            reason: rating.5,
            ..parties
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let identity = (prop::sample::select(&["switch-1", "switch-2"][..]), 0_u32..1_000_000);
    let account = prop::sample::select(&["acme", "globex"][..]);
    let call_id = prop::sample::select(&["c1", "c2"][..]);
    let event_type = prop::sample::select(&CallEventType::ALL[..]);
    (identity, account, call_id, instant(), event_type, data()).prop_map(
        |((source, id), account, call_id, time, event_type, data)| {
            let account = AccountId::new(account).expect("valid");
            Event::from_call((source, &id.to_string()), account, call_id, time, event_type, data)
        },
    )
}

/// The events with some of them repeated, in another order, each with the part it goes to.
fn another_telling(events: Vec<Event>) -> impl Strategy<Value = (Vec<Event>, Vec<(Event, usize)>)> {
    let copies = prop::collection::vec(1_usize..=3, events.len());
    (Just(events), copies).prop_flat_map(|(events, copies)| {
        let told: Vec<Event> = events
            .iter()
            .zip(copies)
            .flat_map(|(event, copies)| std::iter::repeat_n(event.clone(), copies))
            .collect();
        let parts = prop::collection::vec(0_usize..4, told.len());
        let shuffled = (Just(told).prop_shuffle(), parts)
            .prop_map(|(told, parts)| told.into_iter().zip(parts).collect::<Vec<_>>());
        (Just(events), shuffled)
    })
}

fn join_into(records: &mut Records, partial: CallRecord) {
    let key = (partial.account.clone(), partial.call_id.clone());
    match records.get_mut(&key) {
        Some(record) => record.join(partial),
        None => {
            records.insert(key, partial);
        }
    }
}

fn joined<'e>(events: impl IntoIterator<Item = &'e Event>) -> Records {
    let mut records = Records::new();
    let mut phones = PhoneBook::with_capacity(3);
    for event in events {
        join_into(&mut records, fold(event, &mut phones).expect("about a call"));
    }
    records
}

fn one_call() -> impl Strategy<Value = CallRecord> {
    prop::collection::vec(event(), 1..4).prop_map(|mut events| {
        for event in &mut events {
            event.account = AccountId::new("acme").expect("valid");
            event.subject = "c1".into();
        }
        joined(&events).into_values().next().expect("one call")
    })
}

fn join(mut left: CallRecord, right: CallRecord) -> CallRecord {
    left.join(right);
    left
}

proptest! {
    #[test]
    fn rec_1_any_order_duplication_and_split_gives_the_same_records(
        (events, telling) in prop::collection::vec(event(), 1..12).prop_flat_map(another_telling)
    ) {
        let expected = joined(&events);
        let mut records = Records::new();
        for part in [2, 0, 3, 1] {
            let told = telling.iter().filter(|(_, of_part)| *of_part == part).map(|(event, _)| event);
            for partial in joined(told).into_values() {
                join_into(&mut records, partial);
            }
        }
        prop_assert_eq!(&records, &expected);
        for (key, record) in &records {
            prop_assert_eq!(derive(record), derive(&expected[key]));
        }
    }

    #[test]
    fn rec_1_join_is_commutative_associative_and_idempotent(
        a in one_call(), b in one_call(), c in one_call()
    ) {
        prop_assert_eq!(join(a.clone(), b.clone()), join(b.clone(), a.clone()));
        let left = join(join(a.clone(), b.clone()), c.clone());
        prop_assert_eq!(&left, &join(a.clone(), join(b, c)));
        prop_assert_eq!(join(left.clone(), a), left.clone());
        prop_assert_eq!(join(left.clone(), left.clone()), left);
    }

    #[test]
    fn an_erased_record_holds_no_personal_text(record in one_call()) {
        if record.erased_at.is_some()
            && let Some(parties) = &record.parties
        {
            let parties = &parties.content;
            let numbers = [&parties.from_number, &parties.from_number_raw, &parties.to_number, &parties.to_number_raw];
            prop_assert!(numbers.into_iter().all(Option::is_none));
            let others = [
                &parties.from_name, &parties.forwarded_from, &parties.customer_field, &parties.source_ip,
                &parties.user_agent,
            ];
            prop_assert!(others.into_iter().all(Option::is_none));
        }
    }

    #[test]
    fn durations_are_never_negative(record in one_call()) {
        let derived = derive(&record);
        let durations = [
            derived.duration_ms, derived.talk_ms, derived.duration_seconds, derived.talk_seconds,
            derived.ringing_ms, derived.post_dial_delay_ms,
        ];
        prop_assert!(durations.into_iter().flatten().all(|duration| duration >= 0));
    }

    #[test]
    fn what_is_written_decodes_to_what_it_was(events in prop::collection::vec(event(), 1..4)) {
        let texts: Vec<String> = events.iter().map(Event::to_json).collect();
        let batch = format!("[{}]", texts.join(" ,\n"));
        let decoded = decode(Incoming { headers: &[], payload: batch.as_bytes() });
        prop_assert_eq!(decoded.len(), events.len());
        for (element, event) in decoded.into_iter().zip(&events) {
            match element.outcome {
                Ok(decoded) => prop_assert_eq!(&decoded, event),
                // The strategy does not know what a type requires.
                Err(rejection) => prop_assert_eq!(
                    rejection.reason, callhouse_core::RejectionReason::MissingField, "{}", rejection.detail
                ),
            }
        }
    }
}
