//! The room: limits, hints, comments. TEN-1 of the room is in `hostile.rs`.

use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::util::pretty::pretty_format_batches;
use callhouse_query::{Bound, Caller, Error, Room, RoomOptions, Scope};
use futures::{StreamExt, TryStreamExt};

use crate::lake::{ACME, Lake, scope};

pub(crate) fn caller(account: &str) -> Caller {
    let name = if account == "*" { "operator" } else { account };
    Caller { scope: scope(account), name: name.to_owned() }
}

fn room(lake: &Lake, options: RoomOptions) -> Room {
    Room::new(lake.engine.clone(), options).expect("a room")
}

async fn rows(room: &Room, sql: &str, values: &[Bound]) -> Result<Vec<RecordBatch>, Error> {
    room.run(&caller(ACME), sql, values).await?.try_collect().await
}

async fn shown(room: &Room, sql: &str) -> String {
    let batches = rows(room, sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    pretty_format_batches(&batches).expect("printable").to_string()
}

fn text(text: &str) -> Bound {
    Bound { text: Some(text.to_owned()), declared: None }
}

#[tokio::test]
async fn tables_and_columns_carry_their_comments() {
    let lake = Lake::fixed().await;
    let room = room(&lake, RoomOptions::default());
    let tables = shown(
        &room,
        "SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c WHERE relkind = 'r' ORDER BY 1",
    )
    .await;
    assert!(
        tables.contains("call_events") && tables.contains("Grain: one row per account and call_id."),
        "{tables}"
    );
    let column = shown(
        &room,
        "SELECT format_type(atttypid, atttypmod), col_description(attrelid, attnum) FROM pg_attribute
         WHERE attrelid = 'calls'::regclass AND attname = 'debit'",
    )
    .await;
    assert!(column.contains("numeric(18,6)"), "{column}");
}

#[tokio::test]
async fn parameters_become_what_they_are_compared_with() {
    let lake = Lake::fixed().await;
    let room = room(&lake, RoomOptions::default());
    let count = async |sql: &str, values: &[Bound]| {
        let batches = rows(&room, sql, values).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        pretty_format_batches(&batches).expect("printable").to_string()
    };
    let all =
        count("SELECT count(*) FROM calls WHERE started_at < $1", &[text("2099-01-01T00:00:00Z")]).await;
    assert!(all.contains("| 7 "), "{all}");
    let none = count(
        "SELECT count(*) FROM calls WHERE debit > $1 AND account = $2",
        &[text("1000000.5"), text("acme")],
    )
    .await;
    assert!(none.contains("| 0 "), "{none}");
    let null = Bound { text: None, declared: Some(DataType::Int64) };
    let shown = count("SELECT $1 IS NULL AS a, $2 AS b LIMIT $3", &[null, text("x"), text("1")]).await;
    assert!(shown.contains("| true | x |"), "{shown}");
    let missing = rows(&room, "SELECT $1, $2", &[text("1")]).await;
    assert!(matches!(missing, Err(Error::Statement { .. })), "{missing:?}");
    let described =
        room.describe(&caller(ACME), "SELECT call_id FROM calls WHERE callid = $1").await.expect("described");
    assert_eq!(described.parameters, [Some(DataType::Int64)]);
    assert_eq!(described.schema.field(0).name(), "call_id");
}

#[tokio::test]
async fn errors_say_where_and_what_was_meant() {
    let lake = Lake::fixed().await;
    let room = room(&lake, RoomOptions::default());
    for (sql, place, meant) in [
        ("SELECT count(*)\nFROM calls WHERE start_at > now()", Some((2, 18)), "did you mean \"started_at\"?"),
        ("SELECT * FROM cals", Some((1, 15)), "did you mean \"calls\"?"),
        (
            "SELECT * FROM nothing_like_it",
            Some((1, 15)),
            "the tables are calls, call_events, rejections, sms, sms_events, webhook_deliveries",
        ),
        ("SELECT 1\nFRM calls", None, ""),
    ] {
        let refused = rows(&room, sql, &[]).await;
        let Err(Error::Statement { position, hint, reason }) = refused else { panic!("{sql}: {refused:?}") };
        if place.is_some() {
            assert_eq!(position.map(|at| (at.line, at.column)), place, "{sql}: {reason}");
            assert_eq!(hint.as_deref(), Some(meant), "{sql}: {reason}");
        } else {
            assert!(position.is_some(), "{sql}: {reason}");
        }
    }
}

#[tokio::test]
async fn answers_end_at_their_limits() {
    let lake = Lake::fixed().await;
    let few = room(&lake, RoomOptions { max_rows: 1_000, ..RoomOptions::default() });
    let refused = rows(&few, "SELECT * FROM generate_series(1, 100000)", &[]).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    let small = room(&lake, RoomOptions { max_bytes: 10_000, ..RoomOptions::default() });
    let refused = rows(&small, "SELECT * FROM generate_series(1, 100000)", &[]).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    let short = room(&lake, RoomOptions { time_limit: Duration::from_millis(200), ..RoomOptions::default() });
    let refused = rows(
        &short,
        "SELECT count(*) FROM generate_series(1, 1000000) a CROSS JOIN generate_series(1, 1000000) b",
        &[],
    )
    .await;
    assert!(matches!(refused, Err(Error::TimeLimit { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_reader_that_stalls_keeps_no_turn() {
    let lake = Lake::fixed().await;
    let options = RoomOptions {
        running: 1,
        idle_limit: Duration::from_millis(50),
        patience: Duration::from_secs(60),
        ..RoomOptions::default()
    };
    let room = room(&lake, options);
    let many = "SELECT * FROM generate_series(1, 100000000)";
    let mut stalled = room.run(&caller(ACME), many, &[]).await.expect("it starts");
    // Waits for the turn the stalled answer loses.
    assert!(shown(&room, "SELECT 1 AS one").await.contains("| 1 "));
    let last = loop {
        match stalled.next().await.expect("an error ends it") {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(last, Error::Idle { .. }), "{last:?}");
}

#[tokio::test]
async fn a_dropped_answer_gives_its_turn_back() {
    let lake = Lake::fixed().await;
    let room =
        room(&lake, RoomOptions { running: 1, patience: Duration::from_secs(60), ..RoomOptions::default() });
    for _ in 0..3 {
        let endless =
            "SELECT count(*) FROM generate_series(1, 1000000000) a CROSS JOIN generate_series(1, 1000000) b";
        drop(room.run(&caller(ACME), endless, &[]).await.expect("it starts"));
    }
    assert!(shown(&room, "SELECT 1 AS one").await.contains("| 1 "));
}

#[tokio::test]
async fn statements_have_memory_of_their_own_and_spill_within_bounds() {
    let sql = "SELECT count(*) AS n FROM (SELECT value, row_number() OVER (ORDER BY value % 1000, value) AS n FROM generate_series(1, 2000000)) WHERE n > 0";
    let lake = Lake::fixed().await;
    let small = RoomOptions { statement_memory_bytes: 24 << 20, ..RoomOptions::default() };
    let refused = rows(&room(&lake, small.clone()), sql, &[]).await;
    assert!(matches!(refused, Err(Error::OutOfMemory { .. })), "{refused:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let spilling = RoomOptions { spill_folder: Some(folder.path().to_owned()), ..small };
    assert!(shown(&room(&lake, spilling.clone()), sql).await.contains("2000000"));
    let bounded = RoomOptions { spill_limit_bytes: 1 << 20, ..spilling };
    let refused = rows(&room(&lake, bounded), sql, &[]).await;
    assert!(matches!(refused, Err(Error::OutOfMemory { .. })), "{refused:?}");
}

#[tokio::test]
async fn who_asks_is_the_current_user() {
    let lake = Lake::fixed().await;
    let room = room(&lake, RoomOptions::default());
    assert!(shown(&room, "SELECT current_user, session_user, current_database()").await.contains("acme"));
    let all = Caller { scope: Scope::All, name: "operator".to_owned() };
    let rows: Vec<RecordBatch> = room
        .run(&all, "SELECT call_id FROM calls", &[])
        .await
        .expect("rows")
        .try_collect()
        .await
        .expect("rows");
    assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 10);
}
