//! A small fixed lake. Its calls are in `calls.csv`, one row each, with the columns that matter.

use std::collections::HashMap;
use std::io::BufReader;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, TimestampMicrosecondArray, new_null_array};
use arrow::csv::ReaderBuilder;
use arrow::datatypes::Schema;
use callhouse_core::event::WebhookData;
use callhouse_core::position::OffsetRange;
use callhouse_core::{AccountId, KafkaPartition, Timestamp};
use callhouse_lake::rows::{EventCells, Origin, WebhookColumns};
use callhouse_lake::{Catalog, Commit, DataFolder, FileWriter, Flush, HotChunk, HotRows, NewFile, Table};
use callhouse_query::{Engine, EngineOptions, Scope};
use callhouse_testkit::ManualClock;
use tempfile::TempDir;

/// An engine with what it reads.
pub(crate) struct Lake {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) hot: HotRows,
    pub(crate) writer: FileWriter,
    pub(crate) catalog: Catalog,
    folder: TempDir,
}

pub(crate) const ACME: &str = "acme";

/// Accounts with commas between, or `*` for all.
pub(crate) fn scope(accounts: &str) -> Scope {
    match accounts {
        "*" => Scope::All,
        names => {
            let names = names.split(',').map(|name| AccountId::new(name).expect("an account name"));
            Scope::Accounts(names.collect())
        }
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("an instant")
}

impl Lake {
    /// A lake without rows.
    pub(crate) async fn empty() -> Self {
        Self::with(EngineOptions::default()).await
    }

    /// A lake without rows and an engine with these limits.
    pub(crate) async fn with(options: EngineOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::new(folder.path());
        let clock = Arc::new(ManualClock::new(at("2026-04-01T00:00:00Z")));
        let dyn_clock: Arc<dyn callhouse_core::Clock> = Arc::clone(&clock) as _;
        let catalog = Catalog::open(data.clone(), dyn_clock).await.expect("a catalog");
        let hot = HotRows::default();
        let engine = Engine::new(catalog.clone(), hot.clone(), options).expect("an engine");
        Self { engine, clock, hot, writer: FileWriter::new(data), catalog, folder }
    }

    /// Where everything of it lies.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The lake of `calls.csv`: days settled, one call still hot.
    pub(crate) async fn fixed() -> Self {
        let lake = Self::empty().await;
        lake.settle(include_str!("calls.csv")).await;
        lake.heat(include_str!("hot_calls.csv"), 0);
        lake
    }

    /// Three attempts to deliver webhooks: two of one event of acme, hot, and one of beta.
    pub(crate) async fn attempts() -> Self {
        let lake = Self::empty().await;
        let mut columns = WebhookColumns::default();
        for (offset, account, number, status, code) in [
            (0, "acme", 0, "HTTP_ERROR", Some(500)),
            (1, "acme", 1, "SUCCESS", Some(200)),
            (2, "beta", 0, "TIMEOUT", None),
        ] {
            let attempted_at = at("2026-03-28T10:00:00Z").plus_micros(offset * 10_000_000);
            let data = WebhookData {
                event_type: Some("call.inbound_hangup".into()),
                event_at: Some(at("2026-03-28T09:59:59Z")),
                about: Some("c1".into()),
                hook_hash: Some("AAAAAAAA".into()),
                endpoint: Some("http://example.com/".into()),
                try_number: Some(number),
                status: Some(status.into()),
                http_code: code,
                duration_ms: Some(12),
                ..WebhookData::default()
            };
            let (event_id, delivery_id) = (format!("{account}-event"), offset.to_string());
            let cells = EventCells {
                account,
                subject: &event_id,
                event_type: "webhook.delivery_attempted",
                source: "callhouse/webhooks",
                event_id: &delivery_id,
                occurred_at: attempted_at,
                data: "",
            };
            let kafka_partition = KafkaPartition::new("t", 0);
            columns.push(
                cells,
                &data,
                &Origin { kafka_partition, offset, element: 0, received_at: attempted_at },
            );
        }
        let range = OffsetRange { kafka_partition: KafkaPartition::new("t", 0), from: 0, to: 3 };
        let rows = vec![(Table::WebhookDeliveries, columns.finish().expect("rows"))];
        lake.hot.publish(HotChunk { range, rows, flush: Flush::default() });
        lake
    }

    /// The lake of `kpi_calls.csv`, settled: two days of Paris, of which the second has 23 hours.
    pub(crate) async fn kpis() -> Self {
        let lake = Self::empty().await;
        lake.settle(include_str!("kpi_calls.csv")).await;
        lake
    }

    /// The lake of `sms.csv`, settled, and one message still hot: days of Paris, of which the second has 23 hours.
    pub(crate) async fn messages() -> Self {
        let lake = Self::empty().await;
        lake.settle_into(Table::Sms, include_str!("sms.csv")).await;
        lake.publish(Table::SmsRecent, rows(Table::Sms, include_str!("hot_sms.csv")), 0);
        lake
    }

    /// Writes calls of one month as one settled file and commits it.
    pub(crate) async fn settle_month(&self, csv: &str) {
        self.settle_month_of(Table::Calls, csv).await;
    }

    /// Writes records of one month as one settled file and commits it.
    pub(crate) async fn settle_month_of(&self, table: Table, csv: &str) {
        let header = csv.lines().next().expect("a header");
        let lines: Vec<&str> = csv.lines().skip(1).collect();
        let began = lines[0].split(',').nth(3).expect("when it began is the fourth column");
        let file = self.settled(table, header, lines, at(began).utc_month());
        self.commit(vec![file], Vec::new()).await;
    }

    /// Writes calls as settled files, one per day, and commits them.
    pub(crate) async fn settle(&self, csv: &str) {
        self.settle_into(Table::Calls, csv).await;
    }

    /// Writes records as settled files, one per day of their fourth column, and commits them.
    pub(crate) async fn settle_into(&self, table: Table, csv: &str) {
        let header = csv.lines().next().expect("a header");
        let mut days: std::collections::BTreeMap<i32, Vec<&str>> = std::collections::BTreeMap::new();
        for line in csv.lines().skip(1) {
            let began = line.split(',').nth(3).expect("when it began is the fourth column");
            days.entry(at(began).utc_day()).or_default().push(line);
        }
        let mut add = Vec::new();
        for (day, lines) in days {
            let month = Timestamp(i64::from(day) * callhouse_core::time::MICROS_PER_DAY).utc_month();
            add.push(self.settled(table, header, lines, month));
        }
        self.commit(add, Vec::new()).await;
    }

    fn settled(&self, table: Table, header: &str, mut lines: Vec<&str>, month: i32) -> NewFile {
        // Account, then when it began: the order of the file's first and fourth column.
        lines.sort_by_key(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0].to_owned(), cells[3].to_owned(), cells[1].to_owned())
        });
        let batch = rows(table, &format!("{header}\n{}\n", lines.join("\n")));
        self.writer.write(table, Some(month), &[batch]).expect("a file")
    }

    /// Commits files with the positions they cover.
    pub(crate) async fn commit(&self, add: Vec<NewFile>, positions: Vec<OffsetRange>) {
        let commit = Commit {
            id: uuid::Uuid::new_v4(),
            add,
            remove: Vec::new(),
            positions,
            holes: Vec::new(),
            message: "test",
        };
        self.catalog.commit(&commit).await.expect("a commit");
    }

    /// Publishes calls as a hot chunk at an offset of the one partition.
    pub(crate) fn heat(&self, csv: &str, offset: i64) {
        self.publish(Table::CallsRecent, calls(csv), offset);
    }

    pub(crate) fn publish(&self, table: Table, rows: RecordBatch, offset: i64) {
        self.hot.publish(HotChunk {
            range: OffsetRange { kafka_partition: KafkaPartition::new("t", 0), from: offset, to: offset + 1 },
            rows: vec![(table, rows)],
            flush: Flush::default(),
        });
    }
}

/// Rows of `calls` from CSV with a header, as [`rows`].
pub(crate) fn calls(csv: &str) -> RecordBatch {
    rows(Table::Calls, csv)
}

/// Rows of a table from CSV with a header; columns left out are null, or the start of time where they may not be.
pub(crate) fn rows(table: Table, csv: &str) -> RecordBatch {
    let schema = table.schema();
    let header: Vec<&str> = csv.lines().next().expect("a header").split(',').collect();
    let fields: Vec<_> = header
        .iter()
        .map(|name| schema.field_with_name(name).expect("a column of the table").clone())
        .collect();
    let stated = Arc::new(Schema::new(fields));
    let mut reader = ReaderBuilder::new(Arc::clone(&stated))
        .with_header(true)
        .with_batch_size(csv.len())
        .build(BufReader::new(csv.as_bytes()))
        .expect("a reader");
    let batch = reader.next().expect("rows").expect("rows of the stated types");
    let by_name: HashMap<&str, ArrayRef> =
        header.iter().copied().zip(batch.columns().iter().map(Arc::clone)).collect();
    let columns = schema.fields().iter().map(|field| {
        if let Some(column) = by_name.get(field.name().as_str()) {
            return Arc::clone(column);
        }
        match field.name().as_str() {
            "first_event_at" | "last_event_at" => {
                let zeros = vec![0; batch.num_rows()];
                Arc::new(TimestampMicrosecondArray::from(zeros).with_timezone("UTC")) as ArrayRef
            }
            _ => new_null_array(field.data_type(), batch.num_rows()),
        }
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect()).expect("rows of the table")
}
