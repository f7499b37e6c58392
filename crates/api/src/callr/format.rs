//! CALLR's value formats: how values are read from parameters and how they are printed.

use callhouse_core::Timestamp;
use callhouse_core::time::MICROS_PER_SECOND;
use chrono::NaiveDateTime;

const DATETIME: &str = "%Y-%m-%d %H:%M:%S";
const DATETIME_MS: &str = "%Y-%m-%d %H:%M:%S%.3f";
const DATETIME_CHARACTERS: usize = 19;

/// Reads a `datetime`: `YYYY-MM-DD HH:MM:SS`, UTC, years 2000 to 2999.
pub(super) fn parse_datetime(text: &str) -> Option<Timestamp> {
    if text.len() != DATETIME_CHARACTERS || !text.starts_with('2') {
        return None;
    }
    let at: Timestamp = NaiveDateTime::parse_from_str(text, DATETIME).ok()?.and_utc().into();
    // A leap second, which chrono reads, has no place in Unix time; nor have digits that are not padded.
    (datetime(at) == text).then_some(at)
}

/// Prints a `datetime`; the fraction of a second is left out, as CALLR does.
pub(super) fn datetime(at: Timestamp) -> String {
    at.to_datetime().map_or_else(|| at.to_rfc3339(), |at| at.format(DATETIME).to_string())
}

/// Prints a `datetime_ms`.
pub(super) fn datetime_ms(at: Timestamp) -> String {
    at.to_datetime().map_or_else(|| at.to_rfc3339(), |at| at.format(DATETIME_MS).to_string())
}

/// The first instant after a second that is stated as included (TIM-1).
pub(super) const fn after_second(at: Timestamp) -> Timestamp {
    at.plus_micros(MICROS_PER_SECOND)
}

/// `hash`: 8 of `A-Z0-9`.
pub(super) fn is_hash(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `phone_number`: `+`, then 6 to 15 digits, the first not 0.
pub(super) fn is_phone_number(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (6..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datetimes_are_read_strictly_and_printed_the_same() {
        for text in
            ["2024-04-24 00:42:42", "2000-01-01 00:00:00", "2024-02-29 23:59:59", "2999-12-31 23:59:59"]
        {
            assert_eq!(parse_datetime(text).map(datetime).as_deref(), Some(text));
        }
        for bad in [
            "",
            "1970-01-01 00:00:00",
            "1999-12-31 23:59:59",
            "2024-02-30 00:00:00",
            "2024-13-01 00:00:00",
            "2024-04-24 24:00:00",
            "2024-04-24 23:59:60",
            "2024-04-24T00:42:42",
            "2024-04-24 00:42:42Z",
            "2024-04-24",
            "2024-4-24 00:42:42 ",
            "0000-00-00 00:00:00",
            "２024-04-24 00:42:",
        ] {
            assert_eq!(parse_datetime(bad), None, "{bad}");
        }
    }

    #[test]
    fn tim_1_an_included_second_ends_where_the_next_begins() {
        let to = parse_datetime("2024-04-24 00:42:42").expect("well formed");
        assert_eq!(datetime(after_second(to)), "2024-04-24 00:42:43");
    }

    #[test]
    fn hashes_and_numbers_are_checked() {
        assert!(
            is_hash("8242D945") && !is_hash("8242d945") && !is_hash("8242D94") && !is_hash("INVALID_APP_ID")
        );
        assert!(
            is_phone_number("+33612345678")
                && !is_phone_number("33612345678")
                && !is_phone_number("+0123456")
        );
        assert!(
            !is_phone_number("+12345")
                && !is_phone_number("+1234567890123456")
                && !is_phone_number("+33 6123")
        );
    }
}
