//! What counts as a caller.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use callhouse_query::Params;

use crate::lake::{ACME, Lake, at, scope};

#[tokio::test]
async fn callers_who_withheld_their_number_are_not_counted_as_one() {
    let lake = Lake::empty().await;
    let callers = [
        ("+33611111111", "0611111111"),
        ("+33611111111", "+33611111111"),
        ("", "1001"),
        ("", "1001"),
        ("", "anonymous"),
        ("", "Anonymous"),
        ("", "sip:anonymous@anonymous.invalid"),
        ("", "Restricted"),
        ("", ""),
    ];
    let header = "account,call_id,callid,started_at,status,direction,from_number,from_number_raw\n";
    let row = |(n, (number, raw)): (usize, &(&str, &str))| {
        format!("acme,{n},{n},2026-03-28T00:00:0{n}Z,completed,inbound,{number},{raw}\n")
    };
    let rows: String = callers.iter().enumerate().map(row).collect();
    lake.settle(&format!("{header}{rows}")).await;
    let params = Params::from([
        ("from".to_owned(), at("2026-03-28T00:00:00Z").into()),
        ("to".to_owned(), at("2026-03-29T00:00:00Z").into()),
    ]);
    let summary = lake.engine.named(&scope(ACME), "calls_summary", &params).await.expect("a summary");
    let column =
        |name: &str| summary[0].column_by_name(name).expect("a column").as_primitive::<Int64Type>().value(0);
    assert_eq!((column("calls"), column("unique_callers")), (9, 2));
}
