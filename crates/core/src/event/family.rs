//! The families of events: what a family is to the decoder, and the list of them.
//!
//! A family is the events about one kind of thing. It has one wide struct of data, because every field means the same in
//! every type that may carry it; which fields a type may or must carry is in `schemas/events/`. Adding a family adds its own
//! file beside this one and one line to the list at the end.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::envelope::Cursor;
use super::envelope::data_fault;
use super::is_likely;
use crate::rejection::Rejection;
use crate::time::Timestamp;

use super::call::{CallData, CallEventType, Direction};
use super::sms::{SmsData, SmsEventType};
use super::webhook::{WebhookData, WebhookEventType};

/// The data of a family of events.
pub(crate) trait EventData: Sized + Default + Serialize + DeserializeOwned {
    /// The types of the family.
    type EventType: Copy;

    /// Reads the data the cursor stands at, in one pass; `None` when it has another form than the usual one, be it right
    /// or wrong.
    fn read_usual(cursor: &mut Cursor<'_>) -> Option<Self>;

    /// Checks what JSON types do not say: the ranges of values, and that what the type requires is there.
    ///
    /// # Errors
    /// A [`Rejection`] that names the field.
    fn check(&self, event_type: Self::EventType) -> Result<(), Rejection>;

    /// Which way the thing went that this event is about, if the event says so.
    fn direction(&self) -> Option<Direction> {
        None
    }

    /// The instants this event states, by field.
    fn instants(&self) -> impl Iterator<Item = (&'static str, Timestamp)>;

    /// Reads and checks data of any form.
    ///
    /// # Errors
    /// A [`Rejection`] that names the field at fault.
    fn read(event_type: Self::EventType, text: &str) -> Result<Self, Rejection> {
        let mut cursor = Cursor::new(text);
        let data = match Self::read_usual(&mut cursor).filter(|_| cursor.is_at_end()) {
            Some(data) => data,
            None => serde_json::from_str(text).map_err(|error| data_fault::<Self>(text, &error))?,
        };
        data.check(event_type)?;
        Ok(data)
    }
}

fn unlikely_instant<D: EventData>(data: &D, received_at: Timestamp) -> Option<(&'static str, Timestamp)> {
    data.instants().find(|(_, at)| !is_likely(*at, received_at))
}

fn json<D: EventData>(data: &D) -> Box<str> {
    let json = serde_json::to_string(data).expect("data has text keys and no failing values");
    json.into_boxed_str()
}

macro_rules! families {
    ($($family:ident($event_type:ty, $data:ty);)+) => {
        /// The type of an event of a known family.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventType { $($family($event_type)),+ }

        impl EventType {
            /// The type of a CloudEvents `type`; `None` for one that this version does not know.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                $(if let Some(known) = <$event_type>::parse(name) {
                    return Some(Self::$family(known));
                })+
                None
            }

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$family(event_type) => event_type.as_str()),+ }
            }
        }

        /// The event's type with what it states.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Kind {
            $($family($event_type, Box<$data>),)+
            /// A type this version does not know: stored, counted, never rejected.
            Unknown(Box<str>),
        }

        impl Kind {
            /// The type; `None` when this version does not know it.
            #[must_use]
            pub const fn event_type(&self) -> Option<EventType> {
                match self {
                    $(Self::$family(event_type, _) => Some(EventType::$family(*event_type)),)+
                    Self::Unknown(_) => None,
                }
            }

            /// Which way the thing went, if the event says so.
            #[must_use]
            pub fn direction(&self) -> Option<Direction> {
                match self {
                    $(Self::$family(_, data) => EventData::direction(&**data),)+
                    Self::Unknown(_) => None,
                }
            }

            /// The data as compact JSON text; `{}` of an unknown type, whose data only its message has.
            pub(super) fn data_json(&self) -> Box<str> {
                match self {
                    $(Self::$family(_, data) => json(&**data),)+
                    Self::Unknown(_) => "{}".into(),
                }
            }

            pub(super) fn read(event_type: EventType, text: &str) -> Result<Self, Rejection> {
                Ok(match event_type {
                    $(EventType::$family(event_type) => {
                        Self::$family(event_type, Box::new(<$data>::read(event_type, text)?))
                    })+
                })
            }

            /// The first instant stated that cannot be right in an event received at `received_at`.
            pub(super) fn unlikely_instant(&self, received_at: Timestamp) -> Option<(&'static str, Timestamp)> {
                match self {
                    $(Self::$family(_, data) => unlikely_instant(&**data, received_at),)+
                    Self::Unknown(_) => None,
                }
            }
        }

        /// As [`Kind`], of an event that is read in one pass: of a known type, and not boxed.
        #[derive(Debug, Clone, PartialEq)]
        pub enum UsualKind { $($family($event_type, $data)),+ }

        impl UsualKind {
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self { $(Self::$family(event_type, _) => EventType::$family(*event_type)),+ }
            }

            /// Which way the thing went, if the event says so.
            #[must_use]
            pub fn direction(&self) -> Option<Direction> {
                match self { $(Self::$family(_, data) => EventData::direction(data)),+ }
            }

            /// Reads the data the cursor stands at.
            pub(super) fn read(event_type: EventType, cursor: &mut Cursor<'_>) -> Option<Self> {
                Some(match event_type {
                    $(EventType::$family(event_type) => {
                        Self::$family(event_type, <$data>::read_usual(cursor)?)
                    })+
                })
            }

            /// An event that has no data.
            pub(super) fn empty(event_type: EventType) -> Self {
                match event_type {
                    $(EventType::$family(event_type) => Self::$family(event_type, <$data>::default())),+
                }
            }

            pub(super) fn check(&self) -> Result<(), Rejection> {
                match self { $(Self::$family(event_type, data) => data.check(*event_type)),+ }
            }

            pub(super) fn unlikely_instant(&self, received_at: Timestamp) -> Option<(&'static str, Timestamp)> {
                match self { $(Self::$family(_, data) => unlikely_instant(data, received_at)),+ }
            }
        }

        impl From<UsualKind> for Kind {
            fn from(usual: UsualKind) -> Self {
                match usual {
                    $(UsualKind::$family(event_type, data) => Self::$family(event_type, Box::new(data))),+
                }
            }
        }
    };
}

families! {
    Call(CallEventType, CallData);
    Webhook(WebhookEventType, WebhookData);
    Sms(SmsEventType, SmsData);
}
