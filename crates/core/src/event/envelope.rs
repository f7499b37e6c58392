//! From bytes to events: CloudEvents 1.0 JSON, structured, batch and Kafka binary mode.

use crate::event::Event;
use crate::rejection::Rejection;

/// The parts of a log message that say what it is. Header names are compared without regard to case.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Kafka or HTTP headers; binary mode has its attributes in `ce_…` ones, `content-type` says the mode.
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
    let _ = incoming;
    Vec::new()
}
