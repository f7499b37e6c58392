//! One run of one export: from its lease to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::RecordBatch;
use callhouse_core::{Clock, Timestamp, crash};
use callhouse_lake::jobs::{Job, Lease, Outcome, Percent};
use callhouse_query::{ExportQuestion, ExportRows, Exporter, ReadView, Scope};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::folder::{Folder, shown_name};
use crate::format::{Output, Shape, Written, encoder};
use crate::options::Options;
use crate::spec::{Checked, ExportSpec};
use crate::totals::Totals;

/// Batches waiting to be written.
const AHEAD: usize = 2;
/// A cancel is noticed after so long at the latest.
const NOTICED: Duration = Duration::from_secs(2);
/// What was taken in when an export begins is committed after so long, or something is wrong.
const COMMITTED: Duration = Duration::from_secs(120);

/// What a run needs.
pub(crate) struct Run<'a> {
    pub(crate) exporter: &'a Exporter,
    pub(crate) folder: &'a Folder,
    pub(crate) options: &'a Options,
    pub(crate) lease: &'a Lease,
    /// Bytes the file may have.
    pub(crate) limit: u64,
    pub(crate) clock: &'a Arc<dyn Clock>,
}

/// How far a run is.
#[derive(Debug, Default)]
struct Progress {
    done: AtomicU64,
    all: AtomicU64,
}

impl Progress {
    fn percent(&self) -> Percent {
        Percent::of(self.done.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed))
    }
}

impl Run<'_> {
    /// Makes the file and ends the job with it.
    ///
    /// # Errors
    /// Why there is no file; nothing of it is left.
    pub(crate) async fn run(&self, stop: &CancellationToken) -> Result<(), Error> {
        let progress = Progress::default();
        let work = Box::pin(self.work(&progress));
        tokio::select! {
            done = work => done,
            lost = self.keep_lease(&progress) => Err(lost),
            () = stop.cancelled() => Err(Error::Stopped),
        }
    }

    /// Renews the lease until it is lost.
    async fn keep_lease(&self, progress: &Progress) -> Error {
        let pause = (self.lease.length() / 4).min(NOTICED);
        loop {
            sleep(pause).await;
            match self.lease.renew(progress.percent()).await {
                Ok(true) => {}
                Ok(false) => return Error::Lost,
                // The lease lasts for a few more tries.
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a lease was not renewed");
                }
            }
        }
    }

    async fn work(&self, progress: &Progress) -> Result<(), Error> {
        let job = self.lease.job();
        let spec: ExportSpec = serde_json::from_value(job.parameters.clone())
            .map_err(|error| Error::Request { detail: error.to_string() })?;
        let checked = spec.checked().map_err(|refusal| Error::Request { detail: refusal.to_string() })?;
        let files = self.folder.files(job, &spec);
        let view = timeout(COMMITTED, self.exporter.committed_view()).await;
        let view = view.map_err(|_| Error::NotCommitted { seconds: COMMITTED.as_secs() })??;
        if !self.lease.pin(view.snapshot().id).await? {
            return Err(Error::Lost);
        }
        let rows = self.exporter.open(view, &scope(job), question(&checked)).await?;
        progress.all.store(rows.row_count(), Ordering::Relaxed);
        let (counted, view) = (rows.row_count(), rows.view().clone());
        let (part, gzip, limit) = (files.part(), spec.gzip, self.limit);
        let shape = Shape {
            format: spec.format,
            columns: checked.columns.clone(),
            time_zone: checked.time_zone,
            csv: spec.csv,
        };
        let output = move || Output::create(part, gzip, limit);
        let totals = Totals::new(checked.source);
        let (written, totals) = self.write(rows, shape, output, totals, progress).await?;
        if totals.rows() != counted {
            return Err(Error::Miscounted { counted, written: totals.rows() });
        }
        let result = result(job, &spec, &checked, &view, &written, &totals);
        let manifest = manifest(job, &spec, &result)?;
        let complete = spawn_blocking(move || files.complete(&manifest).map(|()| files));
        let files = complete.await.map_err(Error::Task)??;
        let outcome = Outcome {
            result,
            file: Some((files.name(), written.bytes)),
            expires_at: Some(after(self.clock.now(), self.options.keep)),
        };
        if !self.lease.finish(outcome).await? {
            return Err(Error::Lost);
        }
        files.keep();
        crash::point("export.done");
        Ok(())
    }

    /// Reads all rows, and writes them on a thread of its own.
    async fn write(
        &self,
        mut rows: ExportRows,
        shape: Shape,
        output: impl FnOnce() -> Result<Output, Error> + Send + 'static,
        mut totals: Totals,
        progress: &Progress,
    ) -> Result<(Written, Totals), Error> {
        let (sender, mut steps) = mpsc::channel::<Step>(AHEAD);
        let schema = Arc::clone(rows.schema());
        let writing = spawn_blocking(move || {
            let mut encoder = encoder(&shape, &schema, output()?)?;
            loop {
                match steps.blocking_recv() {
                    Some(Step::Rows(batch)) => {
                        totals.add(&batch)?;
                        encoder.push(&batch)?;
                    }
                    Some(Step::End) => return Ok((encoder.finish()?, totals)),
                    // The run was given up: what is there is not all.
                    None => return Err(Error::Stopped),
                }
            }
        });
        // A writer that takes no more says why.
        while let Some(batch) = rows.next().await? {
            let count = u64::try_from(batch.num_rows()).unwrap_or(0);
            if sender.send(Step::Rows(batch)).await.is_err() {
                break;
            }
            progress.done.fetch_add(count, Ordering::Relaxed);
            crash::point("export.batch");
        }
        if sender.send(Step::End).await.is_err() {
            tracing::debug!("the writer of an export has ended before its rows");
        }
        writing.await.map_err(Error::Task)?
    }
}

/// What the writer is told.
enum Step {
    Rows(RecordBatch),
    /// Those were all.
    End,
}

/// Whose rows a job reads (TEN-1): what its account could see when it was asked for.
fn scope(job: &Job) -> Scope {
    if job.all_accounts { Scope::All } else { Scope::account(job.account.clone()) }
}

fn question(checked: &Checked) -> ExportQuestion {
    let source = checked.source;
    let columns = checked.columns.iter().cloned().chain(source.totalled().map(str::to_owned));
    ExportQuestion {
        query: source.query,
        params: checked.params.clone(),
        time: source.time,
        key: source.key,
        columns: columns.collect(),
    }
}

/// What the job says it made. Links are added when it is shown.
fn result(
    job: &Job,
    spec: &ExportSpec,
    checked: &Checked,
    view: &ReadView,
    written: &Written,
    totals: &Totals,
) -> Value {
    let snapshot = view.snapshot();
    let mut positions: Vec<(&str, i32, i64)> =
        snapshot.positions.iter().map(|(of, next)| (of.topic.as_ref(), of.partition, *next)).collect();
    positions.sort_unstable();
    let position = |(topic, kafka_partition, next_offset)| json!({ "topic": topic, "kafka_partition": kafka_partition, "next_offset": next_offset });
    json!({
        "filename": shown_name(job, spec),
        "format": spec.format.name(),
        "media_type": media_type(spec),
        "rows": totals.rows(),
        "bytes": written.bytes,
        "sha256": written.sha256,
        "columns": checked.columns,
        "totals": totals.to_json(),
        "snapshot": {
            "id": snapshot.id,
            "at": snapshot.at.to_rfc3339(),
            "positions": positions.into_iter().map(position).collect::<Vec<Value>>(),
        },
    })
}

/// The media type of the file as it is delivered.
pub(crate) fn media_type(spec: &ExportSpec) -> &'static str {
    if spec.gzip { "application/gzip" } else { spec.format.media_type() }
}

/// The manifest that lies beside the file: request and result.
fn manifest(job: &Job, spec: &ExportSpec, result: &Value) -> Result<Vec<u8>, Error> {
    let manifest = json!({
        "manifest_version": 1,
        "export": job.id.as_str(),
        "account": if job.all_accounts { Value::Null } else { json!(job.account.as_str()) },
        "requested_at": job.created_at.to_rfc3339(),
        "made_by": concat!("callhouse ", env!("CARGO_PKG_VERSION")),
        "request": spec,
        "result": result,
    });
    serde_json::to_vec_pretty(&manifest).map_err(|error| Error::Encode(Box::new(error)))
}

fn after(now: Timestamp, time: Duration) -> Timestamp {
    now.plus_micros(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}
