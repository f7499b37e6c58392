//! TEN-1: whatever account A writes, no row of account B comes back.

use arrow::util::pretty::pretty_format_batches;
use callhouse_query::{EngineOptions, Error, Scope};
use futures::TryStreamExt;

use crate::lake::{ACME, Lake, scope};

/// Texts that are in rows of account beta only.
const OF_BETA: [&str; 8] = ["beta", "b1", "b2", "b3", "secret", "APP00009", "3369999999", "77.777777"];

async fn answer(lake: &Lake, scope: &Scope, sql: &str) -> Result<String, Error> {
    let (_, rows) = lake.engine.sql(scope, sql).await?;
    let rows: Vec<_> = rows.try_collect().await?;
    Ok(without_file_names(&pretty_format_batches(&rows).expect("printable").to_string()))
}

/// File names are random and could spell anything.
fn without_file_names(text: &str) -> String {
    let ends = text.split(".parquet").map(|part| part.rsplit_once('/').map_or(part, |(before, _)| before));
    ends.collect::<Vec<_>>().join("/F.parquet")
}

#[tokio::test]
async fn ten_1_no_statement_returns_rows_of_another_account() {
    let lake = Lake::fixed().await;
    let statements = [
        "SELECT * FROM calls",
        "SELECT * FROM callhouse.public.calls",
        "SELECT * FROM calls WHERE account = 'be' || 'ta'",
        "SELECT * FROM calls WHERE account = 'acme' OR true",
        "SELECT * FROM calls WHERE account <> 'acme' OR account IS NULL",
        "SELECT c.* FROM (SELECT * FROM calls) c WHERE NOT (account = 'acme')",
        "SELECT call_id FROM calls WHERE call_id IN (SELECT call_id FROM calls)",
        "WITH every AS (SELECT * FROM calls) SELECT * FROM every a JOIN every b ON a.call_id <> b.call_id",
        "SELECT * FROM calls a CROSS JOIN calls b",
        "SELECT * FROM calls a LEFT JOIN calls b ON a.started_at = b.started_at",
        "SELECT * FROM calls a FULL JOIN calls b ON a.account <> b.account",
        "SELECT account, count(*), max(customer_field), array_agg(call_id) FROM calls GROUP BY ROLLUP (account)",
        "SELECT (SELECT max(debit) FROM calls), (SELECT string_agg(account, ',') FROM calls)",
        "SELECT max(account), min(account), max(from_number), max(debit) FROM calls",
        "SELECT customer_field FROM calls UNION ALL SELECT call_id FROM calls",
        "SELECT call_id FROM calls EXCEPT SELECT 'x'",
        "SELECT first_value(call_id) OVER (ORDER BY account DESC), lag(call_id) OVER (ORDER BY started_at) FROM calls",
        "SELECT DISTINCT account FROM calls ORDER BY account DESC LIMIT 5",
        "SELECT call_id FROM calls ORDER BY debit DESC NULLS LAST LIMIT 1",
        "SELECT * FROM call_events",
        "SELECT * FROM rejections",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM information_schema.columns",
        "SELECT * FROM information_schema.views",
        "SELECT * FROM information_schema.schemata",
        "SHOW TABLES",
        "SHOW COLUMNS FROM calls",
        "DESCRIBE calls",
        "EXPLAIN SELECT * FROM calls",
        "EXPLAIN FORMAT TREE SELECT * FROM calls",
        "WITH RECURSIVE r(n, id) AS (SELECT 1, (SELECT max(call_id) FROM calls) UNION ALL SELECT n + 1, id FROM r WHERE n < 3) SELECT * FROM r",
        "SELECT * FROM calls c, LATERAL (SELECT d.call_id FROM calls d WHERE d.account <> c.account) x",
        "SELECT EXISTS (SELECT 1 FROM calls WHERE account = 'be' || 'ta')",
    ];
    for sql in statements {
        let shown = match answer(&lake, &scope(ACME), sql).await {
            Ok(shown) => shown,
            // Some of these DataFusion does not plan; what it says then must give nothing away either.
            Err(error @ Error::Statement { .. }) => error.to_string(),
            Err(error) => panic!("{sql}: {error:?}"),
        };
        for text in OF_BETA {
            assert!(!shown.contains(text), "{sql} shows {text}:\n{shown}");
        }
    }
}

#[tokio::test]
async fn ten_1_counts_are_those_of_the_account() {
    let lake = Lake::fixed().await;
    for (account, wanted) in [(ACME, 7), ("beta", 3), ("gamma", 0), ("*", 10)] {
        let shown = answer(&lake, &scope(account), "SELECT count(*) AS n FROM calls").await.expect("a count");
        assert!(shown.contains(&format!("| {wanted} ")), "{account}: {shown}");
    }
    let nobody = Scope::Accounts(Vec::new());
    let shown = answer(&lake, &nobody, "SELECT count(*) AS n FROM calls").await.expect("a count");
    assert!(shown.contains("| 0 |"), "{shown}");
    let both = Scope::Accounts(vec![
        callhouse_core::AccountId::new("beta").expect("valid"),
        callhouse_core::AccountId::new("acme").expect("valid"),
    ]);
    let shown = answer(&lake, &both, "SELECT count(*) AS n FROM calls").await.expect("a count");
    assert!(shown.contains("| 10 |"), "{shown}");
}

/// An expression that fails on a row tells that the row is there, so it must not be run on it.
#[tokio::test]
async fn ten_1_expressions_are_not_evaluated_on_rows_of_another_account() {
    let lake = Lake::fixed().await;
    for sql in [
        "SELECT call_id FROM calls WHERE 1 / (CASE WHEN customer_field = 'secret' THEN 0 ELSE 1 END) = 1",
        "SELECT call_id FROM calls WHERE 1 / (callid - 201) < 5 AND 1 / (callid - 203) < 5",
        "SELECT sum(1 / (callid - 201)) FROM calls",
        // By the lookup index: rows of both accounts are in the block that is read.
        "SELECT call_id FROM calls WHERE callid IN (101, 201) AND 1 / (callid - 201) < 5",
        "SELECT call_id FROM calls WHERE CAST(CASE WHEN account = 'acme' THEN '1' ELSE account END AS INT) = 1",
    ] {
        answer(&lake, &scope(ACME), sql).await.expect(sql);
    }
}

#[tokio::test]
async fn what_changes_anything_or_reads_files_is_refused() {
    let lake = Lake::fixed().await;
    let path = "/etc/hostname";
    for sql in [
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "CREATE VIEW v AS SELECT * FROM calls".to_owned(),
        format!("CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{path}'"),
        "INSERT INTO calls SELECT * FROM calls".to_owned(),
        "DELETE FROM calls".to_owned(),
        "UPDATE calls SET account = 'acme'".to_owned(),
        "COPY calls TO '/tmp/x.parquet'".to_owned(),
        "EXPLAIN COPY calls TO '/tmp/x.parquet'".to_owned(),
        "EXPLAIN INSERT INTO calls SELECT * FROM calls".to_owned(),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "DROP TABLE calls".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "BEGIN".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        format!("SELECT * FROM '{path}'"),
        format!("SELECT * FROM read_parquet('{path}')"),
        "SELECT * FROM other.public.calls".to_owned(),
        "SELEC 1".to_owned(),
        String::new(),
    ] {
        let refused = answer(&lake, &Scope::All, &sql).await;
        assert!(matches!(refused, Err(Error::Statement { .. })), "{sql}: {refused:?}");
    }
    for sql in ["EXPLAIN ANALYZE SELECT * FROM calls", "EXPLAIN VERBOSE SELECT * FROM calls"] {
        let refused = answer(&lake, &scope(ACME), sql).await;
        assert!(matches!(refused, Err(Error::Statement { .. })), "{sql}: {refused:?}");
        answer(&lake, &Scope::All, sql).await.expect(sql);
    }
}

#[tokio::test]
async fn deep_nesting_is_an_answer_or_a_refusal_and_no_crash() {
    let lake = Lake::fixed().await;
    let sums = vec!["1"; 5_000].join(" + ");
    let parentheses = format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    let casts = format!("SELECT 1{}", "::bigint".repeat(5_000));
    let indexes = format!("SELECT [1]{}", "[1]".repeat(5_000));
    let unions = vec!["SELECT 1"; 2_000].join(" UNION ALL ");
    for sql in [format!("SELECT {sums}"), parentheses, casts, indexes, unions] {
        let refused = answer(&lake, &scope(ACME), &sql).await;
        assert!(matches!(refused, Err(Error::Statement { .. })), "{refused:?}");
    }
    let most = vec!["callid = 1"; 250].join(" OR ");
    answer(&lake, &scope(ACME), &format!("SELECT call_id FROM calls WHERE {most}")).await.expect("an answer");
    let list = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    answer(&lake, &scope(ACME), &format!("SELECT call_id FROM calls WHERE callid IN ({list})"))
        .await
        .expect("an answer");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_refused_or_goes_through_the_spill_folder() {
    let small = EngineOptions { memory_limit_bytes: 24 << 20, ..EngineOptions::default() };
    let sql = "SELECT count(*) AS n FROM (SELECT value, row_number() OVER (ORDER BY value % 1000, value) AS n FROM generate_series(1, 2000000)) WHERE n > 0";
    let lake = Lake::with(small.clone()).await;
    let refused = answer(&lake, &Scope::All, sql).await;
    assert!(matches!(refused, Err(Error::OutOfMemory { .. })), "{refused:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let spilling = EngineOptions { spill_folder: Some(folder.path().to_owned()), ..small };
    let shown = answer(&Lake::with(spilling).await, &Scope::All, sql).await.expect("an answer");
    assert!(shown.contains("2000000"), "{shown}");
}
