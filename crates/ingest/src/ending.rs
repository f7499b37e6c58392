//! Why the reading of a log ends before it was told to.

use callhouse_core::KafkaPartition;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::error::Error;

/// The first reason why a reading ends, and the token that ends it. Once cancelled, the log lets go of everything.
#[derive(Debug)]
pub(crate) struct Ending {
    reading: CancellationToken,
    reason: Mutex<Option<Reason>>,
}

#[derive(Debug)]
pub(crate) enum Reason {
    /// Nothing can go on.
    Failed(Error),
    /// A partition has to be read again from its stored position.
    StartOver { kafka_partition: KafkaPartition, why: String },
}

impl Ending {
    pub(crate) fn new(reading: CancellationToken) -> Self {
        Self { reading, reason: Mutex::default() }
    }

    pub(crate) fn fail(&self, error: Error) {
        let mut reason = self.reason.lock();
        // A failure counts for more than a start over, and the first failure for more than those it causes.
        if !matches!(*reason, Some(Reason::Failed(_))) {
            *reason = Some(Reason::Failed(error));
        }
        self.reading.cancel();
    }

    pub(crate) fn start_over(&self, kafka_partition: &KafkaPartition, why: String) {
        tracing::warn!(%kafka_partition, why, "reading starts over from the stored positions");
        let kafka_partition = kafka_partition.clone();
        self.reason.lock().get_or_insert(Reason::StartOver { kafka_partition, why });
        self.reading.cancel();
    }

    /// Reading has ended or is about to, for whatever reason.
    pub(crate) fn has_begun(&self) -> bool {
        self.reading.is_cancelled()
    }

    pub(crate) fn take(&self) -> Option<Reason> {
        self.reason.lock().take()
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
