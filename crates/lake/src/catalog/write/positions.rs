//! The fence: a commit starts exactly where the catalog stands, or does not happen (ING-2).

use callhouse_core::Timestamp;
use callhouse_core::position::OffsetRange;
use sqlx::{Sqlite, Transaction};

use crate::catalog::Hole;
use crate::error::Error;

/// Moves positions from the start to the end of each range, in the order given.
pub(super) async fn advance(
    transaction: &mut Transaction<'_, Sqlite>,
    ranges: &[OffsetRange],
    snapshot_id: i64,
) -> Result<(), Error> {
    let failed = Error::catalog("commit of positions");
    for range in ranges {
        if range.to < range.from {
            return Err(Error::Invalid {
                what: format!("{} cannot go back from {} to {}", range.kafka_partition, range.from, range.to),
            });
        }
        let stored: Option<i64> = sqlx::query_scalar(
            "SELECT next_offset FROM callhouse_positions WHERE topic = ?1 AND kafka_partition = ?2",
        )
        .bind(range.kafka_partition.topic.as_ref())
        .bind(range.kafka_partition.partition)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed)?;
        if let Some(stored) = stored
            && stored != range.from
        {
            return Err(Error::PositionMoved {
                kafka_partition: range.kafka_partition.clone(),
                from: range.from,
                stored,
            });
        }
        sqlx::query(
            "INSERT INTO callhouse_positions VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (topic, kafka_partition) DO UPDATE
             SET next_offset = excluded.next_offset, snapshot_id = excluded.snapshot_id",
        )
        .bind(range.kafka_partition.topic.as_ref())
        .bind(range.kafka_partition.partition)
        .bind(range.to)
        .bind(snapshot_id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

pub(super) async fn record_holes(
    transaction: &mut Transaction<'_, Sqlite>,
    holes: &[Hole],
    snapshot_id: i64,
    now: Timestamp,
) -> Result<(), Error> {
    for Hole { range, reason } in holes {
        sqlx::query("INSERT INTO callhouse_holes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .bind(range.kafka_partition.topic.as_ref())
            .bind(range.kafka_partition.partition)
            .bind(range.from)
            .bind(range.to)
            .bind(reason)
            .bind(snapshot_id)
            .bind(now.micros())
            .execute(&mut **transaction)
            .await
            .map_err(Error::catalog("commit of holes"))?;
    }
    Ok(())
}
