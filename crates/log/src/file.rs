//! A file of lines as a finite log: one message per line, offset = line number from 0.
//!
//! Its topic is `import/<format>/<id>`, the id made from what the file holds (`file/identity.rs`), so a file
//! that comes again, under whatever name, compressed, grown or cut, takes in exactly the lines that are missing:
//! the position stored for the topic says which (ING-2). Every line becomes a message (ING-3), also a blank
//! one, also one too long to keep whole. A file that cannot be read to its end gives the lines before and
//! then an error.

mod identity;
mod lines;
mod marking;
mod prior;
mod reader;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use callhouse_core::connector::LineAccounts;
use callhouse_core::position::OffsetRange;
use callhouse_core::{AccountId, Clock, KafkaPartition};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

pub use prior::{ImportsFolder, Mark, Prefix, PriorImports};

use crate::message::{Header, Headers};
use crate::{Error, Log, PartitionLag, PartitionOwner, StartAt};
use identity::{Identity, Scanned};
use lines::Lines;
use marking::Marking;

/// Header with the name of the format a line is in.
pub const FORMAT_HEADER: &str = "callhouse-format";
/// Header with the account of a line that names none: that of its call where an earlier line named it.
pub const DEFAULT_ACCOUNT_HEADER: &str = "callhouse-default-account";
/// Header of a line that was too long to keep: how many bytes it had, in decimal. Its payload is the beginning;
/// the line is to be rejected as too large.
pub const CUT_FROM_BYTES_HEADER: &str = "callhouse-cut-from-bytes";

/// How far an import is; may be read at any time. A file like one that was imported is read twice, first to
/// recognise it.
#[derive(Debug, Default)]
pub struct Progress {
    file_bytes: AtomicU64,
    is_read_twice: AtomicBool,
    checked_bytes: Arc<AtomicU64>,
    read_bytes: Arc<AtomicU64>,
}

impl Progress {
    /// Bytes there are to read: the size of the file on disk, twice where it has to be recognised.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        let times = if self.is_read_twice.load(Ordering::Relaxed) { 2 } else { 1 };
        times * self.file_bytes.load(Ordering::Relaxed)
    }

    /// Bytes read so far.
    #[must_use]
    pub fn read_bytes(&self) -> u64 {
        let file_bytes = self.file_bytes.load(Ordering::Relaxed);
        let bytes = |counter: &AtomicU64| counter.load(Ordering::Relaxed).min(file_bytes);
        let checked = if self.is_read_twice.load(Ordering::Relaxed) { bytes(&self.checked_bytes) } else { 0 };
        checked + bytes(&self.read_bytes)
    }
}

/// A file as a log. Reads what the file held when it was opened.
pub struct FileLog {
    file: File,
    file_bytes: u64,
    kafka_partition: KafkaPartition,
    content: Arc<Content>,
    source: Source,
    clock: Arc<dyn Clock>,
    progress: Arc<Progress>,
    /// Next line to be read; `None` while nobody reads.
    reading: Mutex<Option<i64>>,
}

/// What is known of the lines.
#[derive(Debug)]
struct Content {
    /// Lines there are, or have been seen so far of a new file.
    lines: AtomicI64,
    /// Lines known to be those the stored position is about; more than there are, when this is a part of a file that
    /// was imported.
    verified: AtomicI64,
    /// What keeps the rest of the file from being read; taken by the run that comes to it.
    broken: Mutex<Option<io::Error>>,
    /// Of a file that is new.
    marking: Option<Mutex<Marking>>,
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
    /// Opens a file and recognises it among `priors`. One that begins like a file imported before is read whole.
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
            let file_bytes = file.metadata()?.len();
            progress.file_bytes.store(file_bytes, Ordering::Relaxed);
            let account = source.default_account.as_ref().map(AccountId::as_str);
            let identity = identity::identify(&source.format, account, priors.as_ref(), || {
                progress.checked_bytes.store(0, Ordering::Relaxed);
                Lines::of(file.try_clone()?, file_bytes, Arc::clone(&progress.checked_bytes))
            })?;
            progress.is_read_twice.store(identity.scanned.is_some(), Ordering::Relaxed);
            let Identity { topic, scanned } = identity;
            let kafka_partition = KafkaPartition::new(topic.as_str(), 0);
            let content = scanned.map_or_else(|| Content::new(topic, priors), Content::scanned);
            let (content, reading) = (Arc::new(content), Mutex::new(None));
            Ok(Self { file, file_bytes, kafka_partition, content, source, clock, progress, reading })
        });
        let opened = opening.await.unwrap_or_else(|died| Err(io::Error::other(died)));
        opened.map_err(|source| Error::File { operation: "opening", source })
    }

    /// Topic and partition the file's lines have.
    #[must_use]
    pub const fn kafka_partition(&self) -> &KafkaPartition {
        &self.kafka_partition
    }

    /// Lines the file held when it was opened; of a new file, those read so far.
    #[must_use]
    pub fn lines(&self) -> i64 {
        self.content.lines.load(Ordering::SeqCst)
    }

    /// Reads the lines the owner does not have, then waits for what cannot be read to be told.
    async fn read(&self, owner: &dyn PartitionOwner, stop: &CancellationToken) -> Result<(), Error> {
        let assignment = owner.assigned(&self.kafka_partition).await?;
        let start = match assignment.start {
            StartAt::Oldest => 0,
            StartAt::Offset(offset) => offset,
        };
        if start > self.content.verified.load(Ordering::SeqCst) {
            let source = io::Error::other(format!(
                "{start} lines are stored as taken in under {}, but what they were is not remembered",
                self.kafka_partition
            ));
            return Err(Error::File { operation: "recognition", source });
        }
        // From here on what is taken in under this topic comes from this file.
        self.content.verified.fetch_max(self.lines(), Ordering::SeqCst);
        *self.reading.lock() = Some(start);
        reader::read(self, start, assignment.batches, stop.clone()).await?;
        match self.content.broken.lock().take() {
            Some(source) if !stop.is_cancelled() => Err(Error::File { operation: "reading", source }),
            _ => Ok(()),
        }
    }
}

impl Content {
    fn new(topic: String, priors: Arc<dyn PriorImports>) -> Self {
        Self {
            lines: AtomicI64::new(0),
            verified: AtomicI64::new(0),
            broken: Mutex::new(None),
            marking: Some(Mutex::new(Marking::new(topic, priors))),
        }
    }

    fn scanned(scanned: Scanned) -> Self {
        Self {
            lines: AtomicI64::new(scanned.lines),
            verified: AtomicI64::new(scanned.known_lines),
            broken: Mutex::new(scanned.broken),
            marking: None,
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
            high_watermark: self.lines().max(next_offset),
        };
        Ok(reading.map(lag).into_iter().collect())
    }
}
