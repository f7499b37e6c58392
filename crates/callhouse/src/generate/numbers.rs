//! Phone numbers as national numbering plans make them, so that libphonenumber takes them for real ones.

use super::draw::Draw;

/// A numbering plan's range: calling code with the leading national digits, and how many digits follow.
#[derive(Debug)]
struct Range {
    prefix: &'static str,
    digits: u32,
}

/// A country with the ranges calls are made from and to.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// Price of a minute to its fixed lines and to its mobiles, in micros of a euro.
    pub(super) fixed_micros_per_minute: i64,
    pub(super) mobile_micros_per_minute: i64,
    fixed: &'static [Range],
    mobile: &'static [Range],
}

/// What kind of line a number is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Fixed,
    Mobile,
}

/// An E.164 number without its `+`, which as a number is also the smallest thing to count callers by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Number(pub(super) u64);

const fn range(prefix: &'static str, digits: u32) -> Range {
    Range { prefix, digits }
}

/// Weights are how often a foreign call goes there or comes from there.
pub(super) const COUNTRIES: &[(u32, Country)] = &[
    (
        30,
        country(
            "FR",
            "France",
            9_000,
            28_000,
            &[range("331402", 5), range("334721", 5)],
            &[range("336123", 5), range("337602", 5)],
        ),
    ),
    (
        16,
        country(
            "GB",
            "United Kingdom",
            8_500,
            31_000,
            &[range("44207946", 4), range("44161496", 4)],
            &[range("447711", 6), range("447400", 6)],
        ),
    ),
    (
        12,
        country(
            "DE",
            "Germany",
            9_500,
            34_500,
            &[range("4930901", 5), range("4989120", 5)],
            &[range("49151234", 5), range("49170123", 4)],
        ),
    ),
    (
        10,
        country(
            "US",
            "United States",
            7_000,
            7_000,
            &[range("1212456", 4), range("1415655", 4)],
            &[range("1917456", 4), range("1310456", 4)],
        ),
    ),
    (
        8,
        country(
            "ES",
            "Spain",
            8_800,
            29_900,
            &[range("34911", 6), range("34932", 6)],
            &[range("34612", 6), range("34655", 6)],
        ),
    ),
    (
        6,
        country(
            "BE",
            "Belgium",
            12_300,
            38_700,
            &[range("32255", 5)],
            &[range("32470", 6), range("32495", 6)],
        ),
    ),
    (
        5,
        country(
            "IT",
            "Italy",
            9_900,
            33_300,
            &[range("390645", 6), range("390286", 6)],
            &[range("39347", 7), range("39333", 7)],
        ),
    ),
    (
        4,
        country(
            "CH",
            "Switzerland",
            21_500,
            89_000,
            &[range("4144668", 4), range("4122345", 4)],
            &[range("4179123", 4), range("4176456", 4)],
        ),
    ),
    (
        3,
        country(
            "NL",
            "Netherlands",
            10_400,
            36_100,
            &[range("31205", 6)],
            &[range("3161234", 4), range("3162345", 4)],
        ),
    ),
    (2, country("PT", "Portugal", 9_200, 31_700, &[range("351213", 6)], &[range("351912", 6)])),
    (2, country("CA", "Canada", 7_200, 7_200, &[range("1416555", 4)], &[range("1647456", 4)])),
    (1, country("AU", "Australia", 18_900, 52_500, &[range("6128", 7)], &[range("614123", 5)])),
    (1, country("JP", "Japan", 24_800, 97_350, &[range("8133", 7)], &[range("8190123", 5)])),
];

const fn country(
    code: &'static str,
    name: &'static str,
    fixed_micros_per_minute: i64,
    mobile_micros_per_minute: i64,
    fixed: &'static [Range],
    mobile: &'static [Range],
) -> Country {
    Country { code, name, fixed_micros_per_minute, mobile_micros_per_minute, fixed, mobile }
}

impl Country {
    /// A number of this country; the same draw gives the same number.
    pub(super) fn number(&self, line: Line, draw: &mut Draw) -> Number {
        let range = draw.pick(match line {
            Line::Fixed => self.fixed,
            Line::Mobile => self.mobile,
        });
        let space = 10_u64.pow(range.digits);
        let prefix: u64 = range.prefix.parse().expect("prefixes are digits");
        Number(prefix * space + draw.below(space))
    }

    /// Price of a minute, in micros of a euro.
    pub(super) fn micros_per_minute(&self, line: Line) -> i64 {
        match line {
            Line::Fixed => self.fixed_micros_per_minute,
            Line::Mobile => self.mobile_micros_per_minute,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_valid_in_their_country() {
        let mut draw = Draw::new(7, 0);
        for (_, country) in COUNTRIES {
            for line in [Line::Fixed, Line::Mobile] {
                for _ in 0..50 {
                    let written = format!("+{}", country.number(line, &mut draw).0);
                    let known = callhouse_core::phone::normalise(&written);
                    assert_eq!(known.e164.as_deref(), Some(written.as_str()));
                    assert_eq!(known.country.as_deref(), Some(country.code), "{written}");
                    assert!(known.number_type.is_some(), "{written} is not valid");
                }
            }
        }
    }
}
