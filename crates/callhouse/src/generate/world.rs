//! Who calls and writes: accounts with their numbers, apps and trunks, drawn once per set.

use callhouse_core::ids::short_hash;

use super::draw::Draw;
use super::numbers::{COUNTRIES, Country, Line, Number};
use super::options::Options;

/// Streams of draws that are not a call's. Calls use their own index, which never comes this high.
pub(super) const STREAM_WORLD: u64 = 1 << 60;
pub(super) const STREAM_ARRIVALS: u64 = 2 << 60;
pub(super) const STREAM_NUMBERS: u64 = 3 << 60;
pub(super) const STREAM_MALFORMED: u64 = 4 << 60;
pub(super) const STREAM_SMS: u64 = 5 << 60;
pub(super) const STREAM_SMS_FAULTS: u64 = 6 << 60;
pub(super) const STREAM_SMS_ARRIVALS: u64 = 7 << 60;
pub(super) const STREAM_DELIVERIES: u64 = 8 << 60;
pub(super) const STREAM_DELIVERY_FAULTS: u64 = 9 << 60;
pub(super) const STREAM_DELIVERY_ARRIVALS: u64 = 10 << 60;

const FIRST_NAMES: [&str; 24] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "iris", "juniper", "kestrel",
    "lumen", "maple", "nordic", "opal", "prairie", "quartz", "river", "summit", "tundra", "umber", "vista",
    "willow", "zephyr",
];
const LAST_NAMES: [&str; 12] = [
    "bank",
    "care",
    "clinic",
    "energy",
    "foods",
    "insurance",
    "logistics",
    "media",
    "retail",
    "telecom",
    "travel",
    "works",
];
const APPS: [(&str, &str); 8] = [
    ("Main menu", "IVR20"),
    ("Support queue", "QUEUE10"),
    ("Sales line", "CALLTRACKING10"),
    ("Office hours", "REALTIME10"),
    ("Appointment reminder", "REALTIME10"),
    ("Satisfaction survey", "SURVEY10"),
    ("Conference room", "CONFERENCE10"),
    ("Voicemail", "VOICEMAIL10"),
];

/// An app of an account, as CALLR shows it.
#[derive(Debug)]
pub(super) struct App {
    pub(super) hash: String,
    pub(super) name: String,
    pub(super) package: &'static str,
}

/// A number of an account.
#[derive(Debug)]
pub(super) struct Did {
    pub(super) hash: String,
    pub(super) number: Number,
}

/// A way in and out.
#[derive(Debug)]
pub(super) struct Trunk {
    pub(super) name: String,
    pub(super) ip: String,
    /// The CloudEvents source of what happens here.
    pub(super) source: String,
    pub(super) answered_per_million: u32,
}

/// How an account's switch names its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallIdStyle {
    Numeric,
    Uuid,
    Sip,
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) country: &'static Country,
    pub(super) apps: Vec<App>,
    pub(super) dids: Vec<Did>,
    pub(super) trunks: Vec<Trunk>,
    pub(super) call_ids: CallIdStyle,
    pub(super) inbound_per_million: u32,
    /// Billing increment: the least that is billed, and the step above it, in seconds.
    pub(super) minimum_seconds: i64,
    pub(super) increment_seconds: i64,
    /// How many outside parties it speaks with.
    pub(super) parties: u64,
    /// Its place among the accounts, which also keeps their outside parties apart.
    pub(super) index: u64,
}

/// All accounts of a set.
#[derive(Debug)]
pub(super) struct World {
    seed: u64,
    pub(super) accounts: Vec<Account>,
}

impl World {
    pub(super) fn new(options: &Options) -> Self {
        let count = options.accounts.max(1);
        let parties = (options.calls.max(options.sms) / u64::from(count)).clamp(50, 2_000_000);
        let accounts = (0..count).map(|index| account(options.seed, index, parties)).collect();
        Self { seed: options.seed, accounts }
    }

    /// The outside party of a rank: the same country and number each time.
    pub(super) fn party(&self, account: &Account, rank: u64) -> (&'static Country, Line, Number) {
        let stream = STREAM_NUMBERS + (account.index << 32) + rank;
        let mut draw = Draw::new(self.seed, stream);
        let country = if draw.chance(700_000) { account.country } else { draw.weighted(COUNTRIES) };
        let line = if draw.chance(600_000) { Line::Mobile } else { Line::Fixed };
        (country, line, country.number(line, &mut draw))
    }
}

/// The name of the account with an index: words while they last, then words with a number.
fn account_name(index: u32) -> String {
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    let (first, rest) = (index % FIRST_NAMES.len(), index / FIRST_NAMES.len());
    // The second word moves on with the first one, so that neighbours differ in both.
    let last = (first + rest) % LAST_NAMES.len();
    let round = rest / LAST_NAMES.len();
    let name = format!("{}-{}", FIRST_NAMES[first], LAST_NAMES[last]);
    if round == 0 { name } else { format!("{name}-{}", round + 1) }
}

fn account(seed: u64, index: u32, parties: u64) -> Account {
    let mut draw = Draw::new(seed, STREAM_WORLD + u64::from(index));
    let name = account_name(index);
    let country = draw.weighted(COUNTRIES);
    let apps = (0..draw.between(2, 8))
        .zip(APPS)
        .map(|(_, (app, package))| App {
            hash: short_hash(&["app", &name, app]),
            name: app.to_owned(),
            package,
        })
        .collect();
    let dids = (0..draw.between(3, 30))
        .map(|_| {
            let number = country.number(Line::Fixed, &mut draw);
            Did { hash: short_hash(&["did", &name, &number.0.to_string()]), number }
        })
        .collect();
    let trunks = (1..=draw.between(2, 4)).map(|number| trunk(number, &mut draw)).collect();
    let (minimum_seconds, increment_seconds) =
        *draw.weighted(&[(5, (1, 1)), (2, (30, 6)), (2, (60, 1)), (1, (60, 60))]);
    Account {
        name,
        country,
        apps,
        dids,
        trunks,
        call_ids: *draw.weighted(&[(4, CallIdStyle::Numeric), (3, CallIdStyle::Uuid), (3, CallIdStyle::Sip)]),
        inbound_per_million: *draw.weighted(&[(5, 600_000), (3, 850_000), (2, 200_000)]),
        minimum_seconds,
        increment_seconds,
        parties,
        index: u64::from(index),
    }
}

fn trunk(number: i64, draw: &mut Draw) -> Trunk {
    let city = *draw.pick(&["par", "lon", "fra", "mad", "nyc"]);
    Trunk {
        name: format!("{city}-carrier-{number}"),
        // 198.51.100.0/24 is set aside for documentation (RFC 5737).
        ip: format!("198.51.100.{}", draw.between(1, 254)),
        source: format!("/switch/{city}-{number}"),
        answered_per_million: u32::try_from(draw.between(400_000, 640_000)).unwrap_or(520_000),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn account_names_are_valid_and_all_different() {
        let names: HashSet<String> = (0..1_000).map(account_name).collect();
        assert_eq!(names.len(), 1_000);
        for name in names {
            assert!(callhouse_core::AccountId::new(&name).is_ok(), "{name}");
        }
    }
}
