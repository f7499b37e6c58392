//! Plans: files are pruned by the catalog, filters and columns reach the Parquet scan, the wall stands first.

use callhouse_query::Params;

use crate::lake::{ACME, Lake, at, scope};

async fn plan(lake: &Lake, account: &str, sql: &str) -> String {
    lake.engine.explain(&scope(account), sql).await.expect("a plan")
}

fn files(plan: &str) -> usize {
    plan.matches(".parquet").count()
}

#[tokio::test]
async fn files_of_other_days_accounts_and_ids_are_pruned() {
    let lake = Lake::fixed().await;
    let cases = [
        ("*", "SELECT call_id FROM calls", 3),
        ("*", "SELECT call_id FROM calls WHERE started_at >= '2026-03-29T00:00:00Z'", 2),
        ("*", "SELECT call_id FROM calls WHERE started_at < '2026-03-29T00:30:00Z'", 1),
        ("*", "SELECT call_id FROM calls WHERE callid = 101", 1),
        ("*", "SELECT call_id FROM calls WHERE call_id = 'a1'", 1),
        ("beta", "SELECT call_id FROM calls", 2),
        ("gamma", "SELECT call_id FROM calls", 0),
        ("*", "SELECT call_id FROM calls WHERE account = 'beta'", 2),
    ];
    for (account, sql, wanted) in cases {
        let plan = plan(&lake, account, sql).await;
        assert_eq!(files(&plan), wanted, "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn ten_1_the_wall_is_the_first_conjunct_of_the_scan_and_stands_above_it() {
    let lake = Lake::fixed().await;
    let plan = plan(
        &lake,
        ACME,
        "SELECT call_id FROM calls WHERE talk_seconds > 10 ORDER BY started_at DESC LIMIT 3",
    )
    .await;
    assert!(plan.contains("WallExec: accounts=[acme]"), "{plan}");
    assert!(plan.contains("predicate=account@0 = acme AND talk_seconds@"), "{plan}");
    let above: Vec<&str> = plan.lines().take_while(|line| !line.contains("WallExec")).collect();
    assert!(above.iter().all(|line| !line.contains("FilterExec")), "{plan}");
}

#[tokio::test]
async fn a_search_for_a_number_reaches_the_scan_and_its_unused_filters_vanish() {
    let lake = Lake::fixed().await;
    let mut params = Params::new();
    params.insert("number".to_owned(), "+14155550100".into());
    params.insert("from".to_owned(), at("2026-03-29T00:00:00Z").into());
    let plan = lake.engine.explain_named(&scope(ACME), "cdr_search", &params).await.expect("a plan");
    assert!(plan.contains("FilterExec:") && plan.contains("= +14155550100"), "{plan}");
    assert!(plan.contains("RowsExec"), "{plan}");
    assert!(!plan.contains("IS NULL OR"), "{plan}");
    assert!(!plan.contains("release_cause@"), "{plan}");
}

#[tokio::test]
async fn a_prefix_prunes() {
    let lake = Lake::fixed().await;
    let params = Params::from([("cli_prefix".to_owned(), "+336".into())]);
    let plan = lake.engine.explain_named(&scope("*"), "cdr_search", &params).await.expect("a plan");
    assert!(plan.contains("LIKE +336%"), "{plan}");
}

#[tokio::test]
async fn only_the_columns_asked_for_are_read() {
    let lake = Lake::fixed().await;
    let plan = plan(&lake, "*", "SELECT sum(talk_seconds) FROM calls").await;
    assert!(plan.contains("projection=[talk_seconds]"), "{plan}");
}

#[tokio::test]
async fn counting_everything_reads_no_file() {
    let lake = Lake::fixed().await;
    let plan = plan(&lake, "*", "SELECT count(*) FROM calls").await;
    assert_eq!(files(&plan), 0, "{plan}");
}
