//! `callhouse generate`: makes a set of calls, delivers it, and says what a warehouse must make of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use callhouse_core::Timestamp;
use clap::Args;

use crate::config::key_values;
use crate::generate::sink::{Access, Target, deliver};
use crate::generate::{DEFAULT_START, Generator, Options, Pattern, Report};
use crate::output;
use crate::secret::Secret;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Calls (legs) to make
    #[arg(long, value_name = "N")]
    calls: u64,
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
    #[arg(long, value_name = "TARGET", required_unless_present = "list_accounts")]
    to: Option<Target>,
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

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let generator = Generator::new(&options(&arguments)?);
    let target = match &arguments.to {
        Some(target) if !arguments.list_accounts => target,
        _ => return Ok(output::line(generator.account_names().join("\n"))?),
    };
    let kafka_properties: BTreeMap<String, Secret> = key_values(&arguments.kafka_properties)?;
    let access = Access { key: arguments.key.as_deref().map(Secret::new), kafka_properties };
    let progress = output::progress(None, "messages");
    let report = deliver(generator, target, &access, &progress).await?;
    progress.finish_and_clear();
    if let Some(path) = &arguments.totals {
        let json = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, json + "\n").with_context(|| format!("writing {} failed", path.display()))?;
    }
    Ok(print(&report)?)
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
        first_call: 0,
        accounts: arguments.accounts,
        start,
        days: arguments.days,
        pattern: Pattern::Office,
    })
}

fn print(report: &Report) -> std::io::Result<()> {
    let rows: Vec<Vec<String>> = report
        .groups
        .iter()
        .map(|group| {
            vec![
                group.account.clone(),
                group.direction.to_owned(),
                group.calls.to_string(),
                group.answered.to_string(),
                group.talk_seconds.to_string(),
                group.billed_seconds.to_string(),
                group.debit.clone(),
                group.credit.clone(),
                group.unique_callers.to_string(),
            ]
        })
        .collect();
    let header = [
        "account",
        "direction",
        "calls",
        "answered",
        "talk seconds",
        "billed seconds",
        "debit EUR",
        "credit EUR",
        "unique callers",
    ];
    output::table(&header, &rows, 2)?;
    output::line(format!(
        "{} calls, {} of them open, {} corrected; {} messages: {} events with {} duplicates, {} malformed",
        report.calls,
        report.open_calls,
        report.corrections,
        report.messages,
        report.events,
        report.duplicates,
        report.malformed,
    ))
}
