use callhouse_testkit::events::CallStory;
use proptest::prelude::*;

use super::*;
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
        assert_eq!(schema(Table::Calls).field(index).name(), column.name());
    }
}

#[test]
fn every_group_column_is_compared_or_follows_from_one_that_is() {
    for column in CallColumn::ALL {
        let (Owner::Group(group), true) = (column.owner(), *column != CallColumn::ParentCallid) else {
            continue;
        };
        assert!(call_cells::content(group).contains(column), "{column:?}");
    }
}

#[test]
fn a_batch_of_another_schema_is_refused() {
    let batch = encode_events(&[]).expect("encodes");
    assert!(matches!(decode_calls(&batch), Err(Error::Invalid { .. })));
}
