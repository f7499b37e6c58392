//! Pages of one search are cut from what its first page saw.

use arrow::array::{AsArray, RecordBatch};
use callhouse_core::event::call::Direction;
use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_query::{CallColumn, CallPage, CallSearch, Order, Scope, SortDirection};

use crate::lake::{ACME, Lake, at, scope};

const HEADER: &str = "account,call_id,callid,started_at,status,direction\n";

fn call_ids(page: &CallPage) -> Vec<String> {
    let ids = |batch: &RecordBatch| {
        let ids = batch.column_by_name("call_id").expect("a column").as_string::<i32>();
        ids.iter().map(|id| id.expect("a call has an id").to_owned()).collect::<Vec<_>>()
    };
    page.rows.iter().flat_map(ids).collect()
}

fn search(offset: u64, quantity: u64) -> CallSearch {
    CallSearch { offset, quantity, page_key: Some("acme newest".to_owned()), ..CallSearch::default() }
}

async fn five_calls() -> Lake {
    let lake = Lake::empty().await;
    let rows: String =
        (0..5).map(|n| format!("acme,c{n},{n},2026-03-28T00:00:0{n}Z,completed,inbound\n")).collect();
    lake.settle(&format!("{HEADER}{rows}")).await;
    lake
}

#[tokio::test]
async fn pages_do_not_shift_when_calls_arrive_between_them() {
    let lake = five_calls().await;
    let first = lake.engine.search_calls(&scope(ACME), &search(0, 2)).await.expect("a page");
    assert_eq!((call_ids(&first), first.total, first.has_more), (vec!["c4".into(), "c3".into()], 5, true));

    lake.heat(&format!("{HEADER}acme,new,9,2026-03-29T00:00:00Z,in-progress,inbound\n"), 0);
    lake.settle(&format!("{HEADER}acme,newer,10,2026-03-30T00:00:00Z,completed,inbound\n")).await;
    let second = lake.engine.search_calls(&scope(ACME), &search(2, 2)).await.expect("a page");
    assert_eq!((call_ids(&second), second.total, second.has_more), (vec!["c2".into(), "c1".into()], 5, true));
    let third = lake.engine.search_calls(&scope(ACME), &search(4, 2)).await.expect("a page");
    assert_eq!((call_ids(&third), third.has_more), (vec!["c0".into()], false));

    let again = lake.engine.search_calls(&scope(ACME), &search(0, 3)).await.expect("a page");
    assert_eq!((call_ids(&again), again.total), (vec!["newer".into(), "new".into(), "c4".into()], 7));
}

#[tokio::test]
async fn a_search_is_pinned_for_ten_minutes_and_for_its_own_filters_only() {
    let lake = five_calls().await;
    lake.engine.search_calls(&scope(ACME), &search(0, 2)).await.expect("a page");
    lake.heat(&format!("{HEADER}acme,new,9,2026-03-29T00:00:00Z,in-progress,inbound\n"), 0);
    let other = CallSearch { direction: Some(Direction::Inbound), ..search(2, 2) };
    assert_eq!(lake.engine.search_calls(&scope(ACME), &other).await.expect("a page").total, 6);
    assert_eq!(lake.engine.search_calls(&scope("beta"), &search(2, 2)).await.expect("a page").total, 0);
    assert_eq!(lake.engine.search_calls(&scope(ACME), &search(2, 2)).await.expect("a page").total, 5);
    lake.clock.set(at("2026-04-01T00:00:00Z").plus_micros(601 * MICROS_PER_SECOND));
    assert_eq!(lake.engine.search_calls(&scope(ACME), &search(2, 2)).await.expect("a page").total, 6);
}

#[tokio::test]
async fn calls_with_equal_keys_are_on_one_page_each() {
    let lake = Lake::empty().await;
    let rows: String =
        (0..30).map(|n| format!("acme,c{n:02},{n},2026-03-28T00:00:00Z,completed,inbound\n")).collect();
    lake.settle(&format!("{HEADER}{rows}")).await;
    let by_status = vec![Order { column: CallColumn::DialStatus, direction: SortDirection::Ascending }];
    let mut seen = Vec::new();
    for offset in (0..30).step_by(7) {
        let search = CallSearch { order: by_status.clone(), ..search(offset, 7) };
        seen.extend(call_ids(&lake.engine.search_calls(&scope(ACME), &search).await.expect("a page")));
    }
    let wanted: Vec<String> = (0..30).map(|n| format!("c{n:02}")).collect();
    assert_eq!(seen, wanted);
}

#[tokio::test]
async fn calls_of_several_accounts_under_one_id_and_calls_without_a_start_are_on_their_own_pages() {
    let lake = Lake::empty().await;
    lake.settle(&format!(
        "{HEADER}acme,same,1,2026-03-28T00:00:02Z,completed,inbound\n\
         acme,other,2,2026-03-28T00:00:01Z,completed,inbound\n\
         beta,same,3,2026-03-28T00:00:00Z,completed,inbound\n"
    ))
    .await;
    lake.heat(&format!("{HEADER}acme,unknown,4,,queued,inbound\n"), 0);
    let mut seen = Vec::new();
    for offset in 0..4 {
        let search = CallSearch { page_key: None, ..search(offset, 1) };
        let page = lake.engine.search_calls(&Scope::All, &search).await.expect("a page");
        assert_eq!(page.total, 4);
        seen.extend(call_ids(&page));
    }
    assert_eq!(seen, ["same", "other", "same", "unknown"]);
    // A page that reaches from a known start to an unknown one.
    let page = CallSearch { page_key: None, ..search(1, 3) };
    let page = lake.engine.search_calls(&Scope::All, &page).await.expect("a page");
    assert_eq!(call_ids(&page), ["other", "same", "unknown"]);
}

#[tokio::test]
async fn every_column_orders() {
    let lake = Lake::fixed().await;
    for column in CallColumn::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let order = vec![Order { column: *column, direction }];
            let search = CallSearch { order, quantity: 100, ..CallSearch::default() };
            let page = lake.engine.search_calls(&scope(ACME), &search).await.expect("a page");
            assert_eq!(call_ids(&page).len(), 7, "{column:?}");
        }
    }
}

#[tokio::test]
async fn filters_find_what_they_name() {
    let lake = Lake::fixed().await;
    let all = CallSearch { quantity: 100, ..CallSearch::default() };
    let cases: Vec<(&str, CallSearch, &[&str])> = vec![
        ("callid", CallSearch { callid: Some(103), ..all.clone() }, &["a3"]),
        ("call id", CallSearch { call_id: Some("a6".into()), ..all.clone() }, &["a6"]),
        ("number", CallSearch { number: Some("+33612345678".into()), ..all.clone() }, &["a7", "a5"]),
        ("cli", CallSearch { cli_number: Some("+33611111111".into()), ..all.clone() }, &["a2", "a1"]),
        ("raw cli", CallSearch { cli_number: Some("sip:bob@example.org".into()), ..all.clone() }, &["a6"]),
        ("cli prefix", CallSearch { cli_number: Some("+336*".into()), ..all.clone() }, &["a2", "a1"]),
        ("raw prefix", CallSearch { cli_number: Some("061*".into()), ..all.clone() }, &["a1"]),
        ("prefix is no pattern", CallSearch { cli_number: Some("%*".into()), ..all.clone() }, &[]),
        ("status", CallSearch { dial_status: Some("NOANSWER".into()), ..all.clone() }, &["a5", "a2"]),
        ("cause", CallSearch { release_cause: Some(19), ..all.clone() }, &["a5", "a2"]),
        (
            "duration",
            CallSearch { duration_min_seconds: Some(30), duration_max_seconds: Some(66), ..all.clone() },
            &["a5", "a4", "a3"],
        ),
        ("customer", CallSearch { customer_field: Some("ref2".into()), ..all.clone() }, &["a5", "a4"]),
        ("another's", CallSearch { customer_field: Some("secret".into()), ..all.clone() }, &[]),
        (
            "window",
            CallSearch {
                started_from: Some(at("2026-03-29T00:30:00Z")),
                started_to: Some(at("2026-03-29T22:15:00Z")),
                ..all.clone()
            },
            &["a4", "a3"],
        ),
        (
            "app, did",
            CallSearch {
                app_hash: Some("APP00001".into()),
                did_hash: Some("DID00001".into()),
                did_number: Some("+33100000001".into()),
                ..all.clone()
            },
            &["a6", "a2", "a1"],
        ),
    ];
    for (what, search, wanted) in cases {
        let page = lake.engine.search_calls(&scope(ACME), &search).await.expect("a page");
        assert_eq!(call_ids(&page), wanted, "{what}");
        assert_eq!(page.total, wanted.len() as u64, "{what}");
    }
}

#[tokio::test]
async fn a_page_past_the_end_and_a_page_of_nothing_still_tell_the_total() {
    let lake = five_calls().await;
    let total_only = CallSearch { page_key: None, ..search(0, 0) };
    let page = lake.engine.search_calls(&scope(ACME), &total_only).await.expect("a page");
    assert_eq!((call_ids(&page).len(), page.total, page.has_more), (0, 5, true));
    let past = CallSearch { page_key: None, ..search(7, 2) };
    let page = lake.engine.search_calls(&scope(ACME), &past).await.expect("a page");
    assert_eq!((call_ids(&page).len(), page.total, page.has_more), (0, 5, false));
}
