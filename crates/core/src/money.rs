//! Money (MON-1): fixed point from the wire to the export, never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Decimals kept of a currency unit. CALLR states cents with four decimals, which is six of a unit.
pub const SCALE: u32 = 6;
const MICROS_PER_UNIT: i64 = 1_000_000;

/// An amount of some currency in millionths of its unit; the currency stands beside it, not in it.
/// The Arrow and SQL form is `DECIMAL(18, 6)`, so an amount lies within ±10^12 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("not a decimal number")]
    NotDecimal,
    #[error("more than six decimals of the currency unit")]
    TooPrecise,
    #[error("beyond the range of ±10^12 currency units")]
    OutOfRange,
}

impl Money {
    pub const ZERO: Self = Self(0);
    /// The largest number of millionths that `DECIMAL(18, 6)` holds.
    pub const MAX_MICROS: i64 = 999_999_999_999_999_999;

    /// Amount of so many millionths of the unit; `None` beyond `DECIMAL(18, 6)`.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros >= -Self::MAX_MICROS && micros <= Self::MAX_MICROS { Some(Self(micros)) } else { None }
    }

    /// Millionths of the currency unit.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
}

/// Prints millionths of a unit as cents with `decimals` digits, rounded half away from zero.
/// This is CALLR's `amount` (2 decimals) and `amount_4` (4 decimals). `micros` may be a sum.
#[must_use]
pub fn format_cents(micros: i128, decimals: u32) -> String {
    // One cent is 10^4 millionths, so cents with d decimals count 10^(4-d) millionths each.
    let step = 10_i128.pow(4_u32.saturating_sub(decimals));
    let half = step / 2;
    let steps = if micros < 0 { -((-micros + half) / step) } else { (micros + half) / step };
    let scale = 10_i128.pow(decimals);
    let sign = if steps < 0 { "-" } else { "" };
    let (whole, fraction) = (steps.abs() / scale, steps.abs() % scale);
    if decimals == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction:0width$}", width = decimals as usize)
    }
}

impl FromStr for Money {
    type Err = ParseError;

    /// Parses `-?digits[.digits]` in currency units. Zeros beyond six decimals are fine, other digits are
    /// refused: rounding a charge silently would make two ledgers disagree.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.') {
            return Err(ParseError::NotDecimal);
        }
        let significant = fraction.trim_end_matches('0');
        if significant.len() > SCALE as usize {
            return Err(ParseError::TooPrecise);
        }
        let whole: i64 = whole.parse().map_err(|_| ParseError::OutOfRange)?;
        let fraction: i64 = format!("{significant:0<6}").parse().map_err(|_| ParseError::NotDecimal)?;
        let micros = whole
            .checked_mul(MICROS_PER_UNIT)
            .and_then(|units| units.checked_add(fraction))
            .ok_or(ParseError::OutOfRange)?;
        Self::from_micros(if negative { -micros } else { micros }).ok_or(ParseError::OutOfRange)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.abs();
        write!(out, "{sign}{}.{:06}", micros / MICROS_PER_UNIT, micros % MICROS_PER_UNIT)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    /// Takes a JSON string, the only form in which JSON carries a decimal exactly.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mon_1_decimals_survive_parse_and_print() {
        for text in ["0.000000", "0.008925", "-0.005000", "999999999999.999999"] {
            assert_eq!(text.parse::<Money>().map(|money| money.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("1.5".parse::<Money>().map(Money::micros), Ok(1_500_000));
        assert_eq!("1.50000000".parse::<Money>().map(Money::micros), Ok(1_500_000));
    }

    #[test]
    fn mon_1_refuses_what_it_would_have_to_round() {
        assert_eq!("0.0000001".parse::<Money>(), Err(ParseError::TooPrecise));
        assert_eq!("1000000000000".parse::<Money>(), Err(ParseError::OutOfRange));
        for text in ["", "-", "1.", ".5", "1e3", "+1", "1,5", "NaN"] {
            assert_eq!(text.parse::<Money>(), Err(ParseError::NotDecimal), "{text}");
        }
    }

    #[test]
    fn cents_round_half_away_from_zero() {
        assert_eq!(format_cents(8_925, 4), "0.8925");
        assert_eq!(format_cents(8_950, 2), "0.90");
        assert_eq!(format_cents(8_949, 2), "0.89");
        assert_eq!(format_cents(-8_950, 2), "-0.90");
        assert_eq!(format_cents(10_000_000, 2), "1000.00");
    }
}
