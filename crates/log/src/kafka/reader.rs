//! The thread that polls: takes messages, hands batches over, pauses what is full, and never stays away from
//! polling for long, so that the group does not take it for dead.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use callhouse_core::KafkaPartition;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::client::{self, GroupMember};
use super::partition::{HandedOver, Partition, State};
use super::{KafkaSettings, Shared, failed};
use crate::{Error, PartitionOwner};

/// How long a poll waits for a message.
const POLL_WAIT: Duration = Duration::from_millis(100);
/// The same while a partition is paused and may have room again.
const POLL_WAIT_PAUSED: Duration = Duration::from_millis(10);
/// Messages taken before they are handed over.
const DRAIN_MESSAGES: usize = 4_096;
/// How long to wait for room in a full channel before pausing its partition: a pause throws away what has been
/// fetched ahead, so it is for owners that are stuck, not for ones that are merely busy.
const PATIENCE: Duration = Duration::from_millis(100);

/// Why a consumer was given up.
pub(super) enum Ended {
    Stopped,
    /// A partition stood still and would not be moved: begin anew.
    Stuck,
}

/// Reads until told to stop, with a new consumer whenever one is stuck.
pub(super) fn run(
    settings: &KafkaSettings,
    shared: &Shared,
    owner: &Arc<dyn PartitionOwner>,
    runtime: &Handle,
    stop: &CancellationToken,
) -> Result<(), Error> {
    loop {
        let consumer: BaseConsumer<GroupMember> = client::consumer_config(settings)
            .create_with_context(GroupMember::default())
            .map_err(failed("connecting"))?;
        let topics: Vec<&str> = settings.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(failed("subscription"))?;
        let partitions = HashMap::new();
        let mut reader = Reader { settings, shared, owner, runtime, consumer, partitions, last_polled: None };
        let ended = reader.read(stop);
        reader.leave();
        match ended? {
            Ended::Stopped => return Ok(()),
            Ended::Stuck => tracing::warn!("starting over with a new Kafka consumer"),
        }
    }
}

pub(super) struct Reader<'a> {
    pub(super) settings: &'a KafkaSettings,
    pub(super) shared: &'a Shared,
    pub(super) owner: &'a Arc<dyn PartitionOwner>,
    pub(super) runtime: &'a Handle,
    pub(super) consumer: BaseConsumer<GroupMember>,
    pub(super) partitions: HashMap<KafkaPartition, Partition>,
    /// Where the last message was of.
    last_polled: Option<KafkaPartition>,
}

impl Reader<'_> {
    fn read(&mut self, stop: &CancellationToken) -> Result<Ended, Error> {
        while !stop.is_cancelled() {
            let quiet = self.drain()?;
            self.hand_over()?;
            self.tell_positions();
            if self.watch(quiet)?.is_break() {
                return Ok(Ended::Stuck);
            }
        }
        Ok(Ended::Stopped)
    }

    /// Takes what has arrived; true when that was nothing.
    fn drain(&mut self) -> Result<bool, Error> {
        let paused = self.partitions.values().any(|partition| partition.state == State::Paused);
        let mut wait = if paused { POLL_WAIT_PAUSED } else { POLL_WAIT };
        for taken in 0..DRAIN_MESSAGES {
            let polled = self.poll(wait)?;
            self.make_changes()?;
            if polled.is_break() {
                return Ok(taken == 0);
            }
            wait = Duration::ZERO;
        }
        Ok(false)
    }

    /// Polls once; breaks when there was nothing.
    fn poll(&mut self, wait: Duration) -> Result<ControlFlow<()>, Error> {
        let error = match self.consumer.poll(wait) {
            None => return Ok(ControlFlow::Break(())),
            Some(Ok(message)) => {
                let is_of = |known: &KafkaPartition| {
                    known.partition == message.partition() && *known.topic == *message.topic()
                };
                // Messages come in runs of one partition.
                let kafka_partition = match self.last_polled.take().filter(is_of) {
                    Some(known) => known,
                    None => KafkaPartition::new(message.topic(), message.partition()),
                };
                if let Some(partition) = self.partitions.get_mut(&kafka_partition) {
                    partition.take(&message);
                }
                self.last_polled = Some(kafka_partition);
                return Ok(ControlFlow::Continue(()));
            }
            Some(Err(error)) => error,
        };
        match error {
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => self.check_all_holes()?,
            KafkaError::MessageConsumptionFatal(_) => return Err(failed("reading")(error)),
            // The brokers are away, a topic is not there yet: librdkafka goes on trying.
            passing => tracing::warn!(error = &passing as &dyn std::error::Error, "reading from Kafka"),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn hand_over(&mut self) -> Result<(), Error> {
        let mut full = TopicPartitionList::new();
        let mut roomy = TopicPartitionList::new();
        let mut refused = Vec::new();
        for (kafka_partition, partition) in &mut self.partitions {
            if partition.state == State::Stopped {
                continue;
            }
            let patience = if partition.state == State::Paused { Duration::ZERO } else { PATIENCE };
            match (partition.hand_over(self.runtime, patience), partition.state) {
                (HandedOver::All, State::Paused) => {
                    partition.state = State::Reading;
                    roomy.add_partition(&kafka_partition.topic, kafka_partition.partition);
                }
                (HandedOver::Some, State::Reading) => {
                    partition.state = State::Paused;
                    full.add_partition(&kafka_partition.topic, kafka_partition.partition);
                }
                (HandedOver::Refused, _) => refused.push(kafka_partition.clone()),
                (HandedOver::All | HandedOver::Some, _) => {}
            }
            let next_offset = partition.next_offset();
            if let Some(reading) = self.shared.reading.lock().get_mut(kafka_partition) {
                *reading = next_offset;
            }
        }
        self.pause(&full)?;
        if roomy.count() > 0 {
            self.consumer.resume(&roomy).map_err(failed("resuming"))?;
        }
        for kafka_partition in refused {
            self.stop_partition(&kafka_partition, Error::Closed)?;
        }
        Ok(())
    }

    pub(super) fn pause(&self, list: &TopicPartitionList) -> Result<(), Error> {
        if list.count() == 0 { Ok(()) } else { self.consumer.pause(list).map_err(failed("pausing")) }
    }

    /// Stops one partition for good; the others go on.
    pub(super) fn stop_partition(
        &mut self,
        kafka_partition: &KafkaPartition,
        error: Error,
    ) -> Result<(), Error> {
        let Some(partition) = self.partitions.get_mut(kafka_partition) else { return Ok(()) };
        partition.state = State::Stopped;
        let mut list = TopicPartitionList::new();
        list.add_partition(&kafka_partition.topic, kafka_partition.partition);
        self.pause(&list)?;
        self.runtime.block_on(self.owner.stopped(kafka_partition, error));
        Ok(())
    }

    /// Commits positions to Kafka, for those who watch the group there. Nothing reads them back.
    fn tell_positions(&self) {
        let positions = std::mem::take(&mut *self.shared.commits.lock());
        let mut list = TopicPartitionList::new();
        let owned =
            positions.iter().filter(|(kafka_partition, _)| self.partitions.contains_key(kafka_partition));
        for (kafka_partition, offset) in owned {
            let (topic, partition) = (&kafka_partition.topic, kafka_partition.partition);
            if let Err(error) = list.add_partition_offset(topic, partition, Offset::Offset(*offset)) {
                tracing::debug!(error = &error as &dyn std::error::Error, "a position is not told to Kafka");
            }
        }
        if list.count() > 0
            && let Err(error) = self.consumer.commit(&list, CommitMode::Async)
        {
            tracing::debug!(error = &error as &dyn std::error::Error, "positions are not told to Kafka");
        }
    }

    /// Has every owner let go of its partitions, then leaves the group.
    fn leave(mut self) {
        let all: Vec<KafkaPartition> = self.partitions.keys().cloned().collect();
        self.let_go(&all);
        self.tell_positions();
        let member = Arc::clone(self.consumer.context());
        member.leave();
        while let Some(change) = member.next_change() {
            if let Err(error) = client::carry_out(&self.consumer, &change) {
                tracing::debug!(error = &error as &dyn std::error::Error, "leaving the consumer group");
            }
        }
    }
}
