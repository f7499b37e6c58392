//! A run of the dispatcher: what it knows of the queue, and its steps.
//!
//! A step is one transaction: it keeps the data that has been made, so that it may be sent, and claims more.

use std::sync::Arc;
use std::time::Duration;

use callhouse_core::Timestamp;
use callhouse_lake::webhooks::{Claimed, Lanes as FoundLanes, Ready};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Dispatcher;
use crate::lanes::Lanes;
use crate::metrics;
use crate::recorder::{Record, Recorded, Released};
use crate::render::{Rendered, Subject};
use crate::sending::{LATEST_AGAIN, Loaded, micros};

/// After a failure of the catalog, or when data could not be made.
const PAUSE: Duration = Duration::from_secs(1);
/// Data that cannot be made yet is asked for again after this, or half the age of the delivery, at most ten minutes.
const SOONEST_AGAIN: Duration = Duration::from_secs(2);
/// Data that could not be made for so long never will be.
const NEVER: Duration = Duration::from_secs(86_400);
/// How often ids are forgotten and the queue is counted.
const UPKEEP: Duration = Duration::from_secs(15);

/// Claimed deliveries whose data was made; `None` where that failed.
pub(super) struct Report {
    claimed: Vec<Claimed>,
    rendered: Vec<Option<Rendered>>,
    lease_until: Timestamp,
}

/// The state of a run.
pub(super) struct Run<'a> {
    dispatcher: &'a Dispatcher,
    lanes: Lanes,
    seen_id: i64,
    seen_changes: i64,
    /// Data made and not kept yet.
    loaded: Vec<Loaded>,
    pub(super) tasks: JoinSet<()>,
    records: mpsc::UnboundedSender<Record>,
    reports: mpsc::UnboundedSender<Report>,
    next_upkeep: Instant,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        dispatcher: &'a Dispatcher,
        records: mpsc::UnboundedSender<Record>,
        reports: mpsc::UnboundedSender<Report>,
    ) -> Self {
        let options = &dispatcher.options;
        Self {
            lanes: Lanes::new(options.concurrency, options.endpoint_concurrency),
            dispatcher,
            seen_id: 0,
            seen_changes: 0,
            loaded: Vec::new(),
            tasks: JoinSet::new(),
            records,
            reports,
            next_upkeep: Instant::now(),
        }
    }

    /// One look into the queue and one step; how long to wait when nothing happens.
    pub(super) async fn turn(&mut self) -> Duration {
        let options = &self.dispatcher.options;
        let outcome = match self.look().await {
            Ok(()) => self.step().await,
            failed => failed,
        };
        if let Err(error) = outcome {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "the webhook queue does not answer; it is asked again");
            return PAUSE;
        }
        self.upkeep().await;
        let now = self.dispatcher.clock.now();
        let wake = self.lanes.next_wake().filter(|_| self.lanes.in_flight() < options.concurrency);
        let until_wake = wake.map_or(options.poll, |at| {
            Duration::from_micros(u64::try_from(at.micros_since(now)).unwrap_or(0))
        });
        // A lane that is due and was not chosen waits for a place, not for an instant.
        if until_wake.is_zero() { options.poll } else { until_wake.min(options.poll) }
    }

    /// Finds lanes with new deliveries; all of them when subscriptions have changed, for what was parked may be due.
    async fn look(&mut self) -> Result<(), callhouse_lake::Error> {
        let webhooks = &self.dispatcher.webhooks;
        let (newest_id, changes) = webhooks.queue_state().await?;
        let found = if changes != self.seen_changes {
            webhooks.lanes().await?
        } else if newest_id > self.seen_id {
            webhooks.lanes_since(self.seen_id).await?
        } else {
            return Ok(());
        };
        let FoundLanes { lanes, newest_id, changes } = found;
        for found in &lanes {
            self.lanes.found(found.lane, &found.account, found.next_at);
        }
        (self.seen_id, self.seen_changes) = (newest_id, changes);
        Ok(())
    }

    /// Keeps data made, claims what is due, sends what is ready and has the data of the rest made.
    async fn step(&mut self) -> Result<(), callhouse_lake::Error> {
        let now = self.dispatcher.clock.now();
        let chosen = self.lanes.choose(now);
        if chosen.is_empty() && self.loaded.is_empty() {
            return Ok(());
        }
        let lease = i64::try_from(self.dispatcher.options.lease().as_micros()).unwrap_or(i64::MAX);
        let lease_until = now.plus_micros(lease);
        let ready: Vec<Ready<'_>> = self
            .loaded
            .iter()
            .map(|loaded| Ready { id: loaded.claimed.id, tries: loaded.claimed.tries, data: &loaded.data })
            .collect();
        let claims = self.dispatcher.webhooks.claim(&ready, &chosen, lease_until).await?;
        for claimed in &claims.claimed {
            self.lanes.claimed(claimed.lane);
        }
        for (lane, next_at) in claims.next_at {
            self.lanes.looked_at(lane, next_at);
        }
        for loaded in std::mem::take(&mut self.loaded) {
            self.send(loaded);
        }
        let mut without_data = Vec::new();
        for mut claimed in claims.claimed {
            match claimed.data.take() {
                Some(data) => self.send(Loaded { claimed, data: data.into(), lease_until }),
                None => without_data.push(claimed),
            }
        }
        if !without_data.is_empty() {
            self.render(without_data, lease_until);
        }
        metrics::in_flight(self.lanes.in_flight());
        Ok(())
    }

    fn send(&mut self, loaded: Loaded) {
        let (sending, records) = (Arc::clone(&self.dispatcher.sending), self.records.clone());
        self.tasks.spawn(async move {
            let record = sending.attempt(loaded).await;
            // The recorder outlives every sender of records.
            records.send(record).unwrap_or_default();
        });
    }

    fn render(&mut self, claimed: Vec<Claimed>, lease_until: Timestamp) {
        let (render, reports) = (Arc::clone(&self.dispatcher.render), self.reports.clone());
        self.tasks.spawn(async move {
            let subjects: Vec<Subject> = claimed.iter().map(subject_of).collect();
            let rendered = match render.render(&subjects).await {
                Ok(rendered) => {
                    let mut rendered: Vec<_> = rendered.into_iter().map(Some).collect();
                    rendered.resize(claimed.len(), None);
                    rendered
                }
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(error, "webhooks wait because what they say could not be made");
                    vec![None; claimed.len()]
                }
            };
            // Nobody waits for it when the dispatcher has stopped; the leases run out.
            drop(reports.send(Report { claimed, rendered, lease_until }));
        });
    }

    pub(super) fn take(&mut self, report: Report) {
        let Report { claimed, rendered, lease_until } = report;
        let now = self.dispatcher.clock.now();
        for (claimed, rendered) in claimed.into_iter().zip(rendered) {
            match rendered {
                Some(Rendered::Data(data)) => {
                    self.loaded.push(Loaded { claimed, data: data.into(), lease_until });
                }
                Some(Rendered::Nothing) => self.void(claimed),
                Some(Rendered::NotYet) => {
                    let age = now.micros_since(claimed.queued_at);
                    if age > micros(NEVER) {
                        self.void(claimed);
                    } else {
                        let wait = (age / 2).clamp(micros(SOONEST_AGAIN), micros(LATEST_AGAIN));
                        self.put_back(claimed, now.plus_micros(wait));
                    }
                }
                None => self.put_back(claimed, now.plus_micros(micros(PAUSE))),
            }
        }
    }

    fn void(&self, claimed: Claimed) {
        metrics::dropped();
        self.records.send(Record::Void(Box::new(claimed))).unwrap_or_default();
    }

    fn put_back(&self, claimed: Claimed, again_at: Timestamp) {
        self.records.send(Record::NotTried { claimed: Box::new(claimed), again_at }).unwrap_or_default();
    }

    pub(super) fn release(&mut self, recorded: Recorded) {
        let now = self.dispatcher.clock.now();
        let Recorded { released, due_lanes } = recorded;
        // Before the places are given back: a lane with nothing under way and nothing due is forgotten.
        for lane in due_lanes {
            self.lanes.hasten(lane, now);
        }
        for Released { lane, health, again_at } in released {
            self.lanes.released(lane, health, again_at, now);
        }
    }

    /// Now and then: ids that are old enough are forgotten, the queue is counted.
    async fn upkeep(&mut self) {
        if Instant::now() < self.next_upkeep {
            return;
        }
        self.next_upkeep = Instant::now() + UPKEEP;
        let webhooks = &self.dispatcher.webhooks;
        let now = self.dispatcher.clock.now();
        let remember = micros(self.dispatcher.options.remember);
        let forgotten = webhooks.forget(now.plus_micros(-remember)).await;
        match (forgotten, webhooks.depth().await) {
            (Ok(_), Ok((queued, parked))) => metrics::depth(queued, parked),
            (Err(error), _) | (_, Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "the webhook queue could not be counted");
            }
        }
    }

    /// Lets attempts under way end, and gives back what was claimed and not sent.
    pub(super) async fn end(mut self, reported: &mut mpsc::UnboundedReceiver<Report>) {
        while self.tasks.join_next().await.is_some() {}
        let now = self.dispatcher.clock.now();
        while let Ok(Report { claimed, .. }) = reported.try_recv() {
            claimed.into_iter().for_each(|claimed| self.put_back(claimed, now));
        }
        for loaded in std::mem::take(&mut self.loaded) {
            self.put_back(loaded.claimed, now);
        }
    }
}

fn subject_of(claimed: &Claimed) -> Subject {
    Subject {
        account: claimed.account.clone(),
        webhook_type: claimed.webhook_type.clone(),
        id: claimed.subject.clone(),
    }
}
