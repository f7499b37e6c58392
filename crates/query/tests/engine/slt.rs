//! Runs the `.slt` files, one per named query. Before a statement stands whose rows it may see:
//!
//! - `AS acme SELECT …`: SQL of account `acme`; `AS * …` sees everything
//! - `AS acme RUN calls_summary from=2026-03-28T00:00:00Z …`: a named query, by the engine and by the room, which must agree;
//!   `EXPLAIN RUN` its plan; `RUN sms_search[sms_id,status] …` shows these columns only
//! - `AS acme HISTORY day Europe/Paris FROM TO`: a history

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use callhouse_query::{Caller, Engine, Error, Granularity, Param, Params, Room, RoomOptions, Scope};
use futures::TryStreamExt;
use sqllogictest::{DBOutput, DefaultColumnType, Runner};

use crate::lake::{Lake, at, scope};

struct Database {
    engine: Engine,
    room: Room,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failed(String);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        Self(format!("{error}: {source}"))
    }
}

#[async_trait::async_trait]
impl sqllogictest::AsyncDB for Database {
    type Error = Failed;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, text: &str) -> Result<DBOutput<DefaultColumnType>, Failed> {
        let (account, rest) =
            text.strip_prefix("AS ").and_then(|rest| rest.split_once(' ')).expect("AS account …");
        let scope = scope(account);
        let rows = if let Some(call) = rest.strip_prefix("EXPLAIN RUN ") {
            let (name, params) = call_of(call);
            scans_of(&self.engine.explain_named(&scope, name, &params).await?)
        } else if let Some(call) = rest.strip_prefix("RUN ") {
            let (name, params) = call_of(call);
            let (name, columns) = chosen(name);
            let rows = cells(&only(&columns, self.engine.named(&scope, name, &params).await?));
            let caller = Caller { scope, name: account.to_owned() };
            let answer = self.room.ask(&caller, name, &params).await?.try_collect::<Vec<_>>().await?;
            let of_room = cells(&only(&columns, answer));
            assert_eq!(sorted(&rows), sorted(&of_room), "the room answers {call} as the engine");
            rows
        } else if let Some(call) = rest.strip_prefix("HISTORY ") {
            self.history(&scope, call).await?
        } else {
            let (_, answer) = self.engine.sql(&scope, rest).await?;
            cells(&answer.try_collect::<Vec<_>>().await?)
        };
        let types = vec![DefaultColumnType::Text; rows.first().map_or(0, Vec::len)];
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}
}

impl Database {
    async fn history(&self, scope: &Scope, call: &str) -> Result<Vec<Vec<String>>, Failed> {
        let words: Vec<&str> = call.split_whitespace().collect();
        let granularity = match words[0] {
            "hour" => Granularity::Hour,
            "day" => Granularity::Day,
            _ => Granularity::Month,
        };
        let buckets = self.engine.history(scope, at(words[2]), at(words[3]), granularity, words[1]).await?;
        Ok(buckets
            .iter()
            .map(|bucket| {
                vec![
                    bucket.direction.as_str().to_owned(),
                    bucket.local_start.replace(' ', "T"),
                    (bucket.utc_offset_seconds / 60).to_string(),
                    bucket.count.to_string(),
                    bucket.answered.to_string(),
                    bucket.talk_seconds.to_string(),
                    bucket.debit_micros.to_string(),
                    bucket.credit_micros.to_string(),
                ]
            })
            .collect())
    }
}

/// `name key=value …` as a name and parameters; instants and whole numbers are recognised by their form.
fn call_of(call: &str) -> (&str, Params) {
    let mut words = call.split_whitespace();
    let name = words.next().expect("a name");
    let param = |word: &str| {
        let (key, value) = word.split_once('=').expect("key=value");
        let value = if let Some(at) = callhouse_core::Timestamp::parse_rfc3339(value) {
            Param::Timestamp(at)
        } else if let Ok(number) = value.parse() {
            // A number that starts with + is a phone number.
            if value.starts_with('+') { Param::from(value) } else { Param::Int(number) }
        } else {
            Param::from(value)
        };
        (key.to_owned(), value)
    };
    (name, words.map(param).collect())
}

/// `name[column,…]` as a name and the columns to be shown; none for all.
fn chosen(name: &str) -> (&str, Vec<&str>) {
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((name, columns)) => (name, columns.split(',').collect()),
        None => (name, Vec::new()),
    }
}

/// Not every question has an order; where one has, the file shows it.
fn sorted(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    rows
}

fn only(columns: &[&str], batches: Vec<RecordBatch>) -> Vec<RecordBatch> {
    if columns.is_empty() {
        return batches;
    }
    let narrow = |batch: &RecordBatch| {
        let index = |name: &&str| batch.schema().index_of(name).expect("a column of the answer");
        batch.project(&columns.iter().map(index).collect::<Vec<_>>()).expect("columns of the answer")
    };
    batches.iter().map(narrow).collect()
}

fn cells(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<ArrayFormatter<'_>> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).expect("a printable column"))
            .collect();
        for row in 0..batch.num_rows() {
            rows.push(columns.iter().map(|column| column.value(row).to_string().replace(' ', "_")).collect());
        }
    }
    rows
}

/// What a plan reads of files: how many, with which predicate.
fn scans_of(plan: &str) -> Vec<Vec<String>> {
    plan.lines()
        .filter(|line| line.contains("file_type=parquet") || line.contains("RowsExec"))
        .map(|line| {
            let files = line.matches(".parquet").count();
            let predicate = line.split(", predicate=").nth(1).unwrap_or("none");
            let predicate = predicate.split(", pruning_predicate=").next().unwrap_or(predicate);
            let predicate = predicate.split(", dynamic_rg_pruning").next().unwrap_or(predicate);
            vec![format!("files={files} predicate={predicate}").replace(' ', "_")]
        })
        .collect()
}

async fn run(name: &str, lake: Lake) {
    let room = Room::new(lake.engine.clone(), RoomOptions::default()).expect("a room");
    let mut runner =
        Runner::new(|| async { Ok(Database { engine: lake.engine.clone(), room: room.clone() }) });
    let file = format!("{}/tests/engine/slt/{name}.slt", env!("CARGO_MANIFEST_DIR"));
    if let Err(error) = runner.run_file_async(file).await {
        panic!("{name}.slt: {}", error.display(false));
    }
}

/// Files by the lake they ask.
macro_rules! slt_files {
    ($($lake:ident: $($name:ident),+;)+) => {
        $($(#[tokio::test]
        async fn $name() {
            run(stringify!($name), Lake::$lake().await).await;
        })+)+

        #[test]
        fn every_named_query_has_a_test() {
            let tested = [$($(stringify!($name)),+),+];
            for query in callhouse_query::named_queries() {
                assert!(tested.contains(&query.name), "{}", query.name);
            }
        }
    };
}

slt_files!(
    fixed:
        calls_by_app,
        calls_by_cli_country,
        calls_by_destination,
        calls_by_did,
        calls_by_outbound_country,
        calls_history,
        calls_summary,
        cdr_search,
        cdr_total,
        functions,
        statements;
    kpis:
        abr,
        acd,
        asr,
        busy_hour,
        calls_per_second,
        concurrent_calls,
        destination_costs,
        erlangs,
        hour_of_week,
        ner,
        number_fan_out,
        pdd,
        release_causes,
        seer,
        ser,
        short_calls;
    messages:
        sms_delivery_latency,
        sms_delivery_rate,
        sms_get,
        sms_history,
        sms_history_out,
        sms_history_out_by_status,
        sms_search,
        sms_summary,
        sms_summary_out,
        sms_summary_out_by_status,
        sms_total;
    attempts:
        webhook_log_search;
);
