//! Optional instants as RFC 3339 strings, for serde's `with`.

use serde::{Deserialize, Deserializer, Serializer, de};

use crate::event::text::Text;
use crate::time::Timestamp;

#[expect(clippy::ref_option, reason = "serde's `with` hands over a reference to the field")]
pub(crate) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&at.to_rfc3339()),
        None => serializer.serialize_none(),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<Text<'de>>::deserialize(deserializer)? else { return Ok(None) };
    Timestamp::parse_rfc3339(&text).map(Some).ok_or_else(|| {
        let text: &str = &text;
        de::Error::custom(format!("{text:?} is no RFC 3339 instant such as 2026-11-20T20:00:56.246Z"))
    })
}
