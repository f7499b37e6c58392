//! `callhouse compact`: everything a server's upkeep would do over time, now.

use callhouse_lake::Compactor;
use clap::Args;

use crate::config::{self, DataFlags, Flags};
use crate::upkeep::compaction_options;
use crate::{lake, logging, output};

#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Works beside a server: whoever commits first wins, the other starts over.
pub(crate) async fn run(_: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data))?;
    logging::start_quiet(&settings.log)?;
    let catalog = lake::open_existing(&settings).await?;
    let bar = output::progress(None, "calls settled");
    let compactor = Compactor::new(catalog, compaction_options(&settings.compaction));
    let shown = bar.clone();
    let report = compactor.compact_all(&move |report| shown.set_position(report.settled_rows)).await?;
    bar.finish_and_clear();
    output::line(format!(
        "{} calls settled, {} late rows joined in, {} files became {}, {} bytes written",
        report.settled_rows, report.late_rows, report.removed_files, report.added_files, report.written_bytes,
    ))?;
    Ok(())
}
