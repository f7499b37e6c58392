//! Reading the file from an offset on, group by group, into the owner's channel.

use std::time::Duration;

use callhouse_core::Timestamp;
use callhouse_core::position::OffsetRange;
use tokio_util::sync::CancellationToken;

use super::{EmbeddedLog, blob, store};
use crate::start::Start;
use crate::{Assignment, Error, LogBatch};

/// How often to look for what other processes appended; this one's own appends wake the reader.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

pub(super) struct Reader<'a> {
    pub(super) log: &'a EmbeddedLog,
    pub(super) assignment: &'a Assignment,
    pub(super) stop: &'a CancellationToken,
}

impl Reader<'_> {
    /// Reads until it is told to stop.
    pub(super) async fn read(&self) -> Result<(), Error> {
        let Start { mut batch_from, next_offset, mut hole } = self.start().await?;
        let mut next_group = store::group_start(&self.log.readers, next_offset).await?;
        *self.log.reading.lock() = Some(next_offset);
        while !self.stop.is_cancelled() {
            let groups = store::groups(&self.log.readers, next_group).await?;
            if groups.is_empty() {
                self.wait().await;
            }
            for group in groups {
                if group.base_offset != next_group {
                    return Err(self.damaged(next_group, "messages are missing"));
                }
                next_group += group.message_count;
                let batch = self.batch(group, batch_from, hole.take())?;
                batch_from = batch.to;
                if !self.hand_over(batch).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn start(&self) -> Result<Start, Error> {
        let bounds = store::bounds(&self.log.readers).await?;
        let Assignment { start, on_hole, .. } = *self.assignment;
        Start::resolve(&self.log.kafka_partition, start, on_hole, bounds.oldest, bounds.next)
    }

    /// The messages of a group from the wanted offset on.
    fn batch(&self, group: store::Group, from: i64, hole: Option<OffsetRange>) -> Result<LogBatch, Error> {
        let to = group.base_offset + group.message_count;
        let received_at = Timestamp(group.received_at);
        let mut messages = blob::decode(group.messages, group.base_offset, group.message_count, received_at)
            .map_err(|detail| self.damaged(group.base_offset, detail))?;
        messages.retain(|message| message.offset >= from);
        Ok(LogBatch { kafka_partition: self.log.kafka_partition.clone(), from, to, messages, hole })
    }

    /// Waits for room in the channel; false when told to stop first.
    async fn hand_over(&self, batch: LogBatch) -> Result<bool, Error> {
        let to = batch.to;
        let sent = tokio::select! {
            () = self.stop.cancelled() => return Ok(false),
            sent = self.assignment.batches.send(batch) => sent,
        };
        sent.map_err(|_receiver_gone| Error::Closed)?;
        *self.log.reading.lock() = Some(to);
        Ok(true)
    }

    async fn wait(&self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.log.appended.notified() => {}
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
        }
    }

    fn damaged(&self, offset: i64, detail: &'static str) -> Error {
        Error::Damaged { kafka_partition: self.log.kafka_partition.clone(), offset, detail }
    }
}
