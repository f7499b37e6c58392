//! The CloudEvents attributes of one event, borrowed from the message.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{self, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::missing;
use crate::rejection::Rejection;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Attributes<'a> {
    #[serde(borrow)]
    pub(super) specversion: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) source: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) subject: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) time: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) account: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    pub(super) data_base64: Option<IgnoredAny>,
}

/// The attributes of the envelope that are text.
pub(super) const TEXT_ATTRIBUTES: [&str; 7] =
    ["specversion", "id", "source", "type", "subject", "time", "account"];

impl Attributes<'_> {
    pub(super) fn required<'t>(
        &self,
        field: &str,
        value: Option<&'t Text<'_>>,
    ) -> Result<&'t str, Rejection> {
        value.map(Deref::deref).ok_or_else(|| missing(field))
    }
}

/// Text that borrows from the message unless it holds escapes.
///
/// `Option<Cow<str>>` would not do: serde only borrows into a bare `Cow`.
#[derive(Debug)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Text<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}
