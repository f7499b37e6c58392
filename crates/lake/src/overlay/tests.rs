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
            for records in &recent {
                lake.commit_calls(records).await;
            }
            let chunks: Vec<_> = hot.iter().map(|records| hot_chunk(records)).collect();
            // Chunk after chunk, so that what is cached for one overlay serves the next.
            for shown in 0..=chunks.len() {
                let records: Vec<&CallRecord> = settled
                    .iter()
                    .chain(recent.iter().flatten())
                    .chain(hot[..shown].iter().flatten())
                    .collect();
                assert_eq!(lake.answers(&chunks[..shown]).await, joined_purely(records));
            }
        });
    }
}
