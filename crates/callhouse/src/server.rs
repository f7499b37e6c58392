//! The parts of a running callhouse put together: log, ingest, upkeep and, for `serve`, the HTTP API, exports,
//! webhooks and the doors of SQL.
//!
//! Owns the order in which they start and stop. Stopping is: no new requests, those under way finish (their
//! events are durable in the log), webhooks under way end and are logged, ingest commits what it has read, upkeep finishes its step, the log closes.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use callhouse_api::{App, Readiness, RequestLimits};
use callhouse_ingest::{Ingest, Options};
use callhouse_lake::accounts::{AccountDirectory, Accounts};
use callhouse_lake::webhooks::Webhooks;
use callhouse_lake::{Catalog, Compactor, HotRows, OverlayReader};
use callhouse_log::{Appender, OnHole};
use callhouse_query::Engine;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::command::engine_options;
use crate::config::{self, Settings};
use crate::doors::{Doors, Listeners};
use crate::exports;
use crate::giving_way::{Debt, giving_way_to};
use crate::listen::listen;
use crate::logs::Logs;
use crate::room;
use crate::spill::SpillFolder;
use crate::upkeep::{Upkeep, compaction_options};
use crate::webhooks;

/// Log → lake, with upkeep: what `ingest` is, and one half of `serve`.
pub(crate) struct Intake {
    catalog: Catalog,
    hot: HotRows,
    overlays: OverlayReader,
    ingest: Arc<Ingest>,
    logs: Logs,
    stop: CancellationToken,
    /// `None` once it has ended.
    taking_in: Option<JoinHandle<anyhow::Result<()>>>,
    upkeep: JoinHandle<()>,
}

impl Intake {
    /// Opens everything and starts taking in.
    ///
    /// # Errors
    /// When the data folder or the log cannot be opened.
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let catalog = crate::lake::open(settings).await?;
        let hot = HotRows::default();
        let directory = AccountDirectory::new(Accounts::new(catalog.clone()));
        let options = Options {
            announce_within_ms: settings.webhooks.announce_within_ms,
            ..ingest_options(&settings.ingest)
        };
        let ingest = Ingest::new(catalog.clone(), hot.clone(), directory, options);
        let logs = Logs::open(settings, &catalog).await?;
        let stop = CancellationToken::new();
        let taking_in = {
            let (ingest, log, stop) = (Arc::clone(&ingest), Arc::clone(&logs.log), stop.clone());
            tokio::spawn(
                async move { ingest.run(log, stop).await.map(drop).context("taking events in failed") },
            )
        };
        let overlays = OverlayReader::new(catalog.folder().clone(), engine_options(settings).key_index_bytes);
        let options = compaction_options(&settings.compaction);
        let pace = giving_way_to(&ingest, Debt::of_server(settings.ingest.overlay_max_rows));
        let compactor = Compactor::sharing(catalog.clone(), options, &overlays, Arc::clone(&pace));
        let upkeep = Upkeep::new(catalog.clone(), compactor, pace, &settings.compaction);
        let upkeep = tokio::spawn(upkeep.run(stop.clone()));
        Ok(Self { catalog, hot, overlays, ingest, logs, stop, taking_in: Some(taking_in), upkeep })
    }

    /// Where new events are appended.
    #[must_use]
    pub(crate) fn appender(&self) -> Arc<dyn Appender> {
        Arc::clone(&self.logs.appender)
    }

    /// Returns when taking in has ended by itself, which only a failure makes it do.
    ///
    /// # Errors
    /// That failure.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<()> {
        let Some(taking_in) = &mut self.taking_in else { return Ok(()) };
        let outcome = taking_in.await;
        self.taking_in = None;
        outcome.context("taking events in died")?
    }

    /// Commits what was read and closes everything.
    ///
    /// # Errors
    /// When the last commit failed.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        let taken_in = self.ended().await;
        let kept_up = self.upkeep.await.context("upkeep died");
        self.logs.close().await;
        taken_in.and(kept_up)
    }
}

/// A running server.
pub(crate) struct Server {
    intake: Intake,
    address: SocketAddr,
    stop: CancellationToken,
    /// `None` once it has ended.
    serving: Option<JoinHandle<anyhow::Result<()>>>,
    doors: Doors,
    exporting: JoinHandle<()>,
    /// Webhooks, if this process delivers them.
    delivering: Option<JoinHandle<()>>,
    /// Where statements and exports put what does not fit into memory.
    _spill: SpillFolder,
}

impl Server {
    /// Starts taking in and answering.
    ///
    /// # Errors
    /// When a part cannot be opened or the address is taken.
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        // Before anything counts.
        let metrics = callhouse_api::install_metrics().context("installing metrics failed")?;
        callhouse_ingest::metrics::describe();
        let listener = listen(&settings.listen).await?;
        let address = listener.local_addr().context("asking for the listening address failed")?;
        let listeners = Listeners::bind(settings).await?;
        let intake = Intake::start(settings).await?;
        let catalog = intake.catalog.clone();
        let (hot, overlays) = (intake.hot.clone(), intake.overlays.clone());
        let engine = Engine::sharing(catalog.clone(), hot, overlays, engine_options(settings))?;
        let spill = SpillFolder::of(&settings.data)?;
        let room = room::open(engine.clone(), settings, &spill)?;
        let accounts = Accounts::new(catalog.clone());
        let stop = CancellationToken::new();
        let doors = listeners.open(&room, &accounts, catalog.clock(), &settings.sql, &stop)?;
        let hooks = Webhooks::new(catalog.clone());
        let exports = exports::service(&catalog, &hooks, settings, &address.to_string())?;
        let exporter = exports::exporter(engine.clone(), &room, settings)?;
        let exporting = tokio::spawn(exports.clone().run(exporter, stop.clone()));
        let app = App {
            engine,
            room,
            accounts,
            exports,
            webhooks: hooks,
            wall: webhooks::wall(&settings.webhooks),
            limits: RequestLimits::new(settings.limits.usual(), Arc::clone(catalog.clock())),
            appender: intake.appender(),
            clock: Arc::clone(catalog.clock()),
            readiness: Arc::new(IngestReadiness(Arc::clone(&intake.ingest))),
            metrics: Some(metrics),
            catalog,
        };
        let delivering = webhooks::dispatcher(&app, &settings.webhooks)?
            .map(|dispatcher| tokio::spawn(dispatcher.run(stop.clone())));
        let serving = {
            let stop = stop.clone();
            tokio::spawn(async move { Ok(callhouse_api::serve(listener, app, stop).await?) })
        };
        let serving = Some(serving);
        Ok(Self { intake, address, stop, serving, doors, exporting, delivering, _spill: spill })
    }

    /// The address it listens on.
    #[must_use]
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What else it listens on.
    #[must_use]
    pub(crate) const fn doors(&self) -> &Doors {
        &self.doors
    }

    #[must_use]
    pub(crate) const fn intake(&self) -> &Intake {
        &self.intake
    }

    /// Runs until the process is told to stop or a part fails, then stops in order.
    ///
    /// # Errors
    /// What a part failed with.
    pub(crate) async fn run(mut self) -> anyhow::Result<()> {
        let outcome = tokio::select! {
            () = stop_signal() => Ok(()),
            ended = self.intake.ended() => ended.and_then(|()| anyhow::bail!("taking events in has ended")),
            served = ended(&mut self.serving) => served,
            served = self.doors.ended() => served,
        };
        tracing::info!("stopping");
        self.stop.cancel();
        let served = ended(&mut self.serving).await;
        let served = self.doors.close().await.and(served);
        let exported = self.exporting.await.context("exports died");
        // Its last attempts go into the log while intake still runs.
        let delivered = match self.delivering {
            Some(delivering) => delivering.await.context("delivering webhooks died"),
            None => Ok(()),
        };
        let stopped = self.intake.stop().await;
        outcome.and(served).and(exported).and(delivered).and(stopped)
    }
}

pub(crate) async fn ended(task: &mut Option<JoinHandle<anyhow::Result<()>>>) -> anyhow::Result<()> {
    let Some(running) = task else { return Ok(()) };
    let outcome = running.await;
    *task = None;
    outcome.context("a part of the server died")?
}

/// Returns when the process is asked to stop.
pub(crate) async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        (Err(error), _) | (_, Err(error)) => {
            // Without a handler the system ends the process, which loses nothing either.
            tracing::error!(error = &error as &dyn std::error::Error, "stop signals cannot be caught");
            std::future::pending::<()>().await;
        }
    }
}

/// The settings of ingest.
#[must_use]
pub(crate) fn ingest_options(settings: &config::Ingest) -> Options {
    Options {
        flush_age_ms: settings.flush_age_ms,
        flush_rows: settings.flush_rows,
        flush_bytes: settings.flush_bytes,
        hot_max_bytes: settings.hot_max_bytes,
        overlay_max_rows: settings.overlay_max_rows,
        open_records: settings.open_records,
        max_message_bytes: settings.max_message_bytes,
        on_hole: if settings.skip_holes { OnHole::Skip } else { OnHole::Stop },
        create_accounts: settings.create_accounts,
        decoders: settings.decoders,
        ..Options::default()
    }
}

/// Ready while ingest is healthy.
struct IngestReadiness(Arc<Ingest>);

#[async_trait]
impl Readiness for IngestReadiness {
    async fn problems(&self) -> Vec<String> {
        let status = self.0.status();
        let stopped = status.partitions.into_iter().filter_map(|partition| {
            let reason = partition.stopped?;
            Some(format!("{} is not being read: {reason}", partition.kafka_partition))
        });
        status.failure.into_iter().chain(stopped).collect()
    }
}
