//! A row of `sms` as CALLR's `SMS`: the same properties in the same order.
//!
//! Text and dates that are not known are null, an amount that is not known is "0.00", parts that are not known are 0
//! (typed SDKs have no null integers).

use arrow::array::RecordBatch;
use callhouse_core::event::call::Direction;
use callhouse_core::money::format_cents;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use crate::callr::error::Error;
use crate::callr::fields::{Amount, Instant, Int, Text, columns};
use crate::callr::format::datetime;
use crate::callr::method::{Pieces, array};

/// Decimals of a cent in the format `amount`.
const AMOUNT_DECIMALS: u32 = 2;

/// The class of a message that is shown at once and not stored (3GPP TS 23.038 §4).
const FLASH: i64 = 0;

#[derive(Serialize)]
pub(super) struct Message<'a> {
    b_customer_debit: String,
    b_customer_mode: Option<&'a str>,
    date_creation: Option<String>,
    date_received: Option<String>,
    date_sent: Option<String>,
    date_update: Option<String>,
    encoding: Option<&'a str>,
    from: Option<&'a str>,
    hash: Option<&'a str>,
    nature: Option<&'a str>,
    options: Options<'a>,
    parts: i64,
    status: Option<&'a str>,
    status_error: Option<&'a str>,
    text: Option<&'a str>,
    to: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    user_data: Option<&'a str>,
}

/// CALLR's `SMS.Options`, as far as events said with which the message was sent.
#[derive(Serialize)]
struct Options<'a> {
    flash_message: bool,
    force_encoding: Option<&'a str>,
    nature: Option<&'a str>,
    user_data: Option<&'a str>,
    webhook: Option<Webhook<'a>>,
}

/// A dynamic webhook.
#[derive(Serialize)]
struct Webhook<'a> {
    endpoint: &'a str,
}

columns! {
    hash: Text text,
    created_at: Instant instant,
    direction: Text text,
    from_number: Text text,
    from_number_raw: Text text,
    to_number: Text text,
    to_number_raw: Text text,
    nature: Text text,
    user_data: Text text,
    webhook_endpoint: Text text,
    text: Text text,
    message_class: Int int,
    forced_encoding: Text text,
    encoding: Text text,
    parts: Int int,
    sent_at: Instant instant,
    debit: Amount amount,
    billing_mode: Text text,
    status: Text text,
    status_at: Instant instant,
    status_error: Text text,
    delivered_at: Instant instant,
    last_event_at: Instant instant,
}

impl Columns {
    /// Writes the message of a row.
    pub(in crate::callr) fn write(&self, row: usize, piece: &mut Vec<u8>) -> Result<(), Error> {
        serde_json::to_writer(piece, &self.message(row)).map_err(Error::Encode)
    }

    fn message(&self, row: usize) -> Message<'_> {
        let (nature, user_data) = (self.nature.get(row), self.user_data.get(row));
        let updated_at = self.status_at.get(row).or_else(|| self.last_event_at.get(row));
        Message {
            b_customer_debit: format_cents(self.debit.micros_or_zero(row), AMOUNT_DECIMALS),
            b_customer_mode: self.billing_mode.get(row),
            date_creation: self.created_at.get(row).map(datetime),
            date_received: self.delivered_at.get(row).map(datetime),
            date_sent: self.sent_at.get(row).map(datetime),
            date_update: updated_at.map(datetime),
            encoding: self.encoding.get(row),
            from: self.from_number.get(row).or_else(|| self.from_number_raw.get(row)),
            hash: self.hash.get(row),
            nature,
            options: Options {
                flash_message: self.message_class.get(row) == Some(FLASH),
                force_encoding: self.forced_encoding.get(row),
                nature,
                user_data,
                webhook: self.webhook_endpoint.get(row).map(|endpoint| Webhook { endpoint }),
            },
            parts: self.parts.or_zero(row),
            status: self.status.get(row),
            status_error: self.status_error.get(row),
            text: self.text.get(row),
            to: self.to_number.get(row).or_else(|| self.to_number_raw.get(row)),
            kind: self.direction.get(row).and_then(Direction::parse).map(kind),
            user_data,
        }
    }
}

const fn kind(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "IN",
        Direction::Outbound => "OUT",
    }
}

/// Messages that serialize as an array.
pub(super) struct Messages(Vec<Columns>);

impl Messages {
    /// The messages of rows with at least [`COLUMNS`].
    pub(super) fn new(batches: &[RecordBatch]) -> Result<Self, Error> {
        batches.iter().map(Columns::of).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Message<'_>> {
        self.0.iter().flat_map(|columns| (0..columns.rows).map(|row| columns.message(row)))
    }
}

impl Serialize for Messages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut messages = serializer.serialize_seq(Some(self.0.iter().map(|columns| columns.rows).sum()))?;
        for message in self.iter() {
            messages.serialize_element(&message)?;
        }
        messages.end()
    }
}

/// The pieces of an array of messages.
pub(super) fn pieces(batches: Vec<RecordBatch>) -> Pieces {
    array(batches, |batch| {
        let columns = Columns::of(batch)?;
        Ok((columns.rows, move |row, piece: &mut Vec<u8>| columns.write(row, piece)))
    })
}
