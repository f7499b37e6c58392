//! A file of lines as a finite log: one message per line, offset = line number from 0.
//!
//! Its topic is `import/<format>/<id>`, the id made from what the file holds (`file/identity.rs`), so a file
//! that comes again, under whatever name, compressed, grown or cut, takes in exactly the lines that are missing:
//! the position stored for the topic says which (ING-2). Every line becomes a message (ING-3), also a blank
//! one, also one too long to keep whole. A file that cannot be read to its end gives the lines before and
//! then an error.

mod identity;
mod lines;
mod prior;
mod reader;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use callhouse_core::connector::LineAccounts;
use callhouse_core::position::OffsetRange;
use callhouse_core::{AccountId, Clock, KafkaPartition};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

pub use prior::{ImportsFolder, Mark, Prefix, PriorImports};

use crate::message::{Header, Headers};
use crate::{Error, Log, PartitionLag, PartitionOwner, StartAt};
use identity::Identity;
use lines::Lines;

/// Header with the name of the format a line is in.
pub const FORMAT_HEADER: &str = "callhouse-format";
/// Header with the account of a line that names none: that of its call where an earlier line named it.
pub const DEFAULT_ACCOUNT_HEADER: &str = "callhouse-default-account";
/// Header of a line that was too long to keep: how many bytes it had, in decimal. Its payload is the beginning;
/// the line is to be rejected as too large.
pub const CUT_FROM_BYTES_HEADER: &str = "callhouse-cut-from-bytes";

/// How far an import is; may be read at any time. A file is read twice, first to recognise it.
#[derive(Debug, Default)]
pub struct Progress {
    total_bytes: AtomicU64,
    checked_bytes: Arc<AtomicU64>,
    read_bytes: Arc<AtomicU64>,
}

impl Progress {
    /// Size of the file on disk.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes.load(Ordering::Relaxed)
    }

    /// Bytes of the file read to recognise it.
    #[must_use]
    pub fn checked_bytes(&self) -> u64 {
        self.checked_bytes.load(Ordering::Relaxed).min(self.total_bytes())
    }

    /// Bytes of the file read and handed to ingest.
    #[must_use]
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed).min(self.total_bytes())
    }
}

/// A file as a log. Reads what the file held when it was opened.
pub struct FileLog {
    file: File,
    kafka_partition: KafkaPartition,
    /// Lines there are to read.
    lines: i64,
    /// Lines known to be those the stored position is about; more than there are, when this is a part of a file that
    /// was imported.
    verified: AtomicI64,
    /// What keeps the rest of the file from being read; taken by the first run.
    broken: Mutex<Option<io::Error>>,
    source: Source,
    clock: Arc<dyn Clock>,
    progress: Arc<Progress>,
    /// Next line to be read; `None` while nobody reads.
    reading: Mutex<Option<i64>>,
}

/// What a file is and to whom it belongs.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name of the connector that reads the lines, or of the event format.
    pub format: String,
    /// Account of lines that name none.
    pub default_account: Option<AccountId>,
}

impl FileLog {
    /// Opens a file, recognises it among `priors` and remembers what it holds. Reads it whole once.
    ///
    /// # Errors
    /// [`Error::File`] when the file cannot be opened or read, or what is remembered cannot be.
    pub async fn open(
        path: &Path,
        source: Source,
        priors: Arc<dyn PriorImports>,
        clock: Arc<dyn Clock>,
        progress: Arc<Progress>,
    ) -> Result<Self, Error> {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || {
            let file = File::open(path)?;
            progress.total_bytes.store(file.metadata()?.len(), Ordering::Relaxed);
            let account = source.default_account.as_ref().map(AccountId::as_str);
            let identity = identity::identify(&source.format, account, priors.as_ref(), || {
                progress.checked_bytes.store(0, Ordering::Relaxed);
                Lines::of(file.try_clone()?, Arc::clone(&progress.checked_bytes))
            })?;
            Ok(Self::new(file, identity, source, clock, progress))
        });
        let opened = opening.await.unwrap_or_else(|died| Err(io::Error::other(died)));
        opened.map_err(|source| Error::File { operation: "opening", source })
    }

    fn new(
        file: File,
        identity: Identity,
        source: Source,
        clock: Arc<dyn Clock>,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            file,
            kafka_partition: KafkaPartition::new(identity.topic, 0),
            lines: identity.lines,
            verified: AtomicI64::new(identity.known_lines),
            broken: Mutex::new(identity.broken),
            source,
            clock,
            progress,
            reading: Mutex::new(None),
        }
    }

    /// Topic and partition the file's lines have.
    #[must_use]
    pub const fn kafka_partition(&self) -> &KafkaPartition {
        &self.kafka_partition
    }

    /// Lines the file held when it was opened.
    #[must_use]
    pub const fn lines(&self) -> i64 {
        self.lines
    }

    /// Reads the lines the owner does not have, then waits for what cannot be read to be told.
    async fn read(&self, owner: &dyn PartitionOwner, stop: &CancellationToken) -> Result<(), Error> {
        let assignment = owner.assigned(&self.kafka_partition).await?;
        let start = match assignment.start {
            StartAt::Oldest => 0,
            StartAt::Offset(offset) => offset,
        };
        if start > self.verified.load(Ordering::SeqCst) {
            let source = io::Error::other(format!(
                "{start} lines are stored as taken in under {}, but what they were is not remembered",
                self.kafka_partition
            ));
            return Err(Error::File { operation: "recognition", source });
        }
        // From here on what is taken in under this topic comes from this file.
        self.verified.fetch_max(self.lines, Ordering::SeqCst);
        *self.reading.lock() = Some(start);
        reader::read(self, start, assignment.batches, stop.clone()).await?;
        match self.broken.lock().take() {
            Some(source) if !stop.is_cancelled() => Err(Error::File { operation: "reading", source }),
            _ => Ok(()),
        }
    }
}

impl Source {
    /// The headers of a line whose default account is `account`.
    fn headers(&self, account: Option<&AccountId>) -> Headers {
        let mut headers: Vec<Header> = vec![(FORMAT_HEADER.into(), self.format.as_bytes().into())];
        if let Some(account) = account {
            headers.push((DEFAULT_ACCOUNT_HEADER.into(), account.as_str().as_bytes().into()));
        }
        headers.into()
    }

    /// Which account each line of the file falls back on; to be asked from the first line on.
    fn line_accounts(&self) -> LineAccounts {
        LineAccounts::new(&self.format, self.default_account.clone())
    }
}

#[async_trait]
impl Log for FileLog {
    async fn run(&self, owner: Arc<dyn PartitionOwner>, stop: CancellationToken) -> Result<(), Error> {
        let outcome = self.read(owner.as_ref(), &stop).await;
        *self.reading.lock() = None;
        let stopped = match outcome {
            Ok(()) => Ok(()),
            Err(error) => {
                let reason = crate::error::chain(&error);
                owner.stopped(&self.kafka_partition, error).await;
                Err(Error::Stopped { kafka_partition: self.kafka_partition.clone(), reason })
            }
        };
        owner.revoked(&self.kafka_partition).await;
        stopped
    }

    /// A file is left as it is.
    async fn committed(&self, _range: &OffsetRange) -> Result<(), Error> {
        Ok(())
    }

    async fn lag(&self) -> Result<Vec<PartitionLag>, Error> {
        let reading = *self.reading.lock();
        let lag = |next_offset| PartitionLag {
            kafka_partition: self.kafka_partition.clone(),
            next_offset,
            high_watermark: self.lines.max(next_offset),
        };
        Ok(reading.map(lag).into_iter().collect())
    }
}
