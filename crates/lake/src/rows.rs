//! The Arrow form of every table: schemas, and records, events and rejections to and from batches.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use callhouse_core::{CallRecord, Event, KafkaPartition, Rejection, Timestamp};

use crate::error::Error;
use crate::table::Table;

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
#[derive(Debug, Clone)]
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
    let _ = table;
    Arc::new(Schema::empty())
}

/// Encodes records as rows of `calls` / `calls_recent`, derived columns included, in the order given.
///
/// # Errors
/// [`Error::Arrow`] when Arrow refuses the columns.
pub fn encode_calls(records: &[CallRecord]) -> Result<RecordBatch, Error> {
    let _ = records;
    Ok(RecordBatch::new_empty(schema(Table::Calls)))
}

/// Decodes rows of `calls` / `calls_recent`; the inverse of [`encode_calls`], derived columns ignored.
///
/// # Errors
/// [`Error::Invalid`] for a batch that is not of this schema.
pub fn decode_calls(batch: &RecordBatch) -> Result<Vec<CallRecord>, Error> {
    let _ = batch;
    Ok(Vec::new())
}

/// Encodes rows of `call_events`.
///
/// # Errors
/// [`Error::Arrow`] when Arrow refuses the columns.
pub fn encode_events(rows: &[EventRow]) -> Result<RecordBatch, Error> {
    let _ = rows;
    Ok(RecordBatch::new_empty(schema(Table::CallEvents)))
}

/// Encodes rows of `rejections`.
///
/// # Errors
/// [`Error::Arrow`] when Arrow refuses the columns.
pub fn encode_rejections(rows: &[RejectionRow]) -> Result<RecordBatch, Error> {
    let _ = rows;
    Ok(RecordBatch::new_empty(schema(Table::Rejections)))
}
