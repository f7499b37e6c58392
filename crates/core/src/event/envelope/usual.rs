//! The usual form of a structured call event, read in one pass over its bytes: envelope, data and all that is checked
//! of them, texts left where they lie.
//!
//! Nearly every event has this form. What is in any way unusual is not judged here but left to the general way, which
//! also finds the words for a rejection: escapes in texts, a type this version does not know, the same member twice, a
//! value of another type than its field has, and everything wrong. So an event read here is the one the general way
//! reads, and a test holds the two against each other.

mod cursor;
mod data;

use std::borrow::Cow;

use super::{Incoming, binary, compact, required_bytes};
use crate::event::call::{CallData, CallEventType};
use crate::event::{Event, Kind, check};
use crate::ids::AccountId;
use crate::time::Timestamp;

use cursor::Cursor;
pub(super) use data::call_data;

/// How deep a value may be nested that is passed over.
const DEEPEST: u8 = 16;

/// A call event whose texts lie in its message.
#[derive(Debug, Clone, PartialEq)]
pub struct UsualEvent<'a> {
    pub id: &'a str,
    pub source: &'a str,
    /// As the event or its sender's default names it; not yet known to be the form of a name.
    pub account: &'a str,
    pub subject: &'a str,
    pub time: Timestamp,
    pub event_type: CallEventType,
    pub data: CallData,
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
        let Members { specversion, id, source, kind, subject, time, account, data } = Members::read(text)?;
        if !specversion?.starts_with("1.") {
            return None;
        }
        let event_type = CallEventType::parse(kind?)?;
        let (data, data_json) = data.unwrap_or((CallData::default(), Cow::Borrowed("{}")));
        check::call_data(event_type, &data).ok()?;
        Some(Self {
            id: required_bytes(id?, check::MAX_ID_BYTES)?,
            source: required_bytes(source?, check::MAX_ID_BYTES)?,
            account: account.or(default_account.map(AccountId::as_str))?,
            subject: required_bytes(subject?, check::MAX_SUBJECT_BYTES)?,
            time: Timestamp::parse_rfc3339(time?)?,
            event_type,
            data,
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
            kind: Kind::Call(self.event_type, Box::new(self.data)),
            data_json: self.data_json.into(),
        })
    }

    /// Whether all instants are ones that [`Event::check_time`] lets pass.
    #[must_use]
    pub fn has_likely_times(&self, received_at: Timestamp) -> bool {
        let mut instants = std::iter::once(self.time).chain(self.data.instants().map(|(_, at)| at));
        instants.all(|at| crate::event::is_likely(at, received_at))
    }
}

/// The members of the envelope as they stand.
#[derive(Default)]
struct Members<'a> {
    specversion: Option<&'a str>,
    id: Option<&'a str>,
    source: Option<&'a str>,
    kind: Option<&'a str>,
    subject: Option<&'a str>,
    time: Option<&'a str>,
    account: Option<&'a str>,
    data: Option<(CallData, Cow<'a, str>)>,
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
            b"type" => &mut self.kind,
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

    fn data(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        let (start, spaces) = (cursor.position(), cursor.spaces());
        let data = data::read(cursor)?;
        let text = cursor.since(start)?;
        let json = if cursor.spaces() == spaces {
            Cow::Borrowed(text)
        } else {
            compact::compact(text).into_string().into()
        };
        let is_first = self.data.replace((data, json)).is_none();
        is_first.then_some(())
    }
}

#[cfg(test)]
mod tests;
