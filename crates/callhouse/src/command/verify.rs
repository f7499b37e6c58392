//! `callhouse verify`: every file against the catalog, positions against events, records against a rebuild.

use std::sync::Arc;

use anyhow::ensure;
use callhouse_lake::rebuild::RebuildOptions;
use callhouse_lake::verify::{VerifyProgress, verify};
use clap::Args;

use super::rebuild::print_differences;
use crate::config::{self, DataFlags, Flags};
use crate::{lake, logging, output};

#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Lists what differs, and fails when anything does.
pub(crate) async fn run(_: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data))?;
    logging::start_quiet(&settings.log)?;
    let catalog = lake::open_existing(&settings).await?;
    let bar = output::progress(Some(0), "checked");
    let shown = bar.clone();
    let on_progress = move |progress: VerifyProgress| {
        shown.set_length(progress.total);
        shown.set_position(progress.done);
    };
    let report = verify(&catalog, RebuildOptions::default(), Arc::new(on_progress)).await?;
    bar.finish_and_clear();
    for finding in &report.findings {
        output::line(format!("{}: {}", finding.subject, finding.what))?;
    }
    print_differences(&report.records)?;
    let rebuilt = report.records.families.iter().map(|found| {
        format!("{} {} rebuilt from {} events", found.records, found.family.settled().name(), found.events)
    });
    let rebuilt: Vec<String> = rebuilt.collect();
    output::line(format!(
        "snapshot {}: {} files, {} rows, {} partitions, {}",
        report.snapshot_id,
        report.files,
        report.rows,
        report.partitions.len(),
        rebuilt.join(", "),
    ))?;
    ensure!(report.is_sound(), "the lake is not sound: see above");
    output::line("sound")?;
    Ok(())
}
