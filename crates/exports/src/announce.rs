//! `job.status_update`: webhooks that tell of jobs.
//!
//! A change of status and its announcements are one transaction, so a crash parts them nowhere. A job over all accounts is
//! told to its own webhook only: whoever reads what the account has subscribed to may not see it (TEN-1).

use std::sync::Arc;

use async_trait::async_trait;
use callhouse_core::Clock;
use callhouse_lake::Error;
use callhouse_lake::jobs::{Job, JobStatus, StatusListener};
use callhouse_lake::webhooks::{Notice, SubscriptionCache, enqueue};
use sqlx::{Sqlite, Transaction};

use crate::link::Links;
use crate::object::job_object;

const TYPE: &str = "job.status_update";

/// Announces that jobs run, are done, or were canceled.
pub struct Announcer {
    subscriptions: SubscriptionCache,
    links: Links,
    clock: Arc<dyn Clock>,
}

impl Announcer {
    #[must_use]
    pub fn new(subscriptions: SubscriptionCache, links: Links, clock: Arc<dyn Clock>) -> Self {
        Self { subscriptions, links, clock }
    }
}

#[async_trait]
impl StatusListener for Announcer {
    async fn changed(&self, transaction: &mut Transaction<'_, Sqlite>, job: &Job) -> Result<(), Error> {
        // Who asked for it knows that it waits.
        if job.status == JobStatus::Pending {
            return Ok(());
        }
        let now = self.clock.now();
        let data = job_object(job, &self.links, now).to_string();
        // A second attempt is no other status.
        let identity = format!("{} {}", job.id, job.status.as_str());
        let notice = Notice {
            account: &job.account,
            webhook_type: TYPE,
            subject: job.id.as_str(),
            identity: &identity,
            event_at: now,
            data: Some(&data),
            to_subscriptions: !job.all_accounts,
            dynamic: job.webhook.as_ref(),
        };
        enqueue(transaction, &self.subscriptions, now, &[notice]).await
    }
}
