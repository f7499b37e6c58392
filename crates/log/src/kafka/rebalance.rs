//! Partitions coming and going. A partition is read only from an offset its owner gave, and given back only
//! when its owner has let go of it.

use std::time::{Duration, Instant};

use callhouse_core::KafkaPartition;
use futures::future::join_all;
use rdkafka::consumer::{Consumer, RebalanceProtocol};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::client::{self, Change};
use super::partition::{Partition, State};
use super::reader::Reader;
use super::{QUESTION_TIMEOUT, failed};
use crate::start::Start;
use crate::{Assignment, Error, StartAt};

/// How long the brokers may go without an answer, as they do while a leader is elected.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);
const RETRY_PAUSE: Duration = Duration::from_millis(250);

impl Reader<'_> {
    /// Carries out what the group has ordered since.
    pub(super) fn make_changes(&mut self) -> Result<(), Error> {
        while let Some(change) = self.consumer.context().next_change() {
            match change {
                Change::Assign(list) => self.assign(&list)?,
                Change::Revoke(list) => {
                    let lost = self.consumer.assignment_lost();
                    let going = partitions_of(&list);
                    tracing::info!(partitions = going.len(), lost, "partitions go");
                    self.let_go(&going);
                    client::carry_out(&self.consumer, &Change::Revoke(list)).map_err(failed("revocation"))?;
                }
            }
        }
        Ok(())
    }

    fn assign(&mut self, list: &TopicPartitionList) -> Result<(), Error> {
        let coming = partitions_of(list);
        tracing::info!(partitions = coming.len(), "partitions come");
        let owner = self.owner;
        let asked = coming.iter().map(|kafka_partition| owner.assigned(kafka_partition));
        let answers = self.runtime.block_on(join_all(asked));

        let mut positioned = TopicPartitionList::new();
        let mut unreadable = Vec::new();
        let mut failure = None;
        for (kafka_partition, answer) in coming.into_iter().zip(answers) {
            let taken_up = answer.and_then(|assignment| self.take_up(&kafka_partition, assignment));
            match taken_up {
                Err(error) => failure = Some(error),
                Ok((next_offset, problem)) => {
                    let (topic, partition) = (&kafka_partition.topic, kafka_partition.partition);
                    positioned
                        .add_partition_offset(topic, partition, Offset::Offset(next_offset))
                        .map_err(failed("assignment"))?;
                    unreadable.extend(problem.map(|problem| (kafka_partition, problem)));
                }
            }
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        client::carry_out(&self.consumer, &Change::Assign(positioned)).map_err(failed("assignment"))?;
        for (kafka_partition, problem) in unreadable {
            self.stop_partition(&kafka_partition, problem)?;
        }
        Ok(())
    }

    /// Takes a partition up. Gives the offset to fetch from and, when it cannot be read, why. Whatever comes of it,
    /// the owner holds the partition and is told when it goes.
    fn take_up(
        &mut self,
        kafka_partition: &KafkaPartition,
        assignment: Assignment,
    ) -> Result<(i64, Option<Error>), Error> {
        let Assignment { start, on_hole, batches } = assignment;
        let watermarks = self.watermarks(kafka_partition);
        let (oldest, end) = *watermarks.as_ref().unwrap_or(&(0, 0));
        let nowhere = Start { batch_from: end, next_offset: end, hole: None };
        let (start, problem) = match Start::resolve(kafka_partition, start, on_hole, oldest, end) {
            Ok(start) => (start, None),
            Err(problem) => (nowhere, Some(problem)),
        };
        let next_offset = start.next_offset;
        let mut partition = Partition::new(kafka_partition.clone(), start, on_hole, batches);
        if problem.is_some() {
            partition.state = State::Stopped;
        } else {
            self.shared.reading.lock().insert(kafka_partition.clone(), next_offset);
        }
        self.partitions.insert(kafka_partition.clone(), partition);
        watermarks.map(|_| (next_offset, problem))
    }

    /// Closes the partitions' channels and waits until their owner has let go.
    pub(super) fn let_go(&mut self, going: &[KafkaPartition]) {
        let owned: Vec<&KafkaPartition> = going
            .iter()
            .filter(|kafka_partition| self.partitions.remove(kafka_partition).is_some())
            .collect();
        for kafka_partition in &owned {
            self.shared.reading.lock().remove(*kafka_partition);
        }
        let owner = self.owner;
        self.runtime.block_on(join_all(owned.into_iter().map(|going| owner.revoked(going))));
    }

    /// Looks at every partition, after Kafka said of one of them, not saying which, that it does not hold the
    /// offset asked for.
    pub(super) fn check_all_holes(&mut self) -> Result<(), Error> {
        let reading: Vec<KafkaPartition> = self
            .partitions
            .values()
            .filter(|partition| partition.state != State::Stopped)
            .map(|partition| partition.kafka_partition.clone())
            .collect();
        let mut found = false;
        for kafka_partition in &reading {
            found |= self.check_hole(kafka_partition)?;
        }
        // If all is well by now, the one that was meant still has to be got going.
        for kafka_partition in if found { &[] } else { reading.as_slice() } {
            self.fetch_anew(kafka_partition)?;
        }
        Ok(())
    }

    /// Goes on behind a hole, or stops; false when there is none.
    fn check_hole(&mut self, kafka_partition: &KafkaPartition) -> Result<bool, Error> {
        let (oldest, end) = self.watermarks(kafka_partition)?;
        let Some(partition) = self.partitions.get_mut(kafka_partition) else { return Ok(false) };
        let at = StartAt::Offset(partition.next_offset());
        match Start::resolve(kafka_partition, at, partition.on_hole, oldest, end) {
            Err(problem) => self.stop_partition(kafka_partition, problem)?,
            Ok(Start { hole: None, .. }) => return Ok(false),
            Ok(Start { hole: Some(hole), .. }) => {
                partition.skip_hole(hole.to);
                self.fetch_anew(kafka_partition)?;
            }
        }
        Ok(true)
    }

    /// Begins fetching from the next offset wanted. A seek would not do: librdkafka refuses it for a partition it
    /// has given up fetching.
    pub(super) fn fetch_anew(&self, kafka_partition: &KafkaPartition) -> Result<(), Error> {
        let cooperative = matches!(self.consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
        // The eager protocol knows only whole assignments.
        let again = self
            .partitions
            .values()
            .filter(|partition| !cooperative || partition.kafka_partition == *kafka_partition);
        let mut list = TopicPartitionList::new();
        let mut silent = TopicPartitionList::new();
        for partition in again {
            let KafkaPartition { topic, partition: number } = &partition.kafka_partition;
            list.add_partition_offset(topic, *number, Offset::Offset(partition.next_offset()))
                .map_err(failed("assignment"))?;
            if partition.state != State::Reading {
                silent.add_partition(topic, *number);
            }
        }
        if cooperative {
            self.consumer.incremental_unassign(&list).map_err(failed("assignment"))?;
        }
        client::carry_out(&self.consumer, &Change::Assign(list)).map_err(failed("assignment"))?;
        self.pause(&silent)
    }

    /// The offsets `[oldest, end)` there are of a partition.
    fn watermarks(&self, kafka_partition: &KafkaPartition) -> Result<(i64, i64), Error> {
        let (topic, partition) = (&kafka_partition.topic, kafka_partition.partition);
        let ask = || self.consumer.fetch_watermarks(topic, partition, QUESTION_TIMEOUT);
        patiently(ask).map_err(failed("question about offsets"))
    }
}

/// Asks again until there is an answer or the deadline has passed.
fn patiently<T>(ask: impl Fn() -> KafkaResult<T>) -> KafkaResult<T> {
    let began_at = Instant::now();
    loop {
        let answer = ask();
        if answer.is_ok() || began_at.elapsed() > ANSWER_DEADLINE {
            return answer;
        }
        std::thread::sleep(RETRY_PAUSE);
    }
}

fn partitions_of(list: &TopicPartitionList) -> Vec<KafkaPartition> {
    let elements = list.elements();
    elements.iter().map(|element| KafkaPartition::new(element.topic(), element.partition())).collect()
}
