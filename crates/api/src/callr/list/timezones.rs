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
    // The names this callhouse takes for time zones.
    let zones = TZ_VARIANTS.iter().filter_map(|zone| timezone_data::load(zone.name()).ok());
    let mut named: BTreeMap<String, Vec<Zone>> = BTreeMap::new();
    for zone in zones {
        named.entry(rules(&zone, i64::MIN)).or_default().push(zone);
    }
    // IANA's table of countries tells zones apart that differ since 1970. Whose clocks agreed since is of the same zone.
    let (mut of_countries, others): (Vec<_>, Vec<_>) =
        named.into_values().partition(|names| names.iter().any(|zone| zone.meta().is_some()));
    let mut of_none = Vec::new();
    for names in others {
        let since_1970 = names.first().filter(|zone| is_of_a_place(zone)).map(|zone| rules(zone, 0));
        let same =
            of_countries.iter_mut().find(|known| known.first().map(|zone| rules(zone, 0)) == since_1970);
        match same {
            Some(known) => known.extend(names),
            None => of_none.push(names),
        }
    }
    let all = of_countries.iter().chain(&of_none);
    all.filter_map(|names| Timezone::of(names)).map(|zone| (zone.id, zone)).collect()
});

impl Timezone {
    /// The zone that all these names are of.
    fn of(names: &[Zone]) -> Option<Self> {
        let main = main_name(names)?;
        let countries = main.meta().map(|meta| meta.countries().map(|country| country.code).collect());
        let others = names.iter().map(Zone::name).filter(|name| *name != main.name());
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

/// What clocks of a zone have shown since an instant and will show; names of one zone have the same.
fn rules(zone: &Zone, since: i64) -> String {
    let at = |index: usize| zone.types().get(index);
    let changes = zone.transitions().iter().filter(|change| change.when >= since);
    let changes: Vec<_> = changes.map(|change| (change.when, at(change.type_idx))).collect();
    format!("{:?} {changes:?} {}", zone.lookup(since), zone.extend_raw())
}

/// Names such as `Etc/GMT` and `EST` are of no place, though the clocks of some may have agreed with them.
fn is_of_a_place(zone: &Zone) -> bool {
    zone.name().contains('/') && !zone.name().starts_with("Etc/")
}

/// The name IANA's table of countries uses; for zones of none that of `Etc` which is called as its time is; else the
/// first.
fn main_name(names: &[Zone]) -> Option<&Zone> {
    let of_countries = names.iter().find(|zone| zone.meta().is_some());
    let is_plain = |zone: &&Zone| {
        let name = zone.name().strip_prefix("Etc/");
        name.is_some() && zone.types().first().map(|kind| kind.abbrev) == name
    };
    of_countries.or_else(|| names.iter().find(is_plain)).or(names.first())
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
        assert!(
            zone("Etc/GMT").iana_names.contains(&"Greenwich") && zone("Etc/GMT").country_codes.is_empty()
        );
        assert!(zone("Africa/Abidjan").iana_names.contains(&"Africa/Lome"));
        assert!(zone("Europe/London").iana_names.contains(&"Europe/Jersey"));
        assert_eq!(zone("America/New_York").label, "America/New York");
    }
}
