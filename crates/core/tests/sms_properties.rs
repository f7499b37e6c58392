//! REC-1 of text messages, held on random events: any order, duplication and split of the same events gives the same
//! records, and what is written decodes to what it was.

use std::collections::BTreeMap;

use callhouse_core::event::call::Direction;
use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::event::sms::{BillingMode, Nature, StatedStatus};
use callhouse_core::event::{Kind, SmsData, SmsEventType};
use callhouse_core::gsm::Encoding;
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::fold;
use callhouse_core::record::sms::derive;
use callhouse_core::{AccountId, Event, Money, SmsRecord, Timestamp};
use proptest::prelude::*;

type Records = BTreeMap<(AccountId, Box<str>), SmsRecord>;

/// Few instants, so that equal stamps with different contents are common.
fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..4).prop_map(|step| Timestamp::from_millis(1_795_207_256_000 + step * 700))
}

fn word() -> impl Strategy<Value = Box<str>> {
    prop_oneof![Just("a"), Just("b"), Just("é\"\\\n[{"), Just("")].prop_map(Into::into)
}

fn party() -> impl Strategy<Value = Box<str>> {
    prop_oneof![Just("+33600000596"), Just("+14165550123"), Just("ACME Bank"), Just("36105")]
        .prop_map(Into::into)
}

fn text() -> impl Strategy<Value = Box<str>> {
    let texts = ["", "hello", "3 € [x]", "😀", "привет"].map(str::to_owned);
    let long = [("a", 161), ("€", 77), ("я", 71)].map(|(unit, times): (&str, usize)| unit.repeat(times));
    prop::sample::select([texts.to_vec(), long.to_vec()].concat()).prop_map(Into::into)
}

fn maybe<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    prop::option::weighted(0.3, strategy)
}

fn message() -> impl Strategy<Value = SmsData> {
    let parties = (maybe(party()), maybe(party()), maybe(word()), maybe(word()), maybe(word()));
    let enums = (maybe(prop::sample::select(Direction::ALL)), maybe(prop::sample::select(Nature::ALL)));
    let content = (maybe(text()), maybe(0_u8..4), maybe(prop::sample::select(Encoding::ALL)));
    (parties, enums, content).prop_map(|(parties, enums, content)| SmsData {
        from: parties.0,
        to: parties.1,
        user_data: parties.2,
        trunk: parties.3,
        webhook_endpoint: parties.4,
        direction: enums.0,
        nature: enums.1,
        text: content.0,
        message_class: content.1,
        forced_encoding: content.2,
        ..SmsData::default()
    })
}

fn data() -> impl Strategy<Value = SmsData> {
    let instants = (maybe(instant()), maybe(instant()), maybe(instant()), maybe(instant()), maybe(instant()));
    let outcome = (maybe(prop::sample::select(StatedStatus::ALL)), maybe(word()), maybe(word()));
    let segments = (maybe(prop::sample::select(Encoding::ALL)), maybe(1_i32..4));
    let money =
        || maybe((-2_000_000_i64..2_000_000).prop_map(|micros| Money::from_micros(micros).expect("small")));
    let currency = maybe(prop::sample::select(&["EUR", "USD"][..]));
    let mode = maybe(prop::sample::select(BillingMode::ALL));
    let rating = (currency, money(), money(), mode, maybe(word()), maybe(word()));
    (message(), instants, outcome, segments, rating).prop_map(
        |(message, instants, outcome, segments, rating)| SmsData {
            created_at: instants.0,
            queued_at: instants.1,
            sent_at: instants.2,
            finished_at: instants.3,
            rated_at: instants.4,
            status: outcome.0,
            error_code: outcome.1,
            status_error: outcome.2,
            encoding: segments.0,
            parts: segments.1,
            currency: rating.0.map(Into::into),
            debit: rating.1,
            credit: rating.2,
            billing_mode: rating.3,
            cost_label: rating.4,
            reason: rating.5,
            ..message
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let identity = (prop::sample::select(&["gateway-1", "gateway-2"][..]), 0_u32..1_000_000);
    let account = prop::sample::select(&["acme", "globex"][..]);
    let sms_id = prop::sample::select(&["m1", "m2"][..]);
    let event_type = prop::sample::select(&SmsEventType::ALL[..]);
    (identity, account, sms_id, instant(), event_type, data()).prop_map(
        |((source, id), account, sms_id, time, event_type, data)| {
            let account = AccountId::new(account).expect("valid");
            let kind = Kind::Sms(event_type, Box::new(data));
            Event::stating((source, &id.to_string()), account, sms_id, time, kind)
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

fn join_into(records: &mut Records, partial: SmsRecord) {
    let key = (partial.account.clone(), partial.sms_id.clone());
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
        join_into(&mut records, fold(event, &mut phones).expect("about a message"));
    }
    records
}

fn one_message() -> impl Strategy<Value = SmsRecord> {
    prop::collection::vec(event(), 1..4).prop_map(|mut events| {
        for event in &mut events {
            event.account = AccountId::new("acme").expect("valid");
            event.subject = "m1".into();
        }
        joined(&events).into_values().next().expect("one message")
    })
}

fn join(mut left: SmsRecord, right: SmsRecord) -> SmsRecord {
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
        a in one_message(), b in one_message(), c in one_message()
    ) {
        prop_assert_eq!(join(a.clone(), b.clone()), join(b.clone(), a.clone()));
        let left = join(join(a.clone(), b.clone()), c.clone());
        prop_assert_eq!(&left, &join(a.clone(), join(b, c)));
        prop_assert_eq!(join(left.clone(), a), left.clone());
        prop_assert_eq!(join(left.clone(), left.clone()), left);
    }

    #[test]
    fn a_redacted_record_holds_no_personal_text_and_derives_as_before(record in one_message()) {
        let mut redacted = record.clone();
        redacted.redacted_at = Some(redacted.last_event_at);
        let redacted = join(redacted.clone(), redacted);
        if let Some(parties) = &redacted.parties {
            let parties = &parties.content;
            let personal = [
                &parties.from_number, &parties.from_number_raw, &parties.to_number, &parties.to_number_raw,
                &parties.user_data,
            ];
            prop_assert!(personal.into_iter().all(Option::is_none));
        }
        prop_assert!(redacted.content.as_ref().is_none_or(|group| group.content.text.is_none()));
        prop_assert_eq!(derive(&redacted), derive(&record));
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
                // The strategy knows neither what a type requires nor which status it may have.
                Err(rejection) => prop_assert!(
                    matches!(
                        rejection.reason,
                        callhouse_core::RejectionReason::MissingField
                            | callhouse_core::RejectionReason::InvalidValue
                    ),
                    "{}", rejection.detail
                ),
            }
        }
    }
}
