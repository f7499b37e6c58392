//! A warehouse of a test: a data folder of its own, accounts, ingest runs, and everything a reader would see.

use std::cell::Cell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::fold;
use callhouse_core::{AccountId, CallRecord, Record, SmsRecord};
use callhouse_ingest::{Error, Ingest, Options, Summary};
use callhouse_lake::accounts::{AccountDirectory, Accounts};
use callhouse_lake::rows::decode_events;
use callhouse_lake::{Catalog, DataFolder, HotRows, StoredRecord, Table};
use callhouse_log::Log;
use callhouse_testkit::{ManualClock, poll_for, poll_until};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sqlx::ConnectOptions;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};

use crate::fake_log::{Topic, kafka_partition};

/// How long a test waits for a state before it fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// How long the commit of a process that died may still change what another one shows.
const LATE_COMMITS: Duration = Duration::from_secs(2);

pub(crate) struct Warehouse {
    pub(crate) catalog: Catalog,
    pub(crate) accounts: Accounts,
    folder: Arc<tempfile::TempDir>,
}

/// Ingest of one process on a warehouse.
pub(crate) struct Process {
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) hot: HotRows,
    stop: CancellationToken,
    run: JoinHandle<Result<Summary, Error>>,
}

/// (kafka partition, offset, element).
pub(crate) type Place = (i32, i64, i32);

/// Everything a reader sees, hot rows included.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// Where each event row stood, with its id, in order.
    pub(crate) events: Vec<(Place, String)>,
    pub(crate) rejections: Vec<(Place, String)>,
    /// Joined.
    pub(crate) calls: Records<CallRecord>,
    pub(crate) messages: Records<SmsRecord>,
}

/// By account and id.
pub(crate) type Records<R> = BTreeMap<(String, String), R>;

pub(crate) fn account(name: &str) -> AccountId {
    AccountId::new(name).expect("an account name")
}

/// Options under which nothing is committed until it is asked for.
pub(crate) fn patient() -> Options {
    Options { flush_age_ms: 3_600_000, chunk_interval_ms: 1, ..Options::default() }
}

/// Options under which everything is committed soon.
pub(crate) fn prompt() -> Options {
    Options { flush_age_ms: 5, chunk_interval_ms: 1, ..Options::default() }
}

impl Warehouse {
    /// With the accounts `acme` and, below it, `acme-paris`, and `globex`.
    pub(crate) async fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let warehouse = Self::open(folder).await;
        for (name, parent) in [("acme", None), ("acme-paris", Some("acme")), ("globex", None)] {
            let parent = parent.map(account);
            warehouse.accounts.create(&account(name), parent.as_ref()).await.expect("created");
        }
        warehouse
    }

    /// The folder, for a process of its own.
    pub(crate) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    async fn open(folder: Arc<tempfile::TempDir>) -> Self {
        let clock = Arc::new(ManualClock::new(crate::fake_log::RECEIVED_AT));
        let catalog = Catalog::open(DataFolder::new(folder.path()), clock).await.expect("a catalog");
        let accounts = Accounts::new(catalog.clone());
        Self { catalog, accounts, folder }
    }

    /// The same data folder as another process sees it.
    pub(crate) async fn of_another_process(&self) -> Self {
        Self::open(Arc::clone(&self.folder)).await
    }

    pub(crate) fn start(&self, log: impl Into<Arc<dyn Log>>, options: Options) -> Process {
        let hot = HotRows::default();
        let directory = AccountDirectory::new(self.accounts.clone());
        let ingest = Ingest::new(self.catalog.clone(), hot.clone(), directory, options);
        let stop = CancellationToken::new();
        let log = log.into();
        let running = (Arc::clone(&ingest), stop.clone());
        let run = tokio::spawn(async move { running.0.run(log, running.1).await });
        Process { ingest, hot, stop, run }
    }

    /// Takes in all there is.
    pub(crate) async fn take_in(&self, topic: &Topic, options: Options) -> Summary {
        self.start(topic.finite_reader(), options).finished().await.expect("a run without failure")
    }

    pub(crate) async fn position(&self, partition: i32) -> Option<i64> {
        self.catalog.position(&kafka_partition(partition)).await.expect("a position")
    }

    pub(crate) async fn wait_for_position(&self, partition: i32, offset: i64) {
        poll_until(DEADLINE, || async { self.position(partition).await == Some(offset) }).await;
    }

    /// Rows of live files and of the hot rows above them (LAK-2).
    pub(crate) async fn seen(&self, hot: &HotRows) -> Seen {
        let view = hot.view();
        let snapshot = self.catalog.snapshot().await.expect("a snapshot");
        let mut seen = Seen::default();
        for (table, files) in &snapshot.files {
            for file in files {
                let path = self.catalog.folder().file_path(*table, &file.path);
                let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("the file"));
                for batch in reader.expect("parquet").build().expect("a reader") {
                    seen.add(*table, &batch.expect("a batch"));
                }
            }
        }
        for chunk in view.above(&snapshot) {
            chunk.rows.iter().for_each(|(table, rows)| seen.add(*table, rows));
        }
        seen.events.sort();
        seen.rejections.sort();
        seen
    }

    #[track_caller]
    pub(crate) fn assert_settled<'a>(&'a self, wanted: &'a Seen) -> impl Future<Output = ()> + 'a {
        self.assert_same(HotRows::default(), wanted, Location::caller())
    }

    #[track_caller]
    pub(crate) fn assert_seen<'a>(
        &'a self,
        hot: &HotRows,
        wanted: &'a Seen,
    ) -> impl Future<Output = ()> + 'a {
        self.assert_same(hot.clone(), wanted, Location::caller())
    }

    async fn assert_same(&self, hot: HotRows, wanted: &Seen, caller: &Location<'_>) {
        let seen = self.seen(&hot).await;
        assert!(seen == *wanted, "at {caller}:\n{}", seen.difference(wanted));
    }

    pub(crate) async fn settled(&self) -> Seen {
        self.seen(&HotRows::default()).await
    }

    /// Waits until a process shows what is wanted of a topic. Fails when it has ended or has long read all there is and
    /// shows something else; says what differs.
    #[track_caller]
    pub(crate) fn wait_for_seen<'a>(
        &'a self,
        process: &'a Process,
        topic: &'a Topic,
        wanted: &'a Seen,
    ) -> impl Future<Output = ()> + 'a {
        let caller = Location::caller();
        let since = Cell::new(Instant::now());
        poll_for(DEADLINE, move || {
            // Before the look: what it shows then has all of it.
            if !process.is_at_the_end_of(topic) {
                since.set(Instant::now());
            }
            let hopeless = since.get().elapsed() > LATE_COMMITS;
            async move {
                let seen = self.seen(&process.hot).await;
                if seen == *wanted {
                    return Ok(());
                }
                let difference = seen.difference(wanted);
                assert!(!hopeless, "ingest has nothing left to read at {caller}\n{difference}");
                Err(difference)
            }
        })
    }

    /// Takes the catalog's write lock, as another writer's long transaction would.
    pub(crate) async fn block_commits(&self) -> Blocker {
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(self.catalog.folder().catalog_path());
        let mut connection = options.connect().await.expect("a connection");
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.expect("the write lock");
        Blocker(connection)
    }

    /// Holes on record, as (from, to).
    pub(crate) async fn holes(&self) -> Vec<(i64, i64)> {
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(self.catalog.folder().catalog_path());
        let mut connection = options.connect().await.expect("a connection");
        let holes = sqlx::query_as("SELECT from_offset, to_offset FROM callhouse_holes");
        holes.fetch_all(&mut connection).await.expect("holes")
    }

    /// Rows of the live files of a table.
    pub(crate) async fn rows(&self, table: Table) -> i64 {
        let snapshot = self.catalog.snapshot().await.expect("a snapshot");
        snapshot.files[&table].iter().map(|file| file.record_count).sum()
    }
}

/// Keeps every commit out until it is released.
pub(crate) struct Blocker(sqlx::SqliteConnection);

impl Blocker {
    pub(crate) async fn release(mut self) {
        sqlx::query("ROLLBACK").execute(&mut self.0).await.expect("rolled back");
    }
}

impl Process {
    pub(crate) fn stopped_partitions(&self) -> usize {
        self.ingest.status().partitions.iter().filter(|partition| partition.stopped.is_some()).count()
    }

    /// Tells it to stop, as an operator would, and returns what the run answers.
    pub(crate) async fn stopped(self) -> Result<Summary, Error> {
        self.stop.cancel();
        self.finished().await
    }

    pub(crate) async fn finished(self) -> Result<Summary, Error> {
        tokio::time::timeout(DEADLINE, self.run).await.expect("it ends").expect("no panic")
    }

    /// Dies: nothing more is done, nothing said to the log.
    pub(crate) fn killed(self) {
        self.run.abort();
    }

    /// Whether it has read all messages of a topic, or will read no more.
    fn is_at_the_end_of(&self, topic: &Topic) -> bool {
        let status = self.ingest.status();
        let is_read = |(partition, end)| {
            let partition = kafka_partition(partition);
            let mut known = status.partitions.iter().filter(|known| known.kafka_partition == partition);
            known.any(|known| known.stopped.is_some() || known.hot_offset == Some(end))
        };
        self.run.is_finished() || topic.ends().into_iter().all(is_read)
    }

    pub(crate) async fn wait_for_hot(&self, events: usize) {
        poll_until(DEADLINE, || async { self.hot.row_count(Table::CallEvents) == events }).await;
    }
}

impl Seen {
    fn add(&mut self, table: Table, batch: &RecordBatch) {
        match table {
            Table::CallEvents | Table::SmsEvents => {
                let rows = decode_events(batch).expect("event rows");
                self.events.extend(rows.into_iter().map(|row| {
                    let origin = row.origin;
                    let place = (origin.kafka_partition.partition, origin.offset, origin.element);
                    (place, row.event.id.into_string())
                }));
            }
            Table::Calls | Table::CallsRecent => {
                for record in CallRecord::decode(batch).expect("call rows") {
                    join(&mut self.calls, record);
                }
            }
            Table::Sms | Table::SmsRecent => {
                for record in SmsRecord::decode(batch).expect("rows of text messages") {
                    join(&mut self.messages, record);
                }
            }
            Table::Rejections => {
                let column = |name| batch.column_by_name(name).expect("a column");
                let partitions = column("kafka_partition").as_primitive::<Int32Type>();
                let offsets = column("log_offset").as_primitive::<Int64Type>();
                let elements = column("element").as_primitive::<Int32Type>();
                let reasons = column("reason").as_string::<i32>();
                self.rejections.extend((0..batch.num_rows()).map(|row| {
                    let place = (partitions.value(row), offsets.value(row), elements.value(row));
                    (place, reasons.value(row).to_owned())
                }));
            }
            Table::WebhookDeliveries => panic!("the logs of these tests hold no attempts"),
        }
    }

    /// What differs, short enough to be read.
    pub(crate) fn difference(&self, wanted: &Self) -> String {
        format!(
            "events {:?}\nwanted {:?}\nrejections {:?}\nwanted {:?}\nrecords that differ {:?} {:?}",
            self.events,
            wanted.events,
            self.rejections,
            wanted.rejections,
            different(&self.calls, &wanted.calls),
            different(&self.messages, &wanted.messages)
        )
    }

    /// What a topic of CloudEvents of known accounts must be seen as: every element once, records as the pure fold of
    /// the events (ING-3, REC-1).
    pub(crate) fn expected(topic: &Topic, known: &BTreeSet<&str>) -> Self {
        let mut seen = Self::default();
        let mut phones = PhoneBook::with_capacity(100);
        for (partition, message) in topic.messages() {
            let elements = decode(Incoming { headers: &message.headers, payload: &message.payload });
            for (index, element) in (0..).zip(elements) {
                let place = (partition, message.offset, index);
                let checked =
                    element.outcome.and_then(|event| event.check_time(message.received_at).map(|()| event));
                match checked {
                    Ok(event) if known.contains(event.account.as_str()) => {
                        seen.events.push((place, event.id.to_string()));
                        if let Some(record) = fold(&event, &mut phones) {
                            join(&mut seen.calls, record);
                        }
                        if let Some(record) = fold(&event, &mut phones) {
                            join(&mut seen.messages, record);
                        }
                    }
                    Ok(_) => seen.rejections.push((place, "unknown-account".to_owned())),
                    Err(rejection) => seen.rejections.push((place, rejection.reason.as_str().to_owned())),
                }
            }
        }
        seen.events.sort();
        seen.rejections.sort();
        seen
    }
}

fn join<R: Record>(records: &mut Records<R>, mut record: R) {
    match records.entry((record.account().to_string(), record.id().to_owned())) {
        Entry::Vacant(entry) => _ = entry.insert(record),
        Entry::Occupied(mut entry) => entry.get_mut().join_from(&mut record),
    }
}

/// Keys of the records wanted that are not there as they should be.
fn different<'w, R: Record>(seen: &Records<R>, wanted: &'w Records<R>) -> Vec<&'w (String, String)> {
    let differs = |(key, record): &(&(String, String), &R)| seen.get(*key) != Some(*record);
    wanted.iter().filter(differs).map(|(key, _)| key).collect()
}
