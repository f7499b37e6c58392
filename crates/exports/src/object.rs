//! What a job says of itself, as CALLR's `Job`.

use callhouse_core::Timestamp;
use callhouse_lake::jobs::Job;
use serde_json::{Value, json};

use crate::link::Links;

/// CALLR's `Job` object. The result of an export has its links, good from `now`.
#[must_use]
pub fn job_object(job: &Job, links: &Links, now: Timestamp) -> Value {
    json!({
        "done_at": job.done_at.map(datetime),
        "error": job.error,
        "id": job.id.as_str(),
        "percent": job.percent.to_string(),
        "result": with_links(job, links, now),
        "status": job.status.as_str(),
    })
}

/// The result of a job, with links to what it made.
pub(crate) fn with_links(job: &Job, links: &Links, now: Timestamp) -> Value {
    let Some(Value::Object(mut result)) = job.result.clone() else { return Value::Null };
    if let Some(expires_at) = job.expires_at {
        result.insert("url".to_owned(), json!(links.file(job, now)));
        result.insert("manifest_url".to_owned(), json!(links.manifest(job, now)));
        result.insert("expires_at".to_owned(), json!(expires_at.to_rfc3339()));
    }
    Value::Object(result)
}

/// CALLR's `datetime`.
fn datetime(at: Timestamp) -> String {
    at.to_datetime().map_or_else(|| at.to_rfc3339(), |at| at.format("%Y-%m-%d %H:%M:%S").to_string())
}
