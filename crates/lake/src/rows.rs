//! The Arrow form of every table: schemas, and records, events and rejections to and from batches.
//!
//! The settled and the recent table of a family have the same columns, listed in a file of the family
//! (`rows/calls/columns.rs`, `rows/sms/columns.rs`); what else works on records does so by what `rows/record_schema.rs` says of them. What a column
//! means to a reader of the warehouse is in `schemas/tables/`.

mod arrays;
pub(crate) mod calls;
mod cells;
mod event_rows;
mod record_bytes;
pub(crate) mod record_schema;
mod rejection_rows;
pub(crate) mod sms;
#[cfg(test)]
mod tests;
mod webhook_rows;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, TimeUnit};
use callhouse_core::{Event, KafkaPartition, Rejection, Timestamp};

use crate::error::Error;
use crate::table::Table;

pub use calls::{decode_calls, encode_calls};
pub(crate) use cells::Cells;
pub use event_rows::{EventCells, EventColumns, decode_events, encode_events};
pub(crate) use event_rows::{event_types, schema as event_schema};
pub(crate) use record_bytes::RecordBytes;
pub(crate) use record_schema::{Column, GroupColumns, Owner, RecordSchema};
pub use rejection_rows::encode_rejections;
pub(crate) use rejection_rows::schema as rejection_schema;
pub(crate) use sms::schema as sms_schema;
pub use sms::{decode_sms, encode_sms};
pub use webhook_rows::WebhookColumns;
pub(crate) use webhook_rows::schema as webhook_schema;

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

/// One row of an archive.
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

/// The Arrow type of every instant (TIM-1).
pub(crate) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Refuses a batch whose column types are not the table's; nullability may differ, as it does after a read.
pub(crate) fn check_schema(batch: &RecordBatch, table: Table) -> Result<(), Error> {
    let same = |(found, wanted): (&std::sync::Arc<Field>, &std::sync::Arc<Field>)| {
        found.name() == wanted.name() && found.data_type() == wanted.data_type()
    };
    let wanted = table.schema();
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
