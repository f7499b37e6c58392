//! What generated text messages promise, checked on the bytes with the code that will read them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::fold;
use callhouse_core::record::sms::{Status, derive};
use callhouse_core::{Event, SmsRecord};

use crate::generate::{DEFAULT_START, Generator, Kind, Message, Options, Pattern, Report};

fn set(calls: u64, sms: u64) -> (Vec<Message>, Report) {
    let options = Options {
        seed: 9,
        calls,
        sms,
        deliveries: 0,
        first_call: 0,
        accounts: 6,
        start: DEFAULT_START,
        days: 6,
        pattern: Pattern::Office,
    };
    let mut generator = Generator::new(&options);
    let messages = generator.by_ref().collect();
    (messages, generator.report())
}

fn events(messages: &[Message]) -> impl Iterator<Item = Event> {
    let events = messages.iter().filter(|message| message.kind != Kind::Malformed);
    events.map(|message| {
        let mut elements = decode(Incoming { headers: &[], payload: &message.payload });
        elements.remove(0).outcome.expect("an event")
    })
}

fn folded(messages: &[Message]) -> HashMap<(String, String), SmsRecord> {
    let mut phones = PhoneBook::with_capacity(10_000);
    let mut records: HashMap<(String, String), SmsRecord> = HashMap::new();
    for event in events(messages) {
        let record: SmsRecord = fold(&event, &mut phones).expect("of a message");
        let key = (record.account.to_string(), record.sms_id.to_string());
        match records.get_mut(&key) {
            Some(known) => known.join(record),
            None => drop(records.insert(key, record)),
        }
    }
    records
}

#[test]
fn rec_1_records_of_the_messages_give_the_totals() {
    let (messages, report) = set(0, 5_000);
    let records = folded(&messages);
    assert_eq!((report.calls, report.sms, records.len()), (0, 5_000, 5_000));
    for group in &report.sms_groups {
        let of_group: Vec<_> = records
            .values()
            .map(|record| (record, derive(record)))
            .filter(|(record, derived)| {
                let direction = derived.direction.expect("every message was made").as_str();
                record.account.as_str() == group.account && direction == group.direction
            })
            .collect();
        let with = |statuses: &[Status]| {
            let of = of_group.iter().filter(|(_, derived)| statuses.contains(&derived.status));
            u64::try_from(of.count()).expect("few")
        };
        assert_eq!(u64::try_from(of_group.len()), Ok(group.messages), "{group:?}");
        assert_eq!(with(&[Status::Received]), group.received, "{group:?}");
        assert_eq!(with(&[Status::Failed, Status::Error]), group.failed, "{group:?}");
        assert_eq!(with(&[Status::Expired]), group.expired, "{group:?}");
        let parts = of_group.iter().map(|(_, derived)| i64::from(derived.parts.expect("counted or stated")));
        assert_eq!(parts.sum::<i64>(), group.parts, "{group:?}");
        let debits = of_group.iter().filter_map(|(record, _)| record.rating.as_ref()?.content.debit);
        let debit: i128 = debits.map(|debit| i128::from(debit.micros())).sum();
        assert_eq!(crate::generate::json::decimal(debit), group.debit, "{group:?}");
    }
    assert_eq!(report.sms_groups.iter().map(|group| group.messages).sum::<u64>(), 5_000);
}

/// Everything that the issue asks for goes wrong: reports late, twice, out of order and against each other.
#[test]
fn messages_have_their_faults() {
    let (messages, report) = set(0, 5_000);
    assert!(report.duplicates > 50 && report.malformed > 2, "{report:?}");
    let mut reports: BTreeMap<Box<str>, Vec<Event>> = BTreeMap::new();
    let (mut senders, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for event in events(&messages) {
        let callhouse_core::event::Kind::Sms(_, data) = &event.kind else { panic!("{event:?}") };
        senders.extend(data.from.clone());
        texts.extend(data.text.clone());
        if ["sms.sent", "sms.delivered", "sms.failed", "sms.expired"].contains(&event.kind.type_name()) {
            reports.entry(event.subject.clone()).or_default().push(event);
        }
    }
    let out_of_order =
        reports.values().filter(|reports| !reports.is_sorted_by_key(|event| event.time)).count();
    let contradicting = reports.values().filter(|reports| {
        let ends: BTreeSet<&str> = reports.iter().map(|event| event.kind.type_name()).collect();
        ends.len() - usize::from(ends.contains("sms.sent")) > 1
    });
    let again = reports.values().filter(|reports| {
        reports.iter().any(|event| event.id.ends_with("-delivered-2"))
            && reports.iter().any(|event| event.id.ends_with("-delivered-1"))
    });
    assert!(out_of_order > 20, "{out_of_order}");
    assert!(contradicting.count() > 50);
    assert!(again.count() > 20);
    let is_name = |sender: &&str| sender.chars().all(|character| character.is_ascii_uppercase());
    assert!(senders.iter().map(|sender| &**sender).filter(is_name).count() > 3, "{senders:?}");
    assert!(texts.iter().any(|text| text.contains('🎉')));
    assert!(texts.iter().any(|text| text.chars().count() > 459), "no text of four parts");
}

#[test]
fn text_messages_beside_calls_change_no_call() {
    let (calls, without) = set(800, 0);
    let (both, with) = set(800, 400);
    assert_eq!((with.calls, with.sms), (800, 400));
    assert_eq!(with.groups, without.groups);
    let text = |message: &Message| String::from_utf8_lossy(&message.payload).into_owned();
    let of_calls = |messages: &[Message]| -> Vec<String> {
        let events = messages.iter().filter(|message| message.kind != Kind::Malformed).map(text);
        events.filter(|event| event.contains(r#""type":"call."#)).collect()
    };
    assert_eq!(of_calls(&both), of_calls(&calls));
    assert!(both.is_sorted_by_key(|message| message.deliver_at_ms));
}
