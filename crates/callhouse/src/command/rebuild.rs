//! `callhouse rebuild`: calls and other records anew from the archived events (REC-2), beside the live ones, then swapped in.

use std::sync::Arc;

use callhouse_lake::rebuild::{FamilyRebuild, RebuildOptions};
use callhouse_lake::{Catalog, Error, RebuildReport, Rebuilder};
use clap::Args;

use crate::config::{self, DataFlags, Flags};
use crate::{lake, logging, output};

/// A server's compaction may be faster several times; then it waits for a while.
const ATTEMPTS: u32 = 5;

#[derive(Debug, Args)]
pub(crate) struct Arguments {}

pub(crate) async fn run(_: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data))?;
    logging::start_quiet(&settings.log)?;
    let report = rebuild(lake::open_existing(&settings).await?).await?;
    for found in &report.families {
        let (name, records, events) = (found.family.settled().name(), found.records, found.events);
        output::line(format!("{records} {name} rebuilt from {events} events"))?;
    }
    print_differences(&report)?;
    match report.swapped_in {
        Some(snapshot) => output::line(format!("swapped in with snapshot {snapshot}"))?,
        None => output::line("there was nothing to swap in")?,
    }
    Ok(())
}

async fn rebuild(catalog: Catalog) -> anyhow::Result<RebuildReport> {
    let rebuilder = Rebuilder::new(catalog, RebuildOptions::default());
    let bar = output::progress(None, "events");
    let mut attempt = 1;
    loop {
        let shown = bar.clone();
        match rebuilder.rebuild(Arc::new(move |progress| shown.set_position(progress.events))).await {
            Err(Error::FileNotLive { .. }) if attempt < ATTEMPTS => attempt += 1,
            outcome => {
                bar.finish_and_clear();
                return Ok(outcome?);
            }
        }
    }
}

/// What live and rebuilt records disagree on.
pub(crate) fn print_differences(report: &RebuildReport) -> std::io::Result<()> {
    for FamilyRebuild { family, differences, .. } in &report.families {
        if differences.is_empty() {
            continue;
        }
        output::line(format!(
            "live {} differ from the archive: {} missing, {} unexpected, {} changed",
            family.settled().name(),
            differences.missing,
            differences.unexpected,
            differences.changed
        ))?;
        for difference in &differences.listed {
            output::line(format!("  {} {}: {:?}", difference.account, difference.id, difference.kind))?;
        }
    }
    Ok(())
}
