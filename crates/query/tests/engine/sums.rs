//! LAK-3: what is summed beforehand and what is summed row by row is the same, whatever is settled, recent or hot.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::util::pretty::pretty_format_batches;
use callhouse_lake::Family;
use callhouse_query::{Engine, Scope};
use futures::TryStreamExt;

use crate::lake::{Lake, at, scope};

/// Whole hours of UTC, and not: Lord Howe Island's clock is ten and a half hours ahead.
const BUCKETS: [(&str, &str); 5] = [
    ("minute", "UTC"),
    ("hour", "Europe/Paris"),
    ("day", "Australia/Lord_Howe"),
    ("month", "America/New_York"),
    ("week", "UTC"),
];

/// Whole months, whole days, whole hours, and neither.
const RANGES: [(&str, &str); 5] = [
    ("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z"),
    ("2026-02-27T00:00:00Z", "2026-04-04T00:00:00Z"),
    ("2026-03-01T07:00:00Z", "2026-04-04T14:00:00Z"),
    ("2026-03-01T06:59:59.999999Z", "2026-04-04T11:20:00.000001Z"),
    ("2026-04-04T11:20:00Z", "2026-04-04T11:20:00Z"),
];

/// What is asked of the sums and of the rows of a family.
struct Questions {
    table: &'static str,
    /// The instant by which records are chosen.
    at: &'static str,
    records: &'static str,
    summed: &'static str,
    counted: &'static str,
    /// By dimension: what sums and what rows are grouped by, and the rows that count.
    by: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

const CALLS: Questions = Questions {
    table: "calls",
    at: "started_at",
    records: "calls",
    summed: "sum(calls) AS calls, sum(answered_calls) AS answered, sum(talk_seconds) AS talk, sum(debit) AS debit, \
             sum(credit) AS credit",
    counted: "count(*) AS calls, count(answered_at) AS answered, coalesce(sum(talk_seconds), 0) AS talk, \
              coalesce(sum(debit), 0) AS debit, coalesce(sum(credit), 0) AS credit",
    by: &[
        ("total", "direction", "direction", "direction IS NOT NULL"),
        (
            "total",
            "direction, date_trunc('day', at)",
            "direction, date_trunc('day', started_at)",
            "direction IS NOT NULL",
        ),
        ("app", "direction, app_hash", "direction, app_hash", "app_hash IS NOT NULL"),
        (
            "from_country",
            "from_country",
            "from_country",
            "from_country IS NOT NULL AND direction = 'inbound'",
        ),
        ("to_country", "to_country", "to_country", "to_country IS NOT NULL AND direction = 'outbound'"),
        ("destination", "cost_label", "cost_label", "cost_label IS NOT NULL AND direction = 'outbound'"),
        (
            "did",
            "did_hash, did_number, cost_label",
            "did_hash, did_number, cost_label",
            "coalesce(did_hash, did_number) IS NOT NULL AND direction = 'inbound'",
        ),
    ],
};

const MESSAGES: Questions = Questions {
    table: "sms",
    at: "created_at",
    records: "messages",
    summed: "sum(messages) AS messages, sum(parts) AS parts, sum(debit) AS debit, sum(credit) AS credit",
    counted: "count(*) AS messages, coalesce(sum(parts), 0) AS parts, coalesce(sum(debit), 0) AS debit, \
              coalesce(sum(credit), 0) AS credit",
    by: &[
        ("total", "direction", "direction", "direction IS NOT NULL"),
        (
            "total",
            "direction, date_trunc('hour', at)",
            "direction, date_trunc('hour', created_at)",
            "direction IS NOT NULL",
        ),
        ("status", "direction, status", "direction, status", "direction IS NOT NULL"),
        ("quarter", "direction, at", "direction, created_at", "direction IS NOT NULL"),
    ],
};

/// Asks everything of a family both ways.
pub(crate) async fn check(engine: &Engine, scope: &Scope, family: Family) {
    let Questions { table, at, records, summed, counted, by } = match family {
        Family::Calls => CALLS,
        Family::Sms => MESSAGES,
    };
    let function = family.sums().function;
    for (from, to) in RANGES {
        let within = format!("{at} >= '{from}' AND {at} < '{to}'");
        for (dimension, summed_by, counted_by, counts) in by {
            let sums = format!(
                "SELECT {summed_by}, {summed} FROM {function}('{dimension}', '{from}', '{to}') \
                 GROUP BY {summed_by} HAVING sum({records}) <> 0"
            );
            let rows = format!(
                "SELECT {counted_by}, {counted} FROM {table} WHERE {within} AND {counts} GROUP BY {counted_by}"
            );
            same(engine, scope, &sums, &rows).await;
        }
        for (unit, zone) in BUCKETS {
            let sums = format!(
                "SELECT direction, date_trunc('{unit}', at, '{zone}') AS bucket, {summed} \
                 FROM {function}('total', '{from}', '{to}', '{unit}', '{zone}') \
                 GROUP BY direction, bucket HAVING sum({records}) <> 0"
            );
            let rows = format!(
                "SELECT direction, date_trunc('{unit}', {at}, '{zone}') AS bucket, {counted} FROM {table} \
                 WHERE {within} AND direction IS NOT NULL GROUP BY direction, bucket"
            );
            same(engine, scope, &sums, &rows).await;
        }
        if family == Family::Calls {
            check_callers(engine, scope, from, to, &within).await;
        }
    }
}

async fn check_callers(engine: &Engine, scope: &Scope, from: &str, to: &str, within: &str) {
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
        check(&lake.engine, &scope(accounts), Family::Calls).await;
    }
    let lake = Lake::messages().await;
    for accounts in ["acme", "beta", "*", "beta,acme"] {
        check(&lake.engine, &scope(accounts), Family::Sms).await;
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
    let (calls, messages) = (Lake::fixed().await, Lake::messages().await);
    for (lake, arguments, files) in [
        (&calls, "call_sums('total', '2026-03-28T22:00:00Z', '2026-03-29T03:00:00Z')", 0),
        (&calls, "call_sums('total', '2026-03-28T22:00:00Z', '2026-03-29T00:35:00Z')", 1),
        (&calls, "call_sums('did', '2026-03-28T00:00:00Z', '2026-03-30T00:00:00Z')", 0),
        (&calls, "call_sums('caller', '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z')", 0),
        (&calls, "call_sums('quarter', '2026-03-28T22:00:00Z', '2026-03-29T00:00:00Z')", 1),
        (&calls, "call_sums('did', '2026-03-28', '2026-03-30', 'day', 'UTC')", 0),
        (&calls, "call_sums('did', '2026-03-28', '2026-03-29', 'day', 'Europe/Paris')", 1),
        (&messages, "sms_sums('total', '2026-03-28', '2026-03-30')", 0),
        (&messages, "sms_sums('status', '2026-03-28', '2026-03-30', 'day', 'Europe/Paris')", 0),
        (&messages, "sms_sums('status', '2026-03-28', '2026-03-29', 'day', 'Asia/Kathmandu')", 1),
        (&messages, "sms_sums('total', '2026-03-28', '2026-03-29', 'minute', 'UTC')", 1),
    ] {
        let sql = format!("SELECT count(*), count(DISTINCT direction) FROM {arguments}");
        let plan = lake.engine.explain(&scope("acme"), &sql).await.expect("a plan");
        assert_eq!(plan.matches(".parquet").count(), files, "{sql}: {plan}");
    }
}

#[tokio::test]
async fn lak_3_the_named_queries_of_messages_read_no_rows_of_whole_hours() {
    let lake = Lake::messages().await;
    for query in [
        "sms_summary",
        "sms_summary_out",
        "sms_summary_out_by_status",
        "sms_history",
        "sms_history_out",
        "sms_history_out_by_status",
    ] {
        let mut params = callhouse_query::Params::new();
        for (name, value) in [("from", "2026-03-28T00:00:00Z"), ("to", "2026-03-30T00:00:00Z")] {
            params.insert(name.to_owned(), at(value).into());
        }
        if query.contains("history") {
            params.insert("bucket".to_owned(), "day".into());
            params.insert("time_zone".to_owned(), "Europe/Paris".into());
        }
        let plan = lake.engine.explain_named(&scope("acme"), query, &params).await.expect("a plan");
        assert!(!plan.contains(".parquet"), "{query}: {plan}");
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
        ("sms_sums('app', '2026-03-28', '2026-03-29')", "it has total, status, quarter"),
        ("sms_sums('total', '2026-03-28', '2026-03-29', 'day')", "may take a bucket and a time zone"),
        ("sms_sums('total', '2026-03-28', '2026-03-29', 'eon', 'UTC')", "no unit of time"),
        ("sms_sums('total', '2026-03-28', '2026-03-29', 'day', 'Mars')", "no time zone"),
        ("sms_sums('total', '2026-03-28', '2026-03-29', 5, 'UTC')", "must be texts"),
        ("call_sums('caller', '2026-03-01', '2026-04-01', 'month', 'UTC')", "is counted by month of UTC"),
        ("call_sums('total', 'yesterday', '2026-03-29')", "must be two instants"),
        ("call_sums('total', $1, '2026-03-29')", "must be two instants"),
        ("unique_callers('2026-03-29')", "takes two instants"),
        ("unique_callers('yesterday', '2026-03-29')", "must be two instants"),
    ] {
        let error =
            lake.engine.sql(&scope("acme"), &format!("SELECT * FROM {call}")).await.err().expect("refused");
        let mut told = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            told = format!("{told}: {cause}");
            source = cause.source();
        }
        assert!(told.contains(reason), "{call}: {told}");
    }
    // A range that ends before it begins has no calls.
    let none = "SELECT * FROM call_sums('total', '2026-03-30T00:00:00Z', '2026-03-28T00:00:00Z')";
    assert!(rows(&lake.engine, &scope("acme"), none).await.is_empty());
}
