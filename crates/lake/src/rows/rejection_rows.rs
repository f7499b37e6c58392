//! Rows of `rejections` (ING-3): messages that could not become events, with their bytes.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, BinaryArray, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::{RejectionRow, instant};
use crate::error::Error;

pub(crate) fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        Arc::new(Schema::new(vec![
            Field::new("received_at", instant(), false),
            Field::new("reason", DataType::Utf8, false),
            Field::new("detail", DataType::Utf8, false),
            Field::new("account", DataType::Utf8, true),
            Field::new("topic", DataType::Utf8, false),
            Field::new("kafka_partition", DataType::Int32, false),
            Field::new("log_offset", DataType::Int64, false),
            Field::new("element", DataType::Int32, false),
            Field::new("payload", DataType::Binary, false),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// Encodes rows of `rejections`.
///
/// # Errors
/// [`Error::Arrow`] when Arrow refuses the columns.
pub fn encode_rejections(rows: &[RejectionRow]) -> Result<RecordBatch, Error> {
    let origins = || rows.iter().map(|row| &row.origin);
    let received = origins().map(|origin| origin.received_at.micros());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(TimestampMicrosecondArray::from_iter_values(received).with_timezone("UTC")),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.rejection.reason.as_str()))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.rejection.detail))),
        Arc::new(StringArray::from_iter(rows.iter().map(|row| row.account.as_deref()))),
        Arc::new(StringArray::from_iter_values(origins().map(|origin| &*origin.kafka_partition.topic))),
        Arc::new(Int32Array::from_iter_values(origins().map(|origin| origin.kafka_partition.partition))),
        Arc::new(Int64Array::from_iter_values(origins().map(|origin| origin.offset))),
        Arc::new(Int32Array::from_iter_values(origins().map(|origin| origin.element))),
        Arc::new(BinaryArray::from_iter_values(rows.iter().map(|row| &*row.payload))),
    ];
    RecordBatch::try_new(schema(), columns)
        .map_err(|source| Error::Arrow { operation: "encoding rejections", source })
}
