//! Which of the events taken in webhooks are to announce.
//!
//! The subscriptions are looked at once a unit, so an event that is appended after a subscription was made is announced,
//! and one of an account without any costs a look into a map. Who is told in the end is decided in the commit.

use std::sync::Arc;
use std::time::Duration;

use callhouse_core::Timestamp;
use callhouse_core::webhook::{Fact, Happened};
use callhouse_lake::webhooks::{SubscriptionCache, SubscriptionView};
use tokio::runtime::Handle;

use crate::error::Error;
use crate::retry;

/// Finds what is to be announced. Shared by all decoders of a process.
pub(crate) struct Announcer {
    subscriptions: SubscriptionCache,
    /// `None` when nothing is to be announced.
    within: Option<Duration>,
}

/// What a unit announces.
#[derive(Debug, Default)]
pub(crate) struct Announcements {
    /// `None` when nobody is subscribed.
    view: Option<Arc<SubscriptionView>>,
    /// What happened before is not announced any more.
    oldest: Timestamp,
    facts: Vec<Fact>,
}

impl Announcer {
    pub(crate) fn new(subscriptions: SubscriptionCache, announce_within_ms: u64) -> Self {
        let within = (announce_within_ms > 0).then(|| Duration::from_millis(announce_within_ms));
        Self { subscriptions, within }
    }

    /// Begins a unit. Blocks: call it from a blocking thread of `runtime`.
    ///
    /// # Errors
    /// [`Error::ReadWebhooks`].
    pub(crate) fn begin(&self, runtime: &Handle, now: Timestamp) -> Result<Announcements, Error> {
        let Some(within) = self.within else { return Ok(Announcements::default()) };
        let view = runtime.block_on(retry::with_pauses(|| self.subscriptions.view()));
        let view = view.map_err(|source| Error::ReadWebhooks { source })?;
        let within_micros = i64::try_from(within.as_micros()).unwrap_or(i64::MAX);
        Ok(Announcements {
            view: Some(view).filter(|view| !view.is_empty()),
            oldest: Timestamp(now.micros().saturating_sub(within_micros)),
            facts: Vec::new(),
        })
    }
}

impl Announcements {
    pub(crate) fn note(&mut self, happened: &Happened<'_>) {
        if let Some(view) = &self.view
            && happened.at >= self.oldest
        {
            view.facts_of(happened, &mut self.facts);
        }
    }

    pub(crate) fn into_facts(self) -> Vec<Fact> {
        self.facts
    }
}
