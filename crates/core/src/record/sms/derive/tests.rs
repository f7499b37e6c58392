//! Statuses by rank and time, whatever order reports come in.

use super::*;
use crate::event::sms::{SmsData, StatedStatus};
use crate::event::{Event, Kind, SmsEventType};
use crate::ids::AccountId;
use crate::phone::PhoneBook;
use crate::record::fold;

/// Events by type and the millisecond they happened at.
type Events = &'static [(SmsEventType, i64)];

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_795_207_256_000 + millis)
}

fn partial(event_type: SmsEventType, millis: i64, data: SmsData) -> SmsRecord {
    let account = AccountId::new("acme").expect("valid");
    let kind = Kind::Sms(event_type, Box::new(data));
    let event = Event::stating(("gateway", "1"), account, "m1", at(millis), kind);
    fold(&event, &mut PhoneBook::with_capacity(1)).expect("about a message")
}

/// What follows from events, told in each of their orders, which must not matter.
fn derived(events: &[(SmsEventType, i64)]) -> Derived {
    derived_of(
        events.iter().map(|(event_type, millis)| partial(*event_type, *millis, SmsData::default())).collect(),
    )
}

fn derived_of(partials: Vec<SmsRecord>) -> Derived {
    let mut answers = Vec::new();
    let mut orders = vec![partials.clone(), partials.iter().rev().cloned().collect()];
    for turn in 1..partials.len() {
        let mut turned = partials.clone();
        turned.rotate_left(turn);
        orders.push(turned);
    }
    for order in orders {
        let joined = order.into_iter().reduce(|mut record, partial| {
            record.join(partial);
            record
        });
        answers.push(derive(&joined.expect("some event")));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    answers.swap_remove(0)
}

#[test]
fn the_furthest_step_gives_the_status_and_since_when() {
    use SmsEventType::{Created, Delivered, Expired, Failed, Queued, Rated, Received, Sent};
    let cases: [(Events, Status, Option<i64>); 11] = [
        (&[(Rated, 5)], Status::Created, None),
        (&[(Created, 0)], Status::Created, Some(0)),
        (&[(Created, 0), (Queued, 2)], Status::Pending, Some(2)),
        (&[(Created, 0), (Queued, 2), (Sent, 3)], Status::Sent, Some(3)),
        // The clock of the queue is ahead; sent it is all the same.
        (&[(Created, 0), (Queued, 9), (Sent, 3)], Status::Sent, Some(3)),
        (&[(Created, 0), (Sent, 3), (Delivered, 8)], Status::Received, Some(8)),
        (&[(Created, 0), (Sent, 9), (Delivered, 8)], Status::Received, Some(8)),
        (&[(Created, 0), (Sent, 3), (Failed, 8)], Status::Failed, Some(8)),
        (&[(Created, 0), (Sent, 3), (Expired, 8)], Status::Expired, Some(8)),
        (&[(Received, 4)], Status::Received, Some(4)),
        (&[(Received, 4), (Rated, 5)], Status::Received, Some(4)),
    ];
    for (events, status, millis) in cases {
        let derived = derived(events);
        assert_eq!((derived.status, derived.status_at), (status, millis.map(at)), "{events:?}");
    }
}

#[test]
fn of_reports_that_contradict_each_other_the_later_instant_counts_and_any_beats_an_expiry() {
    use SmsEventType::{Delivered, Expired, Failed, Sent};
    let cases: [(Events, Status, Option<i64>); 5] = [
        (&[(Sent, 1), (Failed, 5), (Delivered, 8)], Status::Received, Some(8)),
        (&[(Sent, 1), (Delivered, 5), (Failed, 8)], Status::Failed, None),
        (&[(Sent, 1), (Delivered, 5), (Expired, 8)], Status::Received, Some(5)),
        (&[(Sent, 1), (Failed, 5), (Expired, 8)], Status::Failed, None),
        (&[(Sent, 1), (Failed, 5), (Delivered, 5)], Status::Received, Some(5)),
    ];
    for (events, status, delivered_at) in cases {
        let derived = derived(events);
        assert_eq!((derived.status, derived.delivered_at), (status, delivered_at.map(at)), "{events:?}");
    }
}

#[test]
fn a_type_that_leaves_two_statuses_says_which() {
    let with = |event_type, status| {
        let data = SmsData { status: Some(status), ..SmsData::default() };
        derived_of(vec![partial(event_type, 0, data)]).status
    };
    assert_eq!(with(SmsEventType::Queued, StatedStatus::RemoteQueued), Status::RemoteQueued);
    assert_eq!(with(SmsEventType::Queued, StatedStatus::Pending), Status::Pending);
    assert_eq!(with(SmsEventType::Failed, StatedStatus::Error), Status::Error);
    assert_eq!(with(SmsEventType::Failed, StatedStatus::Failed), Status::Failed);
    // In other types it says nothing.
    assert_eq!(with(SmsEventType::Delivered, StatedStatus::Error), Status::Received);
}

#[test]
fn the_direction_is_stated_or_follows_from_the_steps() {
    use SmsEventType::{Created, Delivered, Rated, Received, Redacted};
    let cases: [(Events, Option<Direction>); 5] = [
        (&[(Created, 0)], Some(Direction::Outbound)),
        (&[(Delivered, 0)], Some(Direction::Outbound)),
        (&[(Received, 0)], Some(Direction::Inbound)),
        (&[(Received, 0), (Rated, 1)], Some(Direction::Inbound)),
        (&[(Rated, 0), (Redacted, 1)], None),
    ];
    for (events, expected) in cases {
        assert_eq!(derived(events).direction, expected, "{events:?}");
    }
    let data = SmsData { direction: Some(Direction::Inbound), ..SmsData::default() };
    let derived = derived_of(vec![partial(Created, 0, data), partial(Delivered, 3, SmsData::default())]);
    assert_eq!(derived.direction, Some(Direction::Inbound));
}

#[test]
fn times_are_taken_between_stated_instants_only() {
    use SmsEventType::{Created, Delivered, Failed, Received, Sent};
    let cases: [(Events, [Option<i64>; 2]); 6] = [
        (&[(Created, 0), (Sent, 300), (Delivered, 2_500)], [Some(300), Some(2_200)]),
        (&[(Created, 0), (Sent, 300), (Failed, 2_500)], [Some(300), None]),
        (&[(Sent, 300), (Delivered, 2_500)], [None, Some(2_200)]),
        (&[(Created, 0), (Delivered, 2_500)], [None, None]),
        (&[(Created, 500), (Sent, 300), (Delivered, 200)], [Some(0), Some(0)]),
        (&[(Received, 7)], [None, None]),
    ];
    for (events, expected) in cases {
        let derived = derived(events);
        assert_eq!([derived.sending_ms, derived.delivery_ms], expected, "{events:?}");
    }
}

#[test]
fn what_an_event_states_of_the_parts_beats_what_the_text_makes() {
    let created = || {
        let data = SmsData { text: Some("a".repeat(161).into()), ..SmsData::default() };
        partial(SmsEventType::Created, 0, data)
    };
    let of = |derived: &Derived| (derived.encoding, derived.parts);
    assert_eq!(of(&derived_of(vec![created()])), (Some(Encoding::Gsm), Some(2)));
    let stated =
        |event_type, parts| partial(event_type, 5, SmsData { parts: Some(parts), ..SmsData::default() });
    let sent = || stated(SmsEventType::Sent, 3);
    assert_eq!(of(&derived_of(vec![created(), sent()])), (Some(Encoding::Gsm), Some(3)));
    let rated = stated(SmsEventType::Rated, 4);
    assert_eq!(derived_of(vec![created(), sent(), rated]).parts, Some(4));
}
