//! The usual form of a structured event of a known family, read in one pass over its bytes: envelope, data and all that is checked
//! of them, texts left where they lie.
//!
//! Nearly every event has this form. What is in any way unusual is not judged here but left to the general way, which
//! also finds the words for a rejection: escapes in texts, a type this version does not know, the same member twice, a
//! value of another type than its field has, and everything wrong. So an event read here is the one the general way
//! reads, and a test holds the two against each other.

pub(in crate::event) mod cursor;
pub(in crate::event) mod members;

use std::borrow::Cow;

use super::{Incoming, binary, compact, required_bytes};
use crate::event::{Event, EventType, UsualKind, check};
use crate::ids::AccountId;
use crate::time::Timestamp;

use cursor::Cursor;

/// How deep a value may be nested that is passed over.
pub(in crate::event) const DEEPEST: u8 = 16;

/// An event of a known family whose texts lie in its message.
#[derive(Debug, Clone, PartialEq)]
pub struct UsualEvent<'a> {
    pub id: &'a str,
    pub source: &'a str,
    /// As the event or its sender's default names it; not yet known to be the form of a name.
    pub account: &'a str,
    pub subject: &'a str,
    pub time: Timestamp,
    pub kind: UsualKind,
    /// As [`Event::data_json`].
    pub data_json: Cow<'a, str>,
}

impl<'a> UsualEvent<'a> {
    /// Reads a message that is one structured event; `None` when it has another form, be it right or wrong. White space
    /// around the event is no part of it.
    #[must_use]
    pub fn read(incoming: Incoming<'a>, default_account: Option<&'a AccountId>) -> Option<Self> {
        if binary::is_binary(incoming.headers) {
            return None;
        }
        Self::read_text(std::str::from_utf8(incoming.payload.trim_ascii()).ok()?, default_account)
    }

    pub(super) fn read_text(text: &'a str, default_account: Option<&'a AccountId>) -> Option<Self> {
        let Members { specversion, id, source, event_type, subject, time, account, data } =
            Members::read(text)?;
        if !specversion?.starts_with("1.") {
            return None;
        }
        let (kind, data_json) = match data {
            Some(Data::Read(kind, json)) => (kind, json),
            Some(Data::Passed(text)) => {
                let mut cursor = Cursor::new(text);
                read_data(event_type?, &mut cursor).filter(|_| cursor.is_at_end())?
            }
            None => (UsualKind::empty(event_type?), Cow::Borrowed("{}")),
        };
        kind.check().ok()?;
        Some(Self {
            id: required_bytes(id?, check::MAX_ID_BYTES)?,
            source: required_bytes(source?, check::MAX_ID_BYTES)?,
            account: account.or(default_account.map(AccountId::as_str))?,
            subject: required_bytes(subject?, check::MAX_SUBJECT_BYTES)?,
            time: Timestamp::parse_rfc3339(time?)?,
            kind,
            data_json,
        })
    }

    /// The event with texts of its own; `None` when its account's name is of no allowed form.
    pub(super) fn into_event(self) -> Option<Event> {
        Some(Event {
            account: AccountId::new(self.account).ok()?,
            id: self.id.into(),
            source: self.source.into(),
            subject: self.subject.into(),
            time: self.time,
            kind: self.kind.into(),
            data_json: self.data_json.into(),
        })
    }

    /// Whether all instants are ones that [`Event::check_time`] lets pass.
    #[must_use]
    pub fn has_likely_times(&self, received_at: Timestamp) -> bool {
        crate::event::is_likely(self.time, received_at) && self.kind.unlikely_instant(received_at).is_none()
    }
}

/// The members of the envelope as they stand.
#[derive(Default)]
struct Members<'a> {
    specversion: Option<&'a str>,
    id: Option<&'a str>,
    source: Option<&'a str>,
    event_type: Option<EventType>,
    subject: Option<&'a str>,
    time: Option<&'a str>,
    account: Option<&'a str>,
    data: Option<Data<'a>>,
}

/// The data of an event: read as what its type says it is, or passed over until the type is known.
#[expect(clippy::large_enum_variant, reason = "one at a time, taken apart where it was made")]
enum Data<'a> {
    Read(UsualKind, Cow<'a, str>),
    Passed(&'a str),
}

/// Reads the data the cursor stands at, and its compact text.
fn read_data<'a>(event_type: EventType, cursor: &mut Cursor<'a>) -> Option<(UsualKind, Cow<'a, str>)> {
    let (start, spaces) = (cursor.position(), cursor.spaces());
    let kind = UsualKind::read(event_type, cursor)?;
    let text = cursor.since(start)?;
    let is_compact = cursor.spaces() == spaces;
    Some((kind, if is_compact { Cow::Borrowed(text) } else { compact::compact(text).into_string().into() }))
}

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut members = Self::default();
        let mut cursor = Cursor::new(text);
        cursor.object(|cursor, name| members.member(cursor, name))?;
        cursor.is_at_end().then_some(members)
    }

    fn member(&mut self, cursor: &mut Cursor<'a>, name: &str) -> Option<()> {
        let slot = match name.as_bytes() {
            b"specversion" => &mut self.specversion,
            b"id" => &mut self.id,
            b"source" => &mut self.source,
            b"type" => return self.event_type(cursor),
            b"subject" => &mut self.subject,
            b"time" => &mut self.time,
            b"account" => &mut self.account,
            b"data" => return self.data(cursor),
            b"data_base64" => return None,
            _ => return cursor.pass_over(DEEPEST),
        };
        let is_first = slot.replace(cursor.string()?).is_none();
        is_first.then_some(())
    }

    fn event_type(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        let is_first = self.event_type.replace(EventType::parse(cursor.string()?)?).is_none();
        is_first.then_some(())
    }

    fn data(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        let data = match self.event_type {
            Some(event_type) => {
                let (kind, json) = read_data(event_type, cursor)?;
                Data::Read(kind, json)
            }
            None => {
                let start = cursor.position();
                cursor.pass_over(DEEPEST)?;
                Data::Passed(cursor.since(start)?)
            }
        };
        let is_first = self.data.replace(data).is_none();
        is_first.then_some(())
    }
}

#[cfg(test)]
mod tests;
