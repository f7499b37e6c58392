use std::collections::BTreeMap;

use callhouse_core::CallRecord;
use proptest::collection::vec;
use proptest::prelude::*;

use super::join_calls;
use crate::rows::encode_calls;
use crate::testing::record;

/// What the pure function makes of the same records.
fn joined_purely(records: &[CallRecord]) -> Vec<CallRecord> {
    let mut calls: BTreeMap<(String, Box<str>), CallRecord> = BTreeMap::new();
    for record in records {
        let key = (record.account.as_str().to_owned(), record.call_id.clone());
        match calls.get_mut(&key) {
            Some(known) => known.join(record.clone()),
            None => {
                calls.insert(key, record.clone());
            }
        }
    }
    calls.into_values().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn rec_1_vectorised_join_equals_the_pure_one(records in vec(record(), 0..24), cut in 0..24_usize) {
        let cut = cut.min(records.len());
        let batches = [encode_calls(&records[..cut]).expect("encodes"), encode_calls(&records[cut..]).expect("encodes")];
        let joined = join_calls(&batches).expect("joins");
        // Whole batches are compared, stored stamps and derived columns included.
        prop_assert_eq!(joined, encode_calls(&joined_purely(&records)).expect("encodes"));
    }

    #[test]
    fn rec_1_vectorised_join_is_idempotent(records in vec(record(), 0..12)) {
        let once = join_calls(&[encode_calls(&records).expect("encodes")]).expect("joins");
        let twice = join_calls(&[once.clone(), once.clone()]).expect("joins");
        prop_assert_eq!(once, twice);
    }
}
