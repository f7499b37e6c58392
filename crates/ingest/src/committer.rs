//! The one task that commits: it gathers what all partitions have staged, so that a flush is few files and one
//! transaction that holds rows and positions together (ING-1), each position stated from where it starts (ING-2).
//!
//! What can happen to a commit, and what then:
//!
//! | answer | consequence |
//! |---|---|
//! | committed | hot rows dropped, the log told |
//! | transient failure, or the answer was lost | the same commit again, by the same id: it takes effect once |
//! | a position has moved (fence) | that partition's tenure ends; the others commit, in files without it; reading starts over |
//! | a partition was taken away meanwhile | as with a moved position |
//! | anything else | ingest stops |
//!
//! When a failed attempt had in truth taken effect and a partition is taken away before the next, the partitions
//! that stay run into the fence, and start again from the stored position: slower, and still every event once.

use std::sync::Arc;
use std::time::Duration;

use callhouse_core::crash;
use callhouse_core::webhook::Fact;
use callhouse_lake::webhooks::{Due, SubscriptionCache};
use callhouse_lake::{
    Catalog, Commit, DataFile, Disposition, Family, FileWriter, Flushed, Hole, NewFile, Role, Snapshot, Table,
};
use callhouse_log::Log;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use crate::chunk::TableRows;
use crate::ending::Ending;
use crate::error::Error;
use crate::gate::Gate;
use crate::options::Options;
use crate::partitions::Partitions;
use crate::staging::{Share, Staging};
use crate::status::Summary;
use crate::{files, metrics, retry};

/// How often compaction's progress is looked at while reading waits for it.
const OVERLAY_CHECK: Duration = Duration::from_millis(500);

/// A file of the size of a few large flushes is no burden to readers.
const SMALL_FILE_BYTES: i64 = 64 << 20;

/// Asks for a commit of what is staged now; answered when that is done.
pub(crate) type FlushRequest = oneshot::Sender<()>;

pub(crate) struct Committer {
    pub(crate) catalog: Catalog,
    pub(crate) writer: FileWriter,
    pub(crate) subscriptions: SubscriptionCache,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) staging: Arc<Staging>,
    pub(crate) partitions: Arc<Partitions>,
    pub(crate) gate: Gate,
    pub(crate) options: Options,
    /// Held while a commit may take effect. Whoever ends a tenure and then takes this once knows that nothing of
    /// that tenure is committed any more.
    pub(crate) committing: Arc<tokio::sync::Mutex<()>>,
    pub(crate) summary: Arc<Mutex<Summary>>,
    pub(crate) ending: Arc<Ending>,
}

enum Attempt {
    Committed,
    /// At least one share is of a tenure that has ended.
    TenureEnded,
}

impl Committer {
    /// Commits whenever enough is staged, old enough or asked for; returns when nobody can ask any more, after a
    /// last commit, or when a commit fails for good: [`Error::WriteFiles`], [`Error::Arrange`], [`Error::Commit`].
    pub(crate) async fn run(self, requests: mpsc::Receiver<FlushRequest>) {
        if let Err(error) = self.serve(requests).await {
            self.ending.fail(error);
        }
    }

    async fn serve(&self, mut requests: mpsc::Receiver<FlushRequest>) -> Result<(), Error> {
        self.check_overlay().await;
        loop {
            let mut asked = Vec::new();
            let closed = tokio::select! {
                request = requests.recv() => {
                    let closed = request.is_none();
                    asked.extend(request);
                    closed
                }
                () = self.due() => false,
                () = sleep(OVERLAY_CHECK), if self.gate.is_overlay_full() => {
                    self.check_overlay().await;
                    continue;
                }
            };
            while let Ok(request) = requests.try_recv() {
                asked.push(request);
            }
            self.flush().await?;
            for request in asked {
                // Whoever asked may have stopped waiting; the flush is done all the same.
                request.send(()).unwrap_or_default();
            }
            self.check_overlay().await;
            if closed {
                return Ok(());
            }
        }
    }

    /// Returns when what is staged should be committed.
    async fn due(&self) {
        // Half of what memory allows at most, so that reading goes on while the first half is being committed.
        let max_bytes = self.options.flush_bytes.min(self.options.hot_max_bytes / 2);
        loop {
            let waiting = self.staging.waiting();
            let Some(since) = waiting.since else {
                self.staging.grown().await;
                continue;
            };
            if waiting.rows >= self.options.flush_rows || waiting.bytes >= max_bytes {
                return;
            }
            tokio::select! {
                () = sleep_until(since + Duration::from_millis(self.options.flush_age_ms)) => return,
                () = self.staging.grown() => {}
            }
        }
    }

    async fn flush(&self) -> Result<(), Error> {
        let mut shares = self.staging.take();
        loop {
            shares.retain(|share| self.staging.owns(&share.tenure));
            if shares.is_empty() {
                return Ok(());
            }
            let flush = Arc::new(shares);
            let files = self.write_files(&flush).await?;
            let outcome = self.commit(&flush, files).await?;
            shares = Arc::into_inner(flush).expect("the writers of its files have been waited for");
            match outcome {
                Attempt::Committed => {
                    self.finish(shares).await;
                    return Ok(());
                }
                Attempt::TenureEnded => {
                    tracing::warn!("a flush starts again without partitions that were lost")
                }
            }
        }
    }

    async fn write_files(&self, flush: &Arc<Vec<Share>>) -> Result<Vec<NewFile>, Error> {
        crash::point("ingest.flush.before_files");
        let started = Instant::now();
        let files = files::write(&self.writer, flush).await?;
        metrics::write_took(started.elapsed());
        note_flush(flush, &files);
        crash::point("ingest.flush.after_files");
        Ok(files)
    }

    async fn commit(&self, shares: &[Share], files: Vec<NewFile>) -> Result<Attempt, Error> {
        let holes = shares.iter().flat_map(|share| &share.chunks).flat_map(|chunk| &chunk.holes);
        let commit = Commit {
            id: Uuid::new_v4(),
            add: files,
            remove: Vec::new(),
            positions: shares.iter().map(Share::range).collect(),
            holes: holes.map(|range| Hole { range: range.clone(), reason: "retention".to_owned() }).collect(),
            message: "ingest",
        };
        let due = Due { facts: facts_of(shares), subscriptions: self.subscriptions.clone() };
        let started = Instant::now();
        let mut attempt = 1;
        loop {
            let Some(answer) = self.attempt(shares, &commit, &due).await else {
                return Ok(Attempt::TenureEnded);
            };
            let error = match answer {
                Ok(()) => {
                    metrics::commit_took(started.elapsed());
                    metrics::committed(&commit);
                    return Ok(Attempt::Committed);
                }
                Err(error) => error,
            };
            match error {
                callhouse_lake::Error::PositionMoved { ref kafka_partition, .. } => {
                    metrics::commit_failed("fenced");
                    for share in
                        shares.iter().filter(|share| share.tenure.kafka_partition == *kafka_partition)
                    {
                        self.staging.end(&share.tenure);
                    }
                    self.partitions.stop(kafka_partition, error.to_string());
                    self.ending.start_over(kafka_partition, error.to_string());
                    return Ok(Attempt::TenureEnded);
                }
                error
                    if error.disposition() == Disposition::Transient
                        && attempt < self.options.commit_attempts =>
                {
                    metrics::commit_failed("retried");
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        attempt,
                        "a commit is tried again"
                    );
                    sleep(retry::pause_after(attempt)).await;
                    attempt += 1;
                }
                source => {
                    metrics::commit_failed("stopped");
                    return Err(Error::Commit { id: commit.id, attempts: attempt, source });
                }
            }
        }
    }

    /// One attempt; `None` when a tenure had ended before it.
    async fn attempt(
        &self,
        shares: &[Share],
        commit: &Commit,
        due: &Due,
    ) -> Option<Result<(), callhouse_lake::Error>> {
        let _committing = self.committing.lock().await;
        if shares.iter().any(|share| !self.staging.owns(&share.tenure)) {
            return None;
        }
        Some(self.catalog.commit_and_announce(commit, due).await.map(|_| ()))
    }

    /// The rows are in a snapshot: readers need them no more in memory, and the log may let go of them.
    async fn finish(&self, shares: Vec<Share>) {
        crash::point("ingest.flush.after_commit");
        for share in &shares {
            let range = share.range();
            self.staging.drop_hot_below(&range);
            self.partitions.committed(&range);
            share.chunks.iter().flat_map(|chunk| &chunk.holes).for_each(metrics::hole);
        }
        self.summary.lock().add(&shares);
        crash::point("ingest.flush.before_trim");
        for share in &shares {
            let range = share.range();
            if let Err(error) = self.log.committed(&range).await {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, kafka_partition = %range.kafka_partition, "the log could not be told of a commit");
            }
        }
    }

    async fn check_overlay(&self) {
        match self.catalog.snapshot().await {
            Ok(snapshot) => {
                let rows = recent_rows(&snapshot);
                metrics::overlay_rows(rows);
                self.gate.set_overlay_rows(rows);
                self.gate.set_small_files(small_files(&snapshot));
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "the size of the recent tables could not be read");
            }
        }
    }
}

/// What the chunks of a flush announce.
fn facts_of(shares: &[Share]) -> Vec<Fact> {
    shares.iter().flat_map(|share| &share.chunks).flat_map(|chunk| &chunk.facts).cloned().collect()
}

fn live(snapshot: &Snapshot, table: Table) -> impl Iterator<Item = &DataFile> {
    snapshot.files.get(&table).into_iter().flatten().map(AsRef::as_ref)
}

/// Live rows of the recent tables.
fn recent_rows(snapshot: &Snapshot) -> i64 {
    let files = Family::ALL.into_iter().flat_map(|family| live(snapshot, family.recent()));
    files.map(|file| file.record_count).sum()
}

/// Live files that compaction will merge, of the tables that flushes write to.
fn small_files(snapshot: &Snapshot) -> usize {
    let tables = Table::ALL.into_iter().filter(|table| !matches!(table.role(), Role::Settled(_)));
    let files = tables.flat_map(|table| live(snapshot, table));
    files.filter(|file| file.file_size_bytes < SMALL_FILE_BYTES).count()
}

/// Tells readers that know the hot rows of these chunks which files will hold the same.
fn note_flush(shares: &[Share], files: &[NewFile]) {
    let chunks = || shares.iter().flat_map(|share| &share.chunks);
    let flushed = files.iter().map(|file| Flushed {
        table: file.table,
        path: file.path.as_str().into(),
        chunks: chunks().filter(|chunk| chunk.of(file.table).is_some()).count(),
    });
    let flushed: Vec<Flushed> = flushed.filter(|flushed| is_recent(flushed.table)).collect();
    chunks().for_each(|chunk| chunk.flush.written(flushed.clone()));
}

fn is_recent(table: Table) -> bool {
    matches!(table.role(), Role::Recent(_))
}

impl Summary {
    fn add(&mut self, shares: &[Share]) {
        for share in shares {
            let counts = share.counts();
            self.messages += counts.messages;
            self.events += counts.events;
            self.rejections += counts.rejections;
            let recent =
                share.chunks.iter().flat_map(|chunk| &chunk.rows).filter(|rows| is_recent(rows.table));
            self.rows += u64::try_from(recent.map(TableRows::kept).sum::<usize>()).unwrap_or(0);
        }
        self.commits += 1;
    }
}
