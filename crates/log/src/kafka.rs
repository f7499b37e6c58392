//! Apache Kafka as the log, by rdkafka.
//!
//! A consumer group decides who reads which partition and nothing else: where reading starts is the owner's
//! word (ING-2), a revoked partition is given back only after the owner has let go of it, and the offsets
//! committed to Kafka are for people who watch the group's lag.
//!
//! Partitions move by the cooperative-sticky protocol unless the settings say otherwise: a member that comes
//! or goes then stops only the partitions that change hands, where `range` would flush and restart all of
//! them everywhere. Every partition is read through the consumer's one queue, because split partition queues
//! have been seen to stall silently; `kafka/watch.rs` looks after partitions that stand still for any reason.

mod appender;
mod client;
mod partition;
mod reader;
mod rebalance;
mod watch;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use callhouse_core::KafkaPartition;
use callhouse_core::position::OffsetRange;
use parking_lot::Mutex;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use tokio_util::sync::CancellationToken;

pub use appender::KafkaAppender;

use crate::{Error, Log, PartitionLag, PartitionOwner};

/// How long the brokers may take to answer a question about offsets.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(10);

/// How to reach Kafka and what to read.
#[derive(Clone, Default)]
pub struct KafkaSettings {
    /// `host:port,host:port`.
    pub brokers: String,
    pub topics: Vec<String>,
    pub group_id: String,
    /// Any further librdkafka properties, SASL and TLS among them. They win over the defaults chosen here.
    pub extra: BTreeMap<String, String>,
}

impl fmt::Debug for KafkaSettings {
    /// Leaves out the values of `extra`, which may be passwords (SEC-1).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KafkaSettings")
            .field("brokers", &self.brokers)
            .field("topics", &self.topics)
            .field("group_id", &self.group_id)
            .field("extra", &self.extra.keys())
            .finish()
    }
}

fn failed(operation: &'static str) -> impl FnOnce(KafkaError) -> Error {
    move |source| Error::Kafka { operation, source }
}

/// Kafka topics as a log to read from.
#[derive(Debug)]
pub struct KafkaLog {
    settings: KafkaSettings,
    shared: Arc<Shared>,
}

/// What the reading thread and its callers tell each other.
#[derive(Debug, Default)]
struct Shared {
    /// Next offset to be read of each partition this process owns.
    reading: Mutex<HashMap<KafkaPartition, i64>>,
    /// Positions to be told to Kafka.
    commits: Mutex<HashMap<KafkaPartition, i64>>,
}

impl KafkaLog {
    /// Checks the settings; connects when it is run.
    ///
    /// # Errors
    /// [`Error::Kafka`] when librdkafka refuses a property or its value.
    pub fn new(settings: KafkaSettings) -> Result<Self, Error> {
        client::consumer_config(&settings).create_native_config().map_err(failed("configuration"))?;
        Ok(Self { settings, shared: Arc::default() })
    }
}

#[async_trait]
impl Log for KafkaLog {
    async fn run(&self, owner: Arc<dyn PartitionOwner>, stop: CancellationToken) -> Result<(), Error> {
        let (settings, shared) = (self.settings.clone(), Arc::clone(&self.shared));
        let runtime = tokio::runtime::Handle::current();
        // Whoever drops this future wants the thread to end, too.
        let stop = stop.child_token();
        let _stops_when_dropped = stop.clone().drop_guard();
        // librdkafka calls back into the thread that polls, and revoking waits for the owner there: a thread
        // of its own may block.
        let reading =
            tokio::task::spawn_blocking(move || reader::run(&settings, &shared, &owner, &runtime, &stop));
        match reading.await {
            Ok(ended) => ended,
            Err(died) => std::panic::resume_unwind(died.into_panic()),
        }
    }

    async fn committed(&self, range: &OffsetRange) -> Result<(), Error> {
        self.shared.commits.lock().insert(range.kafka_partition.clone(), range.to);
        Ok(())
    }

    async fn lag(&self) -> Result<Vec<PartitionLag>, Error> {
        let reading = self.shared.reading.lock().clone();
        self.lag_behind(reading).await
    }
}

impl KafkaLog {
    /// How far the topics are ahead of positions. Asks the brokers; takes a round trip per partition.
    ///
    /// # Errors
    /// [`Error::Kafka`] when they do not answer, or do not know a partition.
    pub async fn lag_behind(
        &self,
        positions: HashMap<KafkaPartition, i64>,
    ) -> Result<Vec<PartitionLag>, Error> {
        if positions.is_empty() {
            return Ok(Vec::new());
        }
        let settings = self.settings.clone();
        let asking = tokio::task::spawn_blocking(move || {
            let consumer = client::unsubscribed_consumer(&settings).map_err(failed("connecting"))?;
            let lag = |(kafka_partition, next_offset): (KafkaPartition, i64)| {
                let (topic, partition) = (&kafka_partition.topic, kafka_partition.partition);
                let (_, end) = consumer
                    .fetch_watermarks(topic, partition, QUESTION_TIMEOUT)
                    .map_err(failed("question about offsets"))?;
                Ok(PartitionLag { kafka_partition, next_offset, high_watermark: end.max(next_offset) })
            };
            positions.into_iter().map(lag).collect()
        });
        match asking.await {
            Ok(lags) => lags,
            Err(died) => std::panic::resume_unwind(died.into_panic()),
        }
    }
}
