//! LAK-2, LAK-3: whatever has been committed, is still hot, came late or was compacted, `calls` and `sms` show the fold
//! of all events, each record once, and their sums are those of its rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::TimestampMicrosecondType;
use callhouse_core::phone::PhoneBook;
use callhouse_core::position::OffsetRange;
use callhouse_core::record::fold;
use callhouse_core::{CallRecord, KafkaPartition, Record};
use callhouse_lake::{CompactionOptions, Compactor, Flush, HotChunk, StoredRecord, Table};
use callhouse_query::Scope;
use callhouse_testkit::events::CallStory;
use futures::TryStreamExt;
use proptest::prelude::*;

use crate::lake::{Lake, at};
use crate::stories::{Calls, EVENTS, Messages, RECORDS, Stories, began_at};

/// One thing that happens to the lake.
#[derive(Debug, Clone)]
enum Step {
    /// Events arrive: indexes of a record and of one of its events.
    Arrive(Vec<(usize, usize)>),
    /// What is hot is committed; the hot rows are dropped at once, or only before the next step.
    Commit { dropped: bool },
    /// Everything that is quiet is compacted.
    Compact,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let arrive = proptest::collection::vec((0..RECORDS, 0..EVENTS), 1..6).prop_map(Step::Arrive);
    let commit = any::<bool>().prop_map(|dropped| Step::Commit { dropped });
    proptest::collection::vec(prop_oneof![4 => arrive, 3 => commit, 2 => Just(Step::Compact)], 1..14)
}

/// What happened so far, and the plain fold of it.
struct World<S: Stories> {
    lake: Lake,
    compactor: Compactor,
    phones: PhoneBook,
    hot: Vec<HotChunk>,
    next_offset: i64,
    committed: i64,
    expected: BTreeMap<(String, String), S::Record>,
}

impl<S: Stories> World<S> {
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
        for (thing, index) in events {
            let event = S::events(*thing).swap_remove(*index);
            let mut record: S::Record = fold(&event, &mut self.phones).expect("an event of the family");
            records.push(record.clone());
            match self.expected.get_mut(&key_of(&record)) {
                Some(known) => known.join_from(&mut record),
                None => {
                    self.expected.insert(key_of(&record), record);
                }
            }
        }
        let to = self.next_offset + i64::try_from(events.len()).expect("few");
        let chunk = HotChunk {
            range: range(self.next_offset, to),
            rows: vec![(S::family().recent(), encoded(records.iter()))],
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
        let table = S::family().recent();
        let rows: Vec<RecordBatch> =
            self.hot.drain(..).map(|chunk| sorted(table, &chunk.rows[0].1)).collect();
        let add = rows
            .iter()
            .map(|batch| self.lake.writer.write(table, None, std::slice::from_ref(batch)).expect("a file"));
        let add = add.collect();
        self.lake.commit(add, vec![range(self.committed, self.next_offset)]).await;
        self.committed = self.next_offset;
    }

    async fn check(&self) {
        let table = S::family().settled().name();
        let key = S::family().recent().sort_columns().join(", ");
        let wanted = encoded(self.expected.values());
        let shown = self.all(&format!("SELECT * FROM {table} ORDER BY {key}")).await;
        assert_eq!(shown.num_rows(), wanted.num_rows(), "each record once");
        for (index, field) in shown.schema().fields().iter().enumerate() {
            let wanted = wanted.column_by_name(field.name()).expect("a column of the table");
            assert_eq!(shown.column(index), wanted, "{}", field.name());
        }
        let counted = self.all(&format!("SELECT count(*) AS n FROM {table}")).await;
        let counted = arrow::util::display::array_value_to_string(counted.column(0), 0).expect("a number");
        assert_eq!(counted, wanted.num_rows().to_string());
        self.check_ranges(&wanted).await;
    }

    async fn check_sums(&self) {
        for account in ["acme", "*"] {
            crate::sums::check(&self.lake.engine, &crate::lake::scope(account), S::family()).await;
        }
    }

    /// The filtered, walled answers too: they take other ways through files and memory.
    async fn check_ranges(&self, wanted: &RecordBatch) {
        let (table, began) = (S::family().settled().name(), S::family().began());
        let accounts = wanted.column_by_name("account").expect("accounts").as_string::<i32>();
        let instants = wanted.column_by_name(began).expect("instants");
        let instants = instants.as_primitive::<TimestampMicrosecondType>();
        for account in ["acme", "beta"] {
            for from in (0..RECORDS).map(began_at) {
                let is_wanted = |row: &usize| {
                    accounts.value(*row) == account
                        && instants.is_valid(*row)
                        && instants.value(*row) >= from.micros()
                };
                let wanted = (0..wanted.num_rows()).filter(is_wanted).count();
                let sql = format!("SELECT account FROM {table} WHERE {began} >= '{}'", from.to_rfc3339());
                let shown = self.all_of(&crate::lake::scope(account), &sql).await;
                assert_eq!(shown.num_rows(), wanted, "{account} from {from:?}");
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

fn key_of(record: &impl Record) -> (String, String) {
    (record.account().to_string(), record.id().to_owned())
}

fn encoded<'r, R: StoredRecord>(records: impl Iterator<Item = &'r R>) -> RecordBatch {
    R::encode(&records.collect::<Vec<_>>()).expect("rows")
}

/// The rows in the order of a file of the table.
fn sorted(table: Table, batch: &RecordBatch) -> RecordBatch {
    let keys: Vec<arrow::compute::SortColumn> = table
        .sort_columns()
        .iter()
        .map(|name| arrow::compute::SortColumn {
            values: Arc::clone(batch.column_by_name(name).expect("a key")),
            options: None,
        })
        .collect();
    let order = arrow::compute::lexsort_to_indices(&keys, None).expect("an order");
    arrow::compute::take_record_batch(batch, &order).expect("the rows")
}

async fn run<S: Stories>(steps: &[Step]) -> World<S> {
    let mut world = World::<S>::new().await;
    for step in steps {
        world.apply(step).await;
        world.check().await;
    }
    world.check_sums().await;
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lak_2_lak_3_calls_are_the_fold_of_all_events(steps in steps()) {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(run::<Calls>(&steps));
    }

    #[test]
    fn lak_2_lak_3_messages_are_the_fold_of_all_events(steps in steps()) {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(run::<Messages>(&steps));
    }
}

/// The way the random steps take seldom: settled, then late events for some of the settled records.
async fn late_events<S: Stories>() {
    let first: Vec<(usize, usize)> =
        (0..RECORDS).flat_map(|thing| [(thing, 0), (thing, 1), (thing, 2)]).collect();
    let mut world = World::<S>::new().await;
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
    let settled = view.snapshot().files.get(&S::family().settled()).map_or(0, Vec::len);
    assert!(settled > 0, "compaction settled something");
}

#[tokio::test]
async fn lak_3_a_late_event_changes_a_settled_call_and_no_other() {
    late_events::<Calls>().await;
}

#[tokio::test]
async fn lak_3_a_late_event_changes_a_settled_message_and_no_other() {
    late_events::<Messages>().await;
}

/// Many rows, many pages: skipped rows lie in all of them, and filters choose others.
#[tokio::test]
async fn lak_3_rows_skipped_all_over_a_large_file_are_replaced_once() {
    const ROWS: usize = 60_000;
    const EVERY: usize = 37;
    let mut world = World::<Calls>::new().await;
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
        rows: vec![(Table::CallsRecent, encoded(rated.iter()))],
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
