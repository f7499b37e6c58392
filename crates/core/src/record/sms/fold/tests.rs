//! What each event type states, as tables of cases.

use super::*;
use crate::event::sms::SmsData;
use crate::event::{CallData, CallEventType, Event, Kind};
use crate::gsm::Encoding;
use crate::ids::AccountId;
use crate::money::Money;
use crate::record::fold;

const T0: i64 = 1_795_207_256_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp(T0).plus_micros(seconds * 1_000_000)
}

fn folded(event_type: SmsEventType, seconds: i64, data: SmsData) -> SmsRecord {
    let account = AccountId::new("acme").expect("valid");
    let kind = Kind::Sms(event_type, Box::new(data));
    let event = Event::stating(("gateway-1", "e1"), account, "m1", at(seconds), kind);
    fold(&event, &mut PhoneBook::with_capacity(10)).expect("about a message")
}

/// Authority and instant of each group present, in the order creation, parties, content, segments, queue, sending,
/// outcome, rating.
fn stamps(record: &SmsRecord) -> [Option<(i64, i64)>; 8] {
    let seconds = |stamp: Stamp| (stamp.authority(), stamp.at().micros_since(at(0)) / 1_000_000);
    [
        record.creation.as_ref().map(|group| seconds(group.stamp)),
        record.parties.as_ref().map(|group| seconds(group.stamp)),
        record.content.as_ref().map(|group| seconds(group.stamp)),
        record.segments.as_ref().map(|group| seconds(group.stamp)),
        record.queue.as_ref().map(|group| seconds(group.stamp)),
        record.sending.as_ref().map(|group| seconds(group.stamp)),
        record.outcome.as_ref().map(|group| seconds(group.stamp)),
        record.rating.as_ref().map(|group| seconds(group.stamp)),
    ]
}

/// Data that states every group.
fn everything() -> SmsData {
    SmsData {
        created_at: Some(at(1)),
        queued_at: Some(at(2)),
        sent_at: Some(at(3)),
        finished_at: Some(at(4)),
        rated_at: Some(at(5)),
        from: Some("ACME".into()),
        to: Some("+33600000596".into()),
        user_data: Some("order7".into()),
        text: Some("héllo €".into()),
        parts: Some(2),
        debit: Money::from_micros(8_925),
        ..SmsData::default()
    }
}

#[test]
fn each_type_states_only_what_it_knows() {
    use SmsEventType::{Created, Delivered, Expired, Failed, Queued, Rated, Received, Redacted, Sent};
    let (concluded, now, best) = (Some((-1, 9)), Some((0, 9)), Some((1, 9)));
    let cases = [
        (Created, [now, best, None, None, None, None, None, None]),
        (Queued, [concluded, None, None, None, now, None, None, None]),
        (Sent, [concluded, None, None, None, None, now, None, None]),
        (Delivered, [concluded, None, None, None, None, None, best, None]),
        (Failed, [concluded, None, None, None, None, None, best, None]),
        (Expired, [concluded, None, None, None, None, None, now, None]),
        (Received, [now, best, None, None, None, None, best, None]),
        (Rated, [None; 8]),
        (Redacted, [None; 8]),
    ];
    for (event_type, expected) in cases {
        assert_eq!(stamps(&folded(event_type, 9, SmsData::default())), expected, "{event_type:?}");
    }
}

#[test]
fn authority_depends_on_the_type_and_the_matter() {
    use SmsEventType::{Created, Delivered, Expired, Failed, Queued, Rated, Received, Sent};
    let all = |message, segments: (i64, i64), outcome: Option<i64>| {
        [
            Some((0, 1)),
            Some((message, 9)),
            Some((message, 9)),
            Some(segments),
            Some((0, 2)),
            Some((0, 3)),
            outcome.map(|authority| (authority, 4)),
            Some((0, 5)),
        ]
    };
    let cases = [
        (Created, all(1, (0, 9), None)),
        (Queued, all(0, (0, 9), None)),
        (Sent, all(0, (0, 9), None)),
        (Delivered, all(0, (0, 9), Some(1))),
        (Failed, all(0, (0, 9), Some(1))),
        (Expired, all(0, (0, 9), Some(0))),
        (Received, all(1, (0, 9), Some(1))),
        (Rated, all(0, (1, 5), None)),
    ];
    for (event_type, expected) in cases {
        assert_eq!(stamps(&folded(event_type, 9, everything())), expected, "{event_type:?}");
    }
    assert_eq!(stamps(&folded(SmsEventType::Redacted, 9, everything())), [None; 8]);
}

#[test]
fn numbers_are_normalised_and_senders_kept() {
    let parties = |from: &str, to: &str| {
        let data = SmsData { from: Some(from.into()), to: Some(to.into()), ..SmsData::default() };
        folded(SmsEventType::Created, 0, data).parties.expect("present").content
    };
    let between_numbers = parties("+1 (646) 982-0800", "0033 6 00 00 05 96");
    assert_eq!(between_numbers.from_number.as_deref(), Some("+16469820800"));
    assert_eq!(between_numbers.to_number.as_deref(), Some("+33600000596"));
    assert_eq!(between_numbers.to_number_raw.as_deref(), Some("0033 6 00 00 05 96"));
    assert_eq!(between_numbers.to_country.as_deref(), Some("FR"));
    assert_eq!(between_numbers.to_number_type.as_deref(), Some("mobile"));
    for sender in ["ACME Bank", "36105"] {
        let parties = parties(sender, "+33600000596");
        assert_eq!((parties.from_number, parties.from_number_raw.as_deref()), (None, Some(sender)));
        assert_eq!((parties.from_country, parties.from_number_type), (None, None), "{sender}");
    }
}

#[test]
fn parts_are_counted_from_the_text_in_the_encoding_insisted_on() {
    let counted = |text: &str, forced_encoding, encoding| {
        let data = SmsData { text: Some(text.into()), forced_encoding, encoding, ..SmsData::default() };
        let content = folded(SmsEventType::Created, 0, data).content.expect("present").content;
        (content.counted_encoding, content.counted_parts)
    };
    let (gsm, unicode) = (Some(Encoding::Gsm), Some(Encoding::Unicode));
    let long = "a".repeat(161);
    assert_eq!(counted("a", None, None), (gsm, Some(1)));
    assert_eq!(counted(&long, None, None), (gsm, Some(2)));
    assert_eq!(counted(&long, unicode, None), (unicode, Some(3)));
    assert_eq!(counted(&long, None, unicode), (unicode, Some(3)));
    assert_eq!(counted("ж", gsm, unicode), (gsm, Some(1)));
    let data = SmsData { message_class: Some(0), ..SmsData::default() };
    let content = folded(SmsEventType::Created, 0, data).content.expect("present").content;
    assert_eq!((content.counted_encoding, content.counted_parts), (None, None));
}

#[test]
fn a_redaction_empties_the_personal_columns_and_keeps_the_counts() {
    let mut record = folded(SmsEventType::Created, 0, everything());
    record.join(folded(SmsEventType::Redacted, 9, SmsData::default()));
    record.join(folded(SmsEventType::Created, 10, everything()));
    let parties = record.parties.expect("present").content;
    let personal = [parties.from_number, parties.from_number_raw, parties.to_number, parties.to_number_raw];
    assert_eq!(personal, [None, None, None, None]);
    assert_eq!(parties.user_data, None);
    assert_eq!(parties.to_country.as_deref(), Some("FR"), "the country names nobody");
    let content = record.content.expect("present").content;
    assert_eq!((content.text, content.counted_parts), (None, Some(1)));
    assert_eq!(record.redacted_at, Some(at(9)));
}

#[test]
fn an_inbound_message_is_made_when_it_comes_in() {
    let data = SmsData { finished_at: Some(at(3)), ..SmsData::default() };
    let record = folded(SmsEventType::Received, 9, data);
    let stamps = stamps(&record);
    assert_eq!((stamps[0], stamps[6]), (Some((0, 3)), Some((1, 3))));
}

#[test]
fn events_of_other_families_state_no_record() {
    let account = AccountId::new("acme").expect("valid");
    let call = CallData::default();
    let event = Event::from_call(("switch-1", "e1"), account, "m1", at(0), CallEventType::Started, call);
    assert_eq!(fold::<SmsRecord>(&event, &mut PhoneBook::with_capacity(1)), None);
}
