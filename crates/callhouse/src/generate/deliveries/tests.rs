//! What the attempts of a set promise, checked on the bytes with the code that will read them.

use std::collections::BTreeMap;

use callhouse_core::Timestamp;
use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::event::{Event, Kind as EventKind};

use crate::generate::{DEFAULT_START, Generator, Kind, Message, Options, Pattern, Report};

fn set(seed: u64) -> (Vec<Message>, Report) {
    let mut generator = Generator::new(&Options {
        seed,
        calls: 0,
        sms: 0,
        deliveries: 3_000,
        first_call: 0,
        accounts: 7,
        start: DEFAULT_START,
        days: 6,
        pattern: Pattern::Office,
    });
    let messages = generator.by_ref().collect();
    (messages, generator.report())
}

fn event(message: &Message) -> Event {
    let mut elements = decode(Incoming { headers: &[], payload: &message.payload });
    assert_eq!(elements.len(), 1);
    elements.remove(0).outcome.expect("an event")
}

#[test]
fn attempts_of_a_delivery_follow_each_other_until_one_is_taken_or_it_is_given_up() {
    let (messages, report) = set(3);
    let mut attempts: BTreeMap<(String, String), BTreeMap<i32, (Timestamp, bool)>> = BTreeMap::new();
    let mut duration_ms = 0;
    for message in messages.iter().filter(|message| message.kind == Kind::Event) {
        let event = event(message);
        let EventKind::Webhook(_, data) = &event.kind else { panic!("{event:?}") };
        let of = attempts.entry((event.account.to_string(), event.subject.to_string())).or_default();
        let is_taken = data.status.as_deref() == Some("SUCCESS");
        of.insert(data.try_number.expect("a number"), (event.time, is_taken));
        duration_ms += data.duration_ms.expect("a duration");
    }
    for (of, attempts) in &attempts {
        let numbers: Vec<i32> = attempts.keys().copied().collect();
        assert_eq!(numbers, (0..).take(numbers.len()).collect::<Vec<_>>(), "{of:?}");
        assert!(attempts.values().is_sorted_by_key(|(at, _)| *at), "{of:?}");
        let taken: Vec<bool> = attempts.values().map(|(_, is_taken)| *is_taken).collect();
        let (last, before) = taken.split_last().expect("an attempt");
        assert!(
            !before.contains(&true) && (*last || taken.len() == super::MOST_ATTEMPTS),
            "{of:?}: {taken:?}"
        );
    }
    let sum = |of: fn(&crate::generate::DeliveryGroupReport) -> u64| -> u64 {
        report.delivery_groups.iter().map(of).sum()
    };
    let count = |number: usize| u64::try_from(number).expect("fits");
    assert_eq!(sum(|group| group.deliveries), 3_000);
    assert_eq!(attempts.len(), 3_000);
    assert_eq!(sum(|group| group.attempts), count(attempts.values().map(BTreeMap::len).sum()));
    let is_taken = |of: &&BTreeMap<i32, (Timestamp, bool)>| of.values().any(|(_, is_taken)| *is_taken);
    assert_eq!(sum(|group| group.taken), count(attempts.values().filter(is_taken).count()));
    assert_eq!(report.delivery_groups.iter().map(|group| group.duration_ms).sum::<i64>(), duration_ms);
    assert!(sum(|group| group.taken) < 2_990 && report.attempts > 3_200, "{report:?}");
}

#[test]
fn rubbish_among_attempts_is_rejected_and_nothing_else_is() {
    let mut rubbish = 0;
    for seed in 0..4 {
        for message in set(seed).0 {
            let elements = decode(Incoming { headers: &[], payload: &message.payload });
            // After everything in these sets.
            let received_at = DEFAULT_START.plus_micros(90 * callhouse_core::time::MICROS_PER_DAY);
            let rejected = elements.iter().any(|element| match &element.outcome {
                Ok(event) => event.check_time(received_at).is_err(),
                Err(_) => true,
            });
            let text = String::from_utf8_lossy(&message.payload);
            assert_eq!(rejected, message.kind == Kind::Malformed, "{text}: {elements:?}");
            rubbish += usize::from(rejected);
        }
    }
    assert!(rubbish > 3, "{rubbish} pieces of rubbish are too few to say anything");
}
