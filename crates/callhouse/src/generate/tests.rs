//! What a generated set promises, checked on the bytes with the code that will read them.

use std::collections::{HashMap, HashSet};

use callhouse_core::Timestamp;
use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::{CallRecord, derive, fold};

use super::*;

fn options(seed: u64) -> Options {
    Options {
        seed,
        calls: 4_000,
        sms: 0,
        deliveries: 0,
        first_call: 0,
        accounts: 7,
        start: DEFAULT_START,
        days: 6,
        pattern: Pattern::Office,
    }
}

fn messages(seed: u64) -> (Vec<Message>, Report) {
    let mut generator = Generator::new(&options(seed));
    let messages = generator.by_ref().collect();
    (messages, generator.report())
}

/// 2026-11-20, after everything in these sets.
const RECEIVED_AT: Timestamp = Timestamp(1_795_132_800_000_000);

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    assert_eq!(messages(5), messages(5));
    assert_ne!(messages(5).0, messages(6).0);
}

#[test]
fn messages_arrive_in_order_and_events_out_of_order() {
    let (messages, _) = messages(5);
    assert!(messages.is_sorted_by_key(|message| message.deliver_at_ms));
}

#[test]
fn counts_are_those_of_the_messages() {
    let (messages, report) = messages(5);
    let of = |kind: Kind| u64::try_from(messages.iter().filter(|message| message.kind == kind).count());
    assert_eq!(report.calls, 4_000);
    assert_eq!(Ok(report.duplicates), of(Kind::Duplicate));
    assert_eq!(Ok(report.malformed), of(Kind::Malformed));
    assert_eq!(Ok(report.events), of(Kind::Event).map(|events| events + report.duplicates));
    assert!(report.duplicates > 50 && report.malformed > 2 && report.corrections > 5, "{report:?}");
}

#[test]
fn rubbish_is_rejected_and_nothing_else_is() {
    let mut rubbish = 0;
    for seed in 0..5 {
        for message in messages(seed).0 {
            let elements = decode(Incoming { headers: &[], payload: &message.payload });
            let rejected = elements.iter().any(|element| match &element.outcome {
                Ok(event) => event.check_time(RECEIVED_AT).is_err(),
                Err(_) => true,
            });
            let text = String::from_utf8_lossy(&message.payload);
            assert_eq!(rejected, message.kind == Kind::Malformed, "{text}: {elements:?}");
            assert!(!message.payload.contains(&b'\n'));
            rubbish += usize::from(rejected);
        }
    }
    assert!(rubbish > 20, "{rubbish} pieces of rubbish are too few to say anything");
}

type Records = HashMap<(String, String), CallRecord>;

/// What the events among messages say.
fn folded(messages: &[Message]) -> Records {
    let mut phones = PhoneBook::with_capacity(10_000);
    let mut records = Records::new();
    for message in messages.iter().filter(|message| message.kind != Kind::Malformed) {
        for element in decode(Incoming { headers: &[], payload: &message.payload }) {
            let record: CallRecord =
                fold(&element.outcome.expect("an event"), &mut phones).expect("of a call");
            let key = (record.account.to_string(), record.call_id.to_string());
            match records.entry(key) {
                std::collections::hash_map::Entry::Occupied(mut known) => known.get_mut().join(record),
                std::collections::hash_map::Entry::Vacant(unknown) => {
                    unknown.insert(record);
                }
            }
        }
    }
    records
}

#[test]
fn rec_1_records_made_without_messages_are_those_of_the_messages() {
    for seed in 0..6 {
        let options = options(seed);
        let world = World::new(&options);
        let mut phones = PhoneBook::with_capacity(10_000);
        let mut records = Records::new();
        let mut totals = Totals::default();
        for mut call in Interactions::new(&options).flat_map(|interaction| interaction.draw(&world, seed)) {
            let mut faults = faults::stream(seed, call.index);
            let fate = Fate::draw(&mut call, &mut faults);
            totals.count_call(&call, &fate);
            let account = callhouse_core::AccountId::new(&call.account.name).expect("valid");
            let record = record::record(&call, &fate, account, &mut phones);
            records.insert((call.account.name.clone(), call.call_id.clone()), record);
        }
        let (messages, report) = messages(seed);
        assert_eq!(folded(&messages), records);
        assert_eq!(totals.report(seed).groups, report.groups);
    }
}

#[test]
fn rec_1_records_of_the_messages_give_the_totals() {
    let (messages, report) = messages(9);
    let records = folded(&messages);
    for group in &report.groups {
        let of_group: Vec<&CallRecord> = records
            .values()
            .filter(|record| record.account.as_str() == group.account && direction(record) == group.direction)
            .collect();
        assert_eq!(group.calls, count(of_group.len()), "{group:?}");
        assert_eq!(group.answered, count(of_group.iter().filter(|record| record.answer.is_some()).count()));
        assert_eq!(
            group.talk_seconds,
            of_group.iter().filter_map(|record| derive(record).talk_seconds).sum::<i64>()
        );
        let ratings =
            || of_group.iter().filter_map(|record| record.rating.as_ref()).map(|group| &group.content);
        assert_eq!(group.billed_seconds, ratings().filter_map(|rating| rating.billed_seconds).sum::<i64>());
        let debit: i64 = ratings().filter_map(|rating| rating.debit).map(callhouse_core::Money::micros).sum();
        let credit: i64 =
            ratings().filter_map(|rating| rating.credit).map(callhouse_core::Money::micros).sum();
        assert_eq!(group.debit, json::decimal(i128::from(debit)));
        assert_eq!(group.credit, json::decimal(i128::from(credit)));
        let callers: HashSet<&str> = of_group.iter().filter_map(|record| from_number(record)).collect();
        assert_eq!(group.unique_callers, count(callers.len()), "{group:?}");
    }
    assert_eq!(records.len(), 4_000);
}

fn direction(record: &CallRecord) -> &str {
    let parties = &record.parties.as_ref().expect("every call was started").content;
    parties.direction.expect("every start says the direction").as_str()
}

fn from_number(record: &CallRecord) -> Option<&str> {
    record.parties.as_ref().and_then(|parties| parties.content.from_number.as_deref())
}

fn count(number: usize) -> u64 {
    u64::try_from(number).expect("fits")
}
