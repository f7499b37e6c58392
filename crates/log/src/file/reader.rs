//! Reading a file's lines on a thread of its own, in batches, into the owner's channel.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use callhouse_core::AccountId;
use callhouse_core::connector::LineAccounts;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::lines::{Line, Lines};
use super::{CUT_FROM_BYTES_HEADER, FileLog};
use crate::message::Headers;
use crate::{Error, LogBatch, Message};

const BATCH_LINES: usize = 4_096;
const BATCH_BYTES: usize = 1024 * 1024;

/// Reads the lines `[start, log.lines)` and hands them over; returns early when told to stop.
pub(super) async fn read(
    log: &FileLog,
    start: i64,
    batches: mpsc::Sender<LogBatch>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let failed = |source| Error::File { operation: "reading", source };
    log.progress.read_bytes.store(0, std::sync::atomic::Ordering::Relaxed);
    let file = log.file.try_clone().map_err(failed)?;
    let mut lines = Lines::of(file, Arc::clone(&log.progress.read_bytes)).map_err(failed)?;
    let mut accounts = log.source.line_accounts();
    let mut next_line = 0;
    while start < log.lines && next_line < log.lines && !stop.is_cancelled() {
        let wanted = if next_line < start { start - next_line } else { log.lines - next_line };
        let read_from = next_line;
        let reading = tokio::task::spawn_blocking(move || {
            let gathered = gather(&mut lines, &mut accounts, wanted);
            (lines, accounts, gathered)
        });
        let gathered;
        (lines, accounts, gathered) = reading.await.map_err(|died| failed(io::Error::other(died)))?;
        let gathered = gathered.map_err(failed)?;
        next_line += gathered.count();
        if read_from < start {
            continue;
        }
        let batch = gathered.into_batch(log, read_from);
        if hand_over(log, &batches, batch, &stop).await?.is_break() {
            break;
        }
    }
    Ok(())
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

/// Lines as they stand one after the other in `text`.
struct Gathered {
    text: Vec<u8>,
    lines: Vec<(Line, Option<AccountId>)>,
}

/// Takes up to `wanted` lines, less when they fill a batch.
fn gather(lines: &mut Lines, accounts: &mut LineAccounts, wanted: i64) -> io::Result<Gathered> {
    let most = usize::try_from(wanted).unwrap_or(BATCH_LINES).min(BATCH_LINES);
    let mut gathered = Gathered { text: Vec::new(), lines: Vec::new() };
    while gathered.lines.len() < most && gathered.text.len() < BATCH_BYTES {
        let from = gathered.text.len();
        let Some(line) = lines.next_into(&mut gathered.text)? else {
            return Err(io::Error::other("the file has become shorter since it was opened"));
        };
        let account = accounts.of_next(gathered.text.get(from..).unwrap_or_default());
        gathered.lines.push((line, account));
    }
    Ok(gathered)
}

impl Gathered {
    fn count(&self) -> i64 {
        i64::try_from(self.lines.len()).unwrap_or(i64::MAX)
    }

    /// The batch whose first line is number `from`. All payloads share one allocation.
    fn into_batch(self, log: &FileLog, from: i64) -> LogBatch {
        let to = from + self.count();
        let received_at = log.clock.now();
        let mut rest = Bytes::from(self.text);
        let mut headers = log.source.headers(None);
        let mut headers_of: Option<AccountId> = None;
        let message = |(offset, (line, account)): (i64, (Line, Option<AccountId>))| {
            if headers_of != account {
                headers = log.source.headers(account.as_ref());
                headers_of = account;
            }
            let headers = if line.is_cut() { with_cut(&headers, line) } else { Arc::clone(&headers) };
            Message { offset, received_at, headers, payload: rest.split_to(line.kept_bytes) }
        };
        let messages = (from..to).zip(self.lines).map(message).collect();
        LogBatch { kafka_partition: log.kafka_partition.clone(), from, to, messages, hole: None }
    }
}

fn with_cut(headers: &Headers, line: Line) -> Headers {
    let cut_from = (CUT_FROM_BYTES_HEADER.into(), line.bytes.to_string().into_bytes().into());
    headers.iter().cloned().chain([cut_from]).collect()
}
