//! The subscriptions as ingest and dispatcher look at them at every step: read again only when they have changed.

use std::collections::HashMap;
use std::sync::Arc;

use callhouse_core::AccountId;
use callhouse_core::webhook::{Fact, Happened, TRIGGERS, Trigger};
use parking_lot::RwLock;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::{HookStatus, Subscription};
use crate::catalog::Catalog;
use crate::error::Error;

/// All subscriptions at one moment.
#[derive(Debug, Default)]
pub struct SubscriptionView {
    changes: i64,
    by_hash: HashMap<Box<str>, Arc<Subscription>>,
    /// Enabled ones.
    by_account: HashMap<AccountId, OfAccount>,
}

#[derive(Debug, Default)]
struct OfAccount {
    hooks: Vec<Arc<Subscription>>,
    /// The types among them, each once.
    triggers: Vec<&'static Trigger>,
}

impl SubscriptionView {
    fn new(changes: i64, subscriptions: Vec<Subscription>) -> Self {
        let mut view = Self { changes, ..Self::default() };
        for subscription in subscriptions.into_iter().map(Arc::new) {
            if subscription.status == HookStatus::Enabled {
                let own = view.by_account.entry(subscription.account.clone()).or_default();
                let is_new = |trigger: &&&Trigger| {
                    trigger.name == &*subscription.webhook_type
                        && own.triggers.iter().all(|known| known.name != trigger.name)
                };
                let trigger = TRIGGERS.iter().find(|trigger| is_new(&trigger));
                own.triggers.extend(trigger);
                own.hooks.push(Arc::clone(&subscription));
            }
            view.by_hash.insert(subscription.hash.clone(), subscription);
        }
        view
    }

    /// The number of changes it has seen.
    #[must_use]
    pub const fn changes(&self) -> i64 {
        self.changes
    }

    /// Whether nobody is to be told anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_account.is_empty()
    }

    /// A subscription, enabled or not.
    #[must_use]
    pub fn get(&self, hash: &str) -> Option<&Arc<Subscription>> {
        self.by_hash.get(hash)
    }

    /// The enabled hooks of an account for a type.
    pub fn hooks<'a>(
        &'a self,
        account: &AccountId,
        webhook_type: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Subscription>> {
        let own = self.by_account.get(account).map(|own| own.hooks.as_slice()).unwrap_or_default();
        own.iter().filter(move |hook| &*hook.webhook_type == webhook_type)
    }

    /// Adds the facts somebody is to be told of an event.
    pub fn facts_of(&self, happened: &Happened<'_>, facts: &mut Vec<Fact>) {
        let Some(own) = self.by_account.get(happened.account) else { return };
        facts.extend(own.triggers.iter().filter_map(|trigger| happened.fact(trigger)));
    }
}

/// The newest view, shared by its clones. Asking costs the reading of one number.
#[derive(Clone)]
pub struct SubscriptionCache {
    catalog: Catalog,
    newest: Arc<RwLock<Arc<SubscriptionView>>>,
}

impl SubscriptionCache {
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog, newest: Arc::default() }
    }

    /// The subscriptions now: every change made before this is in it.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn view(&self) -> Result<Arc<SubscriptionView>, Error> {
        let failed = Error::catalog("read of webhooks");
        let mut connection = self.catalog.pool().acquire().await.map_err(failed)?;
        if let Some(view) = self.unchanged(changes(&mut connection).await?) {
            return Ok(view);
        }
        drop(connection);
        let mut transaction = self.catalog.pool().begin().await.map_err(failed)?;
        let view = self.view_in(&mut transaction).await?;
        transaction.rollback().await.map_err(failed)?;
        Ok(view)
    }

    /// The subscriptions as a transaction sees them.
    pub(super) async fn view_in(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
    ) -> Result<Arc<SubscriptionView>, Error> {
        let changes = changes(transaction).await?;
        if let Some(view) = self.unchanged(changes) {
            return Ok(view);
        }
        let subscriptions = sqlx::query_as("SELECT * FROM callhouse_webhooks ORDER BY created_at, hash")
            .fetch_all(&mut **transaction)
            .await
            .map_err(Error::catalog("read of webhooks"))?;
        let view = Arc::new(SubscriptionView::new(changes, subscriptions));
        let mut newest = self.newest.write();
        if newest.changes < changes {
            *newest = Arc::clone(&view);
        }
        Ok(view)
    }

    fn unchanged(&self, changes: i64) -> Option<Arc<SubscriptionView>> {
        Some(Arc::clone(&self.newest.read())).filter(|view| view.changes == changes)
    }
}

async fn changes(connection: &mut SqliteConnection) -> Result<i64, Error> {
    sqlx::query_scalar("SELECT changes FROM callhouse_webhook_changes")
        .fetch_one(connection)
        .await
        .map_err(Error::catalog("read of webhook changes"))
}
