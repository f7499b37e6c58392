//! What each event type states, as tables of cases.

use super::*;
use crate::event::call::CallData;
use crate::event::{Event, Kind};
use crate::ids::AccountId;
use crate::money::Money;
use crate::record::fold;

const T0: i64 = 1_795_207_256_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp(T0).plus_micros(seconds * 1_000_000)
}

fn event(event_type: CallEventType, seconds: i64, data: CallData) -> Event {
    let account = AccountId::new("acme").expect("valid");
    Event::from_call(("switch-1", "e1"), account, "c1", at(seconds), event_type, data)
}

fn folded(event_type: CallEventType, seconds: i64, data: CallData) -> CallRecord {
    fold(&event(event_type, seconds, data), &mut PhoneBook::with_capacity(10)).expect("about a call")
}

/// Authority and instant of each group present, in the order start, parties, ringing, answer, end, release,
/// quality, rating.
fn stamps(record: &CallRecord) -> [Option<(i64, i64)>; 8] {
    let seconds = |stamp: Stamp| (stamp.authority(), stamp.at().micros_since(at(0)) / 1_000_000);
    [
        record.start.as_ref().map(|group| seconds(group.stamp)),
        record.parties.as_ref().map(|group| seconds(group.stamp)),
        record.ringing.as_ref().map(|group| seconds(group.stamp)),
        record.answer.as_ref().map(|group| seconds(group.stamp)),
        record.end.as_ref().map(|group| seconds(group.stamp)),
        record.release.as_ref().map(|group| seconds(group.stamp)),
        record.quality.as_ref().map(|group| seconds(group.stamp)),
        record.rating.as_ref().map(|group| seconds(group.stamp)),
    ]
}

/// Data that states every group.
fn everything() -> CallData {
    CallData {
        started_at: Some(at(1)),
        ringing_at: Some(at(2)),
        answered_at: Some(at(3)),
        ended_at: Some(at(4)),
        rated_at: Some(at(5)),
        from: Some("+33600000596".into()),
        sip_status: Some(200),
        mos_milli: Some(4_100),
        debit: Money::from_micros(8_925),
        ..CallData::default()
    }
}

#[test]
fn each_type_states_only_what_it_knows() {
    use CallEventType::{Answered, Corrected, Ended, Ringing, Started};
    let concluded = Some((-1, 9));
    let cases = [
        (Started, [Some((0, 9)), Some((1, 9)), None, None, None, None, None, None]),
        (Ringing, [concluded, None, Some((0, 9)), None, None, None, None, None]),
        (Answered, [concluded, None, None, Some((0, 9)), None, None, None, None]),
        (Ended, [concluded, None, None, None, Some((0, 9)), None, None, None]),
        (Corrected, [None; 8]),
        (CallEventType::Erased, [None; 8]),
    ];
    for (event_type, expected) in cases {
        assert_eq!(stamps(&folded(event_type, 9, CallData::default())), expected, "{event_type:?}");
    }
}

#[test]
fn authority_depends_on_the_type_and_the_matter() {
    use CallEventType::{Answered, Corrected, DetailRecorded, Ended, Rated, Ringing, Started};
    let all = |instants, parties, outcome, rating| {
        [
            Some((instants, 1)),
            Some((parties, 9)),
            Some((instants, 2)),
            Some((instants, 3)),
            Some((instants, 4)),
            Some((outcome, 9)),
            Some((outcome, 9)),
            Some((rating, 5)),
        ]
    };
    let cases = [
        (Started, all(0, 1, 0, 0)),
        (Ringing, all(0, 0, 0, 0)),
        (Answered, all(0, 0, 0, 0)),
        (Ended, all(0, 0, 1, 0)),
        (Rated, all(0, 0, 0, 0)),
        (DetailRecorded, all(1, 0, 0, 0)),
        (Corrected, [Some((2, 9)); 8]),
    ];
    for (event_type, expected) in cases {
        assert_eq!(stamps(&folded(event_type, 9, everything())), expected, "{event_type:?}");
    }
}

#[test]
fn a_finished_record_ends_when_it_was_written_unless_it_says_otherwise() {
    let data = CallData { started_at: Some(at(1)), ..CallData::default() };
    let record = folded(CallEventType::DetailRecorded, 9, data);
    assert_eq!(stamps(&record)[4], Some((0, 9)));
    let data = CallData { answered_at: Some(at(3)), ended_at: Some(at(4)), ..CallData::default() };
    let record = folded(CallEventType::DetailRecorded, 9, data);
    assert_eq!(stamps(&record)[0], Some((-1, 3)), "it had started when it was answered");
}

#[test]
fn a_record_spans_all_its_events() {
    let mut record = folded(CallEventType::Answered, 5, CallData::default());
    record.join(folded(CallEventType::Started, 2, CallData::default()));
    record.join(folded(CallEventType::Ended, 9, CallData::default()));
    assert_eq!((record.first_event_at, record.last_event_at), (at(2), at(9)));
}

#[test]
fn a_stated_start_beats_a_concluded_one_and_the_earlier_of_two_concluded_wins() {
    use CallEventType::{Answered, Ringing, Started};
    let join = |left: CallEventType, left_at, right: CallEventType, right_at| {
        let mut record = folded(left, left_at, CallData::default());
        record.join(folded(right, right_at, CallData::default()));
        record.start.expect("present").content.started_at
    };
    assert_eq!(join(Answered, 5, Ringing, 2), at(2));
    assert_eq!(join(Ringing, 2, Answered, 5), at(2));
    assert_eq!(join(Ringing, 2, Started, 3), at(3));
}

#[test]
fn numbers_are_normalised_and_kept_raw() {
    let data = CallData {
        from: Some("0033 6 00 00 05 96".into()),
        to: Some("alice".into()),
        did_number: Some("+1 (646) 982-0800".into()),
        forwarded_from: Some("100".into()),
        ..CallData::default()
    };
    let parties = folded(CallEventType::Started, 0, data).parties.expect("present").content;
    assert_eq!(parties.from_number.as_deref(), Some("+33600000596"));
    assert_eq!(parties.from_number_raw.as_deref(), Some("0033 6 00 00 05 96"));
    assert_eq!(
        (parties.from_country.as_deref(), parties.from_number_type.as_deref()),
        (Some("FR"), Some("mobile"))
    );
    assert_eq!((parties.to_number.as_deref(), parties.to_number_raw.as_deref()), (None, Some("alice")));
    assert_eq!(parties.did_number.as_deref(), Some("+16469820800"));
    assert_eq!(parties.forwarded_from.as_deref(), Some("100"));
}

#[test]
fn causes_follow_rfc_3398() {
    let cases = [
        (404, 1),
        (408, 102),
        (486, 17),
        (603, 21),
        (480, 18),
        (487, 16),
        (200, 16),
        (503, 41),
        (502, 38),
        (504, 102),
        (501, 79),
        (410, 22),
        (484, 28),
        (600, 17),
        (499, 41),
        (599, 41),
        (699, 17),
        (488, 31),
    ];
    for (sip_status, cause) in cases {
        let data = CallData { sip_status: Some(sip_status), ..CallData::default() };
        let release = folded(CallEventType::Ended, 0, data).release.expect("present").content;
        assert_eq!(release.release_cause, Some(cause), "{sip_status}");
    }
    for sip_status in [100, 180, 302] {
        assert_eq!(cause::of_sip_status(sip_status), None, "{sip_status}");
    }
}

#[test]
fn a_stated_cause_is_kept_and_an_answer_has_none() {
    let data = CallData { sip_status: Some(486), release_cause: Some(21), ..CallData::default() };
    let release = folded(CallEventType::Ended, 0, data).release.expect("present").content;
    assert_eq!(release.release_cause, Some(21));
    let data = CallData { sip_status: Some(200), ..CallData::default() };
    let release = folded(CallEventType::Answered, 0, data).release.expect("present").content;
    assert_eq!((release.sip_status, release.release_cause), (Some(200), None));
}

#[test]
fn an_erasure_empties_the_personal_columns_whatever_comes_later() {
    let mut record = folded(CallEventType::Started, 0, everything());
    record.join(folded(CallEventType::Erased, 9, CallData::default()));
    record.join(folded(CallEventType::Corrected, 10, everything()));
    let parties = record.parties.expect("present").content;
    assert_eq!((parties.from_number, parties.from_number_raw), (None, None));
    assert_eq!(parties.from_country.as_deref(), Some("FR"), "the country names nobody");
    assert_eq!(record.erased_at, Some(at(9)));
}

#[test]
fn events_of_other_families_state_no_record() {
    let mut other = event(CallEventType::Started, 0, CallData::default());
    other.kind = Kind::Unknown("fax.sent".into());
    assert_eq!(fold::<CallRecord>(&other, &mut PhoneBook::with_capacity(1)), None);
}
