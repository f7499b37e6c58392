//! What the values of an event must be, beyond having the right JSON type: limits of the envelope, and what the families
//! check alike.

use crate::rejection::{Rejection, RejectionReason};

/// Bytes of an id or a source.
pub(crate) const MAX_ID_BYTES: usize = 512;
/// Bytes of a subject or a type.
pub(crate) const MAX_SUBJECT_BYTES: usize = 256;

/// A whole number within bounds, both included.
pub(super) fn in_range(field: &str, value: Option<i64>, least: i64, most: i64) -> Result<(), Rejection> {
    match value {
        Some(value) if value < least => Err(invalid(format!("data.{field}: {value} is less than {least}"))),
        Some(value) if value > most => Err(invalid(format!("data.{field}: {value} is more than {most}"))),
        Some(_) | None => Ok(()),
    }
}

/// An ISO 4217 code, by its form.
pub(super) fn currency(currency: Option<&str>) -> Result<(), Rejection> {
    match currency {
        Some(code) if !(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())) => {
            Err(invalid(format!("data.currency: {code:?} is not three letters A-Z")))
        }
        Some(_) | None => Ok(()),
    }
}

/// A text of at most so many characters.
pub(super) fn at_most_chars(field: &str, text: Option<&str>, most: usize) -> Result<(), Rejection> {
    match text {
        Some(text) if text.chars().nth(most).is_some() => {
            Err(invalid(format!("data.{field}: more than {most} characters")))
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses an event that lacks what its type requires.
pub(super) fn required(is_met: bool, required: &str) -> Result<(), Rejection> {
    if is_met { Ok(()) } else { Err(Rejection::new(RejectionReason::MissingField, required)) }
}

pub(super) fn invalid(detail: String) -> Rejection {
    Rejection::new(RejectionReason::InvalidValue, detail)
}
