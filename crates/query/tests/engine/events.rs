//! `call_events` and `rejections`: files and hot rows together, each row once (LAK-2), behind the wall (TEN-1).

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use callhouse_core::position::OffsetRange;
use callhouse_core::{KafkaPartition, Rejection, RejectionReason};
use callhouse_lake::rows::{EventRow, Origin, RejectionRow, encode_events, encode_rejections};
use callhouse_lake::{Flush, HotChunk, Table};
use callhouse_testkit::events::CallStory;
use futures::TryStreamExt;

use crate::lake::{ACME, Lake, at, scope};

fn origin(offset: i64) -> Origin {
    Origin {
        kafka_partition: KafkaPartition::new("t", 0),
        offset,
        element: 0,
        received_at: at("2026-03-01T00:00:00Z"),
    }
}

/// One event of acme, one of beta and three rejections (of acme, of beta, of nobody known) at an offset.
fn chunk(offset: i64) -> HotChunk {
    let event = |account: &str| EventRow {
        event: CallStory::new(account, &format!("{account}-{offset}"), at("2026-03-01T00:00:00Z")).started(),
        origin: origin(offset),
    };
    let rejection = |account: Option<&str>| RejectionRow {
        rejection: Rejection::new(RejectionReason::Malformed, "no JSON"),
        origin: origin(offset),
        account: account.map(Box::from),
        payload: Box::from(&b"{"[..]),
    };
    HotChunk {
        range: OffsetRange { kafka_partition: KafkaPartition::new("t", 0), from: offset, to: offset + 1 },
        rows: vec![
            (Table::CallEvents, encode_events(&[event("acme"), event("beta")]).expect("rows")),
            (
                Table::Rejections,
                encode_rejections(&[rejection(None), rejection(Some("acme")), rejection(Some("beta"))])
                    .expect("rows"),
            ),
        ],
        flush: Flush::default(),
    }
}

async fn count(lake: &Lake, account: &str, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let (_, rows) = lake.engine.sql(&scope(account), &sql).await.expect("an answer");
    let rows: Vec<RecordBatch> = rows.try_collect().await.expect("rows");
    rows[0].column(0).as_primitive::<Int64Type>().value(0)
}

#[tokio::test]
async fn lak_2_each_event_and_rejection_is_shown_once_hot_or_committed() {
    let lake = Lake::empty().await;
    for offset in 0..3 {
        lake.hot.publish(chunk(offset));
    }
    // The first two are committed, their hot rows not dropped yet.
    let mut add = Vec::new();
    for offset in 0..2 {
        let chunk = chunk(offset);
        let written = chunk.rows.into_iter().map(|(table, rows)| lake.writer.write(table, None, &[rows]));
        add.extend(written.map(|file| file.expect("a file")));
    }
    let range = OffsetRange { kafka_partition: KafkaPartition::new("t", 0), from: 0, to: 2 };
    lake.commit(add, vec![range.clone()]).await;
    for dropped in [false, true] {
        if dropped {
            lake.hot.drop_below(&range);
        }
        assert_eq!(count(&lake, ACME, "call_events").await, 3);
        assert_eq!(count(&lake, "*", "call_events").await, 6);
        assert_eq!(count(&lake, ACME, "rejections").await, 3);
        assert_eq!(count(&lake, "*", "rejections").await, 9);
        assert_eq!(count(&lake, "gamma", "rejections").await, 0);
    }
}
