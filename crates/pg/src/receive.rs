//! Values of parameters as clients send them, made into texts.

use bytes::Bytes;
use callhouse_query::Bound;
use chrono::{DateTime, NaiveDate, TimeDelta};

use crate::error::Failure;
use crate::types::{self, BINARY, oid};

/// From 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// One value.
///
/// # Errors
/// When its bytes are no value of its type.
pub(crate) fn bound(
    value: Option<&Bytes>,
    type_id: u32,
    format: i16,
    number: usize,
) -> Result<Bound, Failure> {
    let declared = types::arrow(type_id);
    let Some(bytes) = value else { return Ok(Bound { text: None, declared }) };
    let text = if format == BINARY { binary(bytes, type_id) } else { plain(bytes, type_id) };
    match text {
        Some(text) => Ok(Bound { text: Some(text), declared }),
        None => Err(Failure::new("22P03", format!("the value of ${number} is not of its type ({type_id})"))),
    }
}

fn plain(bytes: &[u8], type_id: u32) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    // PostgreSQL's single letters.
    Some(match (type_id, text) {
        (oid::BOOL, "t" | "T") => "true".to_owned(),
        (oid::BOOL, "f" | "F") => "false".to_owned(),
        _ => text.to_owned(),
    })
}

fn binary(bytes: &[u8], type_id: u32) -> Option<String> {
    let eight = || Some(i64::from_be_bytes(bytes.try_into().ok()?));
    Some(match type_id {
        oid::BOOL => (bytes.first()? != &0).to_string(),
        oid::INT2 => i16::from_be_bytes(bytes.try_into().ok()?).to_string(),
        oid::INT4 => i32::from_be_bytes(bytes.try_into().ok()?).to_string(),
        oid::OID => u32::from_be_bytes(bytes.try_into().ok()?).to_string(),
        oid::INT8 => eight()?.to_string(),
        oid::FLOAT4 => f32::from_be_bytes(bytes.try_into().ok()?).to_string(),
        oid::FLOAT8 => f64::from_be_bytes(bytes.try_into().ok()?).to_string(),
        oid::TIMESTAMP | oid::TIMESTAMPTZ => {
            let at = DateTime::from_timestamp_micros(eight()?.checked_add(EPOCH_MICROS)?)?;
            let zone = if type_id == oid::TIMESTAMPTZ { "Z" } else { "" };
            format!("{}{zone}", at.format("%Y-%m-%dT%H:%M:%S%.6f"))
        }
        oid::DATE => {
            let days = i32::from_be_bytes(bytes.try_into().ok()?);
            let epoch = NaiveDate::from_ymd_opt(2_000, 1, 1)?;
            epoch.checked_add_signed(TimeDelta::try_days(i64::from(days))?)?.to_string()
        }
        oid::NUMERIC => numeric(bytes)?,
        // text, varchar, name, unknown and json are their own characters.
        oid::TEXT | 18 | 19 | 705 | 1_042 | 1_043 | oid::JSON | 0 => {
            std::str::from_utf8(bytes).ok()?.to_owned()
        }
        _ => return None,
    })
}

/// `numeric_recv`: digits of base 10,000, their weight, sign and scale.
fn numeric(bytes: &[u8]) -> Option<String> {
    let words: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)))
        .collect::<Option<_>>()?;
    let [count, weight, sign, scale, digits @ ..] = words.as_slice() else { return None };
    if digits.len() != usize::from(*count) || *sign > 0x4000 {
        return None;
    }
    let weight = i64::from(weight.cast_signed());
    let mut whole = String::new();
    let mut part = String::new();
    let digit = |power: i64| {
        let index = usize::try_from(weight - power).ok();
        index.and_then(|index| digits.get(index)).copied().unwrap_or_default()
    };
    for power in (0..=weight.clamp(0, 40)).rev() {
        whole += &format!("{:04}", digit(power));
    }
    let scale = usize::from(*scale).min(200);
    for power in (1..).take(scale.div_ceil(4)) {
        part += &format!("{:04}", digit(-power));
    }
    part.truncate(scale);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if *sign == 0x4000 { "-" } else { "" };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(type_id: u32, bytes: &'static [u8]) -> Option<String> {
        bound(Some(&Bytes::from_static(bytes)), type_id, BINARY, 1).ok()?.text
    }

    #[test]
    fn binary_values_become_their_texts() {
        assert_eq!(text(oid::INT8, &[0, 0, 0, 0, 0, 0, 1, 0]).as_deref(), Some("256"));
        assert_eq!(text(oid::TIMESTAMPTZ, &[0; 8]).as_deref(), Some("2000-01-01T00:00:00.000000Z"));
        assert_eq!(text(oid::DATE, &[0, 0, 0, 31]).as_deref(), Some("2000-02-01"));
        assert_eq!(
            text(oid::NUMERIC, b"\0\x03\0\x01\x40\0\0\x03\x04\xd2\x16\x2e\x23\x32").as_deref(),
            Some("-12345678.901")
        );
        assert_eq!(text(oid::NUMERIC, b"\0\0\0\0\0\0\0\x02").as_deref(), Some("0.00"));
        assert_eq!(text(oid::INT8, &[1]), None);
        assert_eq!(text(oid::TEXT, b"\xff"), None);
        assert_eq!(text(oid::NUMERIC, b"\0\x09\0\0"), None);
    }
}
