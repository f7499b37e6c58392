//! Recording attempts: into the log first, then out of the queue, many at a time.
//!
//! In that order, so that a crash between the two gives a second try and two entries in the log, never a delivery that
//! ended without one. While the log or the catalog does not take records, attempts wait here and hold their places, so
//! nothing more is sent.

use std::sync::Arc;
use std::time::Duration;

use callhouse_core::{Clock, Timestamp, crash};
use callhouse_lake::webhooks::{Claimed, Consequences, Ended, Finished, Webhooks};
use callhouse_log::Appender;
use tokio::sync::mpsc;

use crate::attempt::{Attempt, Status};
use crate::attempt_event;
use crate::lanes::Health;
use crate::metrics;
use crate::retries::Retries;

/// Attempts recorded together at most.
const BATCH: usize = 512;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What is to be recorded.
#[derive(Debug)]
pub(crate) enum Record {
    Attempted(Box<Attempt>),
    /// Claimed, and not sent after all.
    NotTried {
        claimed: Box<Claimed>,
        again_at: Timestamp,
    },
    /// There is nothing to send.
    Void(Box<Claimed>),
}

/// A recorded delivery: its place is free.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Released {
    pub(crate) lane: i64,
    pub(crate) health: Health,
    pub(crate) again_at: Option<Timestamp>,
}

/// A batch that was recorded.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) released: Vec<Released>,
    /// Lanes of deliveries that waited for one of these.
    pub(crate) due_lanes: Vec<i64>,
}

pub(crate) struct Recorder {
    pub(crate) webhooks: Webhooks,
    pub(crate) appender: Arc<dyn Appender>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retries: Retries,
    pub(crate) disable_after: Duration,
    pub(crate) recorded: mpsc::UnboundedSender<Recorded>,
}

impl Recorder {
    /// Records until nobody can hand anything in any more.
    pub(crate) async fn run(self, mut records: mpsc::UnboundedReceiver<Record>) {
        let mut batch = Vec::new();
        while records.recv_many(&mut batch, BATCH).await > 0 {
            self.record(std::mem::take(&mut batch)).await;
        }
    }

    async fn record(&self, batch: Vec<Record>) {
        let attempts = || {
            batch.iter().filter_map(|record| match record {
                Record::Attempted(attempt) => Some(attempt.as_ref()),
                Record::NotTried { .. } | Record::Void(_) => None,
            })
        };
        crash::point("webhooks.record.before_log");
        let messages: Vec<_> = attempts().map(attempt_event::message).collect();
        if !messages.is_empty() {
            until_done("appending attempts to the log", || self.appender.append(messages.clone())).await;
        }
        crash::point("webhooks.record.after_log");
        let finished: Vec<Finished> = batch.iter().map(|record| self.finished(record)).collect();
        let consequences = until_done("recording how deliveries ended", || {
            self.webhooks.finish(&finished, self.disable_after)
        });
        let Consequences { disabled, due_lanes } = consequences.await;
        for hook in disabled {
            metrics::hook_disabled();
            let (account, hash) = (&hook.account, &*hook.hash);
            tracing::warn!(%account, hash, endpoint = &*hook.endpoint, "a webhook has failed for long and is disabled");
        }
        attempts().for_each(metrics::attempted);
        let released = batch.iter().zip(&finished).map(released).collect();
        // Nobody listens any more when the dispatcher has stopped.
        drop(self.recorded.send(Recorded { released, due_lanes }));
    }

    fn finished(&self, record: &Record) -> Finished {
        let (claimed, ended) = match record {
            Record::Attempted(attempt) => (&attempt.claimed, self.ended(attempt)),
            Record::NotTried { claimed, again_at } => {
                (claimed.as_ref(), Ended::NotTried { again_at: *again_at })
            }
            Record::Void(claimed) => (claimed.as_ref(), Ended::Void),
        };
        let hook_hash = claimed.hook.as_ref().map(|hook| hook.hash.clone());
        Finished { id: claimed.id, tries: claimed.tries, hook_hash, ended }
    }

    fn ended(&self, attempt: &Attempt) -> Ended {
        if attempt.reply.status == Status::Success {
            return Ended::Delivered;
        }
        let again_at = self.retries.after(attempt.claimed.number(), self.clock.now(), rand::random());
        if again_at.is_none() {
            metrics::given_up();
        }
        Ended::Failed { again_at }
    }
}

fn released((record, finished): (&Record, &Finished)) -> Released {
    let (lane, health) = match record {
        Record::Attempted(attempt) => {
            let has_succeeded = attempt.reply.status == Status::Success;
            (attempt.claimed.lane, if has_succeeded { Health::Succeeded } else { Health::Failed })
        }
        Record::NotTried { claimed, .. } | Record::Void(claimed) => (claimed.lane, Health::Unknown),
    };
    let again_at = match finished.ended {
        Ended::Failed { again_at } => again_at,
        Ended::NotTried { again_at } => Some(again_at),
        Ended::Delivered | Ended::Void => None,
    };
    Released { lane, health, again_at }
}

/// Does something until it works. What must be recorded is not given up for an error.
async fn until_done<T, E, Doing>(what: &'static str, mut work: impl FnMut() -> Doing) -> T
where
    E: std::error::Error + 'static,
    Doing: Future<Output = Result<T, E>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match work().await {
            Ok(done) => return done,
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "{what} failed and is tried again; no webhook is sent meanwhile");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
