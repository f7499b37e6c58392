//! The Arrow form of every table: schemas, and records, events and rejections to and from batches.
//!
//! `calls` and `calls_recent` have the same columns (`rows/columns.rs`); a record's stamps are stored only where
//! they are not what the row's own instants say (`rows/stamps.rs`). What a column means to a reader of the
//! warehouse is in `schemas/tables/`.

mod call_bytes;
mod call_cells;
mod columns;
mod decode_calls;
mod encode_calls;
mod event_rows;
mod rejection_rows;
mod stamps;
#[cfg(test)]
mod tests;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, SchemaRef, TimeUnit};
use callhouse_core::{Event, KafkaPartition, Rejection, Timestamp};

use crate::error::Error;
use crate::table::Table;

pub(crate) use call_bytes::CallBytes;
pub(crate) use call_cells::CallCells;
pub(crate) use columns::{CallColumn, GroupName, Owner};
pub use decode_calls::decode_calls;
pub(crate) use decode_calls::decode_outcome;
pub(crate) use encode_calls::derived_columns;
pub use encode_calls::encode_calls;
pub use event_rows::{EventCells, EventColumns, decode_events, encode_events};
pub use rejection_rows::encode_rejections;
pub(crate) use stamps::{effective, stored, usual};

/// Where a message stood in its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub kafka_partition: KafkaPartition,
    pub offset: i64,
    /// Index of the element within a batch message, 0 for a single one.
    pub element: i32,
    /// When the log took the message.
    pub received_at: Timestamp,
}

/// One row of `call_events`.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    pub event: Event,
    pub origin: Origin,
}

/// One row of `rejections`.
#[derive(Debug, Clone)]
pub struct RejectionRow {
    pub rejection: Rejection,
    pub origin: Origin,
    /// The account the credentials or the envelope named, if any was readable.
    pub account: Option<Box<str>>,
    /// The bytes of the message or element.
    pub payload: Box<[u8]>,
}

/// The schema behind [`Table::schema`].
#[must_use]
pub fn schema(table: Table) -> SchemaRef {
    match table {
        Table::Calls | Table::CallsRecent => columns::schema(),
        Table::CallEvents => event_rows::schema(),
        Table::Rejections => rejection_rows::schema(),
    }
}

/// The Arrow type of every instant (TIM-1).
pub(crate) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Refuses a batch whose column types are not the table's; nullability may differ, as it does after a read.
pub(crate) fn check_schema(batch: &RecordBatch, table: Table) -> Result<(), Error> {
    let same = |(found, wanted): (&std::sync::Arc<Field>, &std::sync::Arc<Field>)| {
        found.name() == wanted.name() && found.data_type() == wanted.data_type()
    };
    let wanted = schema(table);
    let found = batch.schema();
    if found.fields().len() == wanted.fields().len() && found.fields().iter().zip(wanted.fields()).all(same) {
        return Ok(());
    }
    Err(Error::Invalid { what: format!("a batch is not of the schema of {}: {found}", table.name()) })
}

/// The column at `index`, which [`check_schema`] has shown to be of type `T`.
pub(crate) fn typed<T: Array + 'static>(batch: &RecordBatch, index: usize) -> &T {
    batch.column(index).as_any().downcast_ref().expect("the schema was checked")
}
