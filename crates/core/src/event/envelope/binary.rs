//! CloudEvents binary mode: the attributes in headers, the data alone in the payload.
//!
//! Kafka protocol binding 1.0.2 §3.2 (`ce_` headers, UTF-8) and HTTP protocol binding 1.0.2 §3.1 (`ce-` headers,
//! percent-encoded).

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::attributes::Attributes;
use super::{event_of, faults, utf8};
use crate::event::Event;
use crate::event::text::Text;
use crate::ids::AccountId;
use crate::rejection::{Rejection, RejectionReason};

type Headers<'a> = &'a [(Box<str>, Box<[u8]>)];

/// Whether the headers hold CloudEvents attributes.
pub(super) fn is_binary(headers: Headers<'_>) -> bool {
    headers.iter().any(|(name, _)| {
        attribute_name(name).is_some_and(|name| {
            ["id", "source", "type", "specversion"].iter().any(|known| name.eq_ignore_ascii_case(known))
        })
    })
}

pub(super) fn decode(
    headers: Headers<'_>,
    payload: &[u8],
    default_account: Option<&AccountId>,
) -> Result<Event, Rejection> {
    let mut attributes = attributes_of(headers)?;
    let payload = utf8(payload.trim_ascii())?;
    if !payload.is_empty() {
        let data: &RawValue = serde_json::from_str(payload).map_err(|error| faults::not_json(&error))?;
        attributes.data = Some(data);
    }
    event_of(&attributes, default_account)
}

fn attributes_of<'a>(headers: Headers<'a>) -> Result<Attributes<'a>, Rejection> {
    let mut attributes = Attributes::default();
    for (header, value) in headers {
        let Some(name) = attribute_name(header) else { continue };
        let name = name.to_ascii_lowercase();
        let slot = match name.as_str() {
            "specversion" => &mut attributes.specversion,
            "id" => &mut attributes.id,
            "source" => &mut attributes.source,
            "type" => &mut attributes.kind,
            "subject" => &mut attributes.subject,
            "time" => &mut attributes.time,
            "account" => &mut attributes.account,
            _ => continue,
        };
        let bytes = if header.as_bytes().get(2) == Some(&b'-') {
            percent_decoded(value)
        } else {
            Cow::Borrowed(value.as_ref())
        };
        let text = match bytes {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).ok(),
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
        };
        let text = text.ok_or_else(|| {
            Rejection::new(RejectionReason::InvalidUtf8, format!("header {header}: not UTF-8"))
        })?;
        *slot = Some(Text(text));
    }
    Ok(attributes)
}

/// `type` of `ce_type` and `ce-type`.
fn attribute_name(header: &str) -> Option<&str> {
    let prefix = header.get(..3)?;
    (prefix.eq_ignore_ascii_case("ce_") || prefix.eq_ignore_ascii_case("ce-")).then(|| header.get(3..))?
}

/// `%XX` resolved; a percent sign that starts none stands for itself.
fn percent_decoded(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'%') {
        return Cow::Borrowed(value);
    }
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, behind)) = rest.split_first() {
        let escaped = if byte == b'%' { behind.get(..2).and_then(hex_byte) } else { None };
        decoded.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    Cow::Owned(decoded)
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let mut number = 0_u8;
    for digit in digits {
        let value = char::from(*digit).to_digit(16)?;
        number = (number << 4) | u8::try_from(value).ok()?;
    }
    Some(number)
}
