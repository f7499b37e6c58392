//! Phone numbers: E.164 with country and type, by libphonenumber's metadata. The raw value is always kept beside.
//!
//! The `phonenumber` crate serves as the carrier of that metadata only; the matching is in `phone/numbering.rs`.

mod details;
mod numbering;

use std::collections::HashMap;
use std::sync::Arc;

pub use details::{CountryNumbers, PhoneDetails, details, numbers_of};

/// What is known of a number. All `None` when the raw text is no phone number (a SIP user, `BLOCKED`, a short code).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhoneNumber {
    /// `+` and 6 to 15 digits.
    pub e164: Option<Box<str>>,
    /// ISO 3166-1 alpha-2; `None` where a calling code belongs to no country (`+800`, `+883`).
    pub country: Option<Box<str>>,
    /// `mobile`, `fixed-line`, `fixed-line-or-mobile`, `toll-free`, `premium-rate`, `shared-cost`, `voip`,
    /// `personal`, `pager`, `uan`, `voicemail`; `None` when the number is not valid in its country.
    pub number_type: Option<&'static str>,
}

impl PhoneNumber {
    /// E.164, country and type, as a record keeps them.
    pub(crate) fn texts(&self) -> [Option<Box<str>>; 3] {
        [self.e164.clone(), self.country.clone(), self.number_type.map(Into::into)]
    }
}

/// Who called, as callers are told apart: the E.164 number, else what the source wrote; `None` when that is nothing
/// or says that the number is withheld.
#[must_use]
pub fn caller<'a>(e164: Option<&'a str>, raw: Option<&'a str>) -> Option<&'a str> {
    const WITHHELD: [&str; 7] =
        ["", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"];
    if e164.is_some() {
        return e164;
    }
    let lower = raw?.to_lowercase();
    let withheld = lower.contains("anonymous") || WITHHELD.contains(&lower.as_str());
    raw.filter(|_| !withheld)
}

/// Looks numbers up and remembers them, because metadata look-ups cost microseconds and numbers repeat.
#[derive(Debug)]
pub struct PhoneBook {
    known: HashMap<Box<str>, Arc<PhoneNumber>>,
    capacity: usize,
}

impl PhoneBook {
    /// A book that remembers at most `capacity` numbers.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { known: HashMap::new(), capacity: capacity.max(1) }
    }

    /// Normalises a number as written. International forms (`+…`, `00…`) are understood; a national form
    /// cannot be without its country and gives no E.164.
    pub fn look_up(&mut self, raw: &str) -> Arc<PhoneNumber> {
        if let Some(number) = self.known.get(raw) {
            return Arc::clone(number);
        }
        // Forgetting all at once is crude but bounded, and the book fills again from the numbers in use.
        if self.known.len() >= self.capacity {
            self.known.clear();
        }
        let number = Arc::new(normalise(raw));
        self.known.insert(raw.into(), Arc::clone(&number));
        number
    }
}

/// The pure function behind [`PhoneBook`].
#[must_use]
pub fn normalise(raw: &str) -> PhoneNumber {
    let Some(digits) = international_digits(raw) else { return PhoneNumber::default() };
    let Some(plan) = numbering::Plan::of(&digits) else { return PhoneNumber::default() };
    let located = plan.locate();
    let digits = format!("{}{}", plan.calling_code, located.national);
    if !E164_DIGITS.contains(&digits.len()) {
        return PhoneNumber::default();
    }
    let country = located.country.map(Into::into);
    PhoneNumber { e164: Some(format!("+{digits}").into()), country, number_type: located.number_type }
}

/// Digits of an E.164 number, calling code included.
const E164_DIGITS: std::ops::RangeInclusive<usize> = 6..=15;

/// The digits behind `+` or `00`, when the text is such a number and nothing else. Separators people write
/// are passed over; letters, extensions and addresses make it no number.
fn international_digits(raw: &str) -> Option<String> {
    let text = raw.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let text = text.strip_prefix('+').or_else(|| text.strip_prefix("00"))?;
    let mut digits = String::with_capacity(text.len().min(32));
    for character in text.chars() {
        match character {
            '0'..='9' => digits.push(character),
            ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/' => {}
            _ => return None,
        }
    }
    // One digit more than E.164 has, for a trunk prefix written in spite of the calling code: `+44 (0)20 …`.
    let longest = E164_DIGITS.end() + 1;
    // No calling code starts with 0.
    (digits.len() <= longest && !digits.starts_with('0')).then_some(digits)
}

#[cfg(test)]
mod tests;
