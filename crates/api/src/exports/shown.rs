//! An export as its owner sees it.

use callhouse_core::Timestamp;
use callhouse_lake::jobs::{Job, JobStatus};
use serde_json::{Value, json};

use crate::app::App;

pub(super) fn shown(app: &App, job: &Job) -> Value {
    json!({
        "id": job.id.as_str(),
        "status": status(app, job),
        "percent": f64::from(job.percent.hundredths()) / 100.0,
        "account": job.account.as_str(),
        "all_accounts": job.all_accounts,
        "request": job.parameters,
        "created_at": job.created_at.to_rfc3339(),
        "started_at": job.started_at.map(Timestamp::to_rfc3339),
        "done_at": job.done_at.map(Timestamp::to_rfc3339),
        "error": job.error,
        "result": app.exports.result(job),
    })
}

fn status(app: &App, job: &Job) -> &'static str {
    match job.status {
        JobStatus::Pending => "pending",
        JobStatus::Running => "running",
        JobStatus::Canceled => "canceled",
        JobStatus::Done if job.error.is_some() => "failed",
        JobStatus::Done if app.exports.has_expired(job) => "expired",
        JobStatus::Done => "done",
    }
}
