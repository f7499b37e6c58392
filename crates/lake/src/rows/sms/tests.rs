use proptest::prelude::*;

use super::columns::SmsColumn;
use super::{ROWS, decode_sms, encode_sms, schema};
use crate::error::Error;
use crate::rows::{Owner, encode_calls};
use crate::testing::sms_record;

proptest! {
    #[test]
    fn decoding_is_the_inverse_of_encoding(records in proptest::collection::vec(sms_record(), 0..8)) {
        let batch = encode_sms(&records).expect("encodes");
        prop_assert_eq!(decode_sms(&batch).expect("decodes"), records);
    }
}

#[test]
fn columns_stand_in_the_order_of_their_index() {
    for (index, column) in SmsColumn::ALL.iter().enumerate() {
        assert_eq!(column.index(), index);
        assert_eq!(schema().field(index).name(), column.name());
    }
}

#[test]
fn every_group_column_is_compared() {
    for column in SmsColumn::ALL {
        let (Owner::Group(group) | Owner::Personal(group)) = column.owner() else { continue };
        assert!(ROWS.groups[group].content.contains(&column.index()), "{column:?}");
    }
}

#[test]
fn a_batch_of_another_family_is_refused() {
    let batch = encode_calls::<callhouse_core::CallRecord>(&[]).expect("encodes");
    assert!(matches!(decode_sms(&batch), Err(Error::Invalid { .. })));
}
