//! LAK-3: an export has the rows that a question has, all of them once and in order, however it is cut, and wherever they lie.

use std::fmt::Write as _;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use callhouse_core::KafkaPartition;
use callhouse_core::position::OffsetRange;
use callhouse_lake::Table;
use callhouse_query::{Error, ExportOptions, ExportQuestion, ExportRows, Exporter, Params, Scope};
use futures::{FutureExt, TryStreamExt};
use proptest::prelude::*;

use crate::lake::{Lake, at, calls, scope};

const HEADER: &str = "account,call_id,callid,started_at,status,direction,talk_seconds\n";
const MINUTE: i64 = 60_000_000;

type Row = (String, Option<i64>, String);

fn question(params: Params) -> ExportQuestion {
    let columns = vec!["talk_seconds".to_owned(), "call_id".to_owned()];
    ExportQuestion { query: "cdr_search", params, time: "started_at", key: "call_id", columns }
}

/// Calls of two months in files that overlap, of which some are replaced and some have no start.
async fn lake(calls_of: &[(u8, u32, bool)]) -> Lake {
    let lake = Lake::empty().await;
    let account = |number: u8| ["acme", "beta", "gamma"][usize::from(number % 3)];
    for (short, month) in [("03", "2026-03-01T00:00:00Z"), ("02", "2026-02-01T00:00:00Z")] {
        for file in 0..2 {
            let mut lines = HEADER.to_owned();
            for (number, (of, minutes, outbound)) in
                calls_of.iter().enumerate().filter(|(number, _)| number % 2 == file)
            {
                let started = at(month).plus_micros(i64::from(*minutes % 38_000) * MINUTE).to_rfc3339();
                let direction = if *outbound { "outbound" } else { "inbound" };
                let id = format!("{short}-{number:04}");
                writeln!(lines, "{},{id},{number},{started},completed,{direction},{number}", account(*of))
                    .expect("text");
            }
            if lines.len() > HEADER.len() {
                lake.settle_month(&lines).await;
            }
        }
    }
    // Newer than what is settled: a call that moved, a new one, and two without a start.
    let recent = format!(
        "{HEADER}acme,03-0000,0,2026-03-30T00:00:00Z,completed,inbound,1\nacme,new,1,2026-02-20T00:00:00Z,completed,inbound,1\n\
         acme,unknown-1,1,,queued,inbound,\nbeta,unknown-2,2,,queued,outbound,\n"
    );
    commit_recent(&lake, &recent, 0).await;
    lake
}

async fn commit_recent(lake: &Lake, csv: &str, offset: i64) {
    let file = lake.writer.write(Table::CallsRecent, None, &[calls(csv)]).expect("a file");
    let range = OffsetRange { kafka_partition: KafkaPartition::new("t", 0), from: offset, to: offset + 1 };
    lake.commit(vec![file], vec![range]).await;
}

fn rows(batches: &[RecordBatch]) -> Vec<Row> {
    let of = |batch: &RecordBatch| {
        let texts = |name| batch.column_by_name(name).expect("a column").as_string::<i32>().clone();
        let starts = batch.column_by_name("started_at").expect("starts");
        let starts = starts.as_primitive::<TimestampMicrosecondType>().iter().collect::<Vec<_>>();
        let (accounts, ids) = (texts("account"), texts("call_id"));
        let row = |(row, start)| (accounts.value(row).to_owned(), start, ids.value(row).to_owned());
        starts.into_iter().enumerate().map(row).collect::<Vec<Row>>()
    };
    batches.iter().flat_map(of).collect()
}

async fn exported(exporter: &Exporter, scope: &Scope, params: Params) -> Vec<Row> {
    let view = exporter.committed_view().await.expect("a view");
    let mut export: ExportRows = exporter.open(view, scope, question(params)).await.expect("an export");
    let mut batches = Vec::new();
    while let Some(batch) = export.next().await.expect("rows") {
        assert_eq!(batch.schema(), *export.schema());
        batches.push(batch);
    }
    let rows = rows(&batches);
    assert_eq!(export.row_count(), rows.len() as u64);
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lak_3_an_export_is_the_answer_in_order(
        calls_of in proptest::collection::vec((any::<u8>(), 0..40_u32, any::<bool>()), 1..40),
        spread in any::<bool>(),
        slice_rows in prop_oneof![1..20_u64, Just(65_536)],
        slice_bytes in prop_oneof![Just(1_usize), Just(64 << 20)],
    ) {
        let calls_of: Vec<_> = calls_of
            .into_iter()
            .map(|(of, minutes, outbound)| (of, if spread { minutes * 997 } else { minutes }, outbound))
            .collect();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(check(&calls_of, slice_rows, slice_bytes));
    }
}

async fn check(calls_of: &[(u8, u32, bool)], slice_rows: u64, slice_bytes: usize) {
    let lake = lake(calls_of).await;
    let spill = lake.folder().join("spill");
    std::fs::create_dir_all(&spill).expect("a folder");
    let options =
        ExportOptions { slice_rows, slice_bytes, spill_folder: Some(spill), ..ExportOptions::default() };
    let exporter = Exporter::new(lake.engine.clone(), &options).expect("an exporter");
    for account in ["*", "acme", "beta", "nobody"] {
        for direction in [None, Some("outbound")] {
            let params: Params =
                direction.map(|direction| ("direction".to_owned(), direction.into())).into_iter().collect();
            let found = exported(&exporter, &scope(account), params).await;
            let filter =
                direction.map_or("true".to_owned(), |direction| format!("direction = '{direction}'"));
            let sql = format!(
                "SELECT account, started_at, call_id FROM calls WHERE {filter} \
                 ORDER BY account, started_at ASC NULLS LAST, call_id"
            );
            let (_, answer) = lake.engine.sql(&scope(account), &sql).await.expect("an answer");
            let wanted = rows(&answer.try_collect::<Vec<_>>().await.expect("rows"));
            assert_eq!(found, wanted, "{account}, {direction:?}");
        }
    }
}

#[tokio::test]
async fn lak_2_an_export_has_what_was_shown_when_it_began_and_nothing_that_is_not_committed() {
    let lake = lake(&[(0, 1, false)]).await;
    let exporter = Exporter::new(lake.engine.clone(), &ExportOptions::default()).expect("an exporter");
    let before = exported(&exporter, &scope("acme"), Params::new()).await.len();
    let hot = format!("{HEADER}acme,hot,9,2026-03-15T00:00:00Z,completed,inbound,1\n");
    lake.heat(&hot, 1);
    let mut waiting = Box::pin(exporter.committed_view());
    assert!(waiting.as_mut().now_or_never().is_none(), "a call that is shown is not in a snapshot yet");
    commit_recent(&lake, &hot, 1).await;
    let view = waiting.await.expect("a view");
    lake.heat(&format!("{HEADER}acme,hotter,9,2026-03-16T00:00:00Z,completed,inbound,1\n"), 2);
    let export = exporter.open(view, &scope("acme"), question(Params::new())).await.expect("an export");
    assert_eq!(export.row_count(), before as u64 + 1);
}

#[tokio::test]
async fn a_column_that_is_not_there_is_an_error() {
    let lake = lake(&[(0, 1, false)]).await;
    let exporter = Exporter::new(lake.engine.clone(), &ExportOptions::default()).expect("an exporter");
    let view = exporter.committed_view().await.expect("a view");
    let question = ExportQuestion { columns: vec!["price".to_owned()], ..question(Params::new()) };
    assert!(matches!(exporter.open(view, &Scope::All, question).await.err(), Some(Error::Invalid { .. })));
}
