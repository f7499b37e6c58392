//! A catalog with accounts, a log in memory, and a dispatcher on both.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use callhouse_core::webhook::Fact;
use callhouse_core::{AccountId, Clock};
use callhouse_lake::accounts::{Accounts, Secret};
use callhouse_lake::webhooks::{
    Due, Endpoint, HmacAlgorithm, Resolver, Signing, Subscribed, Subscription, Wall, Webhooks,
};
use callhouse_lake::{Catalog, Commit, DataFolder};
use callhouse_log::{Append, Appender, Error as LogError};
use callhouse_testkit::{ManualClock, poll_until};
use callhouse_webhooks::{Dispatcher, Options, Render, RenderError, Rendered, Subject};
use parking_lot::Mutex;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::receiver::DEADLINE;

pub(crate) const HANGUP: &str = "call.inbound_hangup";

/// A log that keeps what is appended.
#[derive(Debug, Default)]
pub(crate) struct MemoryLog(Mutex<Vec<Append>>);

#[async_trait]
impl Appender for MemoryLog {
    async fn append(&self, messages: Vec<Append>) -> Result<(), LogError> {
        self.0.lock().extend(messages);
        Ok(())
    }
}

/// Data that tells how often it was made, or what it is told to be.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    pub(crate) told: Mutex<VecDeque<Rendered>>,
    made: Mutex<usize>,
}

#[async_trait]
impl Render for Counting {
    async fn render(&self, subjects: &[Subject]) -> Result<Vec<Rendered>, RenderError> {
        let mut made = self.made.lock();
        let mut told = self.told.lock();
        let data = subjects.iter().map(|subject| {
            *made += 1;
            let data = format!(r#"{{"call":"{}","made":{}}}"#, subject.id, *made);
            told.pop_front().unwrap_or(Rendered::Data(data))
        });
        Ok(data.collect())
    }
}

/// Names resolve to what the test says.
pub(crate) struct Names(pub(crate) Mutex<Vec<IpAddr>>);

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        let known = self.0.lock().clone();
        if known.is_empty() { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(known) }
    }
}

pub(crate) struct House {
    _folder: TempDir,
    pub(crate) catalog: Catalog,
    pub(crate) webhooks: Webhooks,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) render: Arc<Counting>,
    pub(crate) names: Arc<Names>,
    pub(crate) wall: Wall,
}

/// A dispatcher that is running.
pub(crate) struct Running {
    stop: CancellationToken,
    run: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.run.await.unwrap();
    }
}

/// Options under which everything happens soon.
pub(crate) fn prompt() -> Options {
    Options { poll: Duration::from_millis(5), timeout: Duration::from_secs(5), ..Options::default() }
}

pub(crate) async fn open(folder: &Path, clock: Arc<dyn Clock>) -> (Catalog, Webhooks) {
    let catalog = Catalog::open(DataFolder::new(folder), clock).await.unwrap();
    (catalog.clone(), Webhooks::new(catalog))
}

impl House {
    /// That lets everything through its wall.
    pub(crate) async fn new() -> Self {
        Self::with_wall(true).await
    }

    pub(crate) async fn with_wall(allow_private: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::default());
        let (catalog, webhooks) = open(folder.path(), Arc::<ManualClock>::clone(&clock)).await;
        let accounts = Accounts::new(catalog.clone());
        accounts.create(&AccountId::new("acme").unwrap(), None).await.unwrap();
        let names = Arc::new(Names(Mutex::default()));
        let wall = Wall::new(allow_private, Arc::<Names>::clone(&names));
        let (log, render) = (Arc::default(), Arc::default());
        Self { _folder: folder, catalog, webhooks, clock, log, render, names, wall }
    }

    pub(crate) fn start(&self, options: Options) -> Running {
        let dispatcher = Dispatcher::new(
            self.webhooks.clone(),
            Arc::<ManualClock>::clone(&self.clock),
            Arc::<MemoryLog>::clone(&self.log),
            Arc::<Counting>::clone(&self.render),
            self.wall.clone(),
            options,
        );
        let stop = CancellationToken::new();
        let run = tokio::spawn(dispatcher.unwrap().run(stop.clone()));
        Running { stop, run }
    }

    pub(crate) async fn hook(&self, endpoint: &str) -> Subscription {
        subscribe(&self.webhooks, endpoint, None).await
    }

    pub(crate) async fn signed_hook(
        &self,
        endpoint: &str,
        algorithm: HmacAlgorithm,
        secret: &str,
    ) -> Subscription {
        let signing = Signing { algorithm, secret: Secret::new(secret) };
        subscribe(&self.webhooks, endpoint, Some(&signing)).await
    }

    pub(crate) async fn announce(&self, calls: impl IntoIterator<Item = String>) {
        announce(&self.catalog, &self.webhooks, calls).await;
    }

    /// The data of the attempts in the log, in their order.
    pub(crate) fn attempts(&self) -> Vec<Value> {
        let appended = self.log.0.lock();
        let event = |message: &Append| serde_json::from_slice::<Value>(&message.payload).unwrap();
        let data = |mut event: Value| {
            let mut data = event["data"].take();
            data["event_id"] = event["subject"].take();
            data
        };
        appended.iter().map(event).map(data).collect()
    }

    /// Waits until so many attempts are in the log.
    #[track_caller]
    pub(crate) fn wait_for_attempts(&self, count: usize) -> impl Future<Output = ()> + '_ {
        poll_until(DEADLINE, move || std::future::ready(self.log.0.lock().len() >= count))
    }

    /// Waits until nothing is left in the queue.
    #[track_caller]
    pub(crate) fn wait_until_empty(&self) -> impl Future<Output = ()> + '_ {
        poll_until(DEADLINE, || async { self.webhooks.depth().await.unwrap().0 == 0 })
    }
}

async fn subscribe(webhooks: &Webhooks, endpoint: &str, signing: Option<&Signing>) -> Subscription {
    let (account, endpoint) = (AccountId::new("acme").unwrap(), Endpoint::parse(endpoint).unwrap());
    match webhooks.subscribe(&account, HANGUP, &endpoint, signing).await.unwrap() {
        Subscribed::New(hook) => hook,
        other => panic!("{other:?}"),
    }
}

/// Announces the hangup of calls, as ingest does.
pub(crate) async fn announce(
    catalog: &Catalog,
    webhooks: &Webhooks,
    calls: impl IntoIterator<Item = String>,
) {
    let commit = Commit {
        id: Uuid::new_v4(),
        add: Vec::new(),
        remove: Vec::new(),
        positions: Vec::new(),
        holes: Vec::new(),
        message: "test",
    };
    let fact = |call: String| Fact {
        webhook_type: HANGUP,
        account: AccountId::new("acme").unwrap(),
        identity: call.as_str().into(),
        subject: call.into(),
        at: catalog.clock().now(),
    };
    let due =
        Due { facts: calls.into_iter().map(fact).collect(), subscriptions: webhooks.subscriptions().clone() };
    catalog.commit_and_announce(&commit, &due).await.unwrap();
}

pub(crate) fn calls(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("call-{number}"))
}
