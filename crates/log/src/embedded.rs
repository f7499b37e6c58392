//! The embedded log: one partition of messages in a SQLite file, for installations without Kafka.
//!
//! Owns the file `log.db`. Any number of processes may append, one reads. Appends of many callers are written
//! as one transaction and answered after its commit (LOG-1); offsets are given inside it, so two processes
//! never give the same one. What the lake has taken in is trimmed; offsets go on from where they were.
//! Which offset reading starts from is the owner's word (ING-2).

mod blob;
mod reader;
mod store;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use callhouse_core::position::OffsetRange;
use callhouse_core::{Clock, KafkaPartition};
use parking_lot::Mutex;
use sqlx::SqlitePool;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Append, Appender, Error, Log, PartitionLag, PartitionOwner};
use writer::{Request, TrimTarget, Writer};

/// The only topic there is; its only partition is 0.
pub const TOPIC: &str = "events";

/// Appends waiting for their transaction, in number.
const QUEUED_APPENDS: usize = 4_096;
/// Appends waiting for their transaction, in bytes; beyond it callers get [`Error::Full`].
const QUEUED_BYTES: u32 = 64 * 1024 * 1024;
/// What a queued message takes besides its bytes.
const MESSAGE_OVERHEAD_BYTES: usize = 128;

/// A log in one SQLite file.
#[derive(Debug)]
pub struct EmbeddedLog {
    path: PathBuf,
    kafka_partition: KafkaPartition,
    readers: SqlitePool,
    /// `None` once closed.
    requests: Mutex<Option<mpsc::Sender<Request>>>,
    room: Arc<Semaphore>,
    writer: Mutex<Option<JoinHandle<()>>>,
    appended: Arc<Notify>,
    trim: Arc<TrimTarget>,
    /// Next offset to be read; `None` while nobody reads.
    reading: Mutex<Option<i64>>,
}

impl EmbeddedLog {
    /// Opens the log at `path`, creating it when there is none.
    ///
    /// # Errors
    /// [`Error::Embedded`] when the file cannot be opened or was written by a newer version.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let connections = store::open(path).await?;
        let (requests, queue) = mpsc::channel(QUEUED_APPENDS);
        let appended = Arc::new(Notify::new());
        let trim = Arc::new(TrimTarget::default());
        let writer = Writer {
            connection: connections.append,
            trim_connection: connections.trim,
            clock,
            appended: Arc::clone(&appended),
            trim: Arc::clone(&trim),
        };
        Ok(Self {
            path: path.to_owned(),
            kafka_partition: KafkaPartition::new(TOPIC, 0),
            readers: connections.read,
            requests: Mutex::new(Some(requests)),
            room: Arc::new(Semaphore::new(usize::try_from(QUEUED_BYTES).unwrap_or(usize::MAX))),
            writer: Mutex::new(Some(tokio::spawn(writer.run(queue)))),
            appended,
            trim,
            reading: Mutex::new(None),
        })
    }

    /// Refuses further appends, writes those that wait and closes the file.
    pub async fn close(&self) {
        drop(self.requests.lock().take());
        let writer = self.writer.lock().take();
        if let Some(writer) = writer
            && let Err(error) = writer.await
        {
            tracing::error!(error = &error as &dyn std::error::Error, "the embedded log's writer died");
        }
        self.readers.close().await;
    }

    /// The offset the next appended message will get.
    ///
    /// # Errors
    /// [`Error::Embedded`] when the file cannot be read.
    pub async fn end(&self) -> Result<i64, Error> {
        Ok(store::bounds(&self.readers).await?.next)
    }

    /// Where the log lives.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[async_trait]
impl Appender for EmbeddedLog {
    async fn append(&self, messages: Vec<Append>) -> Result<(), Error> {
        if messages.is_empty() {
            return Ok(());
        }
        let requests = self.requests.lock().clone().ok_or(Error::Closed)?;
        let room = Arc::clone(&self.room)
            .try_acquire_many_owned(queued_bytes(&messages))
            .map_err(|_no_room| Error::Full)?;
        let (done, answer) = oneshot::channel();
        requests.try_send(Request { messages, room, done }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Error::Full,
            mpsc::error::TrySendError::Closed(_) => Error::Closed,
        })?;
        drop(requests);
        answer.await.map_err(|_writer_gone| Error::Closed)?
    }
}

/// What the messages take of the queue. One append alone always fits, however large.
fn queued_bytes(messages: &[Append]) -> u32 {
    let of_message = |message: &Append| {
        let headers = message.headers.iter().map(|(name, value)| name.len() + value.len());
        message.payload.len() + headers.sum::<usize>() + MESSAGE_OVERHEAD_BYTES
    };
    let bytes = messages.iter().map(of_message).sum::<usize>();
    u32::try_from(bytes).unwrap_or(QUEUED_BYTES).min(QUEUED_BYTES)
}

#[async_trait]
impl Log for EmbeddedLog {
    async fn run(&self, owner: Arc<dyn PartitionOwner>, stop: CancellationToken) -> Result<(), Error> {
        let assignment = owner.assigned(&self.kafka_partition).await?;
        let reader = reader::Reader { log: self, assignment: &assignment, stop: &stop };
        let outcome = reader.read().await;
        *self.reading.lock() = None;
        let stopped = match outcome {
            Ok(()) => Ok(()),
            Err(error) => {
                let reason = crate::error::chain(&error);
                owner.stopped(&self.kafka_partition, error).await;
                Err(Error::Stopped { kafka_partition: self.kafka_partition.clone(), reason })
            }
        };
        drop(assignment);
        owner.revoked(&self.kafka_partition).await;
        stopped
    }

    /// Trims in the background, whole groups only.
    async fn committed(&self, range: &OffsetRange) -> Result<(), Error> {
        self.trim.raise(range.to);
        Ok(())
    }

    async fn lag(&self) -> Result<Vec<PartitionLag>, Error> {
        let Some(next_offset) = *self.reading.lock() else { return Ok(Vec::new()) };
        let high_watermark = self.end().await?;
        Ok(vec![PartitionLag { kafka_partition: self.kafka_partition.clone(), next_offset, high_watermark }])
    }
}
