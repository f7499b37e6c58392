//! The numbering plans of the world: which country a number is of, and of which type it is there.
//!
//! The data is libphonenumber's, as the `phonenumber` crate packs it. Its own look-ups are not used: they share one
//! locked cache of a hundred compiled patterns, which a mix of countries keeps recompiling, accept patterns that
//! match only the front of a number, and drop the leading zeros of Italian numbers. Here every pattern is compiled
//! once, when first needed, and matches whole numbers.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use phonenumber::metadata::{DATABASE, Descriptor};
use phonenumber::{Metadata, Type};
use regex::{Regex, RegexBuilder};

/// The types of numbers with lengths of their own.
pub(super) const TYPES: [Type; 10] = [
    Type::FixedLine,
    Type::Mobile,
    Type::PremiumRate,
    Type::TollFree,
    Type::SharedCost,
    Type::Voip,
    Type::PersonalNumber,
    Type::Pager,
    Type::Uan,
    Type::Voicemail,
];

/// The national numbers behind one calling code, and one of them.
pub(super) struct Plan<'d> {
    pub(super) calling_code: u16,
    national: &'d str,
    /// The main country of the code first.
    regions: &'static [Region],
}

/// Where a number belongs.
pub(super) struct Located<'d> {
    /// The number without a trunk prefix that does not belong behind a calling code.
    pub(super) national: &'d str,
    pub(super) country: Option<&'static str>,
    pub(super) number_type: Option<&'static str>,
}

impl<'d> Plan<'d> {
    /// Splits digits into calling code and national number; `None` when no calling code fits.
    pub(super) fn of(digits: &'d str) -> Option<Self> {
        // No calling code is the beginning of another one.
        (1..=3).find_map(|length| {
            let calling_code = digits.get(..length)?.parse().ok()?;
            let regions = REGIONS.get(&calling_code)?;
            Some(Self { calling_code, national: digits.get(length..)?, regions })
        })
    }

    /// Country and type of the number. A number that is valid nowhere is of the country its leading digits tell, or
    /// else of the main country of its calling code, and has no type.
    pub(super) fn locate(&self) -> Located<'d> {
        let candidates = [Some(self.national), self.without_trunk_prefix()];
        for national in candidates.into_iter().flatten() {
            for region in self.regions {
                if let Some(number_type) = region.type_of(national) {
                    return Located { national, country: region.country(), number_type: Some(number_type) };
                }
            }
        }
        Located { national: self.national, country: self.likely_country(), number_type: None }
    }

    fn likely_country(&self) -> Option<&'static str> {
        // In North America the area code tells the country even when the rest is no number.
        let probe =
            self.national.get(..3).filter(|_| self.calling_code == 1).map(|area| format!("{area}2345678"));
        let by_area =
            probe.and_then(|probe| self.regions.iter().find(|region| region.type_of(&probe).is_some()));
        let by_prefix = || self.regions.iter().find(|region| region.leads(self.national));
        by_area.or_else(by_prefix).or(self.regions.first()).and_then(Region::country)
    }

    fn without_trunk_prefix(&self) -> Option<&'d str> {
        let prefix = self.regions.first()?.metadata.national_prefix()?;
        self.national.strip_prefix(prefix)
    }
}

static REGIONS: LazyLock<HashMap<u16, Vec<Region>>> = LazyLock::new(|| {
    // Asked code by code, because the metadata's list of countries has one `001` for all codes of no country.
    let regions_of = |code: u16| {
        let mut regions: Vec<Region> = DATABASE.by_code(&code)?.into_iter().map(Region::new).collect();
        regions.sort_by_key(|region| (!region.metadata.is_main_country_for_code(), region.metadata.id()));
        Some((code, regions))
    };
    (1..=999).filter_map(regions_of).collect()
});

/// One country's part of a calling code.
struct Region {
    metadata: &'static Metadata,
    leading_digits: Option<Pattern>,
    general: Pattern,
    /// In the order in which libphonenumber asks.
    types: Vec<(Pattern, &'static str)>,
    fixed_line: Option<Pattern>,
    mobile: Option<Pattern>,
}

impl Region {
    fn new(metadata: &'static Metadata) -> Self {
        let descriptors = metadata.descriptors();
        let general = descriptors.general();
        let pattern = |kind: Type| descriptors.get(kind).map(|own| Pattern::whole(own, general));
        let types = [
            (Type::PremiumRate, "premium-rate"),
            (Type::TollFree, "toll-free"),
            (Type::SharedCost, "shared-cost"),
            (Type::Voip, "voip"),
            (Type::PersonalNumber, "personal"),
            (Type::Pager, "pager"),
            (Type::Uan, "uan"),
            (Type::Voicemail, "voicemail"),
        ];
        Self {
            metadata,
            leading_digits: metadata.leading_digits().map(|digits| Pattern::front(digits.as_str())),
            general: Pattern::whole(general, general),
            types: types.into_iter().filter_map(|(kind, name)| Some((pattern(kind)?, name))).collect(),
            fixed_line: pattern(Type::FixedLine),
            mobile: pattern(Type::Mobile),
        }
    }

    /// ISO 3166-1 alpha-2; `None` for codes that belong to no country, which the metadata calls `001`.
    fn country(&self) -> Option<&'static str> {
        Some(self.metadata.id()).filter(|id| id.bytes().all(|byte| byte.is_ascii_uppercase()))
    }

    fn leads(&self, national: &str) -> bool {
        self.leading_digits.as_ref().is_some_and(|digits| digits.matches(national))
    }

    /// The type of a number that is valid in this region.
    fn type_of(&self, national: &str) -> Option<&'static str> {
        if self.leading_digits.is_some() && !self.leads(national) || !self.general.matches(national) {
            return None;
        }
        if let Some((_, name)) = self.types.iter().find(|(pattern, _)| pattern.matches(national)) {
            return Some(name);
        }
        let matches =
            |pattern: &Option<Pattern>| pattern.as_ref().is_some_and(|pattern| pattern.matches(national));
        match (matches(&self.fixed_line), matches(&self.mobile)) {
            (true, true) => Some("fixed-line-or-mobile"),
            (true, false) => Some("fixed-line"),
            (false, true) => Some("mobile"),
            (false, false) => None,
        }
    }
}

/// A pattern over national numbers, compiled when first asked.
struct Pattern {
    source: String,
    /// Lengths a number may have; empty for any.
    lengths: &'static [u16],
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Matches whole numbers. A type without lengths of its own has those of its region.
    fn whole(descriptor: &'static Descriptor, general: &'static Descriptor) -> Self {
        let own = descriptor.possible_length();
        let lengths = if own.is_empty() { general.possible_length() } else { own };
        let source = format!("^(?:{})$", descriptor.national_number().as_str());
        Self { source, lengths, compiled: OnceLock::new() }
    }

    /// Matches the front of a number.
    fn front(digits: &str) -> Self {
        Self { source: format!("^(?:{digits})"), lengths: &[], compiled: OnceLock::new() }
    }

    fn matches(&self, national: &str) -> bool {
        let is_possible = self.lengths.is_empty()
            || self.lengths.iter().any(|length| usize::from(*length) == national.len());
        let compiled = || RegexBuilder::new(&self.source).ignore_whitespace(true).unicode(false).build().ok();
        is_possible
            && self.compiled.get_or_init(compiled).as_ref().is_some_and(|regex| regex.is_match(national))
    }
}
