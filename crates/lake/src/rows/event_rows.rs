//! Rows of `call_events`, the archive: every accepted event as it came, and where in the log it stood.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::{Event, KafkaPartition, Timestamp};

use super::{EventRow, Origin, check_schema, instant, typed};
use crate::error::Error;
use crate::table::Table;

const ACCOUNT: usize = 0;
const SUBJECT: usize = 1;
const EVENT_TYPE: usize = 2;
const SOURCE: usize = 3;
const EVENT_ID: usize = 4;
const OCCURRED_AT: usize = 5;
const RECEIVED_AT: usize = 6;
const DATA: usize = 7;
const TOPIC: usize = 8;
const KAFKA_PARTITION: usize = 9;
const LOG_OFFSET: usize = 10;
const ELEMENT: usize = 11;

pub(super) fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let fields = [
            ("account", DataType::Utf8),
            ("subject", DataType::Utf8),
            ("event_type", DataType::Utf8),
            ("source", DataType::Utf8),
            ("event_id", DataType::Utf8),
            ("occurred_at", instant()),
            ("received_at", instant()),
            ("data", DataType::Utf8),
            ("topic", DataType::Utf8),
            ("kafka_partition", DataType::Int32),
            ("log_offset", DataType::Int64),
            ("element", DataType::Int32),
        ];
        let required = |(name, data_type)| Field::new(name, data_type, false);
        Arc::new(Schema::new(fields.into_iter().map(required).collect::<Vec<_>>()))
    });
    Arc::clone(&SCHEMA)
}

/// Encodes rows of `call_events`.
///
/// # Errors
/// [`Error::Arrow`] when Arrow refuses the columns.
pub fn encode_events(rows: &[EventRow]) -> Result<RecordBatch, Error> {
    let text = |field: fn(&EventRow) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(field)))
    };
    let instants = |field: fn(&EventRow) -> Timestamp| -> ArrayRef {
        let micros = rows.iter().map(|row| field(row).micros());
        Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
    };
    let origins = || rows.iter().map(|row| &row.origin);
    let columns: Vec<ArrayRef> = vec![
        text(|row| row.event.account.as_str()),
        text(|row| &row.event.subject),
        text(|row| row.event.kind.type_name()),
        text(|row| &row.event.source),
        text(|row| &row.event.id),
        instants(|row| row.event.time),
        instants(|row| row.origin.received_at),
        text(|row| &row.event.data_json),
        text(|row| &row.origin.kafka_partition.topic),
        Arc::new(Int32Array::from_iter_values(origins().map(|origin| origin.kafka_partition.partition))),
        Arc::new(Int64Array::from_iter_values(origins().map(|origin| origin.offset))),
        Arc::new(Int32Array::from_iter_values(origins().map(|origin| origin.element))),
    ];
    RecordBatch::try_new(schema(), columns)
        .map_err(|source| Error::Arrow { operation: "encoding events", source })
}

/// Decodes rows of `call_events` through the decoder that ingest uses, so that what is rebuilt from them is what
/// was ingested (REC-2).
///
/// # Errors
/// [`Error::Invalid`] for a batch that is not of this schema, or an event that this version would not accept.
pub fn decode_events(batch: &RecordBatch) -> Result<Vec<EventRow>, Error> {
    check_schema(batch, Table::CallEvents)?;
    let mut topics = Topics::default();
    (0..batch.num_rows())
        .map(|row| Ok(EventRow { event: event(batch, row)?, origin: origin(batch, row, &mut topics) }))
        .collect()
}

fn text(batch: &RecordBatch, column: usize, row: usize) -> &str {
    typed::<StringArray>(batch, column).value(row)
}

fn micros(batch: &RecordBatch, column: usize, row: usize) -> Timestamp {
    Timestamp(typed::<TimestampMicrosecondArray>(batch, column).value(row))
}

fn event(batch: &RecordBatch, row: usize) -> Result<Event, Error> {
    let at = micros(batch, OCCURRED_AT, row).to_rfc3339();
    let attributes = [
        ("ce_specversion", "1.0"),
        ("ce_id", text(batch, EVENT_ID, row)),
        ("ce_source", text(batch, SOURCE, row)),
        ("ce_type", text(batch, EVENT_TYPE, row)),
        ("ce_time", &at),
        ("ce_subject", text(batch, SUBJECT, row)),
        ("ce_account", text(batch, ACCOUNT, row)),
        ("content-type", "application/json"),
    ];
    let header = |(name, value): (&str, &str)| (Box::from(name), Box::from(value.as_bytes()));
    // Without a subject the column is empty; the attribute must then be absent.
    let stated = attributes.into_iter().filter(|(name, value)| *name != "ce_subject" || !value.is_empty());
    let headers: Vec<_> = stated.map(header).collect();
    let incoming = Incoming { headers: &headers, payload: text(batch, DATA, row).as_bytes() };
    match decode(incoming).into_iter().next().map(|element| element.outcome) {
        Some(Ok(event)) => Ok(event),
        Some(Err(rejection)) => Err(Error::Invalid {
            what: format!(
                "archived event {} of {} is not accepted any more: {} {}",
                text(batch, EVENT_ID, row),
                text(batch, SOURCE, row),
                rejection.reason,
                rejection.detail
            ),
        }),
        None => Err(Error::Invalid { what: format!("archived event in row {row} decodes to nothing") }),
    }
}

fn origin(batch: &RecordBatch, row: usize, topics: &mut Topics) -> Origin {
    let partition = typed::<Int32Array>(batch, KAFKA_PARTITION).value(row);
    Origin {
        kafka_partition: KafkaPartition::new(topics.share(text(batch, TOPIC, row)), partition),
        offset: typed::<Int64Array>(batch, LOG_OFFSET).value(row),
        element: typed::<Int32Array>(batch, ELEMENT).value(row),
        received_at: micros(batch, RECEIVED_AT, row),
    }
}

/// The last topic name, because rows of one topic follow each other.
#[derive(Default)]
struct Topics(Option<Arc<str>>);

impl Topics {
    fn share(&mut self, name: &str) -> Arc<str> {
        match &self.0 {
            Some(last) if &**last == name => Arc::clone(last),
            Some(_) | None => Arc::clone(self.0.insert(name.into())),
        }
    }
}
