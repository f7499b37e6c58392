//! `list.timezones`: the time zones of IANA's database, each once, with its other names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono_tz::TZ_VARIANTS;
use serde::Serialize;
use sha2::{Digest, Sha256};
use timezone_data::Zone;

use crate::callr::error::Error;
use crate::callr::method::{Answer, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method =
    Method { name: "list.timezones", needs: None, run: |_, params| Box::pin(run(params)) };

/// CALLR's `Timezone`.
#[derive(Debug, Serialize)]
struct Timezone {
    country_codes: Vec<&'static str>,
    /// `yes` or `no`: whether clocks are set twice a year by the rule that holds now.
    dst: &'static str,
    iana: &'static str,
    iana_names: Vec<&'static str>,
    id: u32,
    label: String,
}

/// By id.
static TIMEZONES: LazyLock<BTreeMap<u32, Timezone>> = LazyLock::new(|| {
    // The names this callhouse takes for time zones. Names of one zone lead to the same data.
    let zones = TZ_VARIANTS.iter().filter_map(|zone| timezone_data::load(zone.name()).ok());
    let mut same: BTreeMap<String, Vec<Zone>> = BTreeMap::new();
    for zone in zones {
        let data = format!("{:?} {:?} {}", zone.types(), zone.transitions(), zone.extend_raw());
        same.entry(data).or_default().push(zone);
    }
    same.values().filter_map(|zones| Timezone::of(zones)).map(|zone| (zone.id, zone)).collect()
});

impl Timezone {
    /// The zone that all these names are of.
    fn of(zones: &[Zone]) -> Option<Self> {
        let main = main_name(zones)?;
        let countries = main.meta().map(|meta| meta.countries().map(|country| country.code).collect());
        let others = zones.iter().map(Zone::name).filter(|name| *name != main.name());
        Some(Self {
            country_codes: countries.unwrap_or_default(),
            dst: if main.extend().is_some_and(|rule| rule.has_dst()) { "yes" } else { "no" },
            iana: main.name(),
            iana_names: others.collect(),
            id: id_of(main.name()),
            label: main.name().replace('_', " "),
        })
    }
}

/// The name IANA's table of countries uses; for zones of none that of `Etc` which is called as its time is; else the
/// first.
fn main_name(zones: &[Zone]) -> Option<&Zone> {
    let of_countries = zones.iter().find(|zone| zone.meta().is_some());
    let is_plain = |zone: &&Zone| {
        let name = zone.name().strip_prefix("Etc/");
        name.is_some() && zone.types().first().map(|kind| kind.abbrev) == name
    };
    of_countries.or_else(|| zones.iter().find(is_plain)).or(zones.first())
}

/// A number that stays with a name: the first 31 bits of its SHA-256.
fn id_of(name: &str) -> u32 {
    let digest = Sha256::digest(name);
    let first = digest.first_chunk::<4>().copied().unwrap_or_default();
    u32::from_be_bytes(first) >> 1
}

async fn run(params: Params) -> Result<Answer, Error> {
    params.finish()?;
    Answer::of(&*TIMEZONES)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn zone(iana: &str) -> &'static Timezone {
        TIMEZONES.values().find(|zone| zone.iana == iana).unwrap_or_else(|| panic!("no {iana}"))
    }

    #[test]
    fn every_name_callhouse_takes_is_of_one_zone() {
        let names: Vec<&str> =
            TIMEZONES.values().flat_map(|zone| zone.iana_names.iter().copied().chain([zone.iana])).collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), distinct.len());
        let missing: Vec<&str> =
            TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| !distinct.contains(name)).collect();
        assert_eq!(missing, [""; 0]);
        let groups: BTreeSet<&str> = TIMEZONES.values().map(|zone| zone.iana).collect();
        assert_eq!(groups.len(), TIMEZONES.len(), "ids differ");
    }

    #[test]
    fn zones_know_their_countries_other_names_and_clock_changes() {
        let paris = zone("Europe/Paris");
        assert!(paris.country_codes.contains(&"FR") && paris.dst == "yes");
        let kolkata = zone("Asia/Kolkata");
        assert_eq!((kolkata.country_codes.as_slice(), kolkata.dst), (["IN"].as_slice(), "no"));
        assert!(kolkata.iana_names.contains(&"Asia/Calcutta"));
        assert!(zone("Etc/UTC").iana_names.contains(&"Zulu"));
        assert_eq!(zone("America/New_York").label, "America/New York");
    }
}
