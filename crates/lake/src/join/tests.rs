use callhouse_core::{CallRecord, SmsRecord};
use proptest::collection::vec;
use proptest::prelude::*;

use super::join_records;
use crate::family::Family;
use crate::rows::{encode_calls, encode_sms};
use crate::testing::{joined_purely, record, sms_record};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn rec_1_vectorised_join_equals_the_pure_one(records in vec(record(), 0..24), cut in 0..24_usize) {
        let cut = cut.min(records.len());
        let batches = [encode_calls(&records[..cut]).expect("encodes"), encode_calls(&records[cut..]).expect("encodes")];
        let joined = join_records(Family::Calls, &batches).expect("joins");
        // Whole batches are compared, stored stamps and derived columns included.
        let purely: Vec<CallRecord> = joined_purely(&records).into_values().collect();
        prop_assert_eq!(joined, encode_calls(&purely).expect("encodes"));
    }

    #[test]
    fn rec_1_vectorised_join_of_text_messages_equals_the_pure_one(
        records in vec(sms_record(), 0..24), cut in 0..24_usize
    ) {
        let cut = cut.min(records.len());
        let batches = [encode_sms(&records[..cut]).expect("encodes"), encode_sms(&records[cut..]).expect("encodes")];
        let joined = join_records(Family::Sms, &batches).expect("joins");
        let purely: Vec<SmsRecord> = joined_purely(&records).into_values().collect();
        prop_assert_eq!(joined, encode_sms(&purely).expect("encodes"));
    }

    #[test]
    fn rec_1_vectorised_join_is_idempotent(records in vec(record(), 0..12)) {
        let once = join_records(Family::Calls, &[encode_calls(&records).expect("encodes")]).expect("joins");
        let twice = join_records(Family::Calls, &[once.clone(), once.clone()]).expect("joins");
        prop_assert_eq!(once, twice);
    }
}
