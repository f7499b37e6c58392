//! The CloudEvents attributes of one event, borrowed from the message.

use std::ops::Deref;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::missing;
use crate::event::text::Text;
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
