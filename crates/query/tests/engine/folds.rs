//! LAK-2, LAK-3: whatever has been committed, is still hot, came late or was compacted, `calls` shows the fold of
//! all events, each call once.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use callhouse_core::event::Event;
use callhouse_core::event::call::Direction;
use callhouse_core::phone::PhoneBook;
use callhouse_core::position::OffsetRange;
use callhouse_core::record::fold;
use callhouse_core::{CallRecord, KafkaPartition};
use callhouse_lake::rows::encode_calls;
use callhouse_lake::{CompactionOptions, Compactor, Flush, HotChunk, Table};
use callhouse_query::Scope;
use callhouse_testkit::events::CallStory;
use futures::TryStreamExt;
use proptest::prelude::*;

use crate::lake::{Lake, at};

/// One thing that happens to the lake.
#[derive(Debug, Clone)]
enum Step {
    /// Events arrive: indexes of a call and of one of its events.
    Arrive(Vec<(usize, usize)>),
    /// What is hot is committed; the hot rows are dropped at once, or only before the next step.
    Commit { dropped: bool },
    /// Everything that is quiet is compacted.
    Compact,
}

const CALLS: usize = 8;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let arrive = proptest::collection::vec((0..CALLS, 0..4_usize), 1..6).prop_map(Step::Arrive);
    let commit = any::<bool>().prop_map(|dropped| Step::Commit { dropped });
    proptest::collection::vec(prop_oneof![4 => arrive, 3 => commit, 2 => Just(Step::Compact)], 1..14)
}

fn story(index: usize) -> CallStory {
    let account = ["acme", "beta"][index % 2];
    let hours = i64::try_from(index).expect("small") * 7 * 3_600_000_000;
    let first = if index < 5 { "2026-03-01T00:00:00Z" } else { "2026-04-03T00:20:00Z" };
    let mut story = CallStory::new(account, &format!("c{index}"), at(first).plus_micros(hours));
    story.talk_seconds = 10 + i64::try_from(index).expect("small");
    if !index.is_multiple_of(3) {
        story.direction = Direction::Inbound;
        story.from = ["+33611111111", "anonymous", "1001", "+33611111111"][index % 4].into();
    }
    story
}

fn event(call: usize, event: usize) -> Event {
    story(call).all().swap_remove(event)
}

/// What happened so far, and the plain fold of it.
struct World {
    lake: Lake,
    compactor: Compactor,
    phones: PhoneBook,
    hot: Vec<HotChunk>,
    next_offset: i64,
    committed: i64,
    expected: BTreeMap<(String, String), CallRecord>,
}

impl World {
    async fn new() -> Self {
        let lake = Lake::empty().await;
        lake.clock.set(at("2026-06-01T00:00:00Z"));
        let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
        let phones = PhoneBook::with_capacity(100);
        Self {
            lake,
            compactor,
            phones,
            hot: Vec::new(),
            next_offset: 0,
            committed: 0,
            expected: BTreeMap::new(),
        }
    }

    async fn apply(&mut self, step: &Step) {
        self.lake.hot.drop_below(&range(0, self.committed));
        match step {
            Step::Arrive(events) => self.arrive(events),
            Step::Commit { dropped } => {
                self.commit().await;
                if *dropped {
                    self.lake.hot.drop_below(&range(0, self.committed));
                }
            }
            Step::Compact => {
                self.compactor.compact_all(&|_| ()).await.expect("a compaction");
            }
        }
    }

    fn arrive(&mut self, events: &[(usize, usize)]) {
        let mut records = Vec::new();
        for (call, index) in events {
            let record: CallRecord =
                fold(&event(*call, *index), &mut self.phones).expect("an event about a call");
            let key = (record.account.to_string(), record.call_id.to_string());
            match self.expected.get_mut(&key) {
                Some(known) => known.join(record.clone()),
                None => {
                    self.expected.insert(key, record.clone());
                }
            }
            records.push(record);
        }
        let to = self.next_offset + i64::try_from(events.len()).expect("few");
        let chunk = HotChunk {
            range: range(self.next_offset, to),
            rows: vec![(Table::CallsRecent, encode_calls(&records).expect("rows"))],
            flush: Flush::default(),
        };
        self.lake.hot.publish(chunk.clone());
        self.hot.push(chunk);
        self.next_offset = to;
    }

    async fn commit(&mut self) {
        if self.committed == self.next_offset {
            return;
        }
        let rows: Vec<RecordBatch> = self.hot.drain(..).map(|chunk| sorted(&chunk.rows[0].1)).collect();
        let add = rows.iter().map(|batch| {
            self.lake.writer.write(Table::CallsRecent, None, std::slice::from_ref(batch)).expect("a file")
        });
        let add = add.collect();
        self.lake.commit(add, vec![range(self.committed, self.next_offset)]).await;
        self.committed = self.next_offset;
    }

    async fn check(&self) {
        let records: Vec<CallRecord> = self.expected.values().cloned().collect();
        let wanted = encode_calls(&records).expect("rows");
        let shown = self.all("SELECT * FROM calls ORDER BY account, call_id").await;
        assert_eq!(shown.num_rows(), wanted.num_rows(), "each call once");
        for (index, field) in shown.schema().fields().iter().enumerate() {
            let wanted = wanted.column_by_name(field.name()).expect("a column of calls");
            assert_eq!(shown.column(index), wanted, "{}", field.name());
        }
        let counted = self.all("SELECT count(*) AS n FROM calls").await;
        let counted = arrow::util::display::array_value_to_string(counted.column(0), 0).expect("a number");
        assert_eq!(counted, wanted.num_rows().to_string());
        self.check_ranges(&records).await;
    }

    async fn check_sums(&self) {
        for account in ["acme", "*"] {
            crate::sums::check(&self.lake.engine, &crate::lake::scope(account)).await;
        }
    }

    /// The filtered, walled answers too: they take other ways through files and memory.
    async fn check_ranges(&self, records: &[CallRecord]) {
        for account in ["acme", "beta"] {
            for index in 0..CALLS {
                let from = story(index).started_at;
                let wanted = records.iter().filter(|record| {
                    let started = record.start.as_ref().map(|start| start.content.started_at);
                    record.account.as_str() == account && started.is_some_and(|started| started >= from)
                });
                let sql = format!(
                    "SELECT call_id FROM calls WHERE started_at >= '{}' ORDER BY call_id",
                    from.to_rfc3339()
                );
                let shown = self.all_of(&crate::lake::scope(account), &sql).await;
                assert_eq!(shown.num_rows(), wanted.count(), "{account} from {index}");
            }
        }
    }

    async fn all(&self, sql: &str) -> RecordBatch {
        self.all_of(&Scope::All, sql).await
    }

    async fn all_of(&self, scope: &Scope, sql: &str) -> RecordBatch {
        let (schema, rows) = self.lake.engine.sql(scope, sql).await.expect("an answer");
        let rows: Vec<RecordBatch> = rows.try_collect().await.expect("rows");
        concat_batches(&schema, &rows).expect("one batch")
    }
}

fn range(from: i64, to: i64) -> OffsetRange {
    OffsetRange { kafka_partition: KafkaPartition::new("t", 0), from, to }
}

/// The rows in the order of a file of `calls_recent`.
fn sorted(batch: &RecordBatch) -> RecordBatch {
    let keys: Vec<arrow::compute::SortColumn> = ["account", "call_id"]
        .iter()
        .map(|name| arrow::compute::SortColumn {
            values: Arc::clone(batch.column_by_name(name).expect("a key")),
            options: None,
        })
        .collect();
    let order = arrow::compute::lexsort_to_indices(&keys, None).expect("an order");
    arrow::compute::take_record_batch(batch, &order).expect("the rows")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lak_2_lak_3_calls_are_the_fold_of_all_events(steps in steps()) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in &steps {
                world.apply(step).await;
                world.check().await;
            }
            world.check_sums().await;
        });
    }
}

/// The way the random steps take seldom: settled, then late events for some of the settled calls.
#[tokio::test]
async fn lak_3_a_late_event_changes_a_settled_call_and_no_other() {
    let mut world = World::new().await;
    let first: Vec<(usize, usize)> = (0..CALLS).flat_map(|call| [(call, 0), (call, 1), (call, 2)]).collect();
    for step in [
        Step::Arrive(first),
        Step::Commit { dropped: true },
        Step::Compact,
        Step::Arrive(vec![(1, 3), (6, 3)]),
        Step::Commit { dropped: false },
        Step::Arrive(vec![(2, 3)]),
        Step::Compact,
        Step::Commit { dropped: true },
        Step::Compact,
    ] {
        world.apply(&step).await;
        world.check().await;
        world.check_sums().await;
    }
    let view = world.lake.engine.view().await.expect("a view");
    let settled = view.snapshot().files.get(&Table::Calls).map_or(0, Vec::len);
    assert!(settled > 0, "compaction settled something");
}

/// Many rows, many pages: skipped rows lie in all of them, and filters choose others.
#[tokio::test]
async fn lak_3_rows_skipped_all_over_a_large_file_are_replaced_once() {
    const ROWS: usize = 60_000;
    const EVERY: usize = 37;
    let mut world = World::new().await;
    let first = at("2026-03-28T00:00:00Z");
    let started = |n: usize| first.plus_micros(i64::try_from(n).expect("small") * 1_000_000);
    let row = |n: usize| format!("acme,{n},{n},{},completed,inbound,{}\n", started(n).to_rfc3339(), n % 100);
    let header = "account,call_id,callid,started_at,status,direction,talk_seconds\n";
    let rows: String = (1..=ROWS).map(row).collect();
    world.lake.settle(&format!("{header}{rows}")).await;
    let rated: Vec<CallRecord> = (1..=ROWS)
        .step_by(EVERY)
        .map(|n| {
            let event = CallStory::new("acme", &n.to_string(), started(n)).rated();
            fold(&event, &mut world.phones).expect("an event about a call")
        })
        .collect();
    world.lake.hot.publish(HotChunk {
        range: range(0, 1),
        rows: vec![(Table::CallsRecent, encode_calls(&rated).expect("rows"))],
        flush: Flush::default(),
    });
    let (from, to) = (started(20_000).to_rfc3339(), started(40_000).to_rfc3339());
    let within = (1..=ROWS).step_by(EVERY).filter(|n| (20_000..40_000).contains(n)).count();
    let cases = [
        ("SELECT count(*) FROM calls".to_owned(), ROWS),
        ("SELECT count(DISTINCT call_id) FROM calls".to_owned(), ROWS),
        ("SELECT sum(callid) FROM calls".to_owned(), ROWS * (ROWS + 1) / 2),
        ("SELECT count(debit) FROM calls".to_owned(), rated.len()),
        (format!("SELECT count(*) FROM calls WHERE started_at >= '{from}' AND started_at < '{to}'"), 20_000),
        (
            format!("SELECT count(debit) FROM calls WHERE started_at >= '{from}' AND started_at < '{to}'"),
            within,
        ),
        ("SELECT count(*) FROM calls WHERE call_id = '38'".to_owned(), 1),
        ("SELECT count(debit) FROM calls WHERE call_id = '38'".to_owned(), 1),
        ("SELECT count(*) FROM calls WHERE callid IN (38, 39, 75)".to_owned(), 3),
    ];
    for scope in [Scope::All, crate::lake::scope("acme")] {
        for (sql, wanted) in &cases {
            let shown = world.all_of(&scope, sql).await;
            let shown = arrow::util::display::array_value_to_string(shown.column(0), 0).expect("a number");
            assert_eq!(shown, wanted.to_string(), "{scope:?} {sql}");
        }
    }
}
