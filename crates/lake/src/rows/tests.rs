use proptest::prelude::*;

use super::*;
use crate::testing::record;

proptest! {
    #[test]
    fn decoding_is_the_inverse_of_encoding(records in proptest::collection::vec(record(), 0..8)) {
        let batch = encode_calls(&records).expect("encodes");
        prop_assert_eq!(decode_calls(&batch).expect("decodes"), records);
    }
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
