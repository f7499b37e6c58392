//! LAK-3: a page of calls, or of messages, read in order of the instant they began, as far as needed, is the page that all of them sorted have,
//! whatever files and memory they lie in.

use std::fmt::Write as _;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use callhouse_core::event::call::Direction;
use callhouse_lake::Table;
use callhouse_query::{CallColumn, CallSearch, Order, Scope, SortDirection};
use futures::TryStreamExt;
use proptest::prelude::*;

use crate::lake::{ACME, Lake, at, rows, scope};

const HEADER: &str = "account,call_id,callid,started_at,status,direction,talk_seconds\n";
/// More than one row group of one account, so that files have many pages.
const ROWS: u64 = 60_000;
const MINUTE: i64 = 60_000_000;

type Call = (Option<i64>, String);

/// Numbers that look like chance.
struct Chance(u64);

impl Chance {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Calls of March, in files that overlap in time, of two accounts; ties are frequent.
async fn lake(chance: &mut Chance) -> Lake {
    let lake = Lake::empty().await;
    for file in 0..3_u64 {
        let mut lines = HEADER.to_owned();
        for n in 0..ROWS / 3 {
            let account = if chance.below(4) == 0 { "beta" } else { ACME };
            line(&mut lines, chance, account, &format!("f{file}-{n:05}"), file * ROWS + n);
        }
        lake.settle_month(&lines).await;
    }
    lake
}

/// Some of them again and new ones in memory, a few without a start.
fn heat(lake: &Lake, chance: &mut Chance) {
    let mut hot = HEADER.to_owned();
    for n in 0..700_u64 {
        let id = if n % 2 == 0 { format!("f1-{:05}", n * 20) } else { format!("hot-{n:05}") };
        line(&mut hot, chance, ACME, &id, 10 * ROWS + n);
    }
    hot.push_str("acme,unknown-1,1,,queued,inbound,\nacme,unknown-2,2,,queued,outbound,\n");
    lake.heat(&hot, 0);
}

fn line(lines: &mut String, chance: &mut Chance, account: &str, call_id: &str, callid: u64) {
    let minutes = i64::try_from(chance.below(40_000)).expect("small");
    let started = at("2026-03-02T00:00:00Z").plus_micros(minutes * MINUTE).to_rfc3339();
    let direction = if chance.below(3) == 0 { "outbound" } else { "inbound" };
    let talk = chance.below(1_000);
    writeln!(lines, "{account},{call_id},{callid},{started},completed,{direction},{talk}").expect("text");
}

fn calls(batches: &[RecordBatch]) -> Vec<Call> {
    let of = |batch: &RecordBatch| {
        let ids = batch.column_by_name("call_id").expect("ids").as_string::<i32>().clone();
        let starts = batch.column_by_name("started_at").expect("starts");
        let starts = starts.as_primitive::<TimestampMicrosecondType>().clone();
        (0..batch.num_rows())
            .map(|row| (starts.is_valid(row).then(|| starts.value(row)), ids.value(row).to_owned()))
            .collect::<Vec<_>>()
    };
    batches.iter().flat_map(of).collect()
}

async fn ask(lake: &Lake, scope: &Scope, sql: &str) -> Vec<Call> {
    let (_, rows) = lake.engine.sql(scope, sql).await.expect("an answer");
    calls(&rows.try_collect::<Vec<_>>().await.expect("rows"))
}

/// All of them, in order of start and id.
fn sorted(mut calls: Vec<Call>, descending: bool, nulls_first: bool) -> Vec<Call> {
    calls.sort_by(|left, right| {
        let nulls = left.0.is_none().cmp(&right.0.is_none());
        let nulls = if nulls_first { nulls.reverse() } else { nulls };
        let starts = left.0.cmp(&right.0);
        let starts = if descending { starts.reverse() } else { starts };
        let both = left.0.is_some() && right.0.is_some();
        nulls.then(if both { starts } else { std::cmp::Ordering::Equal }).then_with(|| left.1.cmp(&right.1))
    });
    calls
}

fn cut(calls: &[Call], offset: usize, limit: usize) -> &[Call] {
    &calls[offset.min(calls.len())..(offset + limit).min(calls.len())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lak_3_calls_read_in_order_are_those_of_all_sorted(seed in any::<u64>()) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(check(&mut Chance(seed)));
    }
}

async fn check(chance: &mut Chance) {
    let lake = lake(chance).await;
    check_pages(&lake, chance).await;
    heat(&lake, chance);
    check_pages(&lake, chance).await;
}

async fn check_pages(lake: &Lake, chance: &mut Chance) {
    let acme = scope(ACME);
    for filter in [
        "true",
        "started_at >= '2026-03-05T00:00:00Z' AND started_at < '2026-03-09T12:00:00Z'",
        "direction = 'inbound' AND started_at < '2026-03-20T00:00:00Z'",
        "talk_seconds = 7",
        "talk_seconds > 5000",
    ] {
        let all = ask(lake, &acme, &format!("SELECT call_id, started_at FROM calls WHERE {filter}")).await;
        for (order, descending, nulls_first) in [
            ("started_at DESC NULLS LAST", true, false),
            ("started_at DESC", true, true),
            ("started_at", false, false),
            ("started_at ASC NULLS FIRST", false, true),
        ] {
            let wanted = sorted(all.clone(), descending, nulls_first);
            let far = usize::try_from(chance.below(30_000)).expect("small");
            for (offset, limit) in [(0, 1), (0, 100), (100, 100), (9_900, 100), (far, 50)] {
                let sql = format!(
                    "SELECT call_id, started_at FROM calls WHERE {filter} ORDER BY {order}, call_id LIMIT {limit} OFFSET {offset}"
                );
                assert_eq!(ask(lake, &acme, &sql).await, cut(&wanted, offset, limit), "{sql}");
            }
        }
    }
    pages_of_a_search(lake).await;
}

/// The same through the search, whose near pages are read whole and far ones by their keys first.
async fn pages_of_a_search(lake: &Lake) {
    let all = "SELECT call_id, started_at FROM calls WHERE direction = 'inbound'";
    let all = ask(lake, &scope(ACME), all).await;
    for direction in [SortDirection::Descending, SortDirection::Ascending] {
        let wanted = sorted(all.clone(), direction == SortDirection::Descending, false);
        let order = vec![Order { column: CallColumn::StartedAt, direction }];
        for offset in [0, 300, 5_000] {
            let search = CallSearch {
                direction: Some(Direction::Inbound),
                order: order.clone(),
                offset,
                quantity: 100,
                ..CallSearch::default()
            };
            let page = lake.engine.search_calls(&scope(ACME), &search).await.expect("a page");
            let offset = usize::try_from(offset).expect("small");
            assert_eq!(calls(&page.rows), cut(&wanted, offset, 100), "{direction:?} {offset}");
            assert_eq!(page.total, wanted.len() as u64);
        }
    }
}

#[tokio::test]
async fn lak_3_the_total_of_a_search_by_time_is_that_of_its_calls() {
    let lake = Lake::fixed().await;
    for account in [ACME, "beta", "*"] {
        for direction in [Direction::Inbound, Direction::Outbound] {
            for (from, to) in [
                ("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z"),
                ("2026-03-28T22:00:00Z", "2026-03-29T00:35:00Z"),
                ("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"),
            ] {
                let search = CallSearch {
                    direction: Some(direction),
                    started_from: Some(at(from)),
                    started_to: Some(at(to)),
                    ..CallSearch::default()
                };
                let page = lake.engine.search_calls(&scope(account), &search).await.expect("a total");
                let sql = format!(
                    "SELECT call_id, started_at FROM calls WHERE direction = '{}' AND started_at >= '{from}' AND started_at < '{to}'",
                    direction.as_str()
                );
                assert_eq!(page.total, ask(&lake, &scope(account), &sql).await.len() as u64, "{sql}");
            }
        }
    }
}

#[tokio::test]
async fn the_newest_calls_of_one_account_are_read_in_order() {
    let lake = lake(&mut Chance(7)).await;
    let newest =
        "SELECT call_id FROM calls WHERE direction = 'inbound' ORDER BY started_at DESC, call_id LIMIT 10";
    for (scope, sql, in_order) in [
        (scope(ACME), newest.to_owned(), true),
        (scope(ACME), newest.replace(" DESC", ""), true),
        (scope(ACME), newest.replace("started_at DESC, ", ""), false),
        (scope(ACME), newest.replace(" LIMIT 10", ""), false),
        // Files are sorted by account first, so that the newest calls of several are not at one end.
        (Scope::All, newest.to_owned(), false),
    ] {
        let plan = lake.engine.explain(&scope, &sql).await.expect("a plan");
        assert_eq!(plan.contains("InOrderExec"), in_order, "{sql}\n{plan}");
        assert_eq!(plan.contains("sort_prefix=[started_at"), in_order, "{sql}\n{plan}");
        if scope != Scope::All {
            assert!(plan.contains("WallExec: accounts=[acme]"), "{plan}");
        }
    }
}

/// Messages of March in two files, and some of them again and new ones in memory.
async fn messages(chance: &mut Chance) -> Lake {
    const HEADER: &str = "account,sms_id,hash,created_at,status,status_at,direction,parts\n";
    let lake = Lake::empty().await;
    let line = |chance: &mut Chance, sms_id: &str| {
        let minutes = i64::try_from(chance.below(40_000)).expect("small");
        let created = at("2026-03-02T00:00:00Z").plus_micros(minutes * MINUTE).to_rfc3339();
        let account = if chance.below(4) == 0 { "beta" } else { ACME };
        let parts = chance.below(9);
        format!("{account},{sms_id},{sms_id},{created},SENT,{created},outbound,{parts}\n")
    };
    for file in 0..2 {
        let lines = (0..20_000).map(|n| line(chance, &format!("f{file}-{n:05}")));
        lake.settle_month_of(
            Table::Sms,
            &std::iter::once(HEADER.to_owned()).chain(lines).collect::<String>(),
        )
        .await;
    }
    let hot = (0..500).map(|n| line(chance, &format!("f1-{:05}", n * 50))).collect::<String>();
    lake.publish(Table::SmsRecent, rows(Table::Sms, &format!("{HEADER}{hot}")), 0);
    lake
}

#[tokio::test]
async fn lak_3_messages_read_in_order_are_those_of_all_sorted() {
    let lake = messages(&mut Chance(11)).await;
    let ids = async |scope: &Scope, sql: String| {
        let (_, rows) = lake.engine.sql(scope, &sql).await.expect("an answer");
        let rows: Vec<RecordBatch> = rows.try_collect().await.expect("rows");
        let texts = |rows: &RecordBatch| {
            let ids = rows.column_by_name("sms_id").expect("ids").as_string::<i32>().clone();
            ids.iter().flatten().map(str::to_owned).collect::<Vec<_>>()
        };
        rows.iter().flat_map(texts).collect::<Vec<_>>()
    };
    for filter in ["true", "parts = 7", "created_at < '2026-03-20T00:00:00Z' AND parts > 2"] {
        for order in ["created_at DESC, sms_id", "created_at, sms_id"] {
            let asked = format!("SELECT sms_id, created_at FROM sms WHERE {filter} ORDER BY {order}");
            let page = format!("{asked} LIMIT 40 OFFSET 200");
            let plan = lake.engine.explain(&scope(ACME), &page).await.expect("a plan");
            assert!(plan.contains("InOrderExec") && plan.contains("WallExec: accounts=[acme]"), "{plan}");
            let all = ids(&scope(ACME), asked).await;
            assert_eq!(ids(&scope(ACME), page).await, all[200..240], "{filter} {order}");
        }
    }
    for (scope, page) in [
        (Scope::All, "SELECT sms_id FROM sms ORDER BY created_at DESC LIMIT 40"),
        // Files are not sorted by what bears the name here.
        (scope(ACME), "SELECT sms_id, status_at AS created_at FROM sms ORDER BY created_at DESC LIMIT 40"),
    ] {
        let plan = lake.engine.explain(&scope, page).await.expect("a plan");
        assert!(!plan.contains("InOrderExec"), "{plan}");
    }
}
