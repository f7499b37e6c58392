//! Rows of `webhook_deliveries`: every attempt to deliver a webhook, and where in the log its event stood.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, Int32Array, Int32Builder, Int64Array, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondArray, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use callhouse_core::Timestamp;
use callhouse_core::event::WebhookData;

use super::{EventCells, Origin, instant};
use crate::error::Error;

pub(crate) fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let fields = [
            ("account", DataType::Utf8, false),
            ("event_id", DataType::Utf8, false),
            ("attempted_at", instant(), false),
            ("event_type", DataType::Utf8, true),
            ("event_at", instant(), true),
            ("about", DataType::Utf8, true),
            ("hook_hash", DataType::Utf8, true),
            ("endpoint", DataType::Utf8, false),
            ("try_number", DataType::Int32, true),
            ("status", DataType::Utf8, false),
            ("http_code", DataType::Int32, true),
            ("failure", DataType::Utf8, true),
            ("duration_ms", DataType::Int64, true),
            ("request_headers", DataType::Utf8, true),
            ("request_body", DataType::Utf8, true),
            ("response_body", DataType::Utf8, true),
            ("source", DataType::Utf8, false),
            ("delivery_id", DataType::Utf8, false),
            ("received_at", instant(), false),
            ("topic", DataType::Utf8, false),
            ("kafka_partition", DataType::Int32, false),
            ("log_offset", DataType::Int64, false),
            ("element", DataType::Int32, false),
        ];
        let field = |(name, data_type, nullable)| Field::new(name, data_type, nullable);
        Arc::new(Schema::new(fields.into_iter().map(field).collect::<Vec<_>>()))
    });
    Arc::clone(&SCHEMA)
}

/// Rows of `webhook_deliveries` being put together column by column.
#[derive(Debug, Default)]
pub struct WebhookColumns {
    account: StringBuilder,
    event_id: StringBuilder,
    attempted_at: Vec<i64>,
    event_type: StringBuilder,
    event_at: TimestampMicrosecondBuilder,
    about: StringBuilder,
    hook_hash: StringBuilder,
    endpoint: StringBuilder,
    try_number: Int32Builder,
    status: StringBuilder,
    http_code: Int32Builder,
    failure: StringBuilder,
    duration_ms: Int64Builder,
    request_headers: StringBuilder,
    request_body: StringBuilder,
    response_body: StringBuilder,
    source: StringBuilder,
    delivery_id: StringBuilder,
    received_at: Vec<i64>,
    topic: StringBuilder,
    kafka_partition: Vec<i32>,
    log_offset: Vec<i64>,
    element: Vec<i32>,
}

impl WebhookColumns {
    /// Appends one attempt and where it stood.
    pub fn push(&mut self, event: EventCells<'_>, data: &WebhookData, origin: &Origin) {
        self.account.append_value(event.account);
        self.event_id.append_value(event.subject);
        self.attempted_at.push(event.occurred_at.micros());
        self.event_type.append_option(data.event_type.as_deref());
        self.event_at.append_option(data.event_at.map(Timestamp::micros));
        self.about.append_option(data.about.as_deref());
        self.hook_hash.append_option(data.hook_hash.as_deref());
        self.endpoint.append_value(data.endpoint.as_deref().unwrap_or_default());
        self.try_number.append_option(data.try_number);
        self.status.append_value(data.status.as_deref().unwrap_or_default());
        self.http_code.append_option(data.http_code);
        self.failure.append_option(data.failure.as_deref());
        self.duration_ms.append_option(data.duration_ms);
        let headers = data.request_headers.as_ref().and_then(|headers| serde_json::to_string(headers).ok());
        self.request_headers.append_option(headers);
        self.request_body.append_option(data.request_body.as_deref());
        self.response_body.append_option(data.response_body.as_deref());
        self.source.append_value(event.source);
        self.delivery_id.append_value(event.event_id);
        self.received_at.push(origin.received_at.micros());
        self.topic.append_value(&origin.kafka_partition.topic);
        self.kafka_partition.push(origin.kafka_partition.partition);
        self.log_offset.push(origin.offset);
        self.element.push(origin.element);
    }

    /// The rows.
    ///
    /// # Errors
    /// [`Error::Arrow`] when Arrow refuses the columns.
    pub fn finish(mut self) -> Result<RecordBatch, Error> {
        let text = |column: &mut StringBuilder| -> ArrayRef { Arc::new(column.finish()) };
        let instants = |micros: Vec<i64>| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))
        };
        let columns: Vec<ArrayRef> = vec![
            text(&mut self.account),
            text(&mut self.event_id),
            instants(self.attempted_at),
            text(&mut self.event_type),
            Arc::new(self.event_at.finish().with_timezone("UTC")),
            text(&mut self.about),
            text(&mut self.hook_hash),
            text(&mut self.endpoint),
            Arc::new(self.try_number.finish()),
            text(&mut self.status),
            Arc::new(self.http_code.finish()),
            text(&mut self.failure),
            Arc::new(self.duration_ms.finish()),
            text(&mut self.request_headers),
            text(&mut self.request_body),
            text(&mut self.response_body),
            text(&mut self.source),
            text(&mut self.delivery_id),
            instants(self.received_at),
            text(&mut self.topic),
            Arc::new(Int32Array::from(self.kafka_partition)),
            Arc::new(Int64Array::from(self.log_offset)),
            Arc::new(Int32Array::from(self.element)),
        ];
        RecordBatch::try_new(schema(), columns)
            .map_err(|source| Error::Arrow { operation: "encoding webhook deliveries", source })
    }
}
