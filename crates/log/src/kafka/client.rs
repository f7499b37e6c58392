//! librdkafka's clients as they are configured here, and what they say of themselves.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;

use super::KafkaSettings;

/// Passes librdkafka's log lines on.
#[derive(Debug, Default)]
pub(super) struct Speaking;

impl ClientContext for Speaking {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::error!(facility, "librdkafka: {message}"),
            RDKafkaLogLevel::Warning => tracing::warn!(facility, "librdkafka: {message}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(facility, "librdkafka: {message}");
            }
            RDKafkaLogLevel::Debug => tracing::debug!(facility, "librdkafka: {message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(error = &error as &dyn std::error::Error, "librdkafka: {reason}");
    }
}

impl ConsumerContext for Speaking {}

/// A change of this member's partitions, waiting to be made.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Assign(TopicPartitionList),
    Revoke(TopicPartitionList),
}

/// Keeps the group's orders until the reading thread, which is the one that polls, carries them out.
#[derive(Debug, Default)]
pub(super) struct GroupMember {
    changes: Mutex<VecDeque<Change>>,
    leaving: AtomicBool,
}

impl GroupMember {
    pub(super) fn next_change(&self) -> Option<Change> {
        self.changes.lock().pop_front()
    }

    /// From here on orders are carried out at once: every owner has let go of its partitions.
    pub(super) fn leave(&self) {
        self.leaving.store(true, Ordering::SeqCst);
    }
}

impl ClientContext for GroupMember {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        Speaking.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Speaking.error(error, reason);
    }
}

impl ConsumerContext for GroupMember {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, kind: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let change = if kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            Change::Assign(list.clone())
        } else {
            Change::Revoke(list.clone())
        };
        if !self.leaving.load(Ordering::SeqCst) {
            self.changes.lock().push_back(change);
        } else if let Err(error) = carry_out(consumer, &change) {
            tracing::debug!(error = &error as &dyn std::error::Error, "leaving the consumer group");
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(error = &error as &dyn std::error::Error, "offsets for monitoring not committed");
        }
    }
}

/// Tells librdkafka that the change has been made; the offsets in the list are where fetching starts.
pub(super) fn carry_out(consumer: &BaseConsumer<GroupMember>, change: &Change) -> KafkaResult<()> {
    let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
    match change {
        Change::Assign(list) if cooperative => consumer.incremental_assign(list),
        Change::Revoke(list) if cooperative => consumer.incremental_unassign(list),
        Change::Assign(list) => consumer.assign(list),
        Change::Revoke(_) => consumer.unassign(),
    }
}

fn config(defaults: &[(&str, &str)], settings: &KafkaSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("client.id", "callhouse");
    for (property, value) in defaults {
        config.set(*property, *value);
    }
    for (property, value) in &settings.extra {
        config.set(property, value);
    }
    config.set("bootstrap.servers", &settings.brokers);
    config
}

/// A consumer that reads nothing on its own account: no offset is stored, committed or reset by itself.
pub(super) fn consumer_config(settings: &KafkaSettings) -> ClientConfig {
    let defaults = [
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("topic.metadata.refresh.interval.ms", "10000"),
        // What a pause throws away and fetches again, and what a stuck owner costs in memory.
        ("queued.max.messages.kbytes", "16384"),
        // A full queue is empty again after a fraction of the second for which librdkafka would then fetch nothing.
        ("fetch.queue.backoff.ms", "10"),
        ("isolation.level", "read_committed"),
    ];
    let mut config = config(&defaults, settings);
    config
        .set("group.id", &settings.group_id)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("enable.partition.eof", "false");
    config
}

/// A consumer beside the group, for questions and for reading a partition by hand.
pub(super) fn unsubscribed_consumer(settings: &KafkaSettings) -> KafkaResult<BaseConsumer<Speaking>> {
    let mut config = consumer_config(settings);
    config.set("enable.partition.eof", "true").set("fetch.wait.max.ms", "10");
    config.create_with_context(Speaking)
}

/// A producer whose retries neither double nor reorder, acknowledged by all in-sync replicas (LOG-1).
pub(super) fn producer_config(settings: &KafkaSettings) -> ClientConfig {
    let defaults = [
        ("compression.type", "lz4"),
        ("linger.ms", "5"),
        ("queue.buffering.max.kbytes", "65536"),
        ("message.timeout.ms", "30000"),
        // As the Java clients choose partitions, so that a call's events meet whoever sent them.
        ("partitioner", "murmur2_random"),
    ];
    let mut config = config(&defaults, settings);
    config.set("enable.idempotence", "true").set("acks", "all");
    config
}
