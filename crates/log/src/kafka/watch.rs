//! Looking after partitions from which nothing comes.
//!
//! Usually there is nothing to come. But the end of a partition may be offsets without messages (transaction
//! markers, aborted or compacted messages), over which the position must get, and consumers have been seen to
//! fall silent. Which of the three it is, is found out beside the group, by reading the partition by hand.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use callhouse_core::KafkaPartition;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::partition::State;
use super::reader::Reader;
use super::{KafkaSettings, QUESTION_TIMEOUT, client};
use crate::Error;

/// How long a partition is left alone after its last message, when there is nothing else to do.
const IDLE: Duration = Duration::from_secs(1);
/// How often one that stays silent is looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// How long there may be messages that do not come before the partition is fetched anew, and how long until
/// the whole consumer is replaced.
const STALLED: Duration = Duration::from_secs(30);
const STUCK: Duration = Duration::from_secs(90);

/// What reading by hand found.
enum Found {
    Message,
    /// Nothing up to the end that was known before.
    Nothing,
    /// Neither in time.
    Unclear,
}

impl Reader<'_> {
    /// Looks at the partition that has been silent for longest. `quiet` says that the consumer had no messages at
    /// all. Breaks when a partition cannot be got going.
    pub(super) fn watch(&mut self, quiet: bool) -> Result<ControlFlow<()>, Error> {
        let now = Instant::now();
        let due = self.partitions.values_mut().find(|partition| {
            let silent = now.duration_since(partition.moved_at);
            let first_look = partition.looked_at <= partition.moved_at;
            let wait = if first_look { IDLE } else { LOOK_INTERVAL };
            partition.state == State::Reading
                && (quiet || silent >= STALLED)
                && silent >= IDLE
                && now.duration_since(partition.looked_at) >= wait
        });
        let Some(partition) = due else { return Ok(ControlFlow::Continue(())) };
        partition.looked_at = now;
        let silent = now.duration_since(partition.moved_at);
        let (kafka_partition, next_offset) = (partition.kafka_partition.clone(), partition.next_offset());

        let found = self.look(&kafka_partition, next_offset);
        match found {
            Ok((end, Found::Nothing)) => {
                if let Some(partition) = self.partitions.get_mut(&kafka_partition) {
                    partition.skip_to(end);
                }
            }
            Ok((end, Found::Message)) if silent >= STALLED => {
                tracing::warn!(%kafka_partition, next_offset, end, ?silent, "there are messages, none comes");
                if silent >= STUCK {
                    return Ok(ControlFlow::Break(()));
                }
                self.fetch_anew(&kafka_partition)?;
            }
            Ok((_, Found::Message | Found::Unclear)) => {}
            Err(error) => {
                tracing::warn!(%kafka_partition, error = &error as &dyn std::error::Error, "looking at it failed");
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The partition's end and whether there are messages before it from `next_offset` on.
    fn look(&self, kafka_partition: &KafkaPartition, next_offset: i64) -> KafkaResult<(i64, Found)> {
        let (topic, partition) = (&kafka_partition.topic, kafka_partition.partition);
        let (_, end) = self.consumer.fetch_watermarks(topic, partition, QUESTION_TIMEOUT)?;
        if end <= next_offset {
            return Ok((end, Found::Nothing));
        }
        Ok((end, read_by_hand(self.settings, kafka_partition, next_offset, end)?))
    }
}

/// Reads from `from` up to `end`, an end that was known before, or to the first message.
fn read_by_hand(
    settings: &KafkaSettings,
    kafka_partition: &KafkaPartition,
    from: i64,
    end: i64,
) -> KafkaResult<Found> {
    let consumer = client::unsubscribed_consumer(settings)?;
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&kafka_partition.topic, kafka_partition.partition, Offset::Offset(from))?;
    consumer.assign(&list)?;
    let began_at = Instant::now();
    while began_at.elapsed() < QUESTION_TIMEOUT {
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Ok(message)) if message.offset() < end => return Ok(Found::Message),
            // Only this partition is assigned, so it is this one whose end was reached.
            Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return Ok(Found::Nothing),
            Some(Err(error)) => return Err(error),
        }
    }
    Ok(Found::Unclear)
}
