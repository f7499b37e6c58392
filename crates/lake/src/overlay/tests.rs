use callhouse_core::CallRecord;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::compaction::{CompactionOptions, Compactor};
use crate::testing::{BASE, Lake, hot_chunk, joined_purely, record};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn lak_2_settled_recent_and_hot_rows_show_every_call_once(
        settled in vec(record(), 1..8),
        recent in vec(vec(record(), 1..5), 0..3),
        hot in vec(vec(record(), 1..5), 0..3),
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let lake = Lake::open(BASE).await;
            lake.commit_calls(&settled).await;
            let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
            compactor.compact_all(&|_| {}).await.expect("compacts");
            let mut shown: Vec<&CallRecord> = settled.iter().collect();
            // Overlay after overlay, so that the next is laid over what is kept of the one before.
            assert_eq!(lake.answers(&[]).await, joined_purely(shown.iter().copied()));
            for records in &recent {
                lake.commit_calls(records).await;
                shown.extend(records);
                assert_eq!(lake.answers(&[]).await, joined_purely(shown.iter().copied()));
            }
            let chunks: Vec<_> = hot.iter().map(|records| hot_chunk(records)).collect();
            for (count, records) in (1..).zip(&hot) {
                shown.extend(records);
                assert_eq!(lake.answers(&chunks[..count]).await, joined_purely(shown.iter().copied()));
            }
        });
    }
}
