//! The dispatcher: looks into the queue, claims what is due lane by lane, and sends it.
//!
//! One task owns the lanes (`dispatcher/run.rs`); rendering and sending are tasks of their own that report to it, and the
//! recorder is one more.

mod run;

use std::sync::Arc;

use callhouse_core::Clock;
use callhouse_lake::webhooks::{Wall, Webhooks};
use callhouse_log::Appender;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, ClientError};
use crate::options::Options;
use crate::recorder::Recorder;
use crate::render::Render;
use crate::sending::Sending;
use run::Run;

/// Delivers webhooks. Several may work on one catalog.
pub struct Dispatcher {
    webhooks: Webhooks,
    clock: Arc<dyn Clock>,
    options: Options,
    sending: Arc<Sending>,
    render: Arc<dyn Render>,
    appender: Arc<dyn Appender>,
}

impl Dispatcher {
    /// # Errors
    /// [`ClientError`].
    pub fn new(
        webhooks: Webhooks,
        clock: Arc<dyn Clock>,
        appender: Arc<dyn Appender>,
        render: Arc<dyn Render>,
        wall: Wall,
        options: Options,
    ) -> Result<Self, ClientError> {
        let client = Client::new(wall, options.timeout, options.endpoint_concurrency)?;
        let sending = Arc::new(Sending {
            webhooks: webhooks.clone(),
            client,
            clock: Arc::clone(&clock),
            timeout: options.timeout,
        });
        Ok(Self { webhooks, clock, options, sending, render, appender })
    }

    /// Delivers until told to stop; attempts under way end first, and all that was made is recorded. Failures of catalog
    /// and log are waited out.
    pub async fn run(self, stop: CancellationToken) {
        let (records, recording) = mpsc::unbounded_channel();
        let (recorded, mut releases) = mpsc::unbounded_channel();
        let (reports, mut reported) = mpsc::unbounded_channel();
        let recorder = Recorder {
            webhooks: self.webhooks.clone(),
            appender: Arc::clone(&self.appender),
            clock: Arc::clone(&self.clock),
            retries: self.options.retries,
            disable_after: self.options.disable_after,
            recorded,
        };
        let mut recorder_task = JoinSet::new();
        recorder_task.spawn(recorder.run(recording));
        let mut run = Run::new(&self, records, reports);
        while !stop.is_cancelled() {
            let wait = run.turn().await;
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                Some(recorded) = releases.recv() => run.release(recorded),
                Some(report) = reported.recv() => run.take(report),
                Some(_) = run.tasks.join_next() => {}
                () = sleep(wait) => {}
            }
            while let Ok(recorded) = releases.try_recv() {
                run.release(recorded);
            }
            while let Ok(report) = reported.try_recv() {
                run.take(report);
            }
        }
        run.end(&mut reported).await;
        recorder_task.join_next().await;
    }
}
