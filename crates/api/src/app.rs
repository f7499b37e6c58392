//! What the doors stand on. The binary puts it together; tests put together the same.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::FromRef;
use callhouse_core::Clock;
use callhouse_exports::Service as Exports;
use callhouse_lake::Catalog;
use callhouse_lake::accounts::{AccountDirectory, Accounts};
use callhouse_lake::webhooks::{Wall, Webhooks};
use callhouse_log::Appender;
use callhouse_query::{Engine, Room};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::body::Bodies;
use crate::limits::RequestLimits;

/// Everything a request may need.
#[derive(Clone)]
pub struct App {
    pub engine: Engine,
    /// Where statements of analysts run.
    pub room: Room,
    pub catalog: Catalog,
    pub accounts: Accounts,
    /// Files of whole questions, and the jobs that make them.
    pub exports: Exports,
    /// Who is told what by webhooks.
    pub webhooks: Webhooks,
    /// Where webhooks may be sent.
    pub wall: Wall,
    /// How many requests credentials may make.
    pub limits: RequestLimits,
    pub appender: Arc<dyn Appender>,
    pub clock: Arc<dyn Clock>,
    /// What `/readyz` asks besides the catalog.
    pub readiness: Arc<dyn Readiness>,
    /// What `/metrics` shows; from [`crate::install_metrics`]. Without it `/metrics` answers 404.
    pub metrics: Option<PrometheusHandle>,
}

/// What the router hands to handlers: the app, and what is made once from it.
#[derive(Clone)]
pub(crate) struct Doors {
    app: Arc<App>,
    /// Cached: who may write for whom.
    directory: AccountDirectory,
    bodies: Bodies,
}

impl Doors {
    pub(crate) fn new(app: App) -> Self {
        Self {
            directory: AccountDirectory::new(app.accounts.clone()),
            bodies: Bodies::new(),
            app: Arc::new(app),
        }
    }
}

impl FromRef<Doors> for Arc<App> {
    fn from_ref(doors: &Doors) -> Self {
        Self::clone(&doors.app)
    }
}

impl FromRef<Doors> for AccountDirectory {
    fn from_ref(doors: &Doors) -> Self {
        doors.directory.clone()
    }
}

impl FromRef<Doors> for Bodies {
    fn from_ref(doors: &Doors) -> Self {
        doors.bodies.clone()
    }
}

/// Whether the parts of this process that the API does not see can do their work.
#[async_trait]
pub trait Readiness: Send + Sync + 'static {
    /// What is wrong now, one sentence each; empty when nothing is. Must return within a second.
    async fn problems(&self) -> Vec<String>;
}

/// Nothing besides the catalog to ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlwaysReady;

#[async_trait]
impl Readiness for AlwaysReady {
    async fn problems(&self) -> Vec<String> {
        Vec::new()
    }
}
