//! `callhouse import`: takes files in. The same file twice, or half of it after a crash, changes nothing: the
//! lake remembers by content how far each file is in.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use callhouse_core::connector;
use callhouse_ingest::{Ingest, Options, Summary};
use callhouse_lake::accounts::{AccountDirectory, Accounts};
use callhouse_lake::{Catalog, Compactor, HotRows, Table};
use callhouse_log::Log;
use callhouse_log::file::{FileLog, ImportsFolder, PriorImports, Progress, Source};
use clap::Args;
use clap::builder::PossibleValuesParser;
use indicatif::ProgressBar;
use tokio_util::sync::CancellationToken;

use crate::config::{self, DataFlags, Flags, KafkaFlags};
use crate::giving_way::{Debt, giving_way_to};
use crate::server::{ingest_options, stop_signal};
use crate::upkeep::{Upkeep, compaction_options};
use crate::{lake, logging, output};

/// How often the progress bar looks.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What the files hold
    #[arg(long, value_parser = PossibleValuesParser::new(connector::NAMES))]
    format: String,
    /// Account of lines that name none
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Creates the accounts that lines name and nobody created
    #[arg(long)]
    create_accounts: bool,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let kafka = KafkaFlags { create_accounts: arguments.create_accounts, ..KafkaFlags::default() };
    let settings = config::load(&Flags::new(data).with_kafka(&kafka))?;
    logging::start_quiet(&settings.log)?;
    let catalog = lake::open(&settings).await?;
    let accounts = Accounts::new(catalog.clone());
    let default_account = arguments.account.as_deref().map(lake::account_id).transpose()?;
    if let Some(account) = &default_account
        && accounts.get(account).await?.is_none()
    {
        ensure!(
            arguments.create_accounts,
            "there is no account {account}; --create-accounts would create it"
        );
        accounts.create(account, None).await?;
    }
    let directory = AccountDirectory::new(accounts);
    // An import waits for no compaction: this process has none.
    let options = Options { overlay_max_rows: i64::MAX, ..ingest_options(&settings.ingest) };
    let ingest = Ingest::new(catalog.clone(), HotRows::default(), directory, options);
    let folder = catalog.folder().root().join("imports");
    let priors =
        ImportsFolder::open(&folder).with_context(|| format!("opening {} failed", folder.display()))?;
    let importer = Importer {
        source: Source { format: arguments.format, default_account },
        priors: Arc::new(priors),
        catalog,
        ingest,
    };
    // Events come first. But without any compaction the rows of a large import would all wait in the overlay, and
    // every question of a server on the same folder would read them.
    let stop = CancellationToken::new();
    let pace = giving_way_to(&importer.ingest, Debt::of_import(settings.ingest.overlay_max_rows));
    let options = compaction_options(&settings.compaction);
    let compactor = Compactor::paced(importer.catalog.clone(), options, Arc::clone(&pace));
    let upkeep = Upkeep::new(importer.catalog.clone(), compactor, pace, &settings.compaction);
    let upkeep = tokio::spawn(upkeep.run(stop.clone()));
    let imported = importer.import_all(&arguments.files).await;
    stop.cancel();
    upkeep.await.context("upkeep died")?;
    imported?;
    say_what_is_left(&importer.catalog).await
}

/// What compaction has yet to do of what is durable already.
async fn say_what_is_left(catalog: &Catalog) -> anyhow::Result<()> {
    let snapshot = catalog.snapshot().await?;
    let recent = snapshot.files.get(&Table::CallsRecent).map_or(&[][..], Vec::as_slice);
    let rows: i64 = recent.iter().map(|file| file.record_count).sum();
    if rows > 0 {
        output::line(format!(
            "all of it is durable and visible; {rows} rows of calls are not settled yet: \
             a running server settles them by itself, `callhouse compact` at once"
        ))?;
    }
    Ok(())
}

struct Importer {
    source: Source,
    priors: Arc<dyn PriorImports>,
    catalog: Catalog,
    ingest: Arc<Ingest>,
}

impl Importer {
    async fn import_all(&self, files: &[PathBuf]) -> anyhow::Result<()> {
        for file in files {
            let (lines, summary) =
                self.import(file).await.with_context(|| format!("importing {} failed", file.display()))?;
            output::line(format!(
                "{}: {lines} lines, {} new: {} events, {} rejected",
                file.display(),
                summary.messages,
                summary.events,
                summary.rejections,
            ))?;
        }
        Ok(())
    }

    /// Takes one file in; returns the lines it has and what of them was new.
    async fn import(&self, file: &Path) -> anyhow::Result<(i64, Summary)> {
        let progress = Arc::new(Progress::default());
        let bar = output::progress(Some(0), "bytes");
        let stop = CancellationToken::new();
        let clock = Arc::clone(self.catalog.clock());
        let importing = async {
            let priors = Arc::clone(&self.priors);
            let log = FileLog::open(file, self.source.clone(), priors, clock, Arc::clone(&progress)).await?;
            let log = Arc::new(log);
            let summary = self.ingest.run(Arc::clone(&log) as Arc<dyn Log>, stop.clone()).await?;
            Ok::<_, anyhow::Error>((log.lines(), summary))
        };
        tokio::pin!(importing);
        let outcome = tokio::select! {
            outcome = &mut importing => outcome,
            () = show(&bar, &progress) => unreachable!("progress is shown for ever"),
            () = stop_signal() => {
                stop.cancel();
                importing.await?;
                Err(anyhow::anyhow!("stopped; the same command goes on from here"))
            }
        };
        bar.finish_and_clear();
        outcome
    }
}

/// Moves the bar for ever.
async fn show(bar: &ProgressBar, progress: &Progress) {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        bar.set_length(progress.total_bytes());
        bar.set_position(progress.read_bytes());
    }
}
