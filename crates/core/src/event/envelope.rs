//! From bytes to events: CloudEvents 1.0 JSON, structured, batch and binary mode.
//!
//! The mode is told by the message itself: `ce_…` (Kafka) or `ce-…` (HTTP) headers mean binary mode, a payload
//! that starts with `[` is a batch, everything else one structured event. A message never ends in
//! nothing (ING-3): what is no event is a rejection that names the field at fault.
//!
//! This is the hot path of ingest. A structured event of the usual form is read in one pass (`envelope/usual.rs`); of
//! any other the envelope is parsed into borrowed text, and `data` stays raw until its type is known. Finding out which
//! field of a bad message is at fault is left to a last, slow look.

mod attributes;
mod batch;
mod binary;
mod compact;
mod faults;
pub(in crate::event) mod usual;

use crate::event::{Event, EventType, Kind, check};
use crate::ids::AccountId;
use crate::rejection::{Rejection, RejectionReason};
use crate::time::Timestamp;

use attributes::Attributes;
pub(in crate::event) use faults::data_fault;
pub use usual::UsualEvent;
pub(crate) use usual::cursor::Cursor;

/// The parts of a log message that say what it is. Header names are compared without regard to case.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Kafka or HTTP headers; binary mode has its attributes in `ce_…` or `ce-…` ones.
    pub headers: &'a [(Box<str>, Box<[u8]>)],
    pub payload: &'a [u8],
}

/// One element of a message: an event, or why it is none, with the bytes of that element.
#[derive(Debug, Clone, PartialEq)]
pub struct Element<'a> {
    pub outcome: Result<Event, Rejection>,
    pub bytes: &'a [u8],
}

/// Decodes a message of any mode. A structured message gives one element, a batch as many as it has
/// (a bad one harms no neighbour), an unreadable message one rejection (ING-3: never none).
#[must_use]
pub fn decode<'a>(incoming: Incoming<'a>) -> Vec<Element<'a>> {
    decode_for(incoming, None)
}

/// Like [`decode`], with the account of events that name none: that of the credentials they came with.
#[must_use]
pub fn decode_for<'a>(incoming: Incoming<'a>, default_account: Option<&AccountId>) -> Vec<Element<'a>> {
    let Incoming { headers, payload } = incoming;
    if binary::is_binary(headers) {
        let outcome = binary::decode(headers, payload, default_account);
        return vec![Element { outcome, bytes: payload }];
    }
    let bytes = payload.trim_ascii();
    match bytes.first() {
        None => vec![Element { outcome: Err(empty("the message is empty")), bytes: payload }],
        Some(b'[') => decode_batch(bytes, default_account),
        Some(_) => vec![Element { outcome: decode_structured(bytes, default_account), bytes: payload }],
    }
}

fn decode_batch<'a>(bytes: &'a [u8], default_account: Option<&AccountId>) -> Vec<Element<'a>> {
    let mut elements: Vec<Element<'a>> = batch::Elements::of(bytes)
        .map(|piece| {
            let outcome = match piece.fault {
                Some(fault) => Err(Rejection::new(RejectionReason::Malformed, fault)),
                None if piece.bytes.is_empty() => Err(empty("the batch has an empty element")),
                None => decode_structured(piece.bytes, default_account),
            };
            Element { outcome, bytes: piece.bytes }
        })
        .collect();
    if elements.is_empty() {
        elements.push(Element { outcome: Err(empty("the batch holds no event")), bytes });
    }
    elements
}

fn decode_structured(bytes: &[u8], default_account: Option<&AccountId>) -> Result<Event, Rejection> {
    let text = utf8(bytes)?;
    if let Some(event) = UsualEvent::read_text(text, default_account).and_then(UsualEvent::into_event) {
        return Ok(event);
    }
    decode_general(text, default_account)
}

/// Decodes an event of any form.
fn decode_general(text: &str, default_account: Option<&AccountId>) -> Result<Event, Rejection> {
    let attributes: Attributes<'_> =
        serde_json::from_str(text).map_err(|error| faults::envelope_fault(text, &error))?;
    event_of(&attributes, default_account)
}

/// The event that attributes and data of any mode describe.
fn event_of(attributes: &Attributes<'_>, default_account: Option<&AccountId>) -> Result<Event, Rejection> {
    let specversion = attributes.required("specversion", attributes.specversion.as_ref())?;
    if !specversion.starts_with("1.") {
        return Err(invalid(format!("specversion: {specversion:?} is not 1.0")));
    }
    let id = sized("id", attributes.required("id", attributes.id.as_ref())?, check::MAX_ID_BYTES)?;
    let source =
        sized("source", attributes.required("source", attributes.source.as_ref())?, check::MAX_ID_BYTES)?;
    let type_name =
        sized("type", attributes.required("type", attributes.kind.as_ref())?, check::MAX_SUBJECT_BYTES)?;
    let account = match (&attributes.account, default_account) {
        (Some(name), _) => AccountId::new(name).map_err(|fault| invalid(format!("account: {fault}")))?,
        (None, Some(account)) => account.clone(),
        (None, None) => return Err(missing("account")),
    };
    let time = attributes.required("time", attributes.time.as_ref())?;
    let time = Timestamp::parse_rfc3339(time)
        .ok_or_else(|| invalid(format!("time: {time:?} is no RFC 3339 instant")))?;
    if attributes.data_base64.is_some() {
        return Err(invalid("data_base64: only JSON data is read".to_owned()));
    }
    let data_text = attributes.data.map_or("{}", serde_json::value::RawValue::get);
    let event_type = EventType::parse(type_name);
    let subject = match (&attributes.subject, event_type) {
        (None, None) => "",
        (subject, _) => {
            sized("subject", attributes.required("subject", subject.as_ref())?, check::MAX_SUBJECT_BYTES)?
        }
    };
    let kind = match event_type {
        Some(event_type) => Kind::read(event_type, data_text)?,
        None => Kind::Unknown(type_name.into()),
    };
    Ok(Event {
        id: id.into(),
        source: source.into(),
        account,
        subject: subject.into(),
        time,
        kind,
        data_json: compact::compact(data_text),
    })
}

fn utf8(bytes: &[u8]) -> Result<&str, Rejection> {
    std::str::from_utf8(bytes).map_err(|error| {
        let detail = format!("byte {} does not continue UTF-8 text", error.valid_up_to());
        Rejection::new(RejectionReason::InvalidUtf8, detail)
    })
}

fn sized<'t>(field: &str, text: &'t str, most_bytes: usize) -> Result<&'t str, Rejection> {
    if text.is_empty() {
        return Err(invalid(format!("{field}: empty")));
    }
    if text.len() > most_bytes {
        return Err(invalid(format!("{field}: {} bytes, at most {most_bytes} are allowed", text.len())));
    }
    Ok(text)
}

/// The text, when it is neither empty nor longer than this.
fn required_bytes(text: &str, most_bytes: usize) -> Option<&str> {
    (!text.is_empty() && text.len() <= most_bytes).then_some(text)
}

fn empty(detail: &str) -> Rejection {
    Rejection::new(RejectionReason::Empty, detail)
}

fn missing(field: &str) -> Rejection {
    Rejection::new(RejectionReason::MissingField, field)
}

fn invalid(detail: String) -> Rejection {
    Rejection::new(RejectionReason::InvalidValue, detail)
}

#[cfg(test)]
mod tests;
