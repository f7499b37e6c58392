//! Reading a file's lines on a thread of its own, in batches, into the owner's channel.
//!
//! The lines of a new file are marked while they are read, and handed over only when what they are is remembered
//! durably: a position may never be stored of lines that nobody would recognise. That is done for a stretch of lines at
//! a time, and the next stretch is read while the owner works on the one before.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use callhouse_core::connector::LineAccounts;
use callhouse_core::{AccountId, Clock, KafkaPartition};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::lines::{Line, Lines};
use super::{CUT_FROM_BYTES_HEADER, Content, FileLog, Source};
use crate::message::Headers;
use crate::{Error, LogBatch, Message};

const BATCH_LINES: usize = 4_096;
const BATCH_BYTES: usize = 1024 * 1024;
/// A batch may end with a line that began below the limit.
const BATCH_ROOM_BYTES: usize = BATCH_BYTES + 4_096;
/// Batches that are remembered together. As many again may wait to be handed over.
const STRETCH_BATCHES: usize = 16;

/// Reads the lines from number `start` on and hands them over; returns early when told to stop.
pub(super) async fn read(
    log: &FileLog,
    start: i64,
    batches: mpsc::Sender<LogBatch>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let failed = |source| Error::File { operation: "reading", source };
    log.progress.read_bytes.store(0, Ordering::Relaxed);
    if log.content.marking.is_none() && start >= log.lines() {
        return Ok(());
    }
    let (ready, mut next) = mpsc::channel(STRETCH_BATCHES);
    let mut reading = Reading::new(log, start, ready, stop.clone()).map_err(failed)?;
    let reading = tokio::task::spawn_blocking(move || reading.run());
    while let Some(batch) = next.recv().await {
        if hand_over(log, &batches, batch, &stop).await?.is_break() {
            break;
        }
    }
    // What is read ahead is not waited for: without a receiver the thread ends.
    drop(next);
    reading.await.map_err(|died| failed(io::Error::other(died)))?.map_err(failed)
}

/// Waits for room in the channel; breaks when told to stop.
async fn hand_over(
    log: &FileLog,
    batches: &mpsc::Sender<LogBatch>,
    batch: LogBatch,
    stop: &CancellationToken,
) -> Result<ControlFlow<()>, Error> {
    let to = batch.to;
    let sent = tokio::select! {
        () = stop.cancelled() => return Ok(ControlFlow::Break(())),
        sent = batches.send(batch) => sent,
    };
    sent.map_err(|_receiver_gone| Error::Closed)?;
    *log.reading.lock() = Some(to);
    Ok(ControlFlow::Continue(()))
}

/// The thread that reads.
struct Reading {
    lines: Lines,
    accounts: LineAccounts,
    content: Arc<Content>,
    source: Source,
    kafka_partition: KafkaPartition,
    clock: Arc<dyn Clock>,
    /// The first line to be handed over.
    start: i64,
    next_line: i64,
    /// Read and not yet remembered.
    stretch: Vec<LogBatch>,
    ready: mpsc::Sender<LogBatch>,
    stop: CancellationToken,
}

impl Reading {
    fn new(
        log: &FileLog,
        start: i64,
        ready: mpsc::Sender<LogBatch>,
        stop: CancellationToken,
    ) -> io::Result<Self> {
        let lines = Lines::of(log.file.try_clone()?, log.file_bytes, Arc::clone(&log.progress.read_bytes))?;
        Ok(Self {
            lines,
            accounts: log.source.line_accounts(),
            content: Arc::clone(&log.content),
            source: log.source.clone(),
            kafka_partition: log.kafka_partition.clone(),
            clock: Arc::clone(&log.clock),
            start,
            next_line: 0,
            stretch: Vec::new(),
            ready,
            stop,
        })
    }

    /// Reads to the end of the file, or until nobody takes the lines any more.
    fn run(&mut self) -> io::Result<()> {
        while !self.stop.is_cancelled() {
            let mut gathered = self.gather();
            let ended = gathered.ended.take();
            let from = self.next_line;
            self.next_line += gathered.count();
            if let Some(marking) = &self.content.marking {
                marking.lock().add(from, gathered.texts());
            }
            if self.next_line > self.start && gathered.count() > 0 {
                let batch = self.batch(gathered, from);
                self.stretch.push(batch);
            }
            if ended.is_some() || self.stretch.len() >= self.longest_stretch() {
                self.remember()?;
                for batch in self.stretch.drain(..) {
                    if self.ready.blocking_send(batch).is_err() {
                        return Ok(());
                    }
                }
            }
            if let Some(ended) = ended {
                return self.end(ended);
            }
        }
        Ok(())
    }

    /// What is known from before is handed over as it is read.
    fn longest_stretch(&self) -> usize {
        if self.content.marking.is_some() { STRETCH_BATCHES } else { 1 }
    }

    fn remember(&self) -> io::Result<()> {
        if let Some(marking) = &self.content.marking {
            self.content.lines.fetch_max(marking.lock().remember()?, Ordering::SeqCst);
            self.content.verified.fetch_max(self.content.lines.load(Ordering::SeqCst), Ordering::SeqCst);
        }
        Ok(())
    }

    /// Whatever ends a new file, its lines before that are good.
    fn end(&self, ended: io::Result<()>) -> io::Result<()> {
        if self.content.marking.is_none() {
            return ended;
        }
        *self.content.broken.lock() = ended.err();
        Ok(())
    }

    /// Takes up to a batch of the lines there are.
    fn gather(&mut self) -> Gathered {
        let wanted = match self.content.marking {
            Some(_) => i64::MAX,
            None => self.content.lines.load(Ordering::SeqCst) - self.next_line,
        };
        // A line known to be the last one ends the reading; so does, of a known file, the last one before the start.
        let until_start = self.start - self.next_line;
        let wanted = if until_start > 0 { wanted.min(until_start) } else { wanted };
        let most = usize::try_from(wanted).unwrap_or(BATCH_LINES).min(BATCH_LINES);
        let mut gathered =
            Gathered { text: Vec::with_capacity(BATCH_ROOM_BYTES), lines: Vec::new(), ended: None };
        while gathered.lines.len() < most && gathered.text.len() < BATCH_BYTES {
            let from = gathered.text.len();
            match self.lines.next_into(&mut gathered.text) {
                Ok(Some(line)) => {
                    let account = self.accounts.of_next(gathered.text.get(from..).unwrap_or_default());
                    gathered.lines.push((line, account));
                }
                Ok(None) if self.content.marking.is_some() => gathered.ended = Some(Ok(())),
                Ok(None) => {
                    let shorter = io::Error::other("the file has become shorter since it was opened");
                    gathered.ended = Some(Err(shorter));
                }
                Err(error) => gathered.ended = Some(Err(error)),
            }
            if gathered.ended.is_some() {
                return gathered;
            }
        }
        let is_last = self.content.marking.is_none() && i64::try_from(gathered.lines.len()) == Ok(wanted);
        if is_last && until_start <= 0 {
            gathered.ended = Some(Ok(()));
        }
        gathered
    }

    /// The batch whose first line is number `from`. All payloads share one allocation.
    fn batch(&self, gathered: Gathered, from: i64) -> LogBatch {
        let to = from + gathered.count();
        let received_at = self.clock.now();
        let mut rest = Bytes::from(gathered.text);
        let mut headers = self.source.headers(None);
        let mut headers_of: Option<AccountId> = None;
        let message = |(offset, (line, account)): (i64, (Line, Option<AccountId>))| {
            if headers_of != account {
                headers = self.source.headers(account.as_ref());
                headers_of = account;
            }
            let headers = if line.is_cut() { with_cut(&headers, line) } else { Arc::clone(&headers) };
            Message { offset, received_at, headers, payload: rest.split_to(line.kept_bytes) }
        };
        let messages = (from..to).zip(gathered.lines).map(message).collect();
        LogBatch { kafka_partition: self.kafka_partition.clone(), from, to, messages, hole: None }
    }
}

/// Lines as they stand one after the other in `text`.
struct Gathered {
    text: Vec<u8>,
    lines: Vec<(Line, Option<AccountId>)>,
    /// Set when there are no more lines; an error where the file goes on and cannot be read.
    ended: Option<io::Result<()>>,
}

impl Gathered {
    fn count(&self) -> i64 {
        i64::try_from(self.lines.len()).unwrap_or(i64::MAX)
    }

    fn texts(&self) -> impl Iterator<Item = (&[u8], Line)> {
        let mut rest = self.text.as_slice();
        self.lines.iter().map(move |(line, _)| {
            let (text, behind) = rest.split_at_checked(line.kept_bytes).unwrap_or((rest, &[]));
            rest = behind;
            (text, *line)
        })
    }
}

fn with_cut(headers: &Headers, line: Line) -> Headers {
    let cut_from = (CUT_FROM_BYTES_HEADER.into(), line.bytes.to_string().into_bytes().into());
    headers.iter().cloned().chain([cut_from]).collect()
}
