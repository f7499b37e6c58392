//! LAK-3: what is summed beforehand and what is summed row by row is the same, whatever is settled, recent or hot.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::util::pretty::pretty_format_batches;
use callhouse_query::{Engine, Scope};
use futures::TryStreamExt;

use crate::lake::{Lake, scope};

/// Whole months, whole days, whole hours, and neither.
const RANGES: [(&str, &str); 5] = [
    ("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z"),
    ("2026-02-27T00:00:00Z", "2026-04-04T00:00:00Z"),
    ("2026-03-01T07:00:00Z", "2026-04-04T14:00:00Z"),
    ("2026-03-01T06:59:59.999999Z", "2026-04-04T11:20:00.000001Z"),
    ("2026-04-04T11:20:00Z", "2026-04-04T11:20:00Z"),
];

const SUMMED: &str = "sum(calls) AS calls, sum(answered_calls) AS answered, sum(talk_seconds) AS talk, sum(debit) AS debit, sum(credit) AS credit";
const COUNTED: &str = "count(*) AS calls, count(answered_at) AS answered, coalesce(sum(talk_seconds), 0) AS talk, \
     coalesce(sum(debit), 0) AS debit, coalesce(sum(credit), 0) AS credit";

/// By dimension: what `call_sums` and what `calls` is grouped by, and the calls that count.
const QUESTIONS: [(&str, &str, &str, &str); 7] = [
    ("total", "direction", "direction", "direction IS NOT NULL"),
    (
        "total",
        "direction, date_trunc('day', at)",
        "direction, date_trunc('day', started_at)",
        "direction IS NOT NULL",
    ),
    ("app", "direction, app_hash", "direction, app_hash", "app_hash IS NOT NULL"),
    ("from_country", "from_country", "from_country", "from_country IS NOT NULL AND direction = 'inbound'"),
    ("to_country", "to_country", "to_country", "to_country IS NOT NULL AND direction = 'outbound'"),
    ("destination", "cost_label", "cost_label", "cost_label IS NOT NULL AND direction = 'outbound'"),
    (
        "did",
        "did_hash, did_number, cost_label",
        "did_hash, did_number, cost_label",
        "coalesce(did_hash, did_number) IS NOT NULL AND direction = 'inbound'",
    ),
];

/// Asks everything both ways.
pub(crate) async fn check(engine: &Engine, scope: &Scope) {
    for (from, to) in RANGES {
        let within = format!("started_at >= '{from}' AND started_at < '{to}'");
        for (dimension, summed_by, counted_by, counts) in QUESTIONS {
            let summed = format!(
                "SELECT {summed_by}, {SUMMED} FROM call_sums('{dimension}', '{from}', '{to}') \
                 GROUP BY {summed_by} HAVING sum(calls) <> 0"
            );
            let counted = format!(
                "SELECT {counted_by}, {COUNTED} FROM calls WHERE {within} AND {counts} GROUP BY {counted_by}"
            );
            same(engine, scope, &summed, &counted).await;
        }
        let summed = format!(
            "SELECT caller, sum(calls) FROM call_sums('caller', '{from}', '{to}') GROUP BY caller HAVING sum(calls) <> 0"
        );
        // Of the callers of these tests only this one withholds its number.
        let counted = format!(
            "SELECT coalesce(from_number, from_number_raw), count(*) FROM calls WHERE {within} AND direction = 'inbound' \
             AND coalesce(from_number, from_number_raw) <> 'anonymous' GROUP BY 1"
        );
        same(engine, scope, &summed, &counted).await;
        let counted = format!("SELECT count(DISTINCT c) FROM ({counted}) AS callers (c, n)");
        same(engine, scope, &format!("SELECT callers FROM unique_callers('{from}', '{to}')"), &counted).await;
    }
}

async fn same(engine: &Engine, scope: &Scope, left: &str, right: &str) {
    let (left_rows, right_rows) = (rows(engine, scope, left).await, rows(engine, scope, right).await);
    assert_eq!(left_rows, right_rows, "{scope:?}\n{left}\n{right}");
}

/// The rows as text, sorted, without the header.
async fn rows(engine: &Engine, scope: &Scope, sql: &str) -> Vec<String> {
    let (schema, answer) = engine.sql(scope, sql).await.expect("an answer");
    let batches: Vec<RecordBatch> = answer.try_collect().await.expect("rows");
    let whole = concat_batches(&schema, &batches).expect("one batch");
    let table = pretty_format_batches(&[whole]).expect("printable").to_string();
    let cells = |line: &str| line.split('|').map(str::trim).collect::<Vec<_>>().join("|");
    let mut rows: Vec<String> =
        table.lines().filter(|line| line.starts_with('|')).skip(1).map(cells).collect();
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn lak_3_sums_of_the_fixed_lake_are_those_of_its_rows() {
    let lake = Lake::fixed().await;
    for accounts in ["acme", "beta", "*", "gamma,acme", "beta,acme", "acme,acme"] {
        check(&lake.engine, &scope(accounts)).await;
    }
}

#[tokio::test]
async fn ten_1_sums_of_several_accounts_are_those_of_each_together() {
    let lake = Lake::fixed().await;
    for (from, to) in RANGES {
        let sql = format!(
            "SELECT sum(calls), sum(talk_seconds), sum(debit) FROM call_sums('total', '{from}', '{to}')"
        );
        let by_account = format!(
            "SELECT account, count(*) FROM calls WHERE started_at >= '{from}' AND started_at < '{to}' GROUP BY 1"
        );
        for question in [&sql, &by_account] {
            let both = rows(&lake.engine, &scope("beta,acme"), question).await;
            assert_eq!(both, rows(&lake.engine, &Scope::All, question).await, "there are no other accounts");
            assert_eq!(
                rows(&lake.engine, &scope("acme,nobody"), question).await,
                rows(&lake.engine, &scope("acme"), question).await
            );
        }
    }
}

#[tokio::test]
async fn ten_1_sums_are_walled() {
    let lake = Lake::fixed().await;
    let sql = "SELECT caller FROM call_sums('caller', '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z') GROUP BY caller";
    let (all, acme) =
        (rows(&lake.engine, &Scope::All, sql).await, rows(&lake.engine, &scope("acme"), sql).await);
    assert!(!acme.is_empty() && acme.len() < all.len(), "{acme:?} of {all:?}");
    assert!(rows(&lake.engine, &Scope::Accounts(Vec::new()), sql).await.is_empty());
    let sql = "SELECT callers FROM unique_callers('2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z')";
    assert_eq!(rows(&lake.engine, &scope("acme"), sql).await, [format!("|{}|", acme.len())]);
    assert_eq!(rows(&lake.engine, &Scope::Accounts(Vec::new()), sql).await, ["|0|"]);
}

#[tokio::test]
async fn lak_3_whole_buckets_are_not_read_again() {
    let lake = Lake::fixed().await;
    for (dimension, from, to, files) in [
        ("total", "2026-03-28T22:00:00Z", "2026-03-29T03:00:00Z", 0),
        ("total", "2026-03-28T22:00:00Z", "2026-03-29T00:35:00Z", 1),
        ("did", "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z", 0),
        ("caller", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", 0),
        ("quarter", "2026-03-28T22:00:00Z", "2026-03-29T00:00:00Z", 1),
    ] {
        let sql = format!("SELECT sum(calls) FROM call_sums('{dimension}', '{from}', '{to}')");
        let plan = lake.engine.explain(&scope("acme"), &sql).await.expect("a plan");
        assert_eq!(plan.matches(".parquet").count(), files, "{sql}: {plan}");
    }
}

#[tokio::test]
async fn a_call_of_the_function_that_makes_no_sense_says_why() {
    let lake = Lake::fixed().await;
    for (call, reason) in [
        ("call_sums('total')", "takes a dimension and two instants"),
        (
            "call_sums('weather', '2026-03-28', '2026-03-29')",
            "has no dimension \"weather\"; it has total, app",
        ),
        ("call_sums('total', 'yesterday', '2026-03-29')", "must be two instants"),
        ("call_sums('total', $1, '2026-03-29')", "must be two instants"),
        ("unique_callers('2026-03-29')", "takes two instants"),
        ("unique_callers('yesterday', '2026-03-29')", "must be two instants"),
    ] {
        let error =
            lake.engine.sql(&scope("acme"), &format!("SELECT * FROM {call}")).await.err().expect("refused");
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(format!("{error}: {source}").contains(reason), "{call}: {error}: {source}");
    }
    // A range that ends before it begins has no calls.
    let none = "SELECT * FROM call_sums('total', '2026-03-30T00:00:00Z', '2026-03-28T00:00:00Z')";
    assert!(rows(&lake.engine, &scope("acme"), none).await.is_empty());
}
