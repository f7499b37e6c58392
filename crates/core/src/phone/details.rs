//! What there is to tell of one number, for people who ask about it; and of the numbers of a country.

use std::collections::BTreeSet;

use phonenumber::metadata::DATABASE;
use phonenumber::{Metadata, Mode};

use super::{PhoneNumber, international_digits, normalise, numbering};

/// All that is known of a number as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhoneDetails {
    pub number: PhoneNumber,
    /// The country calling code, as `33`.
    pub calling_code: Option<u16>,
    /// As it is written in its country, as `06 12 34 56 78`.
    pub national: Option<String>,
    /// What is dialled before numbers within the country, as `0`.
    pub trunk_prefix: Option<&'static str>,
}

/// What is known of the numbers of a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryNumbers {
    pub calling_code: u16,
    /// What is dialled before numbers within the country; most countries have `0`, many nothing.
    pub trunk_prefix: Option<&'static str>,
    /// Digits a number may have, without calling code and trunk prefix, in ascending order.
    pub lengths: Vec<u16>,
}

/// Looks a number up. What is no number has no details.
#[must_use]
pub fn details(raw: &str) -> PhoneDetails {
    let number = normalise(raw);
    let digits = international_digits(raw);
    let plan = digits.as_deref().and_then(numbering::Plan::of);
    let (Some(e164), Some(plan)) = (number.e164.as_deref(), plan) else { return PhoneDetails::default() };
    let calling_code = plan.calling_code;
    let metadata = metadata_of(calling_code, number.country.as_deref());
    PhoneDetails {
        national: national(e164, calling_code),
        calling_code: Some(calling_code),
        trunk_prefix: metadata.and_then(Metadata::national_prefix),
        number,
    }
}

/// What is known of the numbers of a country, by its ISO 3166-1 alpha-2 code.
#[must_use]
pub fn numbers_of(country: &str) -> Option<CountryNumbers> {
    let metadata = DATABASE.by_id(country)?;
    let types = numbering::TYPES.iter().filter_map(|kind| metadata.descriptors().get(*kind));
    let lengths: BTreeSet<u16> = types.flat_map(|of_type| of_type.possible_length()).copied().collect();
    Some(CountryNumbers {
        calling_code: metadata.country_code(),
        trunk_prefix: metadata.national_prefix(),
        lengths: lengths.into_iter().collect(),
    })
}

fn metadata_of(calling_code: u16, country: Option<&str>) -> Option<&'static Metadata> {
    let regions = DATABASE.by_code(&calling_code)?;
    let of_country = regions.iter().find(|metadata| Some(metadata.id()) == country);
    of_country.or(regions.first()).copied()
}

/// A number of E.164 as it is written in its country. The library loses leading zeros of some countries; where the
/// digits are not those of the number, they are given alone.
fn national(e164: &str, calling_code: u16) -> Option<String> {
    let digits = e164.strip_prefix('+')?.strip_prefix(&calling_code.to_string())?;
    let written = phonenumber::parse(None, e164).ok()?.format().mode(Mode::National).to_string();
    let of_written: String = written.chars().filter(char::is_ascii_digit).collect();
    Some(if of_written.ends_with(digits) { written } else { digits.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_told_as_its_country_writes_it() {
        for (raw, country, national, calling_code, prefix) in [
            ("+33612345678", Some("FR"), Some("06 12 34 56 78"), Some(33), Some("0")),
            ("0033 1 23 45 67 89", Some("FR"), Some("01 23 45 67 89"), Some(33), Some("0")),
            ("+16467890800", Some("US"), Some("(646) 789-0800"), Some(1), Some("1")),
            ("+390612345678", Some("IT"), Some("06 1234 5678"), Some(39), None),
            ("sip:ada@example.com", None, None, None, None),
            ("1234", None, None, None, None),
            ("", None, None, None, None),
        ] {
            let details = details(raw);
            assert_eq!(details.number.country.as_deref(), country, "{raw}");
            let digits = |text: Option<&str>| text.map(|text| text.replace(' ', ""));
            assert_eq!(digits(details.national.as_deref()), digits(national), "{raw}");
            assert_eq!((details.calling_code, details.trunk_prefix), (calling_code, prefix), "{raw}");
        }
    }

    #[test]
    fn countries_know_their_codes_prefixes_and_lengths() {
        let france = numbers_of("FR").expect("France");
        assert_eq!((france.calling_code, france.trunk_prefix), (33, Some("0")));
        assert!(france.lengths.contains(&9), "{:?}", france.lengths);
        assert_eq!(numbers_of("XX"), None);
    }
}
