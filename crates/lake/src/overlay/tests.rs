use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use callhouse_core::CallRecord;
use callhouse_core::position::OffsetRange;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::compaction::{CompactionOptions, Compactor, ROW_BYTES};
use crate::hot::{Flushed, HotChunk, HotRows};
use crate::rows::encode_calls;
use crate::testing::{BASE, Key, Lake, hot_chunk, joined_purely, offset, record};
use crate::{Commit, Snapshot, Table};

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
            let chunks: Vec<_> = (0..).zip(&hot).map(|(at, records)| Arc::new(hot_chunk(at, records))).collect();
            for (count, records) in (1..).zip(&hot) {
                shown.extend(records);
                assert_eq!(lake.answers(&chunks[..count]).await, joined_purely(shown.iter().copied()));
            }
        });
    }
}

/// What happens to the lake of one process, one after the other.
#[derive(Debug, Clone)]
enum Step {
    Publish(Vec<CallRecord>),
    /// Commits the hot rows, and tells readers in which file as ingest does, or does not.
    Commit {
        is_told: bool,
    },
    Settle,
    Upkeep,
    /// A view is taken and read only after the next steps.
    ReadLate,
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => vec(record(), 1..6).prop_map(Step::Publish),
        2 => any::<bool>().prop_map(|is_told| Step::Commit { is_told }),
        1 => Just(Step::Settle),
        1 => Just(Step::Upkeep),
        1 => Just(Step::ReadLate),
        3 => Just(Step::Read),
    ]
}

/// A view and what it must show.
struct Taken {
    snapshot: Arc<Snapshot>,
    hot: Vec<Arc<HotChunk>>,
    calls: std::collections::BTreeMap<Key, CallRecord>,
}

async fn check_steps(steps: &[Step]) {
    let lake = Lake::open(BASE).await;
    // Pressed and with little memory, so that a step settles some of the recent files and leaves others.
    let memory_bytes = 4 * ROW_BYTES;
    let options = CompactionOptions {
        fan_in: 2,
        late_rows: 2,
        recent_rows: 0,
        memory_bytes,
        ..CompactionOptions::default()
    };
    let compactor = Compactor::new(lake.catalog.clone(), options);
    let hot = HotRows::default();
    let (mut shown, mut waiting) = (Vec::new(), Vec::new());
    let mut late: Vec<Taken> = Vec::new();
    for (at, step) in (0_i64..).zip(steps) {
        match step {
            Step::Publish(records) => {
                let chunk = hot_chunk(at, records);
                waiting.push((chunk.flush.clone(), records));
                hot.publish(chunk);
                shown.extend(records);
            }
            Step::Commit { .. } if waiting.is_empty() => {}
            Step::Commit { is_told } => {
                let records: Vec<CallRecord> =
                    waiting.iter().flat_map(|(_, records)| (*records).clone()).collect();
                let file = lake.write(Table::CallsRecent, &encode_calls(&records).expect("encodes"));
                let (path, chunks) = (file.path.as_str().into(), waiting.len());
                let flushed = vec![Flushed { table: Table::CallsRecent, path, chunks }];
                for (flush, _) in waiting.drain(..).filter(|_| *is_told) {
                    flush.begun(at.unsigned_abs() + 1);
                    flush.written(flushed.clone());
                }
                let range = OffsetRange { from: 0, ..offset(at) };
                let from = lake.catalog.snapshot().await.expect("a snapshot");
                let from = from.positions.get(&range.kafka_partition).copied().unwrap_or(0);
                lake.commit(vec![file], vec![OffsetRange { from, ..range.clone() }]).await;
                hot.drop_below(&range);
            }
            Step::Settle => {
                compactor.compact_all(&|_| {}).await.expect("compacts");
            }
            Step::Upkeep => {
                compactor.step().await.expect("steps");
            }
            Step::ReadLate | Step::Read => {
                let view = hot.view();
                let snapshot = lake.catalog.snapshot().await.expect("a snapshot");
                let hot = view.above(&snapshot);
                let taken = Taken { snapshot, hot, calls: joined_purely(shown.iter().copied()) };
                if matches!(step, Step::ReadLate) {
                    late.push(taken);
                    continue;
                }
                // The latest view first, then those that come late.
                for taken in std::iter::once(taken).chain(late.drain(..)) {
                    assert_eq!(lake.answers_of(&taken.snapshot, &taken.hot).await, taken.calls);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn lak_2_overlays_follow_every_course_of_events(steps in vec(step(), 1..40)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(check_steps(&steps));
    }
}

#[tokio::test]
async fn the_file_of_a_flush_whose_rows_are_known_is_not_read() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let chunks = vec(vec(record(), 1..4), 3).new_tree(&mut runner).expect("records").current();
    let lake = Lake::open(BASE).await;
    let hot: Vec<_> = (0..).zip(&chunks).map(|(at, records)| Arc::new(hot_chunk(at, records))).collect();
    let all: Vec<CallRecord> = chunks.concat();
    assert_eq!(lake.answers(&hot).await, joined_purely(&all));
    let file = lake.write(Table::CallsRecent, &encode_calls(&all).expect("encodes"));
    let (path, chunks) = (file.path.as_str().into(), hot.len());
    let flushed = vec![Flushed { table: Table::CallsRecent, path, chunks }];
    hot.iter().for_each(|chunk| chunk.flush.written(flushed.clone()));
    let path = lake.catalog.folder().file_path(Table::CallsRecent, &file.path);
    lake.commit(vec![file], vec![OffsetRange { from: 0, ..offset(2) }]).await;
    std::fs::remove_file(path).expect("a file");
    assert_eq!(lake.answers(&[]).await, joined_purely(&all));
}

#[tokio::test]
async fn lak_3_a_call_that_settles_in_part_keeps_what_is_recent_of_it() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let records = vec(record(), 60).new_tree(&mut runner).expect("records").current();
    let key = |record: &CallRecord| (record.account.as_str().to_owned(), record.call_id.clone());
    let (first, second) = records
        .iter()
        .flat_map(|first| records.iter().map(move |second| (first, second)))
        .find(|(first, second)| {
            let joined = &joined_purely([*first, *second])[&key(first)];
            key(first) == key(second) && joined != *first && joined != *second
        })
        .expect("two records of one call that know different things");
    let lake = Lake::open(BASE).await;
    for record in [first, second] {
        lake.commit_calls(std::slice::from_ref(record)).await;
        // Read each time, so that the later row takes the call over from the earlier one.
        lake.answers(&[]).await;
    }
    let settled = lake.write(Table::Calls, &encode_calls(std::slice::from_ref(second)).expect("encodes"));
    let later = lake.catalog.snapshot().await.expect("a snapshot").files[&Table::CallsRecent][1].data_file_id;
    let settling = Commit {
        id: uuid::Uuid::now_v7(),
        add: vec![settled],
        remove: vec![later],
        positions: Vec::new(),
        holes: Vec::new(),
        message: "compact",
    };
    lake.catalog.commit(&settling).await.expect("commits");
    assert_eq!(lake.answers(&[]).await, joined_purely([first, second]));
}

/// What one process shares between ingest, compaction and readers.
struct Process {
    lake: Lake,
    hot: HotRows,
    /// The calls of each message, one message an offset.
    messages: Vec<Vec<CallRecord>>,
    published: AtomicUsize,
    done: AtomicBool,
}

impl Process {
    /// Publishes message after message and commits every third time, as ingest does.
    async fn ingest(&self) {
        let mut waiting = Vec::new();
        for (at, records) in (0_i64..).zip(&self.messages) {
            self.hot.publish(hot_chunk(at, records));
            self.published.fetch_add(1, Ordering::SeqCst);
            waiting.push((offset(at), records));
            if waiting.len() == 3 {
                let records: Vec<CallRecord> =
                    waiting.iter().flat_map(|(_, records)| (*records).clone()).collect();
                let file = self.lake.write(Table::CallsRecent, &encode_calls(&records).expect("encodes"));
                let ranges: Vec<_> = waiting.drain(..).map(|(range, _)| range).collect();
                self.lake.commit(vec![file], ranges.clone()).await;
                for range in &ranges {
                    self.hot.drop_below(range);
                }
            }
            tokio::task::yield_now().await;
        }
        self.done.store(true, Ordering::SeqCst);
    }

    async fn compact(&self) {
        let options = CompactionOptions { fan_in: 2, late_rows: 2, ..CompactionOptions::default() };
        let compactor = Compactor::new(self.lake.catalog.clone(), options);
        while !self.done.load(Ordering::SeqCst) {
            compactor.step().await.expect("steps");
            compactor.compact_all(&|_| {}).await.expect("compacts");
        }
    }

    /// Reads again and again; every answer is that of all messages up to one, and that one was published by then.
    async fn read(&self) -> usize {
        let mut reads = 0;
        loop {
            let done = self.done.load(Ordering::SeqCst);
            let before = self.published.load(Ordering::SeqCst);
            let view = self.hot.view();
            let snapshot = self.lake.catalog.snapshot().await.expect("a snapshot");
            let answers = self.lake.answers_of(&snapshot, &view.above(&snapshot)).await;
            let after = self.published.load(Ordering::SeqCst);
            let is_of = |count: usize| joined_purely(self.messages[..count].iter().flatten()) == answers;
            assert!((before..=after).any(is_of), "no prefix of {before} to {after} messages has this answer");
            reads += 1;
            if done {
                return reads;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn lak_2_readers_beside_ingest_and_compaction_see_every_message_once() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let tree = vec(vec(record(), 1..4), 60).new_tree(&mut runner).expect("messages");
    let process = Process {
        lake: Lake::open(BASE).await,
        hot: HotRows::default(),
        messages: tree.current(),
        published: AtomicUsize::new(0),
        done: AtomicBool::new(false),
    };
    let process = Arc::new(process);
    let [ingest, compact] = [(); 2].map(|()| Arc::clone(&process));
    let ingest = tokio::spawn(async move { ingest.ingest().await });
    let compact = tokio::spawn(async move { compact.compact().await });
    let reads = process.read().await;
    ingest.await.expect("ingest");
    compact.await.expect("compaction");
    assert!(reads > 1, "one read only");
}
