//! Rows of archives such as `call_events`: every accepted event as it came, and where in the log it stood.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
};
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

pub(crate) fn schema() -> SchemaRef {
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

/// Rows of an archive being put together column by column.
#[derive(Debug)]
pub struct EventColumns {
    account: StringBuilder,
    subject: StringBuilder,
    event_type: StringBuilder,
    source: StringBuilder,
    event_id: StringBuilder,
    occurred_at: Vec<i64>,
    received_at: Vec<i64>,
    data: StringBuilder,
    topic: StringBuilder,
    kafka_partition: Vec<i32>,
    log_offset: Vec<i64>,
    element: Vec<i32>,
}

/// An event as the columns take it.
#[derive(Debug, Clone, Copy)]
pub struct EventCells<'a> {
    pub account: &'a str,
    pub subject: &'a str,
    pub event_type: &'a str,
    pub source: &'a str,
    pub event_id: &'a str,
    pub occurred_at: Timestamp,
    /// Compact JSON.
    pub data: &'a str,
}

impl<'a> EventCells<'a> {
    /// The cells of an event, with the name of its type.
    #[must_use]
    pub fn of(event: &'a Event, event_type: &'a str) -> Self {
        Self {
            account: event.account.as_str(),
            subject: &event.subject,
            event_type,
            source: &event.source,
            event_id: &event.id,
            occurred_at: event.time,
            data: &event.data_json,
        }
    }
}

/// Bytes to start with for a name or an id; columns grow when that is too little.
const NAME_BYTES: usize = 16;

impl EventColumns {
    /// Columns with room for so many rows, whose data takes about `data_bytes` together.
    #[must_use]
    pub fn with_capacity(rows: usize, data_bytes: usize) -> Self {
        let names = || StringBuilder::with_capacity(rows, rows * NAME_BYTES);
        Self {
            account: names(),
            subject: names(),
            event_type: names(),
            source: names(),
            event_id: names(),
            occurred_at: Vec::with_capacity(rows),
            received_at: Vec::with_capacity(rows),
            data: StringBuilder::with_capacity(rows, data_bytes),
            topic: names(),
            kafka_partition: Vec::with_capacity(rows),
            log_offset: Vec::with_capacity(rows),
            element: Vec::with_capacity(rows),
        }
    }

    /// Appends one event and where it stood.
    pub fn push(&mut self, event: EventCells<'_>, origin: &Origin) {
        self.account.append_value(event.account);
        self.subject.append_value(event.subject);
        self.event_type.append_value(event.event_type);
        self.source.append_value(event.source);
        self.event_id.append_value(event.event_id);
        self.occurred_at.push(event.occurred_at.micros());
        self.received_at.push(origin.received_at.micros());
        self.data.append_value(event.data);
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
            text(&mut self.subject),
            text(&mut self.event_type),
            text(&mut self.source),
            text(&mut self.event_id),
            instants(self.occurred_at),
            instants(self.received_at),
            text(&mut self.data),
            text(&mut self.topic),
            Arc::new(Int32Array::from(self.kafka_partition)),
            Arc::new(Int64Array::from(self.log_offset)),
            Arc::new(Int32Array::from(self.element)),
        ];
        RecordBatch::try_new(schema(), columns)
            .map_err(|source| Error::Arrow { operation: "encoding events", source })
    }
}

/// Encodes rows of an archive.
///
/// # Errors
/// [`Error::Arrow`] when Arrow refuses the columns.
pub fn encode_events(rows: &[EventRow]) -> Result<RecordBatch, Error> {
    let data_bytes = rows.iter().map(|row| row.event.data_json.len()).sum();
    let mut columns = EventColumns::with_capacity(rows.len(), data_bytes);
    for row in rows {
        columns.push(EventCells::of(&row.event, row.event.kind.type_name()), &row.origin);
    }
    columns.finish()
}

/// Decodes rows of an archive through the decoder that ingest uses, so that what is rebuilt from them is what
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

/// The type of each row of an archive.
pub(crate) fn event_types(batch: &RecordBatch) -> &StringArray {
    typed(batch, EVENT_TYPE)
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
