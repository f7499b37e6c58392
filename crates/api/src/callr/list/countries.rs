//! `list.countries`: the countries of ISO 3166-1.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use callhouse_core::phone;
use keshvar::CountryIterator;
use serde::Serialize;

use crate::callr::error::Error;
use crate::callr::method::{Answer, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method =
    Method { name: "list.countries", needs: None, run: |_, params| Box::pin(run(params)) };

/// CALLR's `Country`. Nobody whose data can be trusted keeps what is always null here.
#[derive(Debug, Serialize)]
pub(super) struct Country {
    capital_code: Option<String>,
    continent_code: Option<String>,
    country_code: &'static str,
    country_dialcode: Option<String>,
    country_en_label: String,
    country_fr_label: String,
    pub(super) country_label: &'static str,
    country_languages: Option<String>,
    country_latitude: String,
    country_localcode: Option<&'static str>,
    country_longitude: String,
    country_neighbours: Option<String>,
    country_number_length: Option<String>,
    country_tld: Option<String>,
    currency_code: String,
}

/// By code.
pub(super) static COUNTRIES: LazyLock<BTreeMap<&'static str, Country>> = LazyLock::new(|| {
    let countries = CountryIterator::new().map(|country| Country::of(&country));
    countries.map(|country| (country.country_code, country)).collect()
});

impl Country {
    fn of(country: &keshvar::Country) -> Self {
        let code = country.un_locode();
        let name = |language: &str| {
            country.translations().get(language).copied().unwrap_or_else(|| country.iso_short_name())
        };
        let numbers = phone::numbers_of(code);
        let languages = country.maybe_official_language_list().filter(|languages| !languages.is_empty());
        let languages = languages.or_else(|| country.maybe_spoken_language_list());
        Self {
            capital_code: None,
            continent_code: None,
            country_code: code,
            country_dialcode: numbers.as_ref().map(|numbers| numbers.calling_code.to_string()),
            country_en_label: name("en").to_uppercase(),
            country_fr_label: name("fr").to_uppercase(),
            country_label: name("en"),
            country_languages: languages.map(|languages| languages.join(",")),
            country_latitude: country.geo().latitude().to_string(),
            country_localcode: numbers.as_ref().and_then(|numbers| numbers.trunk_prefix),
            country_longitude: country.geo().longitude().to_string(),
            country_neighbours: None,
            country_number_length: numbers.as_ref().and_then(|numbers| joined(&numbers.lengths)),
            country_tld: None,
            currency_code: country.currency_code().to_string(),
        }
    }
}

fn joined(lengths: &[u16]) -> Option<String> {
    let texts: Vec<String> = lengths.iter().map(u16::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

async fn run(params: Params) -> Result<Answer, Error> {
    params.finish()?;
    Answer::of(&*COUNTRIES)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn countries_are_those_of_iso_3166_with_their_names_and_numbers() {
        assert_eq!(COUNTRIES.len(), 249);
        assert!(
            COUNTRIES
                .keys()
                .all(|code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
        );
        let germany = serde_json::to_value(&COUNTRIES["DE"]).expect("JSON");
        assert_eq!(germany["country_label"], "Germany");
        assert_eq!(germany["country_en_label"], "GERMANY");
        assert_eq!(germany["country_fr_label"], "ALLEMAGNE");
        assert_eq!(germany["country_dialcode"], "49");
        assert_eq!(germany["country_localcode"], "0");
        assert_eq!(serde_json::to_value(&COUNTRIES["SG"]).expect("JSON")["country_localcode"], Value::Null);
        assert_eq!(germany["currency_code"], "EUR");
        assert_eq!(germany["country_languages"], "de");
        for country in COUNTRIES.values() {
            assert!(!country.country_label.is_empty() && country.currency_code.len() == 3, "{country:?}");
        }
    }

    #[test]
    fn every_country_of_a_number_is_listed() {
        let listed = |code: &str| COUNTRIES.contains_key(code);
        for number in ["+33612345678", "+447890123456", "+16467890800", "+390612345678", "+5511912345678"] {
            let country = phone::normalise(number).country.expect("a country");
            assert!(listed(&country), "{number}");
        }
    }
}
