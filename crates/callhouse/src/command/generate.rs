//! `callhouse generate`: makes a set of calls, text messages and webhook deliveries, delivers it, and says what a warehouse must make of it.

mod print;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use callhouse_core::Timestamp;
use callhouse_lake::accounts::Accounts;
use callhouse_lake::{Catalog, Compactor};
use clap::Args;

use crate::config::{self, DataFlags, Flags, key_values};
use crate::generate::settled::settle;
use crate::generate::sink::{Access, Target, deliver};
use crate::generate::{DEFAULT_START, Generator, Options, Pattern, Report};
use crate::secret::Secret;
use crate::upkeep::compaction_options;
use crate::{lake, output};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Calls (legs) to make
    #[arg(long, value_name = "N")]
    calls: u64,
    /// Text messages to make beside the calls
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "settled")]
    sms: u64,
    /// Webhook deliveries of another system to make beside them, one attempt or more each
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "settled")]
    deliveries: u64,
    /// What the set is a function of, with the other options
    #[arg(long, value_name = "S")]
    seed: u64,
    /// Accounts that share the calls
    #[arg(long, value_name = "A", default_value_t = 20)]
    accounts: u32,
    /// First instant a call may start at, RFC 3339. Corrections come up to 31 days after the last call;
    /// a warehouse rejects what lies in its future [default: 2026-01-01T00:00:00Z]
    #[arg(long, value_name = "T")]
    start: Option<String>,
    /// Days over which calls start
    #[arg(long, value_name = "D", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,
    /// `FILE`, `http(s)://HOST[:PORT]` or `kafka://BROKERS/TOPIC`
    #[arg(long, value_name = "TARGET", required_unless_present_any = ["list_accounts", "settled"])]
    to: Option<Target>,
    /// Writes the calls straight into settled files of the data folder, as compaction would leave them, and creates
    /// their accounts. The folder must have no data. It then holds calls with no events behind them: `rebuild` would
    /// take them away, `verify` misses their events, and neither is of any use there. For measuring at sizes that
    /// would take too long to come to by events
    #[arg(long, conflicts_with_all = ["to", "list_accounts"])]
    settled: bool,
    /// With `--settled`: settled files of at most so many calls each, to see what many files cost
    #[arg(long, value_name = "N", requires = "settled", value_parser = clap::value_parser!(u32).range(1..))]
    calls_per_file: Option<u32>,
    /// Writes the control totals as JSON
    #[arg(long, value_name = "FILE")]
    totals: Option<PathBuf>,
    /// API key for an http(s) target; it must be an admin's, for there are several accounts
    #[arg(long, value_name = "KEY", env = "CALLHOUSE_GENERATE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Kafka client property for a kafka target; may be given several times
    #[arg(long = "kafka-property", value_name = "NAME=VALUE")]
    kafka_properties: Vec<String>,
    /// Only prints the names of the accounts the set would have
    #[arg(long)]
    list_accounts: bool,
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let options = options(&arguments)?;
    if arguments.settled {
        return into_settled_files(&arguments, &options, data).await;
    }
    let generator = Generator::new(&options);
    let target = match &arguments.to {
        Some(target) if !arguments.list_accounts => target,
        _ => return Ok(output::line(generator.account_names().join("\n"))?),
    };
    let kafka_properties: BTreeMap<String, Secret> = key_values(&arguments.kafka_properties)?;
    let access = Access { key: arguments.key.as_deref().map(Secret::new), kafka_properties };
    let progress = output::progress(None, "messages");
    let report = deliver(generator, target, &access, &progress).await?;
    progress.finish_and_clear();
    keep_totals(&report, arguments.totals.as_deref())?;
    print::groups(&report)?;
    print::sms_groups(&report)?;
    print::delivery_groups(&report)?;
    Ok(print::messages(&report)?)
}

async fn into_settled_files(
    arguments: &Arguments,
    options: &Options,
    data: &DataFlags,
) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data))?;
    let catalog = lake::open(&settings).await?;
    must_be_empty(&catalog).await?;
    create_accounts(&catalog, &Generator::new(options).account_names()).await?;
    let compactor = Compactor::new(catalog, compaction_options(&settings.compaction));
    let calls_per_file = arguments.calls_per_file.map(usize::try_from).transpose()?;
    let progress = output::progress(Some(options.calls), "calls");
    let (report, written) = settle(options, &compactor, calls_per_file, &progress).await?;
    progress.finish_and_clear();
    keep_totals(&report, arguments.totals.as_deref())?;
    print::groups(&report)?;
    Ok(print::settled(&report, &written)?)
}

/// Calls that are there already would be settled twice.
async fn must_be_empty(catalog: &Catalog) -> anyhow::Result<()> {
    let snapshot = catalog.snapshot().await?;
    let is_empty = snapshot.positions.is_empty() && snapshot.files.values().all(Vec::is_empty);
    let root = catalog.folder().root().display();
    ensure!(is_empty, "{root} has data: --settled takes a folder without any");
    Ok(())
}

async fn create_accounts(catalog: &Catalog, names: &[String]) -> anyhow::Result<()> {
    let accounts = Accounts::new(catalog.clone());
    for name in names {
        let id = lake::account_id(name)?;
        if accounts.get(&id).await?.is_none() {
            accounts.create(&id, None).await?;
        }
    }
    Ok(())
}

fn keep_totals(report: &Report, path: Option<&Path>) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let json = serde_json::to_string_pretty(report)?;
    std::fs::write(path, json + "\n").with_context(|| format!("writing {} failed", path.display()))
}

fn options(arguments: &Arguments) -> anyhow::Result<Options> {
    let start = match &arguments.start {
        None => DEFAULT_START,
        Some(text) => Timestamp::parse_rfc3339(text).with_context(|| {
            format!("--start {text:?} is no RFC 3339 instant such as 2026-01-01T00:00:00Z")
        })?,
    };
    Ok(Options {
        seed: arguments.seed,
        calls: arguments.calls,
        sms: arguments.sms,
        deliveries: arguments.deliveries,
        first_call: 0,
        accounts: arguments.accounts,
        start,
        days: arguments.days,
        pattern: Pattern::Office,
    })
}
