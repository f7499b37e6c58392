use std::sync::Arc;

use arrow::array::StringArray;
use callhouse_testkit::events::CallStory;
use proptest::prelude::*;

use super::*;
use crate::family::Family;
use crate::rows::calls::CallColumn;
use crate::testing::{BASE, record};

proptest! {
    #[test]
    fn decoding_is_the_inverse_of_encoding(records in proptest::collection::vec(record(), 0..8)) {
        let batch = encode_calls(&records).expect("encodes");
        prop_assert_eq!(decode_calls(&batch).expect("decodes"), records);
    }
}

#[test]
fn rec_2_archived_events_decode_to_what_was_ingested() {
    let mut story = CallStory::new("acme", "ünï %41 \"quoted\"", BASE);
    story.source = "/switch/ä b".into();
    let mut events = story.all();
    events.push(Event {
        id: "1".into(),
        source: "elsewhere".into(),
        account: story.account.clone(),
        subject: "".into(),
        time: BASE.plus_micros(1),
        kind: callhouse_core::event::Kind::Unknown("fax.sent".into()),
        data_json: "{}".into(),
    });
    let origin = |offset: i64| Origin {
        kafka_partition: KafkaPartition::new(if offset % 2 == 0 { "calls" } else { "import/a" }, 3),
        offset,
        element: 1,
        received_at: BASE.plus_micros(offset),
    };
    let rows: Vec<EventRow> = events
        .into_iter()
        .zip(0..)
        .map(|(event, offset)| EventRow { event, origin: origin(offset) })
        .collect();
    let batch = encode_events(&rows).expect("encodes");
    assert_eq!(decode_events(&batch).expect("decodes"), rows);
}

#[test]
fn columns_stand_in_the_order_of_their_index() {
    for (index, column) in CallColumn::ALL.iter().enumerate() {
        assert_eq!(column.index(), index);
        assert_eq!(calls::schema().field(index).name(), column.name());
    }
}

#[test]
fn every_group_column_is_compared_or_follows_from_one_that_is() {
    for column in CallColumn::ALL {
        let (Owner::Group(group), true) = (column.owner(), *column != CallColumn::ParentCallid) else {
            continue;
        };
        assert!(calls::ROWS.groups[group].content.contains(&column.index()), "{column:?}");
    }
}

#[test]
fn a_batch_of_another_schema_is_refused() {
    let batch = encode_events(&[]).expect("encodes");
    assert!(matches!(decode_calls(&batch), Err(Error::Invalid { .. })));
}

/// Two rows of one call, and what the pure order says of their parties.
fn parties_with(left: (CallColumn, &str), right: (CallColumn, &str)) -> (RecordBatch, std::cmp::Ordering) {
    let account = callhouse_core::AccountId::new("acme").expect("valid");
    let mut call = callhouse_core::CallRecord::empty(account, "1".into(), BASE);
    let stamp = callhouse_core::record::Stamp::new(1, BASE);
    call.parties = Some(callhouse_core::record::Group { stamp, content: Default::default() });
    let batch = encode_calls(&[call.clone(), call]).expect("encodes");
    let mut columns = batch.columns().to_vec();
    columns[left.0.index()] = Arc::new(StringArray::from(vec![Some(left.1), None]));
    columns[right.0.index()] = Arc::new(StringArray::from(vec![None, Some(right.1)]));
    let batch = RecordBatch::try_new(batch.schema(), columns).expect("a batch");
    let records = decode_calls(&batch).expect("decodes");
    let order = records[0].parties.cmp(&records[1].parties);
    (batch, order)
}

#[test]
fn rec_1_parties_compare_in_the_order_of_their_fields() {
    let columns: Vec<CallColumn> =
        calls::ROWS.groups[calls::PARTIES].content.iter().map(|index| CallColumn::ALL[*index]).collect();
    let value = |column: CallColumn| match column {
        CallColumn::Direction => "inbound",
        CallColumn::FromPresentation => "allowed",
        _ => "value",
    };
    // The source is always there, so the pairs begin behind it.
    for pair in columns[1..].windows(2) {
        for (left, right) in [(pair[0], pair[1]), (pair[1], pair[0])] {
            let (batch, order) = parties_with((left, value(left)), (right, value(right)));
            let cells = Cells::new(Family::Calls, &batch).expect("calls");
            assert_eq!(cells.compare_content(calls::PARTIES, 0, 1), order, "{left:?} {right:?}");
        }
    }
}

#[test]
fn rec_1_releases_compare_as_their_enums_do() {
    use callhouse_core::event::call::{DialStatus, ReleaseSource};
    use callhouse_core::record::{Group, Release, Stamp};
    let optional =
        |values: &[ReleaseSource]| values.iter().map(|value| Some(*value)).chain([None]).collect::<Vec<_>>();
    let statuses = || DialStatus::ALL.iter().map(|status| Some(*status)).chain([None]);
    let mut records = Vec::new();
    for release_source in optional(ReleaseSource::ALL) {
        for dial_status in statuses() {
            let account = callhouse_core::AccountId::new("acme").expect("valid");
            let mut call = callhouse_core::CallRecord::empty(account, "1".into(), BASE);
            let content = Release { release_source, dial_status, ..Release::default() };
            call.release = Some(Group { stamp: Stamp::new(1, BASE), content });
            records.push(call);
        }
    }
    let batch = encode_calls(&records).expect("encodes");
    let cells = Cells::new(Family::Calls, &batch).expect("calls");
    for (left, left_record) in records.iter().enumerate() {
        for (right, right_record) in records.iter().enumerate() {
            let order = left_record.release.cmp(&right_record.release);
            assert_eq!(cells.compare_content(calls::RELEASE, left, right), order);
        }
    }
}
